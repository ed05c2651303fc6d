#include "command/apply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "machine/machine.h"
#include "machine/test/mem_store.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024,
    NOW_MS = 1000000,
    TENANT = 1, /* The first that is written. */
    LONG_TEXT = 250,
    OPERATIONS_MAX = 200, /* More than one small entry needs. */
};

struct fixture {
    struct qc_mem_store *mem;
    struct qc_machine machine;
    struct qc_arena arena; /* Of bodies and entries. */
    struct qc_command commands[QC_ENTRY_COMMANDS_MAX];
    size_t n_commands; /* In the entry that is being made. */

    /* What was told since setup. */
    unsigned n_answers;
    unsigned n_replayed;
    int refusal; /* The last one. */
    uint8_t response[64];
    size_t response_size; /* Of the last one, of which that much is kept. */
};

static void answered(void *ctx,
                     const struct qc_command *command,
                     const struct qc_answer *answer)
{
    struct fixture *f = ctx;
    size_t size = answer->response.size;

    assert_ptr_not_equal(command, NULL);
    f->n_answers++;
    f->n_replayed += answer->replayed ? 1 : 0;
    f->refusal = answer->refusal;
    f->response_size = size;
    if (size > 0) {
        memcpy(f->response, answer->response.data,
               size < sizeof(f->response) ? size : sizeof(f->response));
    }
}

/* --- an entry, command by command --- */

static struct qc_command *add(struct fixture *f,
                              uint32_t id,
                              uint32_t tenant,
                              const char *request_id,
                              struct qc_bytes body)
{
    struct qc_command *command = &f->commands[f->n_commands++];

    *command = (struct qc_command){
        .id = id,
        .tenant = tenant,
        .principal = "local",
        .client_id = "test",
        .request_id = request_id,
        .body = body,
    };
    return command;
}

static struct qc_command *add_message(struct fixture *f,
                                      const char *path,
                                      const char *request_id,
                                      const ProtobufCMessage *message)
{
    const struct qc_method *method = qc_method_of_path(path);
    struct qc_bytes body;

    assert_non_null(method);
    assert_true(qc_msgpack_write(message, &f->arena, &body));
    return add(f, method->id, method->cluster ? 0 : TENANT, request_id, body);
}

static struct qc_command *add_tenant(struct fixture *f,
                                     const char *request_id,
                                     Qc__V1__TenantState state)
{
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;

    tenant.key = "shop";
    tenant.state = state;
    request.tenant = &tenant;
    request.client_ts_ms = NOW_MS;
    return add_message(f, "/quorumcall.v1.AdminService/PutTenant", request_id,
                       &request.base);
}

static struct qc_command *add_branch(struct fixture *f,
                                     const char *request_id,
                                     const char *key,
                                     const char *address)
{
    Qc__V1__PutBranchRequest request = QC__V1__PUT_BRANCH_REQUEST__INIT;
    Qc__V1__Branch branch = QC__V1__BRANCH__INIT;

    branch.key = key;
    branch.address = address;
    branch.hours = address;
    request.branch = &branch;
    request.client_ts_ms = NOW_MS;
    return add_message(f, "/quorumcall.v1.AdminService/PutBranch", request_id,
                       &request.base);
}

/* Applies what was added, as entry |log_index|. */
static int apply_at(struct fixture *f, uint64_t log_index)
{
    struct qc_entry entry = {
        .at_ms = NOW_MS,
        .commands = f->commands,
        .n_commands = f->n_commands,
    };
    struct qc_bytes bytes;

    f->n_commands = 0;
    assert_int_equal(qc_entry_write(&entry, &f->arena, &bytes), 0);
    return qc_entry_apply(&f->machine, log_index, bytes, answered, f);
}

static int apply(struct fixture *f)
{
    return apply_at(f, f->machine.applied_index + 1);
}

static int get_branch(struct fixture *f, const char *key)
{
    const struct qc_method *method =
        qc_method_of_path("/quorumcall.v1.AdminService/GetBranch");
    const struct qc_caller caller = {TENANT, QC_ROLE_LOCAL, "local"};
    Qc__V1__GetBranchRequest request = QC__V1__GET_BRANCH_REQUEST__INIT;
    struct qc_query_result result;

    assert_non_null(method);
    request.key = key;
    return qc_query_run(&f->machine, method, &caller, &request.base, &f->arena,
                        &result);
}

/* --- one machine, with one tenant --- */

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    *f = (struct fixture){.mem = qc_mem_store_new()};
    assert_non_null(f->mem);
    qc_arena_init(&f->arena, ARENA_SIZE);
    assert_int_equal(
        qc_machine_open(&f->machine, qc_mem_store_as_store(f->mem)), 0);
    (void)add_tenant(f, "tenant", QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE);
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, 0);
    f->n_answers = 0;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_mem_store_open_cursors(f->mem), 0);
    qc_machine_close(&f->machine);
    qc_arena_done(&f->arena);
    qc_mem_store_free(f->mem);
    return 0;
}

/* Applies what was added, which is the fault |fault|: nothing is committed, and
 * nobody is told. */
static void assert_fault(struct fixture *f, int fault)
{
    unsigned commits = qc_mem_store_commits(f->mem);
    uint64_t applied_index = f->machine.applied_index;

    assert_int_equal(apply(f), fault);
    assert_int_equal(qc_mem_store_commits(f->mem), commits);
    assert_int_equal(f->machine.applied_index, applied_index);
    assert_int_equal(f->n_answers, 0);
}

static void a_command_nobody_knows_is_a_newer_release_and_leaves_nothing(
    void **state)
{
    struct fixture *f = *state;

    (void)add_branch(f, "1", "soho", "");
    (void)add(f, UINT32_MAX, TENANT, "2", (struct qc_bytes){NULL, 0});
    assert_fault(f, QC_E_NEWER);
}

static void a_body_that_is_no_message_is_corrupt_and_leaves_nothing(
    void **state)
{
    static const uint8_t no_map[] = {0xc0};
    struct fixture *f = *state;
    uint32_t id = add_branch(f, "1", "soho", "")->id;

    (void)add(f, id, TENANT, "2", (struct qc_bytes){no_map, sizeof(no_map)});
    assert_fault(f, QC_E_CORRUPT);
}

static void what_is_no_entry_is_corrupt(void **state)
{
    static const uint8_t no_entry[] = {0x90};
    struct fixture *f = *state;

    assert_int_equal(
        qc_entry_apply(&f->machine, 2,
                       (struct qc_bytes){no_entry, sizeof(no_entry)}, answered,
                       f),
        QC_E_CORRUPT);
    assert_int_equal(f->machine.applied_index, 1);
}

static void an_entry_that_was_applied_is_skipped(void **state)
{
    struct fixture *f = *state;
    uint8_t hash[QC_HASH_SIZE];

    memcpy(hash, f->machine.hash, sizeof(hash));
    (void)add_branch(f, "1", "soho", "");
    assert_int_equal(apply_at(f, f->machine.applied_index), 0);
    assert_int_equal(f->n_answers, 0);
    assert_memory_equal(f->machine.hash, hash, sizeof(hash));
    assert_int_equal(get_branch(f, "soho"), QC_REFUSED_NOT_FOUND);
}

static void a_suspended_tenant_may_only_read(void **state)
{
    struct fixture *f = *state;

    (void)add_branch(f, "1", "soho", "");
    (void)add_tenant(f, "2", QC__V1__TENANT_STATE__TENANT_STATE_SUSPENDED);
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, 0);

    (void)add_branch(f, "3", "mayfair", "");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_TENANT_SUSPENDED);
    assert_int_equal(get_branch(f, "soho"), 0);
    assert_int_equal(get_branch(f, "mayfair"), QC_REFUSED_NOT_FOUND);
}

static void who_is_not_known_is_refused_when_it_is_applied(void **state)
{
    struct fixture *f = *state;

    add_branch(f, "1", "soho", "")->principal = "nobody";
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_UNAUTHENTICATED);
    assert_int_equal(get_branch(f, "soho"), QC_REFUSED_NOT_FOUND);
}

static void a_tenant_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;

    add_branch(f, "1", "soho", "")->tenant = TENANT + 1;
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_TENANT_UNKNOWN);
}

/* The second command would say "unchanged" if it were run: it is the branch's
 * revision that would then differ from the first answer. */
static void a_request_is_done_once_and_answered_each_time(void **state)
{
    struct fixture *f = *state;
    uint8_t response[sizeof(f->response)] = {0};
    size_t size;

    (void)add_branch(f, "1", "soho", "one");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->n_replayed, 0);
    size = f->response_size;
    assert_in_range(size, 1, sizeof(response));
    memcpy(response, f->response, size);

    (void)add_branch(f, "2", "soho", "two");
    (void)add_branch(f, "1", "soho", "one");
    (void)add_branch(f, "1", "soho", "one");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->n_answers, 4);
    assert_int_equal(f->n_replayed, 2);
    assert_int_equal(f->refusal, 0);
    assert_int_equal(f->response_size, size);
    assert_memory_equal(f->response, response, size);
}

static void a_refusal_is_remembered_too(void **state)
{
    struct fixture *f = *state;

    (void)add_tenant(f, "1", QC__V1__TENANT_STATE__TENANT_STATE_SUSPENDED);
    (void)add_branch(f, "2", "soho", "");
    (void)add_tenant(f, "3", QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE);
    (void)add_branch(f, "2", "soho", "");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_TENANT_SUSPENDED);
    assert_int_equal(f->n_replayed, 1);
    assert_int_equal(get_branch(f, "soho"), QC_REFUSED_NOT_FOUND);
}

static void the_same_id_for_another_request_is_refused(void **state)
{
    struct fixture *f = *state;

    (void)add_branch(f, "1", "soho", "");
    add_branch(f, "1", "mayfair", "")->digest[0] = 1;
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_IDEMPOTENCY_KEY_REUSED);
    assert_int_equal(get_branch(f, "mayfair"), QC_REFUSED_NOT_FOUND);
}

/* As many long branches as an entry can hold, all with requests of their own.
 */
static void add_full(struct fixture *f)
{
    char address[LONG_TEXT + 1];

    memset(address, 'x', LONG_TEXT);
    address[LONG_TEXT] = '\0';
    for (unsigned i = 0; i < QC_ENTRY_COMMANDS_MAX; i++) {
        char *key = qc_arena_alloc(&f->arena, 16);

        assert_non_null(key);
        snprintf(key, 16, "branch%u", i);
        (void)add_branch(f, key, key, address);
    }
}

/* --- members and versions --- */

static int configure(struct fixture *f, uint64_t log_index)
{
    static const struct qc_member members[] = {{1, "node1:7400", true},
                                               {2, "node2:7400", true},
                                               {3, "node3:7400", true}};

    return qc_entry_configure(&f->machine, log_index, members, 3);
}

static struct qc_command *add_report(struct fixture *f,
                                     const char *request_id,
                                     uint64_t node_id,
                                     uint32_t version_max)
{
    Qc__V1__ReportNodeRequest request = QC__V1__REPORT_NODE_REQUEST__INIT;
    struct qc_command *command;

    request.node_id = node_id;
    request.version_max = version_max;
    request.client_ts_ms = NOW_MS;
    command = add_message(f, "/quorumcall.v1.ClusterService/ReportNode",
                          request_id, &request.base);
    command->principal = "node";
    return command;
}

static struct qc_command *add_member(struct fixture *f, const char *request_id)
{
    Qc__V1__AddMemberRequest request = QC__V1__ADD_MEMBER_REQUEST__INIT;

    request.address = "node4:7400";
    request.client_ts_ms = NOW_MS;
    return add_message(f, "/quorumcall.v1.ClusterService/AddMember", request_id,
                       &request.base);
}

static void a_configuration_is_applied_once_and_folded(void **state)
{
    struct fixture *f = *state;
    uint64_t next = f->machine.applied_index + 1;
    int64_t now_ms = f->machine.now_ms;
    uint8_t hash[QC_HASH_SIZE];
    Qc__State__MembersRow *row;
    int fault;

    memcpy(hash, f->machine.hash, sizeof(hash));
    assert_int_equal(configure(f, next), 0);
    assert_int_equal(f->machine.applied_index, next);
    assert_int_equal(f->machine.now_ms, now_ms);
    assert_memory_not_equal(f->machine.hash, hash, sizeof(hash));
    row = qc_machine_members(&f->machine, &f->arena, &fault);
    assert_int_equal(fault, 0);
    assert_int_equal(row->n_members, 3);
    assert_int_equal(row->configuration_index, next);

    memcpy(hash, f->machine.hash, sizeof(hash));
    assert_int_equal(configure(f, next), 0); /* It is in the rows already. */
    assert_memory_equal(f->machine.hash, hash, sizeof(hash));
    assert_int_equal(configure(f, next + 5), 0); /* Barriers lie between. */
    assert_int_equal(f->machine.applied_index, next + 5);
}

static void every_storage_fault_leaves_nothing_of_a_configuration(void **state)
{
    int r = QC_E_IO;

    for (unsigned nth = 1; r != 0; nth++) {
        struct fixture *f = *state;
        unsigned commits;

        assert_in_range(nth, 1, OPERATIONS_MAX);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
        commits = qc_mem_store_commits(f->mem);
        qc_mem_store_fail_at(f->mem, nth);
        r = configure(f, f->machine.applied_index + 1);
        qc_mem_store_fail_at(f->mem, 0);

        assert_true(r == 0 || r == QC_E_IO);
        assert_int_equal(f->machine.applied_index, r == 0 ? 2 : 1);
        assert_int_equal(qc_mem_store_commits(f->mem),
                         r == 0 ? commits + 1 : commits);
    }
}

static void what_is_newer_than_the_cluster_is_refused_until_it_is_not(
    void **state)
{
    struct fixture *f = *state;

    assert_int_equal(configure(f, 2), 0);
    assert_int_equal(qc_machine_cluster_version(&f->machine), 1);
    (void)add_member(f, "1");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_CLUSTER_VERSION);
    for (uint64_t node = 1; node <= 3; node++) {
        static const char *const ids[] = {"r1", "r2", "r3"};

        assert_int_equal(qc_machine_cluster_version(&f->machine), 1);
        (void)add_report(f, ids[node - 1], node, 2);
        assert_int_equal(apply(f), 0);
        assert_int_equal(f->refusal, 0);
    }
    assert_int_equal(qc_machine_cluster_version(&f->machine), 2);
    (void)add_member(f, "2");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, 0);
}

/* Also within one entry. */
static void a_version_counts_from_the_next_command_on(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(configure(f, 2), 0);
    (void)add_report(f, "r1", 1, 2);
    (void)add_report(f, "r2", 2, 2);
    (void)add_report(f, "r3", 3, 2);
    (void)add_member(f, "1");
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, 0);
}

static void only_a_node_speaks_for_nodes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(configure(f, 2), 0);
    add_report(f, "1", 1, 2)->principal = "local";
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_ROLE);
    add_branch(f, "2", "soho", "")->principal = "node";
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, QC_REFUSED_ROLE);
    assert_int_equal(get_branch(f, "soho"), QC_REFUSED_NOT_FOUND);
}

static void a_node_learns_that_its_state_differs(void **state)
{
    Qc__V1__CompareHashesRequest request = QC__V1__COMPARE_HASHES_REQUEST__INIT;
    Qc__V1__NodeHash said[3] = {QC__V1__NODE_HASH__INIT,
                                QC__V1__NODE_HASH__INIT,
                                QC__V1__NODE_HASH__INIT};
    Qc__V1__NodeHash *hashes[] = {&said[0], &said[1], &said[2]};
    uint8_t right[QC_HASH_SIZE] = {1};
    uint8_t wrong[QC_HASH_SIZE] = {2};
    struct fixture *f = *state;
    uint64_t at_index = 0;

    what_is_newer_than_the_cluster_is_refused_until_it_is_not(state);
    for (size_t i = 0; i < 3; i++) {
        said[i].node_id = i + 1;
        said[i].hash =
            (ProtobufCBinaryData){QC_HASH_SIZE, i == 1 ? wrong : right};
    }
    request.log_index = 5;
    request.hashes = hashes;
    request.n_hashes = 3;
    request.client_ts_ms = NOW_MS;
    add_message(f, "/quorumcall.v1.ClusterService/CompareHashes", "compare",
                &request.base)
        ->principal = "node";
    assert_int_equal(qc_machine_differs(&f->machine, 2, NULL), 0);
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->refusal, 0);
    assert_int_equal(qc_machine_differs(&f->machine, 2, &at_index), 1);
    assert_int_equal(at_index, 5);
    assert_int_equal(qc_machine_differs(&f->machine, 1, NULL), 0);

    qc_mem_store_fail_at(f->mem, 1);
    assert_int_equal(qc_machine_differs(&f->machine, 2, NULL), QC_E_IO);
}

/* A connection that breaks makes its clients ask all again at once: what each
 * reads to find its answer must not add up. */
static void a_full_entry_can_be_asked_for_again(void **state)
{
    struct fixture *f = *state;

    add_full(f);
    assert_int_equal(apply(f), 0);
    add_full(f);
    assert_int_equal(apply(f), 0);
    assert_int_equal(f->n_answers, 2 * QC_ENTRY_COMMANDS_MAX);
    assert_int_equal(f->n_replayed, QC_ENTRY_COMMANDS_MAX);
    assert_int_equal(f->refusal, 0);
}

/* Whatever operation of the store fails, while it reads, writes or commits. */
static void every_storage_fault_leaves_nothing_of_an_entry(void **state)
{
    int r = QC_E_IO;

    for (unsigned nth = 1; r != 0; nth++) {
        struct fixture *f = *state;
        unsigned commits;

        assert_in_range(nth, 1, OPERATIONS_MAX);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
        (void)add_branch(f, "1", "soho", "");
        (void)add_branch(f, "tenant", "mayfair", "");
        (void)add_tenant(f, "tenant",
                         QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE);
        commits = qc_mem_store_commits(f->mem);
        qc_mem_store_fail_at(f->mem, nth);
        r = apply(f);
        qc_mem_store_fail_at(f->mem, 0);

        assert_true(r == 0 || r == QC_E_IO);
        assert_int_equal(f->n_answers, r == 0 ? 3 : 0);
        assert_int_equal(f->machine.applied_index, r == 0 ? 2 : 1);
        assert_int_equal(qc_mem_store_commits(f->mem),
                         r == 0 ? commits + 1 : commits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_command_nobody_knows_is_a_newer_release_and_leaves_nothing),
        TEST(a_body_that_is_no_message_is_corrupt_and_leaves_nothing),
        TEST(what_is_no_entry_is_corrupt),
        TEST(an_entry_that_was_applied_is_skipped),
        TEST(a_suspended_tenant_may_only_read),
        TEST(who_is_not_known_is_refused_when_it_is_applied),
        TEST(a_tenant_that_is_not_there_is_refused),
        TEST(a_request_is_done_once_and_answered_each_time),
        TEST(a_refusal_is_remembered_too),
        TEST(the_same_id_for_another_request_is_refused),
        TEST(a_configuration_is_applied_once_and_folded),
        TEST(every_storage_fault_leaves_nothing_of_a_configuration),
        TEST(what_is_newer_than_the_cluster_is_refused_until_it_is_not),
        TEST(a_version_counts_from_the_next_command_on),
        TEST(only_a_node_speaks_for_nodes),
        TEST(a_node_learns_that_its_state_differs),
        TEST(a_full_entry_can_be_asked_for_again),
        TEST(every_storage_fault_leaves_nothing_of_an_entry),
#undef TEST
    };

    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
