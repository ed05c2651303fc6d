#include "machine/notify.h"

#include <string.h>

#include "machine/estimate.h"
#include "machine/gate.h"
#include "machine/index.h"
#include "machine/rosters.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/subscription.h"
#include "machine/timer.h"

#define VOICE     QC__V1__MEDIA__MEDIA_VOICE
#define GATE_OPEN QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED

/* --- when it is looked ---------------------------------------------------- */

static struct qc_key key_of(const struct qc_txn *txn)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_NOTIFY);
    return key;
}

static Qc__State__NotifyRow *get(struct qc_txn *txn)
{
    struct qc_key key = key_of(txn);

    return qc_row_get(txn, qc_notify_entity.type, &key);
}

/* In |in_ms|; of the subjects those above |after|. */
static void look_later(struct qc_txn *txn,
                       const Qc__State__NotifyRow *was,
                       int64_t in_ms,
                       uint64_t after)
{
    struct qc_key key = key_of(txn);
    Qc__State__NotifyRow *row = qc_row_new(txn, qc_notify_entity.type);

    if (row != NULL) {
        row->after = after;
        row->timer = qc_timer_new(txn, QC_TIMER_NOTIFY, txn->now_ms + in_ms, 0);
        qc_entity_put(txn, &qc_notify_entity, &key, was, row);
    }
}

static bool anybody_waits(struct qc_txn *txn)
{
    struct qc_key prefix;
    struct qc_key first;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_SUBSCRIBED);
    return qc_index_first(txn, &prefix, &first, NULL);
}

void qc_notify_soon(struct qc_txn *txn)
{
    const Qc__State__NotifyRow *was;

    if (!anybody_waits(txn)) {
        return;
    }
    was = get(txn);
    /* Not now: then this entry would fire it. */
    if (was == NULL || was->timer->due_ms > txn->now_ms + 1) {
        look_later(txn, was, 1, was != NULL ? was->after : 0);
    }
}

void qc_notify_of(struct qc_txn *txn, uint32_t agent)
{
    struct qc_roster *roster = qc_roster_of(txn);

    if (roster != NULL &&
        qc_roster_can_take(roster, agent, VOICE) == QC_PASSED_NOT) {
        qc_notify_soon(txn);
    }
}

/* --- whom to tell --------------------------------------------------------- */

/* A subject of which somebody waits. */
struct head {
    const char *subject;
    uint64_t first; /* Who of it has waited longest. */
    bool done;      /* It was looked at, and nobody could be told. */
};

/* What it is decided by, as of now. */
struct look {
    size_t n_heads;
    struct head *heads;
    size_t n_claims; /* Subjects whose open subscriptions count on agents. */
    const char **claimants;
    struct qc_claim *claims;
};

/* The subject of |at|, a key of |space|. */
static const char *subject_of(struct qc_txn *txn, const struct qc_key *at)
{
    size_t offset = QC_KEY_PREFIX_SIZE;

    return qc_copy(txn, qc_key_read_str(at, &offset));
}

/* Subjects in the order of their keys: one look into the index for each. Those
 * whose first is not above |after| have had their turn. */
static void find_heads(struct qc_txn *txn, struct look *look, uint64_t after)
{
    struct qc_key prefix;
    struct qc_key at;
    uint64_t id;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_SUBSCRIBED);
    at = prefix;
    while (txn->fault == 0 && qc_index_next(txn, &prefix, &at, &id)) {
        struct head *head = &look->heads[look->n_heads++];

        *head = (struct head){subject_of(txn, &at), id, id <= after};
        at = prefix;
        qc_key_put_str(&at, head->subject);
        qc_key_put_u64(&at, UINT64_MAX);
    }
}

static void add_claims(struct qc_txn *txn,
                       struct look *look,
                       const char *subject,
                       uint32_t n)
{
    const Qc__State__SubjectRow *row;
    size_t at = 0;

    while (at < look->n_claims && strcmp(look->claimants[at], subject) != 0) {
        at++;
    }
    if (at == look->n_claims) {
        row = qc_subject_get(txn, subject);
        if (row == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT); /* Nobody removes subjects. */
            return;
        }
        look->claimants[at] = subject;
        qc_estimate_place(txn, row, VOICE, NULL, &look->claims[at].waiting);
        look->n_claims++;
    }
    look->claims[at].n += n;
}

static void find_claims(struct qc_txn *txn, struct look *look)
{
    struct qc_key prefix;
    struct qc_key at;
    uint64_t n;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_CLAIMS);
    at = prefix;
    while (txn->fault == 0 && qc_index_next(txn, &prefix, &at, &n)) {
        add_claims(txn, look, subject_of(txn, &at), (uint32_t)n);
    }
}

static bool begin(struct qc_txn *txn, struct look *look, uint64_t after)
{
    size_t n = (size_t)qc_entity_count(txn, &qc_subject_entity);

    *look = (struct look){.n_heads = 0};
    look->heads = qc_alloc(txn, n * sizeof(*look->heads));
    look->claimants = qc_alloc(txn, n * sizeof(*look->claimants));
    look->claims = qc_alloc(txn, n * sizeof(*look->claims));
    if (txn->fault == 0) {
        find_heads(txn, look, after);
        find_claims(txn, look);
    }
    return txn->fault == 0;
}

/* Whether an agent of |subject| is ready whom nobody else counts on. */
static bool has_spare(struct qc_txn *txn,
                      const struct look *look,
                      const Qc__State__SubjectRow *subject)
{
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_waiting waiting;
    uint32_t spare;

    qc_estimate_place(txn, subject, VOICE, NULL, &waiting);
    if (roster == NULL || !qc_roster_spare(roster, &waiting, look->claims,
                                           look->n_claims, &spare)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return false;
    }
    return spare > 0;
}

/* Tells the first of |head|, if that may be, and makes it the next one's. */
static void try(struct qc_txn *txn, struct look *look, struct head *head)
{
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, head->subject);
    Qc__State__SubscriptionRow *row = qc_subscription_first(txn, head->subject);
    struct qc_gate gate;

    if (subject == NULL || row == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    qc_gate_judge(txn, subject, VOICE, NULL, &gate);
    if (gate.why != GATE_OPEN || gate.estimate.ready == 0 ||
        !has_spare(txn, look, subject)) {
        head->done = true;
        return;
    }
    qc_subscription_notify(txn, row);
    add_claims(txn, look, head->subject, 1);
    row = qc_subscription_first(txn, head->subject);
    head->done = row == NULL;
    head->first = row != NULL ? qc_subscription_id(row) : 0;
}

static struct head *oldest(const struct look *look)
{
    struct head *oldest = NULL;

    for (size_t i = 0; i < look->n_heads; i++) {
        struct head *head = &look->heads[i];

        if (!head->done && (oldest == NULL || head->first < oldest->first)) {
            oldest = head;
        }
    }
    return oldest;
}

void qc_notify_due(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__NotifyRow *was = get(txn);
    struct qc_key key = key_of(txn);
    uint64_t after = 0;
    struct head *head;
    struct look look;

    (void)object;
    if (was == NULL) {
        return;
    }
    qc_entity_put(txn, &qc_notify_entity, &key, was, NULL);
    if (!begin(txn, &look, was->after)) {
        return;
    }
    head = oldest(&look);
    for (unsigned n = 0; head != NULL && n < QC_NOTIFY_TRIES_MAX; n++) {
        after = head->first;
        try(txn, &look, head);
        head = txn->fault == 0 ? oldest(&look) : NULL;
    }
    if (anybody_waits(txn)) {
        look_later(txn, NULL, head != NULL ? 1 : QC_NOTIFY_MS,
                   head != NULL ? after : 0);
    }
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__NotifyRow *of = row;

    qc_timer_derive(txn, key, of->timer, how);
}

const struct qc_entity qc_notify_entity = {
    .name = "notify",
    .space = QC_SPACE_NOTIFY,
    .type = &qc__state__notify_row__descriptor,
    .derive = derive,
};
