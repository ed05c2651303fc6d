/* What entries have done, told from their bytes and from the stored answers. */
#include "command/done.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "command/apply.h"
#include "command/table.h"
#include "machine/machine.h"
#include "machine/test/mem_store.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024,
    NOW_MS = 1000000,
    TENANT = 1, /* The first that is written. */
    COMMANDS_MAX = 8,
};

struct fixture {
    struct qc_mem_store *mem;
    struct qc_machine machine;
    struct qc_arena arena;
    struct qc_command commands[COMMANDS_MAX];
    struct qc_entry entry;
    struct qc_done *done;
    size_t n;
};

static void ignored(void *ctx,
                    const struct qc_command *command,
                    const struct qc_answer *answer)
{
    (void)ctx;
    (void)command;
    (void)answer;
}

static void add(struct fixture *f,
                const char *path,
                const char *request_id,
                const ProtobufCMessage *message)
{
    const struct qc_method *method = qc_method_of_path(path);
    struct qc_command *command = &f->commands[f->entry.n_commands++];

    assert_non_null(method);
    *command = (struct qc_command){
        .id = method->id,
        .tenant = method->cluster ? 0 : TENANT,
        .principal = "local",
        .client_id = "test",
        .request_id = request_id,
    };
    assert_true(qc_msgpack_write(message, &f->arena, &command->body));
}

static void add_tenant(struct fixture *f, const char *request_id)
{
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;

    tenant.key = "shop";
    tenant.state = QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE;
    request.tenant = &tenant;
    request.client_ts_ms = NOW_MS;
    add(f, "/quorumcall.v1.AdminService/PutTenant", request_id, &request.base);
}

/* With |rev| above 0 it is refused: there is no such revision. */
static void add_branch_at(struct fixture *f,
                          const char *request_id,
                          const char *key,
                          uint64_t rev,
                          int64_t client_ts_ms)
{
    Qc__V1__PutBranchRequest request = QC__V1__PUT_BRANCH_REQUEST__INIT;
    Qc__V1__Branch branch = QC__V1__BRANCH__INIT;

    branch.key = key;
    request.branch = &branch;
    request.if_rev = rev;
    request.client_ts_ms = client_ts_ms;
    add(f, "/quorumcall.v1.AdminService/PutBranch", request_id, &request.base);
}

static void add_branch(struct fixture *f,
                       const char *request_id,
                       const char *key,
                       uint64_t rev)
{
    add_branch_at(f, request_id, key, rev, NOW_MS);
}

static uint64_t apply(struct fixture *f)
{
    uint64_t log_index = f->machine.applied_index + 1;
    struct qc_bytes bytes;

    f->entry.at_ms = NOW_MS;
    f->entry.commands = f->commands;
    assert_int_equal(qc_entry_write(&f->entry, &f->arena, &bytes), 0);
    f->entry.n_commands = 0;
    assert_int_equal(
        qc_entry_apply(&f->machine, log_index, bytes, ignored, NULL), 0);
    assert_int_equal(qc_entry_read(bytes, &f->arena, &f->entry), 0);
    return log_index;
}

/* And makes room for the next entry. */
static int done(struct fixture *f, uint64_t log_index)
{
    int r = qc_entry_done(&f->machine, log_index, &f->entry, &f->arena,
                          &f->done, &f->n);

    f->entry.n_commands = 0;
    return r;
}

static void assert_done(const struct qc_done *done,
                        uint32_t ordinal,
                        const char *name,
                        const char *request_id)
{
    assert_int_equal(done->ordinal, ordinal);
    assert_string_equal(done->method->name, name);
    assert_string_equal(done->command->request_id, request_id);
    assert_in_range(done->response.size, 1, 1000);
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    *f = (struct fixture){.mem = qc_mem_store_new()};
    qc_arena_init(&f->arena, ARENA_SIZE);
    assert_int_equal(
        qc_machine_open(&f->machine, qc_mem_store_as_store(f->mem)), 0);
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

static void what_was_done_is_told_in_order(void **state)
{
    struct fixture *f = *state;

    add_tenant(f, "r1");
    add_branch(f, "r2", "north", 0);
    assert_int_equal(done(f, apply(f)), 0);

    assert_int_equal(f->n, 2);
    assert_done(&f->done[0], 1, "PutTenant", "r1");
    assert_done(&f->done[1], 2, "PutBranch", "r2");
}

static void what_was_refused_is_not_told(void **state)
{
    struct fixture *f = *state;

    add_tenant(f, "r1");
    add_branch(f, "r2", "north", 7);
    add_branch(f, "r3", "south", 0);
    assert_int_equal(done(f, apply(f)), 0);

    assert_int_equal(f->n, 2);
    assert_done(&f->done[1], 3, "PutBranch", "r3");
}

static void what_came_again_is_told_once(void **state)
{
    struct fixture *f = *state;

    add_tenant(f, "r1");
    add_branch(f, "r2", "north", 0);
    add_branch(f, "r2", "north", 0);
    assert_int_equal(done(f, apply(f)), 0);
    assert_int_equal(f->n, 2);

    add_branch(f, "r2", "north", 0);
    add_branch(f, "r3", "south", 0);
    assert_int_equal(done(f, apply(f)), 0);
    assert_int_equal(f->n, 1);
    assert_done(&f->done[0], 2, "PutBranch", "r3");

    add_branch(f, "r2", "north", 0);
    assert_int_equal(done(f, apply(f)), 0);
    assert_int_equal(f->n, 0);
}

static void an_entry_without_commands_has_done_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(done(f, apply(f)), 0);
    assert_int_equal(f->n, 0);
}

static void answers_of_other_commands_are_a_fault(void **state)
{
    struct fixture *f = *state;
    uint64_t log_index;

    add_tenant(f, "r1");
    log_index = apply(f);
    f->entry.n_commands = 0;
    add_branch(f, "r2", "north", 0);
    f->entry.commands = f->commands;
    assert_int_equal(done(f, log_index), QC_E_CORRUPT);
}

/* Whatever operation of the store fails: the fault is the answer. */
static void every_storage_fault_is_the_answer(void **state)
{
    struct fixture *f = *state;
    uint64_t log_index;
    int r = QC_E_IO;

    add_tenant(f, "r1");
    log_index = apply(f);
    for (unsigned nth = 1; r != 0; nth++) {
        assert_in_range(nth, 1, 20);
        qc_mem_store_fail_at(f->mem, nth);
        r = qc_entry_done(&f->machine, log_index, &f->entry, &f->arena,
                          &f->done, &f->n);
        qc_mem_store_fail_at(f->mem, 0);
        assert_true(r == 0 || r == QC_E_IO);
        assert_true(nth > 1 || r == QC_E_IO);
    }
    assert_int_equal(f->n, 1);
}

/* Whoever is refused for its clock gets no stored answer; with the same id and
 * another body it is done. */
static void what_was_refused_and_forgotten_is_not_taken_for_what_was_done(
    void **state)
{
    struct fixture *f = *state;
    uint64_t log_index;

    add_tenant(f, "t");
    apply(f);
    f->entry.n_commands = 0;
    add_branch_at(f, "b", "early", 0, NOW_MS + QC_CLIENT_AHEAD_MS + 1);
    add_branch(f, "b", "soho", 0);
    memset(f->commands[0].digest, 1, QC_DIGEST_SIZE);
    log_index = apply(f);
    assert_int_equal(done(f, log_index), 0);
    assert_int_equal(f->n, 1);
    assert_done(&f->done[0], 2, "PutBranch", "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_was_done_is_told_in_order),
        TEST(what_was_refused_is_not_told),
        TEST(what_came_again_is_told_once),
        TEST(an_entry_without_commands_has_done_nothing),
        TEST(answers_of_other_commands_are_a_fault),
        TEST(what_was_refused_and_forgotten_is_not_taken_for_what_was_done),
        TEST(every_storage_fault_is_the_answer),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
