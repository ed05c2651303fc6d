/*
 * Leadership, handed over.
 *
 * A leader stops appending, waits until its successor holds all of its log, and
 * only then tells it to begin an election: libraft would tell it too early
 * while entries are under way, and the successor, which still lacks some, would
 * not listen. Meanwhile commands wait in the queue. A successor that has not
 * taken over within an election timeout has failed, and the next one is tried.
 */
#include <stdio.h>

#include "replica/configuration.h"
#include "replica/inside.h"

enum {
    REST_TIMEOUTS = 4, /* After all have failed, in election timeouts. */
};

bool qc_replica_is_handing_over(const struct qc_replica *replica)
{
    return replica->duties.target != 0;
}

void qc_replica_end_hand_over(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;

    duties->is_asked = false;
    duties->to = 0;
    duties->target = 0;
    duties->is_told = false;
    duties->rest_until_ms = 0;
    duties->n_failed = 0;
}

static void tell(const struct qc_replica *replica,
                 const char *what,
                 uint64_t id)
{
    char text[96];

    (void)snprintf(text, sizeof(text), "%s node %llu", what,
                   (unsigned long long)id);
    qc_replica_notice(replica, QC_NOTICE_INFO, text);
}

/* --- whom --- */

static bool has_failed(const struct qc_duties *duties, uint64_t id)
{
    for (unsigned i = 0; i < duties->n_failed; i++) {
        if (duties->failed[i] == id) {
            return true;
        }
    }
    return false;
}

/* What a successor must be, for the reason there is: a node that drains, or is
 * full, leads rather than one that is no better. */
static unsigned needed(const struct qc_duties *duties)
{
    unsigned capacity = 0;

    if (duties->is_asked || duties->must_go) {
        return 0;
    }
    if (duties->drains) {
        capacity |= QC_CAPACITY_WILLING;
    }
    if (duties->room == QC_ROOM_NONE) {
        capacity |= QC_CAPACITY_ROOM;
    }
    return capacity;
}

static bool may_follow(const struct qc_replica *replica, uint64_t id)
{
    const struct qc_duties *duties = &replica->duties;
    const struct qc_core_peer *peer = qc_core_peer(&replica->core, id);
    unsigned must = needed(duties);

    return id != replica->options.id && qc_core_is_voter(&replica->core, id) &&
           peer != NULL && (peer->capacity & must) == must &&
           !has_failed(duties, id);
}

/* Whether |a| is the better one: willing and with room, or further ahead. */
static bool is_better(const struct qc_core *core, uint64_t a, uint64_t b)
{
    unsigned of_a = qc_core_peer(core, a)->capacity & QC_CAPACITY_ALL;
    unsigned of_b = qc_core_peer(core, b)->capacity & QC_CAPACITY_ALL;

    if (of_a != of_b) {
        return of_a > of_b;
    }
    return qc_core_match_index(core, a) > qc_core_match_index(core, b);
}

/* 0: nobody. */
static uint64_t choose(const struct qc_replica *replica)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;
    const struct qc_duties *duties = &replica->duties;
    uint64_t best = 0;

    if (duties->is_asked && duties->to != 0) {
        return may_follow(replica, duties->to) ? duties->to : 0;
    }
    for (unsigned i = 0; i < members->n; i++) {
        uint64_t id = members->servers[i].id;

        if (may_follow(replica, id) &&
            (best == 0 || is_better(&replica->core, id, best))) {
            best = id;
        }
    }
    return best;
}

/* --- one step --- */

/* There is nobody, or nobody any more. A new leader has not heard of anybody
 * yet, and looks again soon. */
static void rest(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    int64_t now_ms = qc_replica_now_ms(replica);
    int64_t timeout_ms = replica->options.election_timeout_ms;

    if (duties->is_asked &&
        (duties->n_failed > 0 || now_ms - duties->asked_ms >= timeout_ms)) {
        duties->is_asked = false;
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "nobody can take over leadership");
    }
    duties->rest_until_ms = duties->n_failed > 0
                                ? now_ms + REST_TIMEOUTS * timeout_ms
                                : now_ms + replica->options.heartbeat_ms;
    duties->n_failed = 0;
}

static void begin(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    int64_t now_ms = qc_replica_now_ms(replica);
    bool is_wanted = duties->is_asked || duties->must_go || duties->drains ||
                     duties->room == QC_ROOM_NONE;

    if (!is_wanted || now_ms < duties->rest_until_ms) {
        return;
    }
    duties->target = choose(replica);
    if (duties->target != 0) {
        duties->began_ms = now_ms;
        duties->is_told = false;
    } else {
        rest(replica);
    }
}

static void fail(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;

    tell(replica, "leadership was not taken over by", duties->target);
    if (duties->n_failed < QC_SERVERS_MAX) {
        duties->failed[duties->n_failed++] = duties->target;
    }
    duties->target = 0;
}

/* libraft has given it up by itself when an election timeout has passed. */
static bool is_over(const struct qc_replica *replica)
{
    const struct qc_duties *duties = &replica->duties;

    return duties->is_told ||
           !qc_core_is_voter(&replica->core, duties->target) ||
           qc_replica_now_ms(replica) - duties->began_ms >=
               replica->options.election_timeout_ms;
}

int qc_replica_hand_over(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    struct qc_core *core = &replica->core;
    int r;

    if (qc_core_is_transferring(core)) {
        return 0;
    }
    if (duties->target != 0 && is_over(replica)) {
        fail(replica);
    }
    if (duties->target == 0) {
        begin(replica);
    }
    if (duties->target == 0 ||
        qc_core_match_index(core, duties->target) < qc_core_last_index(core)) {
        return 0;
    }
    tell(replica, "hands leadership to", duties->target);
    duties->is_told = true;
    r = qc_core_transfer(core, duties->target);
    return r > 0 ? 0 : r;
}

/* --- for operators --- */

int qc_replica_step_down(struct qc_replica *replica, uint64_t to)
{
    struct qc_duties *duties = &replica->duties;
    const struct qc_core *core = &replica->core;

    if (!qc_core_is_leader(core) || qc_core_n_voters(core) < 2 ||
        (to != 0 &&
         (to == replica->options.id || !qc_core_is_voter(core, to)))) {
        return 1;
    }
    duties->is_asked = true;
    duties->asked_ms = qc_replica_now_ms(replica);
    duties->to = to;
    duties->rest_until_ms = 0;
    return 0;
}

void qc_replica_set_drain(struct qc_replica *replica, bool drain)
{
    replica->duties.drains = drain;
    replica->duties.rest_until_ms = 0;
    qc_replica_tell_capacity(replica);
}
