#include "rpc/lease.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/message.h"
#include "machine/answer.h"
#include "machine/machine.h"
#include "machine/store.h"
#include "rpc/authentication.h"
#include "rpc/envelope.h"
#include "rpc/failure.h"
#include "rpc/request.h"

enum {
    LOOK_ARENA_SIZE = 16 * 1024 * 1024,
    WAITS_MAX = 1024,
    WAIT_MARGIN_MS = 100, /* From the answer to the call's deadline. */
    /* What was taken back is told again and again until it is over, but not
     * more often than this to who wants to wait. */
    TAKEN_BACK_PAUSE_MS = 250,
};

enum stage {
    WAITS,
    ASKS, /* It was proposed. */
    OVER, /* It was answered; close() will come. */
};

struct qc_lease {
    TAILQ_ENTRY(qc_lease) link;
    struct qc_request *request;
    const Qc__V1__LeaseEffectsRequest *asked; /* Of the request. */
    struct qc_places_taken *places; /* The tenant's, of which it has one. */
    enum stage stage;
    int64_t due_ms;  /* It waits no longer. Monotonic, as is */
    int64_t look_ms; /* when something becomes ready by itself. */
    bool news;       /* Something may be ready for it. */
    bool taken_back; /* Something was taken back since it waits. */
};

static struct qc_leases *leases_of(const struct qc_lease *lease)
{
    return &lease->request->rpc->leases;
}

/* --- who has news --------------------------------------------------------- */

static void changed(void *ctx,
                    uint32_t tenant,
                    const char *connector,
                    enum qc_outbox_news news)
{
    struct qc_leases *leases = &((struct qc_rpc *)ctx)->leases;
    struct qc_lease *lease;

    TAILQ_FOREACH(lease, &leases->list, link)
    {
        if (news != QC_OUTBOX_REPLACED &&
            (lease->request->caller.tenant != tenant ||
             (connector[0] != '\0' &&
              strcmp(lease->asked->connector, connector) != 0))) {
            continue;
        }
        lease->news = true;
        lease->taken_back |= news == QC_OUTBOX_TAKEN_BACK;
    }
}

void qc_leases_init(struct qc_rpc *rpc)
{
    struct qc_leases *leases = &rpc->leases;

    *leases = (struct qc_leases){.listener = {.changed = changed, .ctx = rpc},
                                 .places = {.max = WAITS_MAX}};
    TAILQ_INIT(&leases->list);
}

/* --- looking -------------------------------------------------------------- */

/* Whether a request of this id was done already: then its answer is what it was
 * then, and it must not wait for another. */
static bool was_done(struct qc_txn *txn, const struct qc_lease *lease)
{
    const ProtobufCMessage *message = lease->request->message;
    struct qc_request_id id = {
        .tenant = txn->tenant,
        .client_id = qc_message_string(message, QC_FIELD_CLIENT_ID),
        .request_id = qc_message_string(message, QC_FIELD_REQUEST_ID),
        .client_ts_ms = qc_message_int64(message, QC_FIELD_CLIENT_TS),
    };
    struct qc_answer answer;

    memcpy(id.digest, lease->request->digest, QC_DIGEST_SIZE);
    return qc_answer_find(txn, &id, &answer);
}

/* A view of the rows, as of now: the log's time stands still while nothing is
 * logged. */
static void view(const struct qc_lease *lease,
                 struct qc_arena *arena,
                 struct qc_txn *txn)
{
    const struct qc_request *request = lease->request;
    const struct qc_clocks *clocks = &request->rpc->options.clocks;
    int64_t wall_ms = clocks->wall_ms(clocks->ctx);

    qc_machine_view(request->rpc->options.machine, arena, txn);
    txn->tenant = request->caller.tenant;
    if (txn->now_ms < wall_ms) {
        txn->now_ms = wall_ms;
    }
}

/* Whether it is of use to propose it; else it is known when to look again. A
 * fault is found by whoever applies it. */
static bool is_ripe(struct qc_lease *lease, int64_t now_ms)
{
    struct qc_rpc *rpc = lease->request->rpc;
    struct qc_arena arena = qc_rpc_take_arena(rpc, LOOK_ARENA_SIZE);
    struct qc_txn txn;
    int64_t next_ms;
    bool ripe;

    view(lease, &arena, &txn);
    next_ms = qc_outbox_next_ms(&txn, lease->asked);
    ripe = next_ms <= txn.now_ms || was_done(&txn, lease) || txn.fault != 0;
    lease->look_ms =
        next_ms == INT64_MAX ? INT64_MAX : now_ms + (next_ms - txn.now_ms);
    lease->news = false;
    qc_rpc_give_arena(rpc, &arena);
    return ripe;
}

static bool has_taken_back(const struct qc_lease *lease)
{
    struct qc_rpc *rpc = lease->request->rpc;
    struct qc_arena arena = qc_rpc_take_arena(rpc, LOOK_ARENA_SIZE);
    struct qc_txn txn;
    bool has;

    view(lease, &arena, &txn);
    has = qc_outbox_has_taken_back(&txn, lease->asked->connector);
    qc_rpc_give_arena(rpc, &arena);
    return has;
}

/* --- how a wait ends ------------------------------------------------------ */

static void ask(struct qc_lease *lease)
{
    lease->stage = ASKS;
    leases_of(lease)->busy = true;
    qc_request_propose(lease->request);
}

/* There is nothing to lease; what was taken back is told, as it always is. */
static void answer_nothing(struct qc_lease *lease)
{
    struct qc_request *request = lease->request;
    Qc__V1__LeaseEffectsResponse response =
        QC__V1__LEASE_EFFECTS_RESPONSE__INIT;
    const struct qc_refusal_detail detail = {.field = NULL};
    struct qc_txn txn;
    int r = qc_request_look_again(request);

    lease->stage = OVER;
    view(lease, &request->arena, &txn);
    if (r == 0) {
        qc_outbox_tell_taken_back(&txn, lease->asked->connector, &response);
        r = qc_txn_answer(&txn, 0);
    }
    if (r < 0) {
        qc_request_fail_fault(request, r);
    } else if (r > 0) {
        qc_request_refuse(request, r, &detail);
    } else {
        qc_request_answer(request, &response.base);
    }
}

static void send_away(struct qc_lease *lease)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_UNAVAILABLE,
        .reason = "LEAVING",
        .text = "the node is about to go, or has had no word from a leader for "
                "too long; nothing was leased: ask another",
    };

    lease->stage = OVER;
    qc_failure_send(lease->request->call, &failure);
}

void qc_lease_leaving(struct qc_request *request)
{
    if (request->lease != NULL && request->lease->stage == WAITS) {
        send_away(request->lease);
    }
}

void qc_lease_told(struct qc_request *request)
{
    if (request->lease != NULL) {
        request->lease->stage = OVER;
    }
}

void qc_lease_close(struct qc_request *request)
{
    struct qc_lease *lease = request->lease;
    struct qc_leases *leases = &request->rpc->leases;

    if (lease == NULL) {
        return;
    }
    TAILQ_REMOVE(&leases->list, lease, link);
    if (lease->places != NULL) {
        qc_places_give(&leases->places, lease->places);
    }
    free(lease);
}

/* Whether another of its class asks just now: what that leaves is looked for
 * afterwards. */
static bool is_asked_for(const struct qc_lease *lease)
{
    const struct qc_lease *other;

    TAILQ_FOREACH(other, &leases_of(lease)->list, link)
    {
        if (other->stage == ASKS &&
            other->request->caller.tenant == lease->request->caller.tenant &&
            strcmp(other->asked->connector, lease->asked->connector) == 0) {
            return true;
        }
    }
    return false;
}

/* --- how it begins -------------------------------------------------------- */

bool qc_lease_waits(const struct qc_request *request)
{
    return request->method->request ==
               &qc__v1__lease_effects_request__descriptor &&
           ((const Qc__V1__LeaseEffectsRequest *)request->message)->wait_ms > 0;
}

/* Its time ends before that of its call. */
static int64_t wait_ms_of(const struct qc_lease *lease)
{
    int64_t left_ms = qc_call_remaining_ms(lease->request->call);
    int64_t wait_ms = lease->asked->wait_ms;

    if (left_ms < INT64_MAX && wait_ms > left_ms - WAIT_MARGIN_MS) {
        wait_ms = left_ms - WAIT_MARGIN_MS;
    }
    if (wait_ms > TAKEN_BACK_PAUSE_MS && has_taken_back(lease)) {
        wait_ms = TAKEN_BACK_PAUSE_MS;
    }
    return wait_ms > 0 ? wait_ms : 0;
}

static void fail_room(struct qc_request *request)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "WATCHERS",
        .text = "the tenant has its share of those who may wait at this node: "
                "ask another",
        .quota = "tenant",
    };

    qc_failure_send(request->call, &failure);
}

void qc_lease_begin(struct qc_request *request)
{
    struct qc_leases *leases = &request->rpc->leases;
    int64_t now_ms = qc_request_now_ms(request);
    struct qc_lease *lease = calloc(1, sizeof(*lease));

    if (lease == NULL) {
        qc_request_fail_memory(request);
        return;
    }
    request->lease = lease;
    lease->request = request;
    lease->asked = (const Qc__V1__LeaseEffectsRequest *)request->message;
    TAILQ_INSERT_TAIL(&leases->list, lease, link);
    lease->places = qc_places_take(&leases->places, request->caller.tenant);
    if (lease->places == NULL) {
        lease->stage = OVER;
        fail_room(request);
        return;
    }
    lease->news = true; /* It has not been looked. */
    lease->due_ms = now_ms + wait_ms_of(lease);
    if (!is_asked_for(lease) && is_ripe(lease, now_ms)) {
        ask(lease);
    }
}

/* --- a turn --------------------------------------------------------------- */

static void look_after(struct qc_lease *lease, int64_t now_ms)
{
    bool may_be_ripe = lease->news || lease->look_ms <= now_ms;

    if (may_be_ripe && !is_asked_for(lease) && is_ripe(lease, now_ms)) {
        qc_request_renew_deadline(lease->request);
        ask(lease);
        return;
    }
    lease->taken_back = lease->taken_back && has_taken_back(lease);
    if (lease->taken_back || lease->due_ms <= now_ms) {
        answer_nothing(lease);
    }
}

/* Whether nobody is to wait at this node now. */
static bool is_cut_off(const struct qc_rpc *rpc)
{
    int64_t contact_ms = qc_replica_contact_ms(rpc->replica);
    struct qc_replica_status status;

    qc_replica_status(rpc->replica, &status);
    return contact_ms < 0 || contact_ms > rpc->options.silence_max_ms ||
           status.draining;
}

void qc_leases_turn(struct qc_rpc *rpc)
{
    struct qc_leases *leases = &rpc->leases;
    struct qc_lease *lease;
    struct qc_lease *next;
    int64_t now_ms;
    bool cut_off;

    leases->busy = false;
    if (TAILQ_EMPTY(&leases->list)) {
        return;
    }
    cut_off = is_cut_off(rpc);
    now_ms = rpc->options.clocks.monotonic_ms(rpc->options.clocks.ctx);
    TAILQ_FOREACH_SAFE(lease, &leases->list, link, next)
    {
        if (lease->stage == WAITS && cut_off) {
            send_away(lease);
        } else if (lease->stage == WAITS) {
            look_after(lease, now_ms);
        }
    }
}
