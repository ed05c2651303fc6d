#include "rpc/desk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/message.h"
#include "machine/id.h"
#include "machine/machine.h"
#include "machine/offer.h"
#include "machine/principal.h"
#include "machine/store.h"
#include "rpc/authentication.h"
#include "rpc/failure.h"
#include "rpc/request.h"
#include "rpc/spoken.h"

enum {
    DESKTOP_ARENA_SIZE = 16 * 1024 * 1024,
    TURN_NS = 1000 * 1000,
    HEARTBEAT_MS = 5000,
    WAIT_MAX_MS = 60 * 1000,
    WAIT_MARGIN_MS = 100, /* From the answer to the call's deadline. */
    WATCHERS_MAX = 32768,
    WATCHERS_OF_DESK_MAX = 16,
    RESUME_SIZE = 24,
};

/* A desktop that somebody watches. */
struct qc_desk {
    RB_ENTRY(qc_desk) link;
    LIST_HEAD(, qc_desk_watcher) watchers;
    unsigned n;
    uint32_t tenant;
    const char *agent; /* |text|, but of one that is looked for. */
    char text[];
};

struct qc_desk_watcher {
    RB_ENTRY(qc_desk_watcher) by_time;
    TAILQ_ENTRY(qc_desk_watcher) of_news;
    LIST_ENTRY(qc_desk_watcher) of_desk;
    struct qc_request *request;
    struct qc_places_taken *places; /* The tenant's, of which it has one. */
    struct qc_desk
        *desk;      /* NULL: it was told why it ends; close() will come. */
    int64_t due_ms; /* The next heartbeat; of who waits, the end of that. */
    int64_t told_ms;
    uint64_t index; /* What it was told is as of this; of one that goes on. */
    uint64_t after; /* Who waits has the offers up to this id. */
    bool waits;     /* For an offer; else it is a stream. */
    bool listed;    /* Among the news. */
    bool full;      /* It does not read; writable() will tell. */
    bool missed;    /* There were news meanwhile. */
    bool gap;       /* Some were left out, or it has seen none. */
    char principal[QC_PRINCIPAL_NAME_SIZE];
};

static int desk_compare(const struct qc_desk *a, const struct qc_desk *b)
{
    if (a->tenant != b->tenant) {
        return a->tenant < b->tenant ? -1 : 1;
    }
    return strcmp(a->agent, b->agent);
}

/* Those that are due at once stand in any order, but in one. */
static int time_compare(const struct qc_desk_watcher *a,
                        const struct qc_desk_watcher *b)
{
    if (a->due_ms != b->due_ms) {
        return a->due_ms < b->due_ms ? -1 : 1;
    }
    return (uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b;
}

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

RB_GENERATE_INTERNAL(qc_desk_tree, qc_desk, link, desk_compare, STATIC_UNUSED)
RB_GENERATE_INTERNAL(qc_desk_times,
                     qc_desk_watcher,
                     by_time,
                     time_compare,
                     STATIC_UNUSED)

static struct qc_desks *desks_of(const struct qc_desk_watcher *watcher)
{
    return &watcher->request->rpc->desks;
}

/* --- who has news --------------------------------------------------------- */

static void note(struct qc_desk_watcher *watcher)
{
    if (watcher->full) {
        watcher->missed = true;
    } else if (!watcher->listed) {
        watcher->listed = true;
        TAILQ_INSERT_TAIL(&desks_of(watcher)->news, watcher, of_news);
    }
}

static void note_all(struct qc_desk *desk)
{
    struct qc_desk_watcher *watcher;

    LIST_FOREACH(watcher, &desk->watchers, of_desk)
    {
        note(watcher);
    }
}

static struct qc_desk *find(struct qc_desks *desks,
                            uint32_t tenant,
                            const char *agent)
{
    struct qc_desk sought = {.tenant = tenant, .agent = agent};

    return RB_FIND(qc_desk_tree, &desks->tree, &sought);
}

static void changed(void *ctx, uint32_t tenant, const char *agent)
{
    struct qc_desks *desks = &((struct qc_rpc *)ctx)->desks;
    struct qc_desk *desk;

    if (agent != NULL) {
        desk = find(desks, tenant, agent);
        if (desk != NULL) {
            note_all(desk);
        }
        return;
    }
    RB_FOREACH(desk, qc_desk_tree, &desks->tree)
    {
        note_all(desk);
    }
}

void qc_desks_init(struct qc_rpc *rpc)
{
    struct qc_desks *desks = &rpc->desks;

    *desks = (struct qc_desks){.listener = {.changed = changed, .ctx = rpc},
                               .places = {.max = WATCHERS_MAX}};
    TAILQ_INIT(&desks->news);
}

/* --- coming and going ----------------------------------------------------- */

static struct qc_desk *desk_get(struct qc_desks *desks,
                                uint32_t tenant,
                                const char *agent)
{
    struct qc_desk *desk = find(desks, tenant, agent);
    size_t size = strlen(agent) + 1;

    if (desk != NULL) {
        return desk;
    }
    desk = calloc(1, sizeof(*desk) + size);
    if (desk != NULL) {
        memcpy(desk->text, agent, size);
        desk->tenant = tenant;
        desk->agent = desk->text;
        RB_INSERT(qc_desk_tree, &desks->tree, desk);
    }
    return desk;
}

static void come(struct qc_desk_watcher *watcher, struct qc_desk *desk)
{
    struct qc_desks *desks = desks_of(watcher);

    watcher->desk = desk;
    LIST_INSERT_HEAD(&desk->watchers, watcher, of_desk);
    desk->n++;
    RB_INSERT(qc_desk_times, &desks->times, watcher);
    desks->n++;
}

/* Nothing more is told. */
static void leave(struct qc_desk_watcher *watcher)
{
    struct qc_desks *desks = desks_of(watcher);
    struct qc_desk *desk = watcher->desk;

    if (desk == NULL) {
        return;
    }
    watcher->desk = NULL;
    desks->n--;
    RB_REMOVE(qc_desk_times, &desks->times, watcher);
    if (watcher->listed) {
        TAILQ_REMOVE(&desks->news, watcher, of_news);
    }
    LIST_REMOVE(watcher, of_desk);
    if (--desk->n == 0) {
        RB_REMOVE(qc_desk_tree, &desks->tree, desk);
        free(desk);
    }
}

static void due_at(struct qc_desk_watcher *watcher, int64_t due_ms)
{
    struct qc_desks *desks = desks_of(watcher);

    RB_REMOVE(qc_desk_times, &desks->times, watcher);
    watcher->due_ms = due_ms;
    RB_INSERT(qc_desk_times, &desks->times, watcher);
}

static void end(struct qc_desk_watcher *watcher,
                const struct qc_failure *failure)
{
    leave(watcher);
    qc_failure_send(watcher->request->call, failure);
}

static void refuse(struct qc_desk_watcher *watcher,
                   int r,
                   const struct qc_refusal_detail *detail)
{
    leave(watcher);
    if (r < 0) {
        qc_request_fail_fault(watcher->request, r);
    } else {
        qc_request_refuse(watcher->request, r, detail);
    }
}

static void send_away(struct qc_desk_watcher *watcher, const char *text)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_UNAVAILABLE,
        .reason = "LEAVING",
        .text = text,
    };
    char resume[RESUME_SIZE];

    if (!watcher->waits) {
        snprintf(resume, sizeof(resume), "%" PRIu64, watcher->index);
        qc_call_add_metadata(watcher->request->call, "x-resume", resume);
    }
    end(watcher, &failure);
}

void qc_desk_leaving(struct qc_request *request)
{
    struct qc_desk_watcher *watcher = request->desk_watcher;

    if (watcher != NULL && watcher->desk != NULL) {
        send_away(watcher, "the connection is about to end: go on with "
                           "another, from the index that x-resume says");
    }
}

void qc_desk_close(struct qc_request *request)
{
    struct qc_desk_watcher *watcher = request->desk_watcher;

    if (watcher == NULL) {
        return;
    }
    leave(watcher);
    if (watcher->places != NULL) {
        qc_places_give(&desks_of(watcher)->places, watcher->places);
    }
    free(watcher);
}

void qc_desk_writable(struct qc_request *request)
{
    struct qc_desk_watcher *watcher = request->desk_watcher;

    if (watcher == NULL || watcher->desk == NULL) {
        return;
    }
    watcher->full = false;
    if (watcher->missed) {
        watcher->missed = false;
        note(watcher);
    }
}

/* --- telling -------------------------------------------------------------- */

/* Reads the desktop, if by the rows as they are the caller may see it. */
static int show(const struct qc_desk_watcher *watcher,
                struct qc_arena *arena,
                Qc__V1__GetDesktopResponse *desktop,
                struct qc_refusal_detail *detail_out)
{
    const struct qc_request *request = watcher->request;
    uint32_t callers =
        qc_method_callers(request->method, request->caller.tenant);
    struct qc_txn txn;
    int r;

    qc_machine_view(request->rpc->options.machine, arena, &txn);
    txn.tenant = request->caller.tenant;
    txn.principal = watcher->principal;
    txn.roles = qc_principal_roles(&txn, txn.principal);
    if (txn.roles == 0) {
        r = QC_REFUSED_UNAUTHENTICATED;
    } else if ((txn.roles & callers) == 0) {
        r = QC_REFUSED_ROLE;
    } else {
        r = qc_desktop_show(&txn, watcher->desk->agent, desktop);
    }
    *detail_out = txn.detail;
    return qc_txn_answer(&txn, r);
}

static void put(struct qc_desk_watcher *watcher,
                Qc__V1__WatchAgentResponse *response,
                struct qc_arena *arena)
{
    const struct qc_machine *machine = watcher->request->rpc->options.machine;
    struct qc_call *call = watcher->request->call;
    struct qc_bytes message;

    response->index = machine->applied_index;
    response->ts_ms = machine->now_ms;
    if (!qc_spoken_write(call, &response->base, arena, &message)) {
        leave(watcher);
    } else if (!qc_call_send(call, message)) {
        watcher->full = true;
        watcher->missed = true;
        watcher->gap = true;
    } else {
        watcher->index = response->index;
        watcher->told_ms = qc_request_now_ms(watcher->request);
        watcher->gap = watcher->gap && response->desktop == NULL;
    }
}

static void tell_desktop(struct qc_desk_watcher *watcher,
                         Qc__V1__GetDesktopResponse *desktop,
                         struct qc_arena *arena)
{
    const struct qc_machine *machine = watcher->request->rpc->options.machine;
    Qc__V1__WatchAgentResponse response = QC__V1__WATCH_AGENT_RESPONSE__INIT;

    if (watcher->index == machine->applied_index) {
        watcher->gap = false; /* It goes on, and has the desktop as it is. */
        return;
    }
    response.news = watcher->gap ? QC__V1__DESKTOP_NEWS__DESKTOP_NEWS_SNAPSHOT
                                 : QC__V1__DESKTOP_NEWS__DESKTOP_NEWS_CHANGE;
    response.desktop = desktop;
    put(watcher, &response, arena);
}

/* Whether the piece of work is an offer that the watcher does not have yet. */
static bool is_new_offer(const struct qc_desk_watcher *watcher,
                         const Qc__V1__Work *work)
{
    uint64_t id;

    return work->phase == QC__V1__WORK_PHASE__WORK_PHASE_OFFERED &&
           qc_id_parse(QC_OFFER_PREFIX, work->offer_id, &id) &&
           id > watcher->after;
}

static void answer(struct qc_desk_watcher *watcher,
                   Qc__V1__WaitForOfferResponse *response)
{
    response->index = watcher->request->rpc->options.machine->applied_index;
    leave(watcher);
    qc_request_answer(watcher->request, &response->base);
}

/* Answers if there is an offer. The lists of |desktop| are used up by that. */
static void tell_offers(struct qc_desk_watcher *watcher,
                        Qc__V1__GetDesktopResponse *desktop)
{
    Qc__V1__WaitForOfferResponse response =
        QC__V1__WAIT_FOR_OFFER_RESPONSE__INIT;

    response.interactions = desktop->interactions;
    response.screen_pops = desktop->screen_pops;
    for (size_t i = 0; i < desktop->n_interactions; i++) {
        if (is_new_offer(watcher, desktop->presence->work[i])) {
            response.interactions[response.n_interactions++] =
                desktop->interactions[i];
            response.screen_pops[response.n_screen_pops++] =
                desktop->screen_pops[i];
        }
    }
    if (response.n_interactions > 0) {
        answer(watcher, &response);
    }
}

static void tell(struct qc_desk_watcher *watcher)
{
    struct qc_rpc *rpc = watcher->request->rpc;
    Qc__V1__GetDesktopResponse desktop = QC__V1__GET_DESKTOP_RESPONSE__INIT;
    struct qc_arena arena = qc_rpc_take_arena(rpc, DESKTOP_ARENA_SIZE);
    struct qc_refusal_detail detail;
    int r = show(watcher, &arena, &desktop, &detail);

    if (r != 0) {
        refuse(watcher, r, &detail);
    } else if (watcher->waits) {
        tell_offers(watcher, &desktop);
    } else {
        tell_desktop(watcher, &desktop, &arena);
    }
    qc_rpc_give_arena(rpc, &arena);
}

/* --- how it begins -------------------------------------------------------- */

static void fail_room(struct qc_request *request,
                      const char *quota,
                      const char *text)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "WATCHERS",
        .text = text,
        .quota = quota,
    };

    qc_failure_send(request->call, &failure);
}

/* What who waits has asked for. False: it has been told what is wrong. */
static bool read_wait(struct qc_desk_watcher *watcher, int64_t now_ms)
{
    struct qc_request *request = watcher->request;
    const Qc__V1__WaitForOfferRequest *asked =
        (const Qc__V1__WaitForOfferRequest *)request->message;
    int64_t left_ms = qc_call_remaining_ms(request->call);
    int64_t wait_ms = asked->timeout_ms > 0 ? asked->timeout_ms : WAIT_MAX_MS;

    if (left_ms < INT64_MAX && wait_ms > left_ms - WAIT_MARGIN_MS) {
        wait_ms = left_ms - WAIT_MARGIN_MS;
    }
    watcher->due_ms = now_ms + (wait_ms > 0 ? wait_ms : 0);
    return asked->after_offer_id[0] == '\0' ||
           qc_id_parse(QC_OFFER_PREFIX, asked->after_offer_id,
                       &watcher->after) ||
           qc_request_fail_field(request, "INVALID", "after_offer_id",
                                 "is no id of an offer");
}

/* Both messages name the agent in their first field. */
static const char *agent_of(const struct qc_request *request)
{
    return qc_message_string(request->message, 1);
}

static bool read_request(struct qc_desk_watcher *watcher)
{
    struct qc_request *request = watcher->request;
    int64_t now_ms = qc_request_now_ms(request);

    snprintf(watcher->principal, sizeof(watcher->principal), "%s",
             request->caller.principal);
    watcher->gap = true;
    if (watcher->waits) {
        return read_wait(watcher, now_ms);
    }
    watcher->told_ms = now_ms;
    watcher->due_ms = now_ms + HEARTBEAT_MS;
    watcher->index =
        ((const Qc__V1__WatchAgentRequest *)request->message)->from_index;
    return true;
}

/* The rows hold all that was acknowledged before it came. */
static void begin(struct qc_request *request)
{
    struct qc_desks *desks = &request->rpc->desks;
    const char *agent = agent_of(request);
    struct qc_desk *desk = find(desks, request->caller.tenant, agent);
    struct qc_desk_watcher *watcher;

    if (desk != NULL && desk->n >= WATCHERS_OF_DESK_MAX) {
        fail_room(request, "agent",
                  "this node has enough who watch the agent: "
                  "watch another");
        return;
    }
    watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL) {
        qc_request_fail_memory(request);
        return;
    }
    watcher->request = request;
    watcher->waits = request->method->kind != QC_METHOD_STREAM;
    request->desk_watcher = watcher;
    watcher->places = qc_places_take(&desks->places, request->caller.tenant);
    if (watcher->places == NULL) {
        fail_room(request, "tenant",
                  "the tenant has its share of those who "
                  "may watch this node: watch another");
        return;
    }
    if (!read_request(watcher)) {
        return;
    }
    desk = desk_get(desks, request->caller.tenant, agent);
    if (desk == NULL) {
        qc_request_fail_memory(request);
        return;
    }
    come(watcher, desk);
    request->caller.principal = watcher->principal;
    qc_request_rest(request);
    tell(watcher);
}

static void confirmed(void *ctx, bool is_confirmed)
{
    struct qc_request *request = ctx;

    request->read = NULL;
    if (is_confirmed) {
        begin(request);
    } else {
        qc_request_fail_outcome(request, QC_OUTCOME_NO_LEADER);
    }
}

void qc_desk_begin(struct qc_request *request)
{
    qc_request_read(request, confirmed);
}

/* --- a turn --------------------------------------------------------------- */

static void beat(struct qc_desk_watcher *watcher)
{
    Qc__V1__WatchAgentResponse heart = QC__V1__WATCH_AGENT_RESPONSE__INIT;
    struct qc_rpc *rpc = watcher->request->rpc;
    struct qc_arena arena = qc_rpc_take_arena(rpc, DESKTOP_ARENA_SIZE);

    heart.news = QC__V1__DESKTOP_NEWS__DESKTOP_NEWS_HEARTBEAT;
    put(watcher, &heart, &arena);
    qc_rpc_give_arena(rpc, &arena);
}

/* Whoever waits has waited long enough; who watches is told that it still does,
 * unless it may not any more, or was told something. */
static void look_after(struct qc_desk_watcher *watcher, int64_t now_ms)
{
    Qc__V1__WaitForOfferResponse nothing =
        QC__V1__WAIT_FOR_OFFER_RESPONSE__INIT;
    const struct qc_refusal_detail detail = {.field = NULL};
    int r;

    if (watcher->waits) {
        answer(watcher, &nothing);
        return;
    }
    r = qc_request_look_again(watcher->request);
    if (r != 0) {
        refuse(watcher, r, &detail);
        return;
    }
    if (now_ms - watcher->told_ms < HEARTBEAT_MS) {
        due_at(watcher, watcher->told_ms + HEARTBEAT_MS);
        return;
    }
    due_at(watcher, now_ms + HEARTBEAT_MS);
    if (!watcher->full && !watcher->listed) {
        beat(watcher);
    }
}

/* Why nobody is to watch this node now; NULL: they may. */
static const char *trouble(const struct qc_rpc *rpc)
{
    int64_t contact_ms = qc_replica_contact_ms(rpc->replica);
    struct qc_replica_status status;

    if (contact_ms < 0 || contact_ms > rpc->options.silence_max_ms) {
        return "the node has had no word from a leader for too long: watch "
               "another, from the index that x-resume says";
    }
    qc_replica_status(rpc->replica, &status);
    return status.draining ? "the node is about to go: watch another, from the "
                             "index that x-resume says"
                           : NULL;
}

void qc_desks_turn(struct qc_rpc *rpc)
{
    struct qc_desks *desks = &rpc->desks;
    struct qc_desk_watcher *watcher;
    const char *why;
    uint64_t until_ns;
    int64_t now_ms;

    desks->busy = false;
    if (desks->n == 0) {
        return;
    }
    why = trouble(rpc);
    while (why != NULL &&
           (watcher = RB_MIN(qc_desk_times, &desks->times)) != NULL) {
        send_away(watcher, why);
    }
    until_ns = uv_hrtime() + TURN_NS;
    while ((watcher = TAILQ_FIRST(&desks->news)) != NULL &&
           uv_hrtime() < until_ns) {
        TAILQ_REMOVE(&desks->news, watcher, of_news);
        watcher->listed = false;
        tell(watcher);
    }
    now_ms = rpc->options.clocks.monotonic_ms(rpc->options.clocks.ctx);
    while ((watcher = RB_MIN(qc_desk_times, &desks->times)) != NULL &&
           watcher->due_ms <= now_ms && uv_hrtime() < until_ns) {
        look_after(watcher, now_ms);
    }
    desks->busy = !TAILQ_EMPTY(&desks->news) ||
                  (watcher != NULL && watcher->due_ms <= now_ms);
}
