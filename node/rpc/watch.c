#include "rpc/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "machine/machine.h"
#include "machine/principal.h"
#include "machine/store.h"
#include "quorumcall/v1/watch_service.pb-c.h"
#include "rpc/authentication.h"
#include "rpc/failure.h"
#include "rpc/request.h"
#include "rpc/spoken.h"
#include "rpc/story.h"

enum {
    ROW_ARENA_SIZE = 1024 * 1024,
    TURN_NS = 1000 * 1000,
    HEARTBEAT_MS = 5000,
    BATCH = 64, /* Entries that are read at a time. */
    WATCHERS_MAX = 1024,
    WATCHERS_OF_TENANT_MAX = 64,
    RESUME_SIZE = 40,
    TEXT_SIZE = 128,
    ENOUGH = 1, /* Ends a reading of the log. */
    /* Who may see answers, which hold phone numbers and names. */
    MAY_SEE_PAYLOADS = QC_ROLE_ADMIN | QC_ROLE_DEVELOPER | QC_ROLE_SUPERVISOR |
                       QC_ROLE_CONNECTOR,
};

struct qc_watcher {
    TAILQ_ENTRY(qc_watcher) of_rpc;
    struct qc_request *request;
    const Qc__V1__WatchEventsRequest *asked;
    uint64_t index;     /* Of the entry it is at: all before were told. */
    uint32_t ordinal;   /* Of that one, the events up to this were told. */
    int64_t told_ms;    /* When something was, last. */
    int64_t checked_ms; /* When its rights were, last. */
    uint32_t roles;     /* As of then. */
    bool full;          /* It does not read; writable() will tell. */
    bool over;          /* It was told why; close() will come. */
};

/* A reading of the log, for one watcher and those who are where it is. */
struct reading {
    struct qc_rpc *rpc;
    const struct qc_watcher *watcher;
    uint64_t until_ns;
};

static uint64_t last_index(const struct qc_rpc *rpc)
{
    return qc_replica_history_last(rpc->replica);
}

void qc_watches_init(struct qc_watches *watches)
{
    TAILQ_INIT(&watches->list);
}

/* --- how a watch ends ----------------------------------------------------- */

static void end(struct qc_watcher *watcher, const struct qc_failure *failure)
{
    watcher->over = true;
    qc_failure_send(watcher->request->call, failure);
}

static void end_compacted(struct qc_watcher *watcher, const char *text)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_OUT_OF_RANGE,
        .reason = "COMPACTED",
        .field = "from_index",
        .text = text,
    };

    end(watcher, &failure);
}

void qc_watch_leaving(struct qc_request *request)
{
    struct qc_watcher *watcher = request->watcher;
    const struct qc_failure failure = {
        .status = QC_STATUS_UNAVAILABLE,
        .reason = "LEAVING",
        .text =
            "the node, or the connection, is about to go: go on with another "
            "where x-resume says (from_index.after_ordinal)",
    };
    char resume[RESUME_SIZE];

    if (watcher == NULL || watcher->over) {
        return;
    }
    snprintf(resume, sizeof(resume), "%" PRIu64 ".%" PRIu32, watcher->index,
             watcher->ordinal);
    qc_call_add_metadata(request->call, "x-resume", resume);
    end(watcher, &failure);
}

void qc_watch_close(struct qc_request *request)
{
    struct qc_watcher *watcher = request->watcher;

    if (watcher != NULL) {
        TAILQ_REMOVE(&request->rpc->watches.list, watcher, of_rpc);
        free(watcher);
    }
}

void qc_watch_writable(struct qc_request *request)
{
    if (request->watcher != NULL) {
        request->watcher->full = false;
    }
}

/* --- how it begins -------------------------------------------------------- */

static bool is_a_kind(const char *name)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    for (size_t i = 0; i < n; i++) {
        if (methods[i].kind == QC_METHOD_COMMAND &&
            strcmp(methods[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the caller may watch what it asks for, by the rows as they are now.
 * An event does not tell whose line of business it is of, so who is bound to
 * one may not. Answers 0, a refusal, or a fault. */
static int check_rights(const struct qc_request *request,
                        const Qc__V1__WatchEventsRequest *asked,
                        uint32_t *roles_out)
{
    uint32_t needed =
        qc_method_callers(request->method, request->caller.tenant);
    struct qc_arena arena;
    struct qc_txn txn;
    int r = 0;

    qc_arena_init(&arena, ROW_ARENA_SIZE);
    qc_machine_view(request->rpc->options.machine, &arena, &txn);
    txn.tenant = request->caller.tenant;
    txn.principal = request->caller.principal;
    txn.roles = qc_principal_roles(&txn, txn.principal);
    if (asked->include_payload) {
        needed &= MAY_SEE_PAYLOADS;
    }
    if (txn.roles == 0) {
        r = QC_REFUSED_UNAUTHENTICATED;
    } else if ((txn.roles & needed) == 0) {
        r = QC_REFUSED_ROLE;
    } else if (!qc_principal_sees(&txn, "")) {
        r = QC_REFUSED_LOB;
    }
    *roles_out = txn.roles;
    r = qc_txn_answer(&txn, r);
    qc_arena_done(&arena);
    return r;
}

static bool may_watch(struct qc_request *request,
                      const Qc__V1__WatchEventsRequest *asked,
                      uint32_t *roles_out)
{
    const struct qc_refusal_detail detail = {.field = NULL};
    char field[RESUME_SIZE];
    int r = check_rights(request, asked, roles_out);

    if (r < 0) {
        return qc_request_fail_fault(request, r);
    }
    if (r > 0) {
        return qc_request_refuse(request, r, &detail);
    }
    for (size_t i = 0; i < asked->n_kinds; i++) {
        if (!is_a_kind(asked->kinds[i])) {
            snprintf(field, sizeof(field), "kinds[%zu]", i);
            return qc_request_fail_field(
                request, "INVALID", field,
                "is no command, as AllocateNumber would be");
        }
    }
    return true;
}

static bool is_draining(const struct qc_rpc *rpc)
{
    struct qc_replica_status status;

    qc_replica_status(rpc->replica, &status);
    return status.draining;
}

static bool has_room(struct qc_request *request)
{
    struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "WATCHERS",
        .text = "too many watch this node already: watch another",
        .quota = "node",
    };
    struct qc_watcher *watcher;
    unsigned n_of_tenant = 0;
    unsigned n = 0;

    TAILQ_FOREACH(watcher, &request->rpc->watches.list, of_rpc)
    {
        n++;
        n_of_tenant +=
            watcher->request->caller.tenant == request->caller.tenant ? 1 : 0;
    }
    if (n < WATCHERS_MAX && n_of_tenant < WATCHERS_OF_TENANT_MAX) {
        return true;
    }
    if (n < WATCHERS_MAX) {
        failure.quota = "tenant";
        failure.text = "the tenant watches this node often enough: watch "
                       "another";
    }
    qc_failure_send(request->call, &failure);
    return false;
}

/* Where the watch begins. */
static void place(struct qc_watcher *watcher)
{
    const Qc__V1__WatchEventsRequest *asked = watcher->asked;

    watcher->index = asked->from_index;
    watcher->ordinal = asked->after_ordinal;
    if (asked->from_index == 0) {
        watcher->index = last_index(watcher->request->rpc) + 1;
        watcher->ordinal = 0;
    } else if (asked->after_ordinal == UINT32_MAX &&
               asked->from_index < UINT64_MAX) {
        watcher->index++;
        watcher->ordinal = 0;
    }
}

void qc_watch_begin(struct qc_request *request)
{
    const Qc__V1__WatchEventsRequest *asked =
        (const Qc__V1__WatchEventsRequest *)request->message;
    struct qc_watcher *watcher;
    uint32_t roles;

    if (!may_watch(request, asked, &roles) || !has_room(request)) {
        return;
    }
    watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL) {
        qc_request_fail_memory(request);
        return;
    }
    watcher->request = request;
    watcher->asked = asked;
    watcher->roles = roles;
    watcher->told_ms = INT64_MIN / 2; /* Its first heartbeat comes at once. */
    watcher->checked_ms = qc_request_now_ms(request);
    place(watcher);
    request->watcher = watcher;
    TAILQ_INSERT_TAIL(&request->rpc->watches.list, watcher, of_rpc);
}

/* --- what is told --------------------------------------------------------- */

static bool is_among(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], text) == 0) {
            return true;
        }
    }
    return n == 0;
}

/* Whether the command may be one to tell of; the object is not known yet. */
static bool wants(const struct qc_watcher *watcher,
                  const struct qc_command *command)
{
    const struct qc_method *method = qc_method_of_id(command->id);

    return command->tenant == watcher->request->caller.tenant &&
           method != NULL &&
           is_among(method->name, watcher->asked->kinds,
                    watcher->asked->n_kinds);
}

static bool send_to(struct qc_watcher *watcher, struct qc_bytes message)
{
    if (!qc_call_send(watcher->request->call, message)) {
        watcher->full = true;
        return false;
    }
    watcher->told_ms = qc_request_now_ms(watcher->request);
    return true;
}

/* Whether the watcher is to see the answer, too: of what people change, only if
 * it might change it itself. */
static bool sees_payload(const struct qc_watcher *watcher,
                         const struct qc_method *method)
{
    return watcher->asked->include_payload &&
           (!method->audited || (method->roles & watcher->roles) != 0);
}

/* Tells the watcher event |i|, if it wants it; |taken_out|: whether it reads.
 */
static int tell_event(struct qc_story *story,
                      size_t i,
                      struct qc_watcher *watcher,
                      bool *taken_out)
{
    const Qc__V1__WatchEventsRequest *asked = watcher->asked;
    struct qc_bytes message;
    const char *object;
    int r = qc_story_tell(
        story, i, sees_payload(watcher, story->done[i].method),
        qc_spoken_format(watcher->request->call), &object, &message);

    if (r == 0) {
        *taken_out = !is_among(object, asked->objects, asked->n_objects) ||
                     send_to(watcher, message);
    }
    return r;
}

/* Tells the watcher what it wants of the story, unless it stops reading or the
 * turn ends; then it stays where it is. */
static int tell(struct qc_story *story,
                struct qc_watcher *watcher,
                uint64_t until_ns)
{
    for (size_t i = 0; i < story->n; i++) {
        const struct qc_done *done = &story->done[i];
        bool taken = false;
        int r;

        if (done->ordinal <= watcher->ordinal ||
            !wants(watcher, done->command)) {
            continue;
        }
        r = tell_event(story, i, watcher, &taken);
        if (r != 0 || !taken) {
            return r;
        }
        watcher->ordinal = done->ordinal;
        if (uv_hrtime() >= until_ns) {
            return 0;
        }
    }
    watcher->index++;
    watcher->ordinal = 0;
    return 0;
}

static bool is_at(const struct qc_watcher *watcher, uint64_t index)
{
    return watcher->index == index && !watcher->full && !watcher->over;
}

static bool wants_any(const struct qc_watcher *watcher,
                      const struct qc_entry *entry)
{
    for (size_t i = 0; i < entry->n_commands; i++) {
        if (wants(watcher, &entry->commands[i])) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct qc_rpc *rpc, const struct qc_story *story)
{
    const struct qc_watcher *watcher;

    TAILQ_FOREACH(watcher, &rpc->watches.list, of_rpc)
    {
        if (is_at(watcher, story->index) && wants_any(watcher, &story->entry)) {
            return true;
        }
    }
    return false;
}

/* Reads what there is to tell: nothing, when nobody wants it. */
static int read_story(const struct qc_rpc *rpc,
                      struct qc_bytes commands,
                      struct qc_story *story)
{
    int r = qc_story_read(story, commands);

    return r != 0 || !is_wanted(rpc, story)
               ? r
               : qc_story_join(story, rpc->options.machine);
}

/* |read| is what reading the story has come to. Answers 0 or a fault; memory
 * that was short is none. */
static int tell_or_end(struct qc_story *story,
                       int read,
                       struct qc_watcher *watcher,
                       uint64_t until_ns)
{
    const struct qc_failure too_big = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "TOO_BIG",
        .text = "what was done here needs too much memory to be told",
    };
    int r = read;

    if (read == QC_DONE_FORGOTTEN && wants_any(watcher, &story->entry)) {
        end_compacted(watcher, "what was answered then is kept no more");
        return 0;
    }
    if (read >= 0) {
        r = tell(story, watcher, until_ns);
    }
    if (r == QC_E_NOMEM) {
        end(watcher, &too_big);
        return 0;
    }
    return r;
}

static int told(void *ctx, uint64_t index, struct qc_bytes commands)
{
    const struct reading *reading = ctx;
    struct qc_watcher *watcher;
    struct qc_story story;
    int read;
    int r = 0;

    qc_story_init(&story, index);
    read = read_story(reading->rpc, commands, &story);
    TAILQ_FOREACH(watcher, &reading->rpc->watches.list, of_rpc)
    {
        if (r == 0 && is_at(watcher, index)) {
            r = tell_or_end(&story, read, watcher, reading->until_ns);
        }
    }
    qc_story_done(&story);
    if (r != 0) {
        return r;
    }
    return reading->watcher->index == index || uv_hrtime() >= reading->until_ns
               ? ENOUGH
               : 0;
}

/* --- a turn --------------------------------------------------------------- */

static struct qc_watcher *next_of(struct qc_rpc *rpc)
{
    uint64_t last = last_index(rpc);
    struct qc_watcher *watcher;

    TAILQ_FOREACH(watcher, &rpc->watches.list, of_rpc)
    {
        if (watcher->index <= last && !watcher->full && !watcher->over) {
            return watcher;
        }
    }
    return NULL;
}

/* Reads on for the watcher, and puts it behind the others. */
static void serve(struct qc_rpc *rpc,
                  struct qc_watcher *watcher,
                  uint64_t until_ns)
{
    struct reading reading = {rpc, watcher, until_ns};
    struct qc_watcher_list *list = &rpc->watches.list;
    uint64_t first = qc_replica_history_first(rpc->replica);
    char text[TEXT_SIZE];
    int r;

    if (watcher->index < first) {
        snprintf(text, sizeof(text),
                 "this node can tell from %" PRIu64
                 " on; another may still have what came before",
                 first);
        end_compacted(watcher, text);
        return;
    }
    TAILQ_REMOVE(list, watcher, of_rpc);
    TAILQ_INSERT_TAIL(list, watcher, of_rpc);
    r = qc_replica_history(rpc->replica, watcher->index, BATCH, told, &reading);
    if (r < 0) {
        rpc->options.fault(rpc->options.ctx, r);
    }
}

/* Says how far the watcher has been told, when it has not heard for long. */
static void beat(struct qc_watcher *watcher)
{
    const struct qc_rpc *rpc = watcher->request->rpc;
    Qc__V1__WatchEventsResponse heart = QC__V1__WATCH_EVENTS_RESPONSE__INIT;
    struct qc_arena arena;
    struct qc_bytes message;

    heart.index = watcher->index - 1;
    heart.ordinal = UINT32_MAX;
    heart.ts_ms = rpc->options.machine->now_ms;
    heart.kind = "HEARTBEAT";
    qc_arena_init(&arena, ROW_ARENA_SIZE);
    if (qc_spoken_write(watcher->request->call, &heart.base, &arena,
                        &message)) {
        send_to(watcher, message);
    }
    qc_arena_done(&arena);
}

/* Who may not watch any more, or whose key is another by now, is told so. */
static void check_again(struct qc_watcher *watcher, int64_t now_ms)
{
    const struct qc_refusal_detail detail = {.field = NULL};
    int r = qc_request_look_again(watcher->request);

    if (r == 0) {
        r = check_rights(watcher->request, watcher->asked, &watcher->roles);
    }
    watcher->checked_ms = now_ms;
    if (r < 0) {
        qc_request_fail_fault(watcher->request, r);
    } else if (r > 0) {
        struct qc_failure failure = qc_failure_of_refusal(r, &detail);

        end(watcher, &failure);
    }
}

/* What is due by the clock. */
static void look_after(struct qc_watcher *watcher, int64_t now_ms)
{
    if (!watcher->over && now_ms - watcher->checked_ms >= HEARTBEAT_MS) {
        check_again(watcher, now_ms);
    }
    if (now_ms - watcher->told_ms >= HEARTBEAT_MS && !watcher->full &&
        !watcher->over && watcher->ordinal == 0) {
        beat(watcher);
    }
}

/* A node that drains keeps nobody, and they go on where others are. */
static void send_away(struct qc_watches *watches)
{
    struct qc_watcher *watcher;

    TAILQ_FOREACH(watcher, &watches->list, of_rpc)
    {
        qc_watch_leaving(watcher->request);
    }
}

void qc_watch_turn(struct qc_rpc *rpc)
{
    struct qc_watches *watches = &rpc->watches;
    struct qc_watcher *watcher;
    uint64_t until_ns;
    int64_t now_ms;

    watches->busy = false;
    if (TAILQ_EMPTY(&watches->list) ||
        qc_replica_history_first(rpc->replica) == UINT64_MAX) {
        return;
    }
    if (is_draining(rpc)) {
        send_away(watches);
        return;
    }
    until_ns = uv_hrtime() + TURN_NS;
    while ((watcher = next_of(rpc)) != NULL && uv_hrtime() < until_ns) {
        serve(rpc, watcher, until_ns);
    }
    watches->busy = watcher != NULL;
    now_ms = rpc->options.clocks.monotonic_ms(rpc->options.clocks.ctx);
    TAILQ_FOREACH(watcher, &watches->list, of_rpc)
    {
        look_after(watcher, now_ms);
    }
}
