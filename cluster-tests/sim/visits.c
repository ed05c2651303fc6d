#include "cluster-tests/sim/visits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/sim/requests.h"
#include "quorumcall/v1/routing_service.pb-c.h"

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

enum {
    ARENA_SIZE = 1024 * 1024,
    RECENT = 48, /* Visits that callers may still speak of. */
    WRONG_CODES_MAX = 8,
};

enum life {
    RESERVED,
    MATCHED,
    ENDED,
};

struct visit {
    struct sim_visit is; /* First. */
    enum life life;
    bool was_matched;
    bool withheld;
    unsigned n_live;
    char matched_ani[SIM_NUMBER_SIZE];
    int64_t expires_ms;
    int64_t grace_ms;
    int64_t rest_ms;
};

struct call {
    char ext_ref[24];
    char allocation_id[SIM_ID_SIZE]; /* "": of no visit. */
};

/* A call that is asked for a code. */
struct asked {
    char interaction_id[SIM_ID_SIZE];
    char ext_ref[24];
    char ani[SIM_NUMBER_SIZE];
    char code[16]; /* Of the visit that was meant. */
};

struct sim_visits {
    struct sim_plan plan;
    int64_t now_ms;
    struct visit *all; /* That can still be reached, or are still at rest. */
    size_t n;
    size_t capacity;
    struct call *calls;
    size_t n_calls;
    size_t calls_capacity;
    struct asked *asked;
    size_t n_asked;
    size_t asked_capacity;
    struct sim_visit recent[RECENT]; /* A ring. */
    size_t n_recent;                 /* Ever. */
    unsigned n_wrong_codes;
};

void sim_visits_number(char text_out[SIM_NUMBER_SIZE],
                       Qc__V1__MatchMode mode,
                       unsigned i)
{
    (void)snprintf(text_out, SIM_NUMBER_SIZE, "+4420794%d%03u", (int)mode,
                   i % 1000);
}

struct sim_visits *sim_visits_new(const struct sim_plan *plan)
{
    struct sim_visits *visits = calloc(1, sizeof(*visits));

    assert(visits != NULL);
    visits->plan = *plan;
    return visits;
}

void sim_visits_free(struct sim_visits *visits)
{
    free(visits->all);
    free(visits->calls);
    free(visits->asked);
    free(visits);
}

static void *grow(void *array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) {
        return array;
    }
    *capacity = 2 * *capacity + 64;
    array = realloc(array, *capacity * size);
    assert(array != NULL);
    return array;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from);
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* --- the rules ---------------------------------------------------------------
 */

static void end(const struct sim_visits *visits, struct visit *visit)
{
    bool called = visit->life == MATCHED;

    visit->grace_ms = visits->now_ms + visits->plan.grace_ms;
    visit->rest_ms = visits->now_ms + visits->plan.quarantine_ms;
    if (called && visit->withheld) {
        visit->grace_ms = later(visit->grace_ms, visit->expires_ms);
        visit->rest_ms = later(visit->rest_ms, visit->expires_ms);
    }
    if (called) {
        visit->rest_ms = later(visit->rest_ms, visit->grace_ms);
    }
    visit->n_live = 0;
    visit->life = ENDED;
}

/* Whether it says nothing of its number any more. In mode DNIS the last visit
 * of a number speaks for it, so it stays while there is an earlier one. */
static bool is_over(const struct sim_visits *visits,
                    const struct visit *visit,
                    size_t n_before)
{
    if (visit->life != ENDED || visit->rest_ms > visits->now_ms ||
        visit->grace_ms > visits->now_ms) {
        return false;
    }
    for (size_t i = 0; visit->is.mode == DNIS && i < n_before; i++) {
        if (same(visits->all[i].is.number, visit->is.number)) {
            return false;
        }
    }
    return true;
}

void sim_visits_pass(struct sim_visits *visits, int64_t now_ms)
{
    size_t n = 0;

    if (now_ms == visits->now_ms) {
        return;
    }
    visits->now_ms = now_ms;
    for (size_t i = 0; i < visits->n; i++) {
        struct visit *visit = &visits->all[i];

        if (visit->life == RESERVED && visit->expires_ms <= now_ms) {
            end(visits, visit);
        }
        if (!is_over(visits, visit, n)) {
            if (n != i) {
                visits->all[n] = *visit;
            }
            n++;
        }
    }
    visits->n = n;
}

/* The last visit that keeps |phone| from being given |number|; NULL: it is
 * free for it. */
static const struct visit *keeper(const struct sim_visits *visits,
                                  Qc__V1__MatchMode mode,
                                  const char *number,
                                  const char *phone)
{
    for (size_t i = visits->n; i > 0; i--) {
        const struct visit *visit = &visits->all[i - 1];

        if (same(visit->is.number, number) &&
            (mode == DNIS || same(visit->is.phone, phone))) {
            bool is_free =
                visit->life == ENDED && visit->rest_ms <= visits->now_ms;

            if (mode == DNIS || !is_free) {
                return is_free ? NULL : visit;
            }
        }
    }
    return NULL;
}

static bool any_is_free(const struct sim_visits *visits,
                        Qc__V1__MatchMode mode,
                        const char *phone)
{
    char number[SIM_NUMBER_SIZE];

    for (unsigned i = 0; i < visits->plan.numbers; i++) {
        sim_visits_number(number, mode, i);
        if (keeper(visits, mode, number, phone) == NULL) {
            return true;
        }
    }
    return false;
}

/* What a call should come to. */
struct expected {
    struct visit *visit;
    bool late;
    bool redial;
    bool ani_mismatch;
    bool withheld;
};

static struct visit *holder(const struct sim_visits *visits,
                            const char *number,
                            const char *ani)
{
    for (size_t i = visits->n; i > 0; i--) {
        struct visit *visit = &visits->all[i - 1];

        if (visit->life == RESERVED && same(visit->is.number, number) &&
            (visit->is.mode == DNIS || same(visit->is.phone, ani))) {
            return visit;
        }
    }
    return NULL;
}

static bool is_reached(const struct sim_visits *visits,
                       const struct visit *visit)
{
    return visit->life == MATCHED ||
           (visit->life == ENDED && visit->grace_ms > visits->now_ms);
}

static struct visit *redialled(const struct sim_visits *visits,
                               const char *number,
                               const char *ani)
{
    for (size_t i = visits->n; i > 0 && ani[0] != '\0'; i--) {
        struct visit *visit = &visits->all[i - 1];

        if (same(visit->is.number, number) && is_reached(visits, visit) &&
            (same(visit->is.phone, ani) ||
             (visit->was_matched && same(visit->matched_ani, ani)))) {
            return visit;
        }
    }
    return NULL;
}

static struct expected expect(const struct sim_visits *visits,
                              const char *number,
                              const char *ani)
{
    struct visit *held = holder(visits, number, ani);
    struct visit *again = redialled(visits, number, ani);
    struct expected expected = {.visit = held};

    if (held != NULL && same(held->is.phone, ani)) {
        return expected;
    }
    if (again != NULL) {
        bool own = same(again->is.phone, ani);

        return (struct expected){
            .visit = again,
            .late = !again->was_matched,
            .redial = again->was_matched,
            .ani_mismatch = !own,
            .withheld = !own && again->withheld,
        };
    }
    expected.ani_mismatch = expected.withheld = held != NULL;
    return expected;
}

static struct expected expect_by_code(const struct sim_visits *visits,
                                      const char *code,
                                      const char *ani)
{
    for (size_t i = visits->n; i > 0 && code[0] != '\0'; i--) {
        struct visit *visit = &visits->all[i - 1];

        if (!same(visit->is.code, code)) {
            continue;
        }
        if (visit->life == RESERVED) {
            return (struct expected){.visit = visit};
        }
        if (visit->was_matched && is_reached(visits, visit) && ani[0] != '\0' &&
            (same(visit->is.phone, ani) || same(visit->matched_ani, ani))) {
            return (struct expected){.visit = visit, .redial = true};
        }
    }
    return (struct expected){.visit = NULL};
}

static struct visit *find(const struct sim_visits *visits,
                          const char *allocation_id)
{
    for (size_t i = visits->n; i > 0; i--) {
        if (same(visits->all[i - 1].is.allocation_id, allocation_id)) {
            return &visits->all[i - 1];
        }
    }
    return NULL;
}

/* --- a number is asked for ------------------------------------------------ */

static void add(struct sim_visits *visits,
                const Qc__V1__AllocateNumberRequest *request,
                const Qc__V1__AllocateNumberResponse *response)
{
    struct visit *visit;

    visits->all =
        grow(visits->all, visits->n, &visits->capacity, sizeof(*visits->all));
    visit = &visits->all[visits->n++];
    *visit = (struct visit){
        .is.mode = request->mode,
        .life = RESERVED,
        .expires_ms = response->expires_ms,
    };
    copy(visit->is.allocation_id, SIM_ID_SIZE, response->allocation_id);
    copy(visit->is.number, SIM_NUMBER_SIZE, response->number);
    copy(visit->is.phone, SIM_NUMBER_SIZE, request->customer_phone);
    copy(visit->is.code, sizeof(visit->is.code), response->access_code);
    if (response->visit_token.len == SIM_TOKEN_SIZE) {
        memcpy(visit->is.token, response->visit_token.data, SIM_TOKEN_SIZE);
    }
    visits->recent[visits->n_recent++ % RECENT] = visit->is;
}

static void check_again(struct sim_visits *visits,
                        struct visit *held,
                        const Qc__V1__AllocateNumberResponse *response)
{
    if (held == NULL || !response->reused ||
        !same(held->is.number, response->number) ||
        !same(held->is.allocation_id, response->allocation_id)) {
        sim_violated(SIM_SAME_NUMBER_AGAIN,
                     "visit %s is given %s, which is not what it held",
                     response->allocation_id, response->number);
        return;
    }
    (void)visits;
    held->expires_ms = response->expires_ms;
}

static void check_new(struct sim_visits *visits,
                      const Qc__V1__AllocateNumberRequest *request,
                      const Qc__V1__AllocateNumberResponse *response)
{
    const struct visit *kept = keeper(visits, request->mode, response->number,
                                      request->customer_phone);
    char first[SIM_NUMBER_SIZE];

    sim_visits_number(first, request->mode, 0);
    if (strncmp(first, response->number, strlen(first) - 3) != 0) {
        sim_violated(SIM_OF_THE_POOL, "%s is not of the pool of %s",
                     response->number, first);
    }
    if (request->mode == ACCESS_CODE) {
        for (size_t i = 0; i < visits->n; i++) {
            if (same(visits->all[i].is.code, response->access_code)) {
                kept = &visits->all[i];
            }
        }
        if (kept != NULL && !same(kept->is.code, response->access_code)) {
            kept = NULL; /* The phone has another visit there. */
        }
    }
    if (kept != NULL) {
        sim_violated(kept->life == ENDED ? SIM_RESTS : SIM_ONE_HOLDER,
                     "%s is given to visit %s, and visit %s %s",
                     response->number, response->allocation_id,
                     kept->is.allocation_id,
                     kept->life == ENDED ? "has it at rest" : "holds it");
    }
}

static void allocated(struct sim_visits *visits,
                      const Qc__V1__AllocateNumberRequest *request,
                      const Qc__V1__AllocateNumberResponse *response,
                      int refusal)
{
    struct visit *held = NULL;

    for (size_t i = 0; request->visit_token.len > 0 && i < visits->n; i++) {
        struct visit *visit = &visits->all[i];

        if (visit->life == RESERVED && visit->is.mode == request->mode &&
            same(visit->is.phone, request->customer_phone) &&
            memcmp(visit->is.token, request->visit_token.data,
                   SIM_TOKEN_SIZE) == 0) {
            held = visit;
        }
    }
    if (refusal == QC_REFUSED_POOL_EMPTY) {
        if (held != NULL || request->mode == ACCESS_CODE ||
            any_is_free(visits, request->mode, request->customer_phone)) {
            sim_violated(SIM_HONEST_EXHAUSTION,
                         "%s is told that no number of mode %d is free",
                         request->customer_phone, (int)request->mode);
        }
    } else if (refusal == 0 && (held != NULL || response->reused)) {
        check_again(visits, held, response);
    } else if (refusal == 0) {
        check_new(visits, request, response);
        add(visits, request, response);
    }
}

/* --- calls ---------------------------------------------------------------- */

static void begin_call(struct sim_visits *visits,
                       const struct expected *expected,
                       const char *ext_ref,
                       const char *ani)
{
    struct visit *visit = expected->visit;
    struct call *call;

    visits->calls = grow(visits->calls, visits->n_calls,
                         &visits->calls_capacity, sizeof(*visits->calls));
    call = &visits->calls[visits->n_calls++];
    *call = (struct call){.ext_ref = ""};
    copy(call->ext_ref, sizeof(call->ext_ref), ext_ref);
    if (visit == NULL) {
        return;
    }
    copy(call->allocation_id, SIM_ID_SIZE, visit->is.allocation_id);
    if (!visit->was_matched) {
        visit->was_matched = true;
        visit->withheld = expected->withheld;
        copy(visit->matched_ani, SIM_NUMBER_SIZE, ani);
    }
    visit->life = MATCHED;
    visit->n_live++;
}

static void ask(struct sim_visits *visits,
                const Qc__V1__MatchCallRequest *request,
                const Qc__V1__MatchCallResponse *response)
{
    struct asked *asked;

    visits->asked = grow(visits->asked, visits->n_asked,
                         &visits->asked_capacity, sizeof(*visits->asked));
    asked = &visits->asked[visits->n_asked++];
    *asked = (struct asked){.code = ""};
    copy(asked->interaction_id, SIM_ID_SIZE, response->interaction_id);
    copy(asked->ext_ref, sizeof(asked->ext_ref), request->ext_ref);
    copy(asked->ani, SIM_NUMBER_SIZE, request->ani);
    /* Whom it means to reach is written into a header by the caller. */
    if (request->n_sip > 0) {
        copy(asked->code, sizeof(asked->code), request->sip[0]->value);
    }
}

static void check_found(const struct expected *expected,
                        const char *allocation_id,
                        const char *who)
{
    const char *wanted =
        expected->visit != NULL ? expected->visit->is.allocation_id : "";

    if (!same(wanted, allocation_id)) {
        sim_violated(SIM_CALL_FINDS_VISIT,
                     "call %s finds visit \"%s\", not \"%s\"", who,
                     allocation_id, wanted);
    }
}

static void called(struct sim_visits *visits,
                   const Qc__V1__MatchCallRequest *request,
                   const Qc__V1__MatchCallResponse *response)
{
    struct expected expected;

    if (response->result == QC__V1__MATCH_RESULT__MATCH_RESULT_NEED_CODE) {
        visits->n_wrong_codes += request->code[0] != '\0' ? 1 : 0;
        ask(visits, request, response);
        return;
    }
    expected = request->code[0] != '\0'
                   ? expect_by_code(visits, request->code, request->ani)
                   : expect(visits, request->dnis, request->ani);
    check_found(&expected, response->allocation_id, request->ext_ref);
    if (expected.visit != NULL &&
        (expected.late != response->late ||
         expected.redial != response->redial ||
         expected.ani_mismatch != response->ani_mismatch ||
         expected.withheld != response->withheld)) {
        sim_violated(SIM_CALL_FINDS_VISIT,
                     "call %s is taken for another kind of call",
                     request->ext_ref);
    }
    begin_call(visits, &expected, request->ext_ref, request->ani);
}

/* Who has entered many wrong codes is not heard any more, so of one who is not
 * let in nothing can be said then. */
static void submitted(struct sim_visits *visits,
                      const Qc__V1__SubmitDigitsRequest *request,
                      const Qc__V1__SubmitDigitsResponse *response)
{
    struct asked *asked = NULL;
    struct expected expected;

    for (size_t i = 0; i < visits->n_asked; i++) {
        if (same(visits->asked[i].interaction_id, request->interaction_id)) {
            asked = &visits->asked[i];
        }
    }
    if (asked == NULL) {
        return;
    }
    if (response == NULL) { /* It is over, and was forgotten. */
        *asked = visits->asked[--visits->n_asked];
        return;
    }
    expected = expect_by_code(visits, request->digits, asked->ani);
    if (response->result == QC__V1__DIGITS_RESULT__DIGITS_RESULT_OK) {
        check_found(&expected, response->allocation_id,
                    request->interaction_id);
        begin_call(visits, &expected, asked->ext_ref, asked->ani);
        *asked = visits->asked[--visits->n_asked];
        return;
    }
    if (expected.visit == NULL) {
        visits->n_wrong_codes++;
    } else if (response->result == QC__V1__DIGITS_RESULT__DIGITS_RESULT_RETRY &&
               visits->n_wrong_codes < WRONG_CODES_MAX) {
        check_found(&expected, "", request->interaction_id);
    }
    if (response->result == QC__V1__DIGITS_RESULT__DIGITS_RESULT_FAILED) {
        *asked = visits->asked[--visits->n_asked];
    }
}

static void hung_up(struct sim_visits *visits, const char *ext_ref)
{
    for (size_t i = 0; i < visits->n_calls; i++) {
        struct call *call = &visits->calls[i];

        if (same(call->ext_ref, ext_ref)) {
            struct visit *visit = call->allocation_id[0] != '\0'
                                      ? find(visits, call->allocation_id)
                                      : NULL;

            *call = visits->calls[--visits->n_calls];
            if (visit != NULL && --visit->n_live == 0) {
                end(visits, visit);
            }
            return;
        }
    }
    for (size_t i = 0; i < visits->n_asked; i++) {
        if (same(visits->asked[i].ext_ref, ext_ref)) {
            visits->asked[i] = visits->asked[--visits->n_asked];
            return;
        }
    }
}

/* An event that came late, twice or out of order ends nothing. */
static void happened(struct sim_visits *visits,
                     const Qc__V1__ReportCallEventRequest *event,
                     const Qc__V1__ReportCallEventResponse *call)
{
    if (call->state == QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP ||
        call->state == QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED) {
        hung_up(visits, event->ext_ref);
    }
}

static void held_again(struct sim_visits *visits,
                       const char *allocation_id,
                       const Qc__V1__Allocation *shown,
                       int refusal)
{
    struct visit *visit = find(visits, allocation_id);

    if ((visit != NULL && visit->life == RESERVED) != (refusal == 0)) {
        sim_violated(SIM_RELEASE_BY_HOLDER,
                     "visit %s %s held longer, though it is %s", allocation_id,
                     refusal == 0 ? "is" : "cannot be",
                     refusal == 0 ? "over" : "not over");
    } else if (refusal == 0) {
        visit->expires_ms = shown->expires_ms;
    }
}

static void released(struct sim_visits *visits,
                     const char *allocation_id,
                     int refusal)
{
    struct visit *visit = find(visits, allocation_id);
    bool held = visit != NULL && visit->life == RESERVED;

    if (held != (refusal == 0)) {
        sim_violated(SIM_RELEASE_BY_HOLDER, "visit %s, which %s, %s released",
                     allocation_id, held ? "holds its number" : "holds nothing",
                     refusal == 0 ? "is" : "cannot be");
    }
    if (held) {
        end(visits, visit);
    }
}

/* --- what is heard -------------------------------------------------------- */

static void hear(struct sim_visits *visits,
                 const struct qc_method *method,
                 int refusal,
                 const void *request,
                 const void *response)
{
    if (same(method->name, "AllocateNumber")) {
        allocated(visits, request, response, refusal);
    } else if (same(method->name, "RefreshAllocation")) {
        const Qc__V1__RefreshAllocationRequest *refresh = request;
        const Qc__V1__RefreshAllocationResponse *shown = response;

        held_again(visits, refresh->allocation_id,
                   refusal == 0 ? shown->allocation : NULL, refusal);
    } else if (same(method->name, "ReleaseAllocation")) {
        const Qc__V1__ReleaseAllocationRequest *release = request;

        released(visits, release->allocation_id, refusal);
    } else if (same(method->name, "SubmitDigits")) {
        submitted(visits, request, response);
    } else if (refusal != 0) {
        return;
    } else if (same(method->name, "MatchCall")) {
        called(visits, request, response);
    } else if (same(method->name, "ReportCallEvent")) {
        happened(visits, request, response);
    } else if (same(method->name, "TransferExternal")) {
        const Qc__V1__TransferExternalResponse *sent = response;

        hung_up(visits, sent->interaction->ext_ref);
    } else if (same(method->name, "CancelInteraction")) {
        const Qc__V1__CancelInteractionResponse *cancelled = response;

        hung_up(visits, cancelled->interaction->ext_ref);
    }
}

void sim_visits_done(struct sim_visits *visits,
                     const struct sim_request *request,
                     const struct qc_answer *answer)
{
    const struct qc_method *method = request->method;
    struct qc_arena arena;
    const void *message;
    const void *response;

    qc_arena_init(&arena, ARENA_SIZE);
    message = sim_requests_read(method->request, request->command.body, &arena);
    response =
        answer->refusal == 0
            ? sim_requests_read(method->response, answer->response, &arena)
            : NULL;
    hear(visits, method, answer->refusal, message, response);
    qc_arena_done(&arena);
}

/* --- what callers know ---------------------------------------------------- */

const struct sim_visit *sim_visits_any(const struct sim_visits *visits,
                                       struct sim_random *random)
{
    size_t n = visits->n_recent < RECENT ? visits->n_recent : RECENT;

    return n == 0 ? NULL : &visits->recent[sim_random_below(random, n)];
}

const char *sim_visits_any_call(const struct sim_visits *visits,
                                struct sim_random *random)
{
    return visits->n_calls == 0
               ? NULL
               : visits->calls[sim_random_below(random, visits->n_calls)]
                     .ext_ref;
}

const char *sim_visits_any_asked(const struct sim_visits *visits,
                                 struct sim_random *random,
                                 const char **code_out)
{
    const struct asked *asked;

    if (visits->n_asked == 0) {
        return NULL;
    }
    asked = &visits->asked[sim_random_below(random, visits->n_asked)];
    *code_out = asked->code;
    return asked->interaction_id;
}

bool sim_visits_knows(const struct sim_visits *visits,
                      const char *allocation_id)
{
    const struct visit *visit = find(visits, allocation_id);

    /* One that is over may stay in the list for the sake of its number. */
    return visit != NULL && !is_over(visits, visit, 0);
}

void sim_visits_check(const struct sim_visits *visits,
                      const Qc__V1__Allocation *shown)
{
    const struct visit *visit = find(visits, shown->allocation_id);
    bool is_reserved =
        shown->state == QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED;
    bool is_matched =
        shown->state == QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_MATCHED;
    enum life life = visit != NULL ? visit->life : ENDED;

    if (is_reserved != (life == RESERVED) || is_matched != (life == MATCHED) ||
        (is_matched && shown->live_calls != visit->n_live)) {
        sim_violated(is_reserved && visit == NULL ? SIM_NOTHING_STUCK
                                                  : SIM_READS_ARE_FRESH,
                     "visit %s is shown in state %d with %u calls, and is in "
                     "state %d",
                     shown->allocation_id, (int)shown->state, shown->live_calls,
                     (int)life);
    }
}
