#include "cluster-tests/sim/workload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "cluster-tests/sim/desks.h"
#include "cluster-tests/sim/ledger.h"
#include "cluster-tests/sim/questions.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/shop.h"
#include "cluster-tests/sim/visits.h"

enum {
    NOBODY = UINT32_MAX, /* Who is not one of the callers. */
    TRIES_MAX = 6,
    RECENT_REQUESTS = 64,
    SETUP_THINK_US = 2000,
    ARENA_SIZE = 4 * 1024 * 1024,
};

struct caller {
    struct sim_request *request; /* Not given up yet; NULL: none. */
    bool waits;                  /* For the end of a try or read. */
};

struct sim_workload {
    struct sim_visits *visits;
    struct sim_desks *desks;
    struct sim_random random;
    struct caller callers[64];
    unsigned setup_step;
    bool is_set_up;
    bool is_stopped;
    int64_t think_ms;
    int64_t slack_ms;
    unsigned n_open;
    uint64_t n_answered;
    unsigned n_confirmed;
    unsigned n_failed;
};

/* What has been asked of a node, and has not ended. */
struct question {
    struct sim_node *node;
    struct sim_request *request; /* NULL: it is a read. */
    uint32_t caller;
    int64_t deadline_us;
    uint64_t observed_index; /* When it was asked. */
    const struct sim_visit *visit;
};

static void wake_at(struct sim_world *world, uint64_t caller, int64_t at_us)
{
    sim_events_put(&world->events, (struct sim_event){
                                       .at_us = at_us,
                                       .kind = SIM_EVENT_CALLER,
                                       .value = caller,
                                   });
}

struct sim_workload *sim_workload_new(struct sim_world *world)
{
    struct sim_workload *workload = calloc(1, sizeof(*workload));

    assert(workload != NULL);
    workload->visits = sim_visits_new(&world->plan);
    workload->desks = sim_desks_new(&world->plan);
    workload->think_ms = world->plan.think_ms;
    sim_random_seed(&workload->random, world->plan.seed, 3);
    wake_at(world, 0, world->now_us + SETUP_THINK_US);
    return workload;
}

void sim_workload_free(struct sim_workload *workload)
{
    sim_visits_free(workload->visits);
    sim_desks_free(workload->desks);
    free(workload);
}

struct sim_visits *sim_workload_visits(struct sim_world *world)
{
    return world->workload->visits;
}

struct sim_desks *sim_workload_desks(struct sim_world *world)
{
    return world->workload->desks;
}

bool sim_workload_is_set_up(const struct sim_world *world)
{
    return world->workload->is_set_up;
}

void sim_workload_pace(struct sim_world *world, int64_t think_ms)
{
    struct sim_workload *workload = world->workload;

    workload->think_ms = think_ms;
    for (unsigned i = 0; i < world->plan.callers; i++) {
        if (!workload->callers[i].waits) {
            wake_at(world, i, world->now_us + SETUP_THINK_US);
        }
    }
}

void sim_workload_stop(struct sim_world *world, bool stopped)
{
    struct sim_workload *workload = world->workload;

    if (workload->is_stopped && !stopped) {
        for (unsigned i = 0; i < world->plan.callers; i++) {
            if (!workload->callers[i].waits) {
                wake_at(world, i, world->now_us + SETUP_THINK_US);
            }
        }
    }
    workload->is_stopped = stopped;
}

unsigned sim_workload_n_open(const struct sim_world *world)
{
    return world->workload->n_open;
}

uint64_t sim_workload_n_answered(const struct sim_world *world)
{
    return world->workload->n_answered;
}

void sim_workload_set_slack(struct sim_world *world, int64_t slack_ms)
{
    world->workload->slack_ms = slack_ms;
}

void sim_workload_reads(const struct sim_world *world,
                        unsigned *confirmed_out,
                        unsigned *failed_out)
{
    *confirmed_out = world->workload->n_confirmed;
    *failed_out = world->workload->n_failed;
}

/* --- the end of a question ---------------------------------------------------
 */

static void think(struct sim_world *world, uint32_t caller)
{
    struct sim_workload *workload = world->workload;
    int64_t us =
        workload->is_set_up
            ? sim_random_about(&workload->random, 1000 * workload->think_ms)
            : SETUP_THINK_US;

    if (caller != NOBODY) {
        workload->callers[caller].waits = false;
        wake_at(world, caller, world->now_us + us + 1);
    }
}

static void check_deadline(const struct question *question)
{
    const struct sim_world *world = question->node->world;
    int64_t slack_ms = world->workload->slack_ms;

    if (slack_ms > 0 &&
        world->now_us > question->deadline_us + 1000 * slack_ms) {
        sim_violated(SIM_ANSWERED_IN_TIME,
                     "node %u answers %" PRId64 " ms after the deadline",
                     question->node->id,
                     (world->now_us - question->deadline_us) / 1000);
    }
}

static void answered(const struct question *question,
                     const struct qc_proposal_result *result)
{
    struct sim_world *world = question->node->world;
    struct sim_request *request = question->request;

    sim_ledger_check_answer(world->ledger, result->index, request->number,
                            sim_answer_digest(result->answer));
    if (result->answer->refusal != 0) {
        SIM_TRACE("r%" PRIu64 " is refused with %d", request->number,
                  result->answer->refusal);
    }
    if (request->done_index != 0) {
        request->is_acknowledged = true;
    }
    if (result->index > world->observed_index) {
        world->observed_index = result->index;
    }
    world->workload->n_answered++;
    sim_result.n_acknowledged++;
}

static void proposed(void *ctx, const struct qc_proposal_result *result)
{
    struct question *question = ctx;
    struct sim_world *world = question->node->world;
    struct sim_workload *workload = world->workload;
    struct sim_request *request = question->request;

    SIM_TRACE("r%" PRIu64 " ends at node %u: outcome %d, entry %" PRIu64,
              request->number, question->node->id, (int)result->outcome,
              result->index);
    sim_trace_fold(request->number * 8 + (uint64_t)result->outcome);
    workload->n_open--;
    check_deadline(question);
    if (result->outcome == QC_OUTCOME_APPLIED) {
        answered(question, result);
        if (question->caller == 0 && !workload->is_set_up) {
            assert(result->answer->refusal == 0);
            workload->setup_step++;
        }
        if (question->caller != NOBODY) {
            workload->callers[question->caller].request = NULL;
        }
    } else if (result->outcome == QC_OUTCOME_UNKNOWN) {
        request->n_unknown++;
    } else if (request->done_index != 0 && !request->is_acknowledged &&
               request->n_open + request->n_unknown == 1) {
        sim_violated(SIM_REFUSAL_HAS_NO_EFFECT,
                     "request r%" PRIu64 " is done in entry %" PRIu64
                     ", and its caller is told that nothing was",
                     request->number, request->done_index);
    }
    request->n_open--;
    think(world, question->caller);
    free(question);
}

static void show(const struct question *question)
{
    struct sim_node *node = question->node;
    const struct qc_method *method =
        qc_method_of_path("/quorumcall.v1.NumberService/GetAllocation");
    struct qc_caller caller = {1, QC_ROLE_LOCAL, "local"};
    Qc__V1__GetAllocationRequest request = QC__V1__GET_ALLOCATION_REQUEST__INIT;
    struct qc_query_result result;
    struct qc_arena arena;
    int r;

    if (question->visit == NULL) {
        return;
    }
    request.allocation_id = question->visit->allocation_id;
    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_query_run(&node->machine, method, &caller, &request.base, &arena,
                     &result);
    if (node->machine.applied_index ==
        sim_ledger_applied_index(node->world->ledger)) {
        if (r != 0 && sim_visits_knows(node->world->workload->visits,
                                       request.allocation_id)) {
            sim_violated(SIM_READS_ARE_FRESH, "visit %s is not shown: %d",
                         request.allocation_id, r);
        } else if (r == 0) {
            const Qc__V1__GetAllocationResponse *shown =
                (const Qc__V1__GetAllocationResponse *)(const void *)
                    result.response;

            sim_visits_check(node->world->workload->visits, shown->allocation);
        }
    }
    qc_arena_done(&arena);
}

static void read_ended(void *ctx, bool confirmed)
{
    struct question *question = ctx;
    struct sim_node *node = question->node;
    struct sim_world *world = node->world;
    uint64_t index = node->machine.applied_index;

    SIM_TRACE("a read ends at node %u: %s, entry %" PRIu64, node->id,
              confirmed ? "confirmed" : "not confirmed", index);
    sim_trace_fold(confirmed);
    world->workload->n_open--;
    check_deadline(question);
    if (confirmed) {
        sim_result.n_reads++;
        world->workload->n_answered++;
        world->workload->n_confirmed += question->caller == NOBODY ? 1 : 0;
        if (index < question->observed_index) {
            sim_violated(SIM_READS_ARE_FRESH,
                         "node %u reads at entry %" PRIu64
                         ", after entry %" PRIu64 " was acknowledged",
                         node->id, index, question->observed_index);
        }
        if (index > world->observed_index) {
            world->observed_index = index;
        }
        show(question);
    } else {
        world->workload->n_failed += question->caller == NOBODY ? 1 : 0;
    }
    think(world, question->caller);
    free(question);
}

/* --- its beginning -----------------------------------------------------------
 */

static struct question *question_new(struct sim_node *node,
                                     struct sim_request *request,
                                     uint32_t caller)
{
    struct question *question = malloc(sizeof(*question));
    const struct sim_world *world = node->world;

    assert(question != NULL);
    *question = (struct question){
        .node = node,
        .request = request,
        .caller = caller,
        .deadline_us = world->now_us + 1000 * world->plan.patience_ms,
        .observed_index = world->observed_index,
    };
    node->was_called = true;
    return question;
}

static bool try_at(struct sim_node *node,
                   struct sim_request *request,
                   uint32_t caller)
{
    struct question *question = question_new(node, request, caller);
    struct sim_workload *workload = node->world->workload;

    SIM_TRACE("r%" PRIu64 " (%s) at node %u", request->number,
              request->method->name, node->id);
    request->n_open++;
    request->n_tries++;
    workload->n_open++;
    if (qc_replica_propose(node->replica, &request->command,
                           question->deadline_us / 1000, proposed,
                           question) == NULL) {
        request->n_open--;
        workload->n_open--;
        free(question);
        return false;
    }
    return true;
}

static bool read_at(struct sim_node *node, uint32_t caller)
{
    struct question *question = question_new(node, NULL, caller);
    struct sim_workload *workload = node->world->workload;

    question->visit = sim_visits_any(workload->visits, &workload->random);
    workload->n_open++;
    if (qc_replica_read(node->replica, question->deadline_us / 1000, read_ended,
                        question) == NULL) {
        workload->n_open--;
        free(question);
        return false;
    }
    return true;
}

/* What the caller asks for next: the same again, something done before, or
 * something new. */
static struct sim_request *choose(struct sim_world *world, uint32_t caller)
{
    struct sim_workload *workload = world->workload;
    struct sim_request *request = workload->callers[caller].request;
    uint64_t n = sim_requests_n(world->requests);
    uint64_t back;

    if (request != NULL && request->n_tries < TRIES_MAX &&
        sim_random_below(&workload->random, 4) > 0) {
        return request;
    }
    if (sim_random_chance(&workload->random, world->plan.retry_ppm)) {
        back = sim_random_below(&workload->random,
                                n < RECENT_REQUESTS ? n : RECENT_REQUESTS);
        request = sim_requests_at(world->requests, n - back);
        if (request != NULL && request->client_id[1] != '0') {
            return request;
        }
    }
    return sim_question_any(world, &workload->random, 1 + caller);
}

static void open_shop(struct sim_world *world)
{
    struct sim_workload *workload = world->workload;

    SIM_TRACE("the shop is open");
    workload->is_set_up = true;
    for (unsigned i = 0; i < world->plan.callers; i++) {
        think(world, i);
    }
}

static void set_up(struct sim_world *world, struct sim_node *node)
{
    struct sim_workload *workload = world->workload;
    struct caller *caller = &workload->callers[0];

    if (caller->request == NULL) {
        caller->request = sim_shop_of_setup(world, workload->setup_step);
    }
    if (caller->request == NULL) {
        open_shop(world);
    } else {
        caller->waits = try_at(node, caller->request, 0);
    }
}

static void ask(struct sim_world *world, struct sim_node *node, uint32_t number)
{
    struct sim_workload *workload = world->workload;
    struct caller *caller = &workload->callers[number];

    if (sim_random_chance(&workload->random, world->plan.read_ppm)) {
        caller->waits = read_at(node, number);
    } else {
        caller->request = choose(world, number);
        caller->waits = try_at(node, caller->request, number);
    }
    if (!caller->waits) {
        think(world, number);
    }
}

void sim_workload_wake(struct sim_world *world, uint64_t number)
{
    struct sim_workload *workload = world->workload;
    struct sim_node *node = sim_world_any(world, &workload->random);

    if (workload->callers[number].waits ||
        (workload->is_stopped && workload->is_set_up)) {
        return;
    }
    if (node == NULL) {
        think(world, (uint32_t)number);
    } else if (!workload->is_set_up) {
        set_up(world, node);
    } else {
        ask(world, node, (uint32_t)number);
    }
}

/* --- for scenarios -------------------------------------------------------- */

bool sim_workload_try(struct sim_node *node, struct sim_request *request)
{
    return node->replica != NULL && try_at(node, request, (uint32_t)NOBODY);
}

struct sim_request *sim_workload_ask(struct sim_world *world)
{
    return sim_question_allocate(world, &world->workload->random, 1000);
}

bool sim_workload_read(struct sim_node *node)
{
    return node->replica != NULL && read_at(node, (uint32_t)NOBODY);
}
