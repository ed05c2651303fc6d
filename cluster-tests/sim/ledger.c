#include "cluster-tests/sim/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <raft.h>

#include "cluster-tests/sim/desks.h"
#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/store.h"
#include "cluster-tests/sim/visits.h"
#include "cluster-tests/sim/workload.h"

enum {
    VERIFY_EVERY = 64,
};

/* What was answered to one command. */
struct given {
    uint64_t request;
    uint64_t digest;
    bool replayed;
};

struct entry {
    uint64_t digest; /* 0: not committed. */
    uint64_t term;   /* In which it was committed. */
    uint8_t kind;
    struct qc_bytes bytes; /* Ours. */
    bool is_applied;
    uint8_t hash[QC_HASH_SIZE];
    uint64_t content;
    int64_t now_ms;
    struct given *given;
    unsigned n_given;
    unsigned given_capacity;
};

struct sim_ledger {
    struct entry *entries; /* By index. */
    size_t capacity;
    uint64_t committed;
    uint64_t applied;  /* The rows of the first node that is there. */
    uint64_t verified; /* When all its rows were last gone through. */
};

struct sim_ledger *sim_ledger_new(void)
{
    struct sim_ledger *ledger = calloc(1, sizeof(*ledger));

    assert(ledger != NULL);
    return ledger;
}

static void bytes_free(struct qc_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

void sim_ledger_free(struct sim_ledger *ledger)
{
    for (size_t i = 0; i < ledger->capacity; i++) {
        bytes_free(ledger->entries[i].bytes);
        free(ledger->entries[i].given);
    }
    free(ledger->entries);
    free(ledger);
}

static struct entry *entry_at(struct sim_ledger *ledger, uint64_t index)
{
    size_t was = ledger->capacity;

    if (index >= ledger->capacity) {
        ledger->capacity = 2 * (size_t)index + 1024;
        ledger->entries = realloc(ledger->entries,
                                  ledger->capacity * sizeof(*ledger->entries));
        assert(ledger->entries != NULL);
        memset(&ledger->entries[was], 0,
               (ledger->capacity - was) * sizeof(*ledger->entries));
    }
    return &ledger->entries[index];
}

/* --- what is committed -----------------------------------------------------
 */

static bool has_durable(const struct sim_node *node,
                        uint64_t index,
                        uint64_t digest)
{
    return !node->is_gone &&
           (index <= sim_disk_durable_base(node->disk) ||
            sim_disk_durable_digest(node->disk, index) == digest);
}

static void check_quorum(struct sim_node *node,
                         uint64_t index,
                         uint64_t digest,
                         const struct qc_replica_status *status)
{
    unsigned n_voters = 0;
    unsigned n_durable = 0;

    for (unsigned i = 0; i < status->n_servers; i++) {
        const struct qc_server *server = &status->servers[i];

        if (server->voter) {
            const struct sim_node *voter = &node->world->nodes[server->id];

            n_voters++;
            n_durable += has_durable(voter, index, digest) ? 1 : 0;
        }
    }
    if (2 * n_durable <= n_voters) {
        sim_violated(SIM_QUORUM_HAS_IT,
                     "node %u takes entry %" PRIu64
                     " for committed, which %u of %u voters have on disk",
                     node->id, index, n_durable, n_voters);
    }
}

static void commit(struct sim_node *node,
                   uint64_t index,
                   const struct qc_replica_status *status)
{
    struct sim_ledger *ledger = node->world->ledger;
    struct entry *entry = entry_at(ledger, index);
    uint64_t digest = sim_disk_digest(node->disk, index);
    const struct qc_log_entry *log_entry = sim_disk_entry(node->disk, index);
    uint8_t *copy;

    if (digest == 0) {
        return; /* A checkpoint stands for it. */
    }
    if (entry->digest != 0) {
        if (entry->digest != digest) {
            sim_violated(SIM_COMMITTED_STAYS,
                         "entry %" PRIu64 " was committed, and node %u has "
                         "another one committed there",
                         index, node->id);
        }
        return;
    }
    if (index > 1) { /* The first one is the same on all, by itself. */
        check_quorum(node, index, digest, status);
    }
    copy = malloc(log_entry->data.size + 1);
    assert(copy != NULL);
    if (log_entry->data.size > 0) {
        memcpy(copy, log_entry->data.data, log_entry->data.size);
    }
    entry->digest = digest;
    entry->term = status->term;
    entry->kind = log_entry->kind;
    entry->bytes.data = copy;
    entry->bytes.size = log_entry->data.size;
    if (index > ledger->committed) {
        ledger->committed = index;
    }
    sim_result.n_entries++;
    sim_result.n_configurations += log_entry->kind == RAFT_CHANGE ? 1 : 0;
    sim_trace_fold(digest);
}

void sim_ledger_commit(struct sim_node *node, uint64_t index)
{
    struct qc_replica_status status;

    if (node->seen_commit >= index) {
        return;
    }
    qc_replica_status(node->replica, &status);
    while (node->seen_commit < index) {
        node->seen_commit++;
        commit(node, node->seen_commit, &status);
    }
}

void sim_ledger_check_leader(struct sim_node *node, uint64_t term)
{
    struct sim_ledger *ledger = node->world->ledger;
    uint64_t index = ledger->committed;
    uint64_t base = sim_disk_durable_base(node->disk);

    /* One that stood still may win an election that is long over: what later
     * terms have committed it need not have. */
    while (index > 0 && ledger->entries[index].term >= term) {
        index--;
    }
    /* Logs that agree at an index agree before it. */
    if (index > base &&
        entry_at(ledger, index)->digest != sim_disk_digest(node->disk, index)) {
        sim_violated(SIM_COMMITTED_STAYS,
                     "node %u leads in term %" PRIu64 " without entry %" PRIu64
                     ", which is committed",
                     node->id, term, index);
    }
}

/* --- what came of it -------------------------------------------------------
 */

void sim_ledger_before(struct sim_node *node, uint64_t index)
{
    sim_ledger_commit(node, index);
    node->n_answered = 0;
    node->n_done = 0;
    if (!entry_at(node->world->ledger, index)->is_applied) {
        node->domain = sim_store_domain_digest(node->store);
        node->next_timer_ms = qc_machine_next_timer_ms(&node->machine);
    }
}

static void add_given(struct entry *entry, struct given given)
{
    if (entry->n_given == entry->given_capacity) {
        entry->given_capacity = 2 * entry->given_capacity + 4;
        entry->given = realloc(entry->given,
                               entry->given_capacity * sizeof(*entry->given));
        assert(entry->given != NULL);
    }
    entry->given[entry->n_given++] = given;
}

static void check_given(const struct sim_node *node,
                        uint64_t index,
                        const struct given *was,
                        const struct given *is)
{
    if (was->request != is->request) {
        sim_violated(SIM_SAME_STATE,
                     "entry %" PRIu64 " has other commands on node %u", index,
                     node->id);
    } else if (was->replayed != is->replayed || was->digest != is->digest) {
        bool again = was->replayed || is->replayed;

        sim_violated(again ? SIM_SAME_ANSWER : SIM_SAME_STATE,
                     "request r%" PRIu64 " in entry %" PRIu64
                     " is answered otherwise by node %u",
                     is->request, index, node->id);
    }
}

void sim_ledger_answered(struct sim_node *node,
                         uint64_t index,
                         const struct qc_command *command,
                         const struct qc_answer *answer)
{
    struct entry *entry = entry_at(node->world->ledger, index);
    const struct sim_request *request =
        sim_requests_find(node->world->requests, command);
    struct given given = {
        .request = request != NULL ? request->number : 0,
        .digest = sim_answer_digest(answer),
        .replayed = answer->replayed,
    };

    if (!entry->is_applied) {
        sim_visits_pass(sim_workload_visits(node->world), node->machine.now_ms);
        sim_requests_answered(node->world, index, command, answer);
        add_given(entry, given);
    } else if (node->n_answered < entry->n_given) {
        check_given(node, index, &entry->given[node->n_answered], &given);
    } else {
        sim_violated(SIM_SAME_STATE,
                     "entry %" PRIu64 " has more commands on node %u", index,
                     node->id);
    }
    node->n_answered++;
    node->n_done += answer->refusal == 0 && !answer->replayed ? 1 : 0;
}

static void check_state(const struct sim_node *node,
                        const struct entry *entry,
                        uint64_t index)
{
    if (memcmp(entry->hash, node->machine.hash, QC_HASH_SIZE) != 0) {
        sim_violated(SIM_SAME_STATE,
                     "at entry %" PRIu64
                     " node %u has another state hash than the first there",
                     index, node->id);
    } else if (entry->content != sim_store_digest(node->store)) {
        sim_violated(SIM_SAME_STATE,
                     "at entry %" PRIu64
                     " node %u has other rows than the first there",
                     index, node->id);
    }
}

/* An entry of which nothing was done, and no timer was due. */
static void check_refusals(const struct sim_node *node, uint64_t index)
{
    if (node->n_answered > 0 && node->n_done == 0 &&
        node->next_timer_ms > node->machine.now_ms &&
        node->domain != sim_store_domain_digest(node->store)) {
        sim_violated(SIM_REFUSAL_HAS_NO_EFFECT,
                     "all commands of entry %" PRIu64
                     " are refused, and rows have changed",
                     index);
    }
}

/* Every 64 entries, as long as there are few rows: it goes through all of them.
 */
static void verify(struct sim_node *node, uint64_t index)
{
    struct sim_ledger *ledger = node->world->ledger;
    uint64_t gap = VERIFY_EVERY + sim_store_n_rows(node->store) / 4;
    char text[256];

    if (index < ledger->verified + gap) {
        return;
    }
    ledger->verified = index;
    if (qc_machine_verify(&node->machine, text, sizeof(text)) != 0) {
        sim_violated(SIM_INDEXES_ARE_OF_ROWS,
                     "at entry %" PRIu64 " of node %u: %s", index, node->id,
                     text);
    }
}

void sim_ledger_applied(struct sim_node *node, uint64_t index)
{
    struct sim_ledger *ledger = node->world->ledger;
    struct entry *entry = entry_at(ledger, index);

    if (entry->is_applied) {
        check_state(node, entry, index);
        return;
    }
    if (index <= ledger->applied) {
        sim_violated(SIM_SAME_STATE,
                     "node %u applies entry %" PRIu64 ", which others have not",
                     node->id, index);
        return;
    }
    if (node->machine.now_ms < ledger->entries[ledger->applied].now_ms) {
        sim_violated(SIM_LOG_TIME, "entry %" PRIu64 " is earlier than the last",
                     index);
    }
    entry->is_applied = true;
    entry->now_ms = node->machine.now_ms;
    memcpy(entry->hash, node->machine.hash, QC_HASH_SIZE);
    entry->content = sim_store_digest(node->store);
    ledger->applied = index;
    check_refusals(node, index);
    sim_visits_pass(sim_workload_visits(node->world), entry->now_ms);
    sim_desks_applied(sim_workload_desks(node->world), node);
    sim_trace_fold(entry->content);
    verify(node, index);
}

void sim_ledger_check_rows(struct sim_node *node)
{
    uint64_t index = node->machine.applied_index;
    const struct entry *entry = entry_at(node->world->ledger, index);

    if (index == 0 ? sim_store_digest(node->store) != 0
                   : !entry->is_applied ||
                         entry->content != sim_store_digest(node->store)) {
        sim_violated(SIM_ROWS_ARE_OF_THEIR_INDEX,
                     "node %u begins with rows that say entry %" PRIu64
                     " and are not its",
                     node->id, index);
    } else if (index != 0 &&
               memcmp(entry->hash, node->machine.hash, QC_HASH_SIZE) != 0) {
        sim_violated(SIM_SAME_STATE,
                     "node %u begins with another state hash at entry %" PRIu64,
                     node->id, index);
    }
}

void sim_ledger_check_answer(const struct sim_ledger *ledger,
                             uint64_t index,
                             uint64_t request,
                             uint64_t digest)
{
    const struct entry *entry =
        index < ledger->capacity ? &ledger->entries[index] : NULL;

    if (entry != NULL && entry->digest != 0) {
        for (unsigned i = 0; i < entry->n_given; i++) {
            if (entry->given[i].request == request &&
                entry->given[i].digest == digest) {
                return;
            }
        }
    }
    sim_violated(SIM_ACKNOWLEDGED_SURVIVES,
                 "request r%" PRIu64 " is acknowledged at entry %" PRIu64
                 ", where it is not committed with this answer",
                 request, index);
}

uint64_t sim_ledger_committed(const struct sim_ledger *ledger)
{
    return ledger->committed;
}

uint64_t sim_ledger_applied_index(const struct sim_ledger *ledger)
{
    return ledger->applied;
}

/* --- at the end ------------------------------------------------------------
 */

static void ignore(void *ctx,
                   const struct qc_command *command,
                   const struct qc_answer *answer)
{
    (void)ctx;
    (void)command;
    (void)answer;
}

static int replay_change(struct qc_machine *machine,
                         uint64_t index,
                         struct qc_bytes bytes)
{
    struct raft_buffer buffer = {(void *)(uintptr_t)bytes.data, bytes.size};
    struct qc_member members[QC_MEMBERS_MAX];
    struct raft_configuration configuration;
    int r = raft_configuration_decode(&buffer, &configuration);

    assert(r == 0 && configuration.n <= QC_MEMBERS_MAX);
    for (unsigned i = 0; i < configuration.n; i++) {
        members[i] = (struct qc_member){
            .node_id = configuration.servers[i].id,
            .address = configuration.servers[i].address,
            .voter = configuration.servers[i].role == RAFT_VOTER,
        };
    }
    r = qc_entry_configure(machine, index, members, configuration.n);
    raft_configuration_close(&configuration);
    return r;
}

static int replay(struct qc_machine *machine,
                  uint64_t index,
                  const struct entry *entry)
{
    return entry->kind == RAFT_CHANGE
               ? replay_change(machine, index, entry->bytes)
               : qc_entry_apply(machine, index, entry->bytes, ignore, NULL);
}

void sim_ledger_replay(const struct sim_ledger *ledger)
{
    struct sim_store *store = sim_store_new();
    struct qc_machine machine;
    int r = qc_machine_open(&machine, sim_store_as_store(store));

    for (uint64_t i = 1; r == 0 && i <= ledger->applied; i++) {
        const struct entry *entry = &ledger->entries[i];

        if (entry->is_applied) {
            r = replay(&machine, i, entry);
            if (memcmp(entry->hash, machine.hash, QC_HASH_SIZE) != 0) {
                break;
            }
        }
    }
    if (r != 0 || machine.applied_index != ledger->applied ||
        ledger->entries[ledger->applied].content != sim_store_digest(store)) {
        sim_violated(SIM_SAME_STATE,
                     "replayed from the first entry, the log comes to another "
                     "state at entry %" PRIu64,
                     machine.applied_index);
    }
    qc_machine_close(&machine);
    sim_store_free(store);
}
