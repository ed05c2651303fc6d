/*
 * Checkpoints of one node become the rows of another, whatever happens on the
 * way. Two directories in one process; the replica's part is played here.
 */
#include "daemon/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/apply.h"
#include "daemon/backing.h"
#include "daemon/offline.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/manifest.h"
#include "storage/rows.h"
#include "storage/test/folder.h"

enum {
    N = 3,
    N_NODES = 2,
    GIVER = 0,
    TAKER = 1,
    INDEX = 40, /* How far the giver has come. */
    TERM = 7,
    PART_SIZE = 1000,
    PATIENCE = 20000, /* Turns of the loop. */
};

struct node {
    char data_dir[PATH_MAX];
    uv_loop_t loop;
    struct qc_directory *directory;
    struct qc_backing backing;
    struct qc_keeper *keeper;
};

static struct fixture {
    char root[PATH_MAX];
    struct qc_logger logger;
    struct node nodes[N_NODES];
    /* What the replica was told. */
    unsigned n_taken;
    struct qc_manifest taken;
    unsigned n_installed;
    bool installed_good;
    unsigned n_faults;
    char notice[512];
} f;

static int on_taken(void *ctx, const Qc__Peer__Manifest *manifest)
{
    (void)ctx;
    f.n_taken++;
    if (manifest != NULL) {
        Qc__Peer__Manifest copy = *manifest;

        copy.term = TERM;
        qc_manifest_done(&f.taken);
        assert_int_equal(qc_manifest_copy(&copy, &f.taken), 0);
    }
    return 0;
}

static int on_installed(void *ctx, bool good)
{
    (void)ctx;
    f.n_installed++;
    f.installed_good = good;
    return 0;
}

static void on_fault(void *ctx, int fault)
{
    (void)ctx;
    (void)fault;
    f.n_faults++;
}

static void on_notice(void *ctx, enum qc_notice level, const char *text)
{
    (void)ctx;
    (void)level;
    snprintf(f.notice, sizeof(f.notice), "%s", text);
}

/* The log is polled all the time. */
static void on_persisted(void *ctx)
{
    (void)ctx;
}

/* --- nodes ---------------------------------------------------------------- */

static void node_make(struct node *node, uint64_t id)
{
    static const char *const addresses[N] = {"h:1", "h:2", "h:3"};
    Qc__Config__NodeConfig config = QC__CONFIG__NODE_CONFIG__INIT;
    Qc__Config__InitialMember members[N];
    Qc__Config__InitialMember *list[N];

    for (unsigned i = 0; i < N; i++) {
        qc__config__initial_member__init(&members[i]);
        members[i].id = i + 1;
        members[i].address = addresses[i];
        list[i] = &members[i];
    }
    config.cluster_id = "c1";
    config.node_id = id;
    config.data_dir = node->data_dir;
    config.initial_members = list;
    config.n_initial_members = N;
    assert_int_equal(qc_node_init(&config, &f.logger), 0);
}

static void node_open(struct node *node)
{
    struct qc_keeper_options options = {
        .loop = &node->loop,
        .backing = &node->backing,
        .cluster_id = "c1",
        .taken = on_taken,
        .installed = on_installed,
        .fault = on_fault,
        .notice = on_notice,
    };
    struct qc_log_options log = {.persisted = on_persisted};
    struct qc_backing *backing = &node->backing;
    char text[512] = "";
    char path[PATH_MAX];
    uint64_t generation;

    *backing = (struct qc_backing){.node_id = 1};
    assert_int_equal(uv_loop_init(&node->loop), 0);
    assert_int_equal(
        qc_directory_open(node->data_dir, &node->directory, text, sizeof(text)),
        0);
    log.path = qc_directory_log(node->directory);
    assert_int_equal(qc_log_open(&log, &backing->log, text, sizeof(text)), 0);
    generation = qc_log_generation(backing->log);
    assert_int_equal(
        qc_directory_tidy(node->directory, generation, text, sizeof(text)), 0);
    qc_directory_generation(node->directory, generation, path);
    assert_int_equal(qc_rows_open(path, &backing->rows, text, sizeof(text)), 0);
    assert_int_equal(
        qc_rows_check(backing->rows, backing->log, text, sizeof(text)), 0);
    assert_int_equal(
        qc_machine_open(&backing->machine, qc_rows_store(backing->rows)), 0);
    backing->machine_open = true;
    options.directory = node->directory;
    node->keeper = qc_keeper_new(&options);
    assert_non_null(node->keeper);
}

/* As if it were killed, as far as what it has queued is concerned. */
static void node_close(struct node *node)
{
    qc_keeper_stop(node->keeper);
    uv_run(&node->loop, UV_RUN_DEFAULT);
    qc_keeper_free(node->keeper);
    qc_log_close(node->backing.log);
    qc_backing_close(&node->backing);
    qc_directory_close(node->directory);
    assert_int_equal(uv_loop_close(&node->loop), 0);
}

static void apply_to(struct node *node, uint64_t last)
{
    static const struct qc_member members[N] = {
        {1, "h:1", true},
        {2, "h:2", true},
        {3, "h:3", true},
    };
    struct qc_machine *machine = &node->backing.machine;

    for (uint64_t i = machine->applied_index + 1; i <= last; i++) {
        assert_int_equal(qc_entry_configure(machine, i, members, N), 0);
    }
}

/* Turns the loop of |node|, polling its log, until |*counter| is |count|. */
static void run_until(struct node *node,
                      const unsigned *counter,
                      unsigned count)
{
    for (unsigned i = 0; *counter < count; i++) {
        const struct timespec pause = {.tv_nsec = 1000000};
        uint64_t index = 0;

        assert_true(i < PATIENCE);
        uv_run(&node->loop, UV_RUN_NOWAIT);
        assert_int_equal(qc_log_poll(node->backing.log, &index), 0);
        assert_int_equal(qc_keeper_poll(node->keeper), 0);
        nanosleep(&pause, NULL);
    }
}

/* Until nothing of it is under way. */
static void run_out(struct node *node)
{
    uv_run(&node->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.logger = {.least = QC_LEVEL_ERROR}};
    qc_folder_make(f.root);
    for (unsigned i = 0; i < N_NODES; i++) {
        qc_folder_path(f.root, i == GIVER ? "giver" : "taker",
                       f.nodes[i].data_dir);
        node_make(&f.nodes[i], i + 1);
        node_open(&f.nodes[i]);
    }
    apply_to(&f.nodes[GIVER], INDEX);
    apply_to(&f.nodes[TAKER], 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_NODES; i++) {
        node_close(&f.nodes[i]);
    }
    qc_manifest_done(&f.taken);
    qc_folder_remove(f.root);
    return 0;
}

/* --- what the replica does ------------------------------------------------ */

static void take(void)
{
    struct qc_checkpoints checkpoints =
        qc_keeper_checkpoints(f.nodes[GIVER].keeper);

    assert_int_equal(checkpoints.take(checkpoints.ctx), 0);
    run_until(&f.nodes[GIVER], &f.n_taken, f.n_taken + 1);
    assert_non_null(f.taken.message);
}

/* What came of the last reading. */
static struct {
    unsigned n;
    enum qc_part_end end;
    uint8_t bytes[PART_SIZE];
    size_t size;
} was_read;

static int on_read(struct qc_part_reading *reading,
                   enum qc_part_end end,
                   struct qc_bytes data)
{
    (void)reading;
    was_read.n++;
    was_read.end = end;
    was_read.size = data.size;
    assert_true(data.size <= PART_SIZE);
    if (data.size > 0) {
        memcpy(was_read.bytes, data.data, data.size);
    }
    return 0;
}

static enum qc_part_end read_part(const struct qc_part *part)
{
    struct qc_checkpoints from = qc_keeper_checkpoints(f.nodes[GIVER].keeper);
    struct qc_part_reading reading = {.part = *part, .done = on_read};
    unsigned n = was_read.n;

    assert_true(from.read(from.ctx, &reading));
    assert_int_equal(was_read.n, n); /* On the loop it is not read. */
    run_out(&f.nodes[GIVER]);
    assert_int_equal(was_read.n, n + 1);
    return was_read.end;
}

/* How much is here. */
static uint64_t open_fetch(const struct qc_checkpoints *to,
                           const Qc__Peer__Manifest *manifest)
{
    uint64_t have;

    /* It is seen to elsewhere, however quick the disk may be. */
    assert_int_equal(to->fetch(to->ctx, manifest, &have), 1);
    run_out(&f.nodes[TAKER]);
    assert_int_equal(to->fetch(to->ctx, manifest, &have), 0);
    return have;
}

/* Fetches all, or up to |most| bytes; |flip|: the first one is wrong. */
static uint64_t fetch(uint64_t most, bool flip)
{
    struct qc_checkpoints to = qc_keeper_checkpoints(f.nodes[TAKER].keeper);
    const Qc__Peer__Manifest *manifest = f.taken.message;
    uint64_t before = 0;
    uint64_t had;
    uint64_t have;

    have = open_fetch(&to, manifest);
    had = have;
    for (size_t i = 0; i < manifest->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = manifest->files[i];

        while (have < before + file->size && have < most) {
            struct qc_part part = {
                .index = manifest->index,
                .file = file->name,
                .offset = have - before,
                .size = PART_SIZE,
            };
            struct qc_bytes data;

            assert_int_equal(read_part(&part), QC_PART_READ);
            assert_true(was_read.size > 0);
            if (flip && have == 0) {
                was_read.bytes[0] ^= 1U;
            }
            part.size = (uint32_t)was_read.size;
            data = (struct qc_bytes){was_read.bytes, was_read.size};
            if (!to.is_ready(to.ctx)) {
                run_out(&f.nodes[TAKER]);
            }
            assert_true(to.is_ready(to.ctx));
            assert_int_equal(to.write(to.ctx, &part, data), 0);
            have += data.size;
        }
        before += file->size;
    }
    return had;
}

static void begin_install(void)
{
    struct qc_checkpoints to = qc_keeper_checkpoints(f.nodes[TAKER].keeper);

    assert_int_equal(to.install(to.ctx), 0);
}

static void install(void)
{
    begin_install();
    run_until(&f.nodes[TAKER], &f.n_installed, f.n_installed + 1);
}

static void expect_same_state(void)
{
    const struct qc_machine *giver = &f.nodes[GIVER].backing.machine;
    struct qc_machine *taker = &f.nodes[TAKER].backing.machine;
    char text[256];

    assert_int_equal(taker->applied_index, giver->applied_index);
    assert_memory_equal(taker->hash, giver->hash, QC_HASH_SIZE);
    assert_int_equal(qc_machine_verify(taker, text, sizeof(text)), 0);
}

/* --- tests ---------------------------------------------------------------- */

static void a_checkpoint_becomes_the_rows_of_another_node(void **state)
{
    struct node *taker = &f.nodes[TAKER];
    uint8_t hash[QC_HASH_SIZE];

    (void)state;
    take();
    assert_int_equal(f.taken.message->index, INDEX);
    assert_true(qc_keeper_has(f.nodes[GIVER].keeper, INDEX));
    assert_int_equal(fetch(UINT64_MAX, false), 0);
    install();
    assert_true(f.installed_good);
    expect_same_state();
    assert_true(qc_keeper_has(taker->keeper, INDEX));
    assert_int_equal(qc_log_last(taker->backing.log), INDEX);
    assert_int_equal(qc_log_first(taker->backing.log), 0);
    assert_true(qc_hashes_at(&taker->backing.hashes, INDEX, hash));
    assert_false(qc_hashes_at(&taker->backing.hashes, INDEX - 1, hash));

    /* And it goes on from there, now and after a restart. */
    apply_to(taker, INDEX + 2);
    run_out(taker);
    node_close(taker);
    node_open(taker);
    assert_int_equal(taker->backing.machine.applied_index, INDEX + 2);
    assert_int_equal(qc_log_generation(taker->backing.log), 2);
}

static void the_old_rows_are_removed_once_nobody_uses_them(void **state)
{
    struct node *taker = &f.nodes[TAKER];
    char path[PATH_MAX];

    (void)state;
    take();
    fetch(UINT64_MAX, false);
    install();
    run_out(taker);
    qc_directory_generation(taker->directory, 1, path);
    assert_int_not_equal(access(path, F_OK), 0);
    qc_directory_generation(taker->directory, 2, path);
    assert_int_equal(access(path, F_OK), 0);
}

static void a_second_install_finds_its_place(void **state)
{
    (void)state;
    take();
    fetch(UINT64_MAX, false);
    install();
    apply_to(&f.nodes[GIVER], (uint64_t)2 * INDEX);
    take();
    fetch(UINT64_MAX, false);
    install();
    assert_true(f.installed_good);
    expect_same_state();
    assert_int_equal(qc_log_generation(f.nodes[TAKER].backing.log), 3);
}

static void a_flipped_bit_is_found_and_fetched_anew(void **state)
{
    (void)state;
    take();
    fetch(UINT64_MAX, true);
    install();
    assert_false(f.installed_good);
    assert_int_equal(f.n_faults, 0);
    assert_int_equal(f.nodes[TAKER].backing.machine.applied_index, 3);

    assert_int_equal(fetch(UINT64_MAX, false), 0);
    install();
    assert_true(f.installed_good);
    expect_same_state();
}

static void what_is_not_all_there_is_not_installed(void **state)
{
    (void)state;
    take();
    fetch(PART_SIZE, false);
    install();
    assert_false(f.installed_good);
    assert_int_equal(f.nodes[TAKER].backing.machine.applied_index, 3);
    assert_int_equal(qc_log_generation(f.nodes[TAKER].backing.log), 1);
}

static void a_fetch_goes_on_where_it_was_left_before_a_restart(void **state)
{
    struct node *taker = &f.nodes[TAKER];

    (void)state;
    take();
    fetch((uint64_t)2 * PART_SIZE, false);
    run_out(taker);
    node_close(taker);
    node_open(taker);
    assert_true(fetch(UINT64_MAX, false) > 0);
    install();
    assert_true(f.installed_good);
    expect_same_state();
}

static void a_kill_before_the_log_is_ready_leaves_the_old_state(void **state)
{
    struct node *taker = &f.nodes[TAKER];
    char path[PATH_MAX];

    (void)state;
    take();
    fetch(UINT64_MAX, false);
    run_out(taker); /* All is written. */
    begin_install();
    qc_keeper_stop(taker->keeper); /* The rows are made, and no more. */
    run_out(taker);
    qc_directory_generation(taker->directory, 2, path);
    assert_int_equal(access(path, F_OK), 0);
    node_close(taker);
    node_open(taker);
    assert_int_equal(taker->backing.machine.applied_index, 3);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_kill_after_the_log_is_ready_leaves_the_new_state(void **state)
{
    struct node *taker = &f.nodes[TAKER];

    (void)state;
    take();
    fetch(UINT64_MAX, false);
    begin_install();
    run_out(taker); /* The log is told, and nobody has looked at it since. */
    assert_int_equal(f.n_installed, 0);
    node_close(taker);
    node_open(taker);
    expect_same_state();
}

static void what_a_newer_release_wrote_is_not_fetched(void **state)
{
    struct qc_checkpoints to = qc_keeper_checkpoints(f.nodes[TAKER].keeper);
    Qc__Peer__Manifest newer;
    uint64_t have;

    (void)state;
    take();
    newer = *f.taken.message;
    newer.cluster_version = QC_CLUSTER_VERSION_MAX + 1;
    assert_int_equal(to.fetch(to.ctx, &newer, &have), QC_E_NEWER);
}

static void only_what_is_kept_can_be_read(void **state)
{
    struct qc_checkpoints giver = qc_keeper_checkpoints(f.nodes[GIVER].keeper);
    const uint64_t second = (uint64_t)2 * INDEX;
    struct qc_part part = {.index = INDEX, .file = "CURRENT", .size = 1};

    (void)state;
    take();
    apply_to(&f.nodes[GIVER], second);
    take();
    assert_int_equal(read_part(&part), QC_PART_READ);
    assert_int_equal(giver.keep(giver.ctx, &second, 1), 0);
    run_out(&f.nodes[GIVER]);
    assert_int_equal(read_part(&part), QC_PART_MISSING);
    part.index = second;
    assert_int_equal(read_part(&part), QC_PART_READ);
    part.file = "no-such-file";
    assert_int_equal(read_part(&part), QC_PART_MISSING);
}

/* Reading does not wait behind it. */
static void a_part_is_read_while_a_checkpoint_is_taken(void **state)
{
    struct node *giver = &f.nodes[GIVER];
    struct qc_checkpoints checkpoints = qc_keeper_checkpoints(giver->keeper);
    struct qc_part_reading reading = {
        .part = {.index = INDEX, .file = "CURRENT", .size = 1},
        .done = on_read,
    };
    unsigned n = was_read.n;

    (void)state;
    take();
    apply_to(giver, (uint64_t)2 * INDEX);
    assert_int_equal(checkpoints.take(checkpoints.ctx), 0);
    assert_true(checkpoints.read(checkpoints.ctx, &reading));
    run_out(giver);
    assert_int_equal(was_read.n, n + 1);
    assert_int_equal(was_read.end, QC_PART_READ);
    assert_int_equal(f.n_taken, 2);
}

static void a_reading_is_dropped_when_the_node_stops(void **state)
{
    struct node *giver = &f.nodes[GIVER];
    struct qc_checkpoints checkpoints = qc_keeper_checkpoints(giver->keeper);
    struct qc_part_reading reading = {
        .part = {.index = INDEX, .file = "CURRENT", .size = 1},
        .done = on_read,
    };
    unsigned n = was_read.n;

    (void)state;
    take();
    assert_true(checkpoints.read(checkpoints.ctx, &reading));
    node_close(giver);
    assert_int_equal(was_read.n, n + 1);
    assert_int_equal(was_read.end, QC_PART_DROPPED);
    node_open(giver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_checkpoint_becomes_the_rows_of_another_node),
        TEST(the_old_rows_are_removed_once_nobody_uses_them),
        TEST(a_second_install_finds_its_place),
        TEST(a_flipped_bit_is_found_and_fetched_anew),
        TEST(what_is_not_all_there_is_not_installed),
        TEST(a_fetch_goes_on_where_it_was_left_before_a_restart),
        TEST(a_kill_before_the_log_is_ready_leaves_the_old_state),
        TEST(a_kill_after_the_log_is_ready_leaves_the_new_state),
        TEST(what_a_newer_release_wrote_is_not_fetched),
        TEST(only_what_is_kept_can_be_read),
        TEST(a_part_is_read_while_a_checkpoint_is_taken),
        TEST(a_reading_is_dropped_when_the_node_stops),
#undef TEST
    };

    return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
