#include "cluster-tests/bench/allocate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include "cluster-tests/bench/phones.h"
#include "lib/client.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    TIMEOUT_MS = 10000,
    ALLOCATION_ID_SIZE = 33,
    NS_PER_US = 1000,
};

struct bench;

/* One of the visits that are under way; then the next one in its place. */
struct visit {
    struct bench *bench;
    uint64_t sent_ns;
    uint32_t allocate_us;
    uint32_t phone;
    struct qc_holding *holding;
    char allocation_id[ALLOCATION_ID_SIZE]; /* "": it has no number yet. */
    struct visit *next; /* Whose call comes after its own. */
};

struct bench {
    const struct qc_allocate_plan *plan;
    struct qc_allocate_record *record;
    struct qc_client *client;
    struct visit *visits;
    struct visit *first; /* Whose call waits for its time; NULL: nobody's. */
    struct visit *last;
    uint32_t n_begun;
    uint32_t n_under_way;
    bool out_of_memory;
};

static void visit_begin(struct visit *visit);
static void visit_call(struct visit *visit);

static uint32_t us_since(uint64_t then_ns)
{
    uint64_t us = (uv_hrtime() - then_ns) / 1000;

    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

/* Notes the first failure; the rest are likely to be the same. */
static void note_failure(struct bench *bench,
                         const char *what,
                         const struct qc_client_answer *answer)
{
    struct qc_allocate_record *record = bench->record;

    if (record->failure[0] == '\0') {
        snprintf(record->failure, sizeof(record->failure), "%s: %s %s: %s",
                 what, qc_status_name(answer->status), answer->reason,
                 answer->message);
    }
}

static void visit_end(struct visit *visit)
{
    struct bench *bench = visit->bench;

    bench->n_under_way--;
    if (bench->n_begun < bench->plan->visits && !bench->out_of_memory) {
        visit_begin(visit);
    } else if (bench->n_under_way == 0) {
        qc_client_close(bench->client, NULL, NULL);
        bench->client = NULL;
    }
}

static void on_released(void *ctx, const struct qc_client_answer *answer)
{
    struct visit *visit = ctx;
    struct qc_allocate_record *record = visit->bench->record;

    if (answer->status == QC_STATUS_OK) {
        record->allocate_us[record->n_ok] = visit->allocate_us;
        record->release_us[record->n_ok] = us_since(visit->sent_ns);
        record->n_ok++;
    } else {
        note_failure(visit->bench, "release", answer);
    }
    visit_end(visit);
}

static void release(struct visit *visit)
{
    Qc__V1__ReleaseAllocationRequest request =
        QC__V1__RELEASE_ALLOCATION_REQUEST__INIT;
    struct bench *bench = visit->bench;

    request.allocation_id = visit->allocation_id;
    visit->sent_ns = uv_hrtime();
    visit->holding->to_ns = visit->sent_ns;
    if (!qc_client_call(bench->client, &qc_rpc_release_allocation,
                        &request.base, TIMEOUT_MS, on_released, visit)) {
        bench->out_of_memory = true;
        visit_end(visit);
    }
}

static void on_allocated(void *ctx, const struct qc_client_answer *answer)
{
    struct visit *visit = ctx;
    struct qc_allocate_record *record = visit->bench->record;
    const Qc__V1__AllocateNumberResponse *given =
        (const Qc__V1__AllocateNumberResponse *)answer->response;

    if (given == NULL) {
        note_failure(visit->bench, "allocate", answer);
        visit_end(visit);
        return;
    }
    visit->allocate_us = us_since(visit->sent_ns);
    visit->holding = &record->holdings[record->n_holdings++];
    visit->holding->number = strtoull(given->number + 1, NULL, 10);
    visit->holding->from_ns = uv_hrtime();
    snprintf(visit->allocation_id, sizeof(visit->allocation_id), "%s",
             given->allocation_id);
    visit_call(visit);
}

static void allocate(struct visit *visit)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    struct bench *bench = visit->bench;
    char phone[QC_BENCH_PHONE_SIZE];

    qc_bench_phone(visit->phone, phone);
    request.subject = bench->plan->subject;
    request.customer_phone = phone;
    request.origin = QC__V1__ORIGIN__ORIGIN_WEB;
    visit->sent_ns = uv_hrtime();
    if (!qc_client_call(bench->client, &qc_rpc_allocate_number, &request.base,
                        TIMEOUT_MS, on_allocated, visit)) {
        bench->out_of_memory = true;
        visit_end(visit);
    }
}

static void send_call(struct visit *visit)
{
    if (visit->allocation_id[0] == '\0') {
        allocate(visit);
    } else {
        release(visit);
    }
}

/* Its next call: now, or when those before it have had their time. */
static void visit_call(struct visit *visit)
{
    struct bench *bench = visit->bench;

    if (bench->plan->pace_us == 0) {
        send_call(visit);
        return;
    }
    visit->next = NULL;
    *(bench->first == NULL ? &bench->first : &bench->last->next) = visit;
    bench->last = visit;
}

static void visit_begin(struct visit *visit)
{
    struct bench *bench = visit->bench;

    visit->phone = bench->n_begun++;
    visit->allocation_id[0] = '\0';
    bench->n_under_way++;
    visit_call(visit);
}

/* One call, after its pause, and whatever has come meanwhile. */
static void turn_in_pace(struct bench *bench, uv_loop_t *loop)
{
    const struct timespec pause = {
        .tv_nsec = (long)bench->plan->pace_us * NS_PER_US,
    };
    struct visit *visit = bench->first;

    (void)nanosleep(&pause, NULL);
    if (visit != NULL) {
        bench->first = visit->next;
        send_call(visit);
    }
    uv_run(loop, UV_RUN_NOWAIT);
}

static bool record_init(struct qc_allocate_record *record, uint32_t visits)
{
    *record = (struct qc_allocate_record){
        .allocate_us = calloc(visits, sizeof(*record->allocate_us)),
        .release_us = calloc(visits, sizeof(*record->release_us)),
        .holdings = calloc(visits, sizeof(*record->holdings)),
    };
    return record->allocate_us != NULL && record->release_us != NULL &&
           record->holdings != NULL;
}

void qc_allocate_record_done(struct qc_allocate_record *record)
{
    free(record->allocate_us);
    free(record->release_us);
    free(record->holdings);
}

/* Runs the loop until the last visit has ended. */
static void run(struct bench *bench, uv_loop_t *loop)
{
    uint32_t in_flight = bench->plan->in_flight;
    uint64_t start_ns = uv_hrtime();

    for (uint32_t i = 0; i < in_flight && i < bench->plan->visits; i++) {
        bench->visits[i].bench = bench;
        visit_begin(&bench->visits[i]);
    }
    while (bench->n_under_way > 0) {
        if (bench->plan->pace_us > 0) {
            turn_in_pace(bench, loop);
        } else {
            uv_run(loop, UV_RUN_ONCE);
        }
    }
    bench->record->elapsed_ns = uv_hrtime() - start_ns;
}

bool qc_allocate_run(const struct qc_allocate_plan *plan,
                     struct qc_allocate_record *record_out)
{
    struct qc_client_options options = {
        .endpoints = plan->endpoints,
        .tenant = plan->tenant,
    };
    struct bench bench = {.plan = plan, .record = record_out};
    uv_loop_t loop;
    bool ok;
    int r;

    assert(plan->visits > 0 && plan->visits <= QC_BENCH_PHONES_MAX);
    ok = record_init(record_out, plan->visits);
    if (uv_loop_init(&loop) != 0) {
        return false;
    }
    bench.visits = calloc(plan->in_flight, sizeof(*bench.visits));
    bench.client = qc_client_new(&loop, &options);
    ok = ok && bench.visits != NULL && bench.client != NULL;
    if (ok) {
        run(&bench, &loop);
        ok = !bench.out_of_memory;
    } else {
        qc_client_close(bench.client, NULL, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop);
    assert(r == 0);
    free(bench.visits);
    return ok;
}
