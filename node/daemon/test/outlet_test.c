/* Parts are read in their order, and each asker is told once, whatever
 * happens. */
#include "daemon/outlet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/error.h"
#include "storage/checkpoint_path.h"
#include "storage/test/folder.h"

enum {
    INDEX = 7,
    N_PARTS = QC_OUTLET_READINGS_MAX + QC_FETCH_PARTS_MAX,
    FILE_SIZE = 2 * QC_OUTLET_PART_SIZE_MAX,
};

/* What an asker was told. */
struct asker {
    struct qc_part_reading reading; /* First. */
    unsigned n_told;
    unsigned place; /* Among all that were told, from 1. */
    enum qc_part_end end;
    size_t size;
    uint8_t first; /* Byte of the data. */
    int answer;    /* What it says to that. */
};

static struct fixture {
    char root[PATH_MAX];
    uv_loop_t loop;
    struct qc_outlet outlet;
    struct asker askers[N_PARTS + 1];
    unsigned n_told;
    int fault;
} f;

static void on_fault(void *ctx, int fault)
{
    (void)ctx;
    f.fault = fault;
}

static int on_done(struct qc_part_reading *reading,
                   enum qc_part_end end,
                   struct qc_bytes data)
{
    struct asker *asker = (struct asker *)reading;

    asker->n_told++;
    asker->place = ++f.n_told;
    asker->end = end;
    asker->size = data.size;
    asker->first = data.size > 0 ? data.data[0] : 0;
    return asker->answer;
}

/* Every 1000 bytes another number. */
static void write_file(void)
{
    const struct qc_text unsaid = {NULL, 0};
    char folder[PATH_MAX];
    char path[PATH_MAX];
    FILE *file;

    assert_int_equal(qc_checkpoint_path(f.root, INDEX, folder, unsaid), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    qc_folder_path(folder, "a.sst", path);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (unsigned i = 0; i < FILE_SIZE; i++) {
        assert_int_not_equal(putc((int)(i / 1000 % 251), file), EOF);
    }
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct qc_outlet_options options = {.loop = &f.loop, .fault = on_fault};

    (void)state;
    memset(f.askers, 0, sizeof(f.askers));
    f.n_told = 0;
    f.fault = 0;
    qc_folder_make(f.root);
    write_file();
    assert_int_equal(uv_loop_init(&f.loop), 0);
    options.path = f.root;
    qc_outlet_init(&f.outlet, &options);
    return 0;
}

static void run(void)
{
    uv_run(&f.loop, UV_RUN_DEFAULT);
}

static int teardown(void **state)
{
    (void)state;
    run();
    assert_int_equal(uv_loop_close(&f.loop), 0);
    qc_folder_remove(f.root);
    return 0;
}

static bool ask(unsigned i, const char *file, uint32_t size)
{
    f.askers[i].reading = (struct qc_part_reading){
        .part = {.index = INDEX,
                 .file = file,
                 .offset = (uint64_t)1000 * i,
                 .size = size},
        .done = on_done,
    };
    return qc_outlet_add(&f.outlet, &f.askers[i].reading);
}

static void assert_told(unsigned i, enum qc_part_end end)
{
    assert_int_equal(f.askers[i].n_told, 1);
    assert_int_equal(f.askers[i].end, end);
}

/* --- tests ---------------------------------------------------------------- */

static void parts_are_told_of_in_the_order_in_which_they_were_asked_for(
    void **state)
{
    (void)state;
    for (unsigned i = 0; i < QC_OUTLET_READINGS_MAX; i++) {
        assert_true(ask(i, i == 5 ? "b.sst" : "a.sst", 900));
    }
    assert_int_equal(f.n_told, 0); /* Not before the loop runs. */
    run();
    for (unsigned i = 0; i < QC_OUTLET_READINGS_MAX; i++) {
        assert_told(i, i == 5 ? QC_PART_MISSING : QC_PART_READ);
        assert_int_equal(f.askers[i].place, i + 1);
        assert_int_equal(f.askers[i].size, i == 5 ? 0 : 900);
        assert_int_equal(f.askers[i].first, i == 5 ? 0 : i);
    }
}

static void the_largest_parts_are_read_one_by_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(ask(i, "a.sst", QC_OUTLET_PART_SIZE_MAX));
    }
    run();
    for (unsigned i = 0; i < 3; i++) {
        assert_told(i, QC_PART_READ);
        assert_int_equal(f.askers[i].size, QC_OUTLET_PART_SIZE_MAX);
        assert_int_equal(f.askers[i].first, i);
    }
}

static void what_is_more_than_can_wait_is_refused(void **state)
{
    unsigned n = 0;

    (void)state;
    while (n < N_PARTS && ask(n, "a.sst", 1)) {
        n++;
    }
    assert_in_range(n, QC_OUTLET_READINGS_MAX, N_PARTS - 1);
    run();
    assert_int_equal(f.n_told, n);
    assert_int_equal(f.askers[n].n_told, 0);
    assert_true(ask(n, "a.sst", 1));
    run();
    assert_told(n, QC_PART_READ);
    assert_false(ask(n, "a.sst", QC_OUTLET_PART_SIZE_MAX + 1));
}

static void what_is_read_and_what_waits_is_dropped_when_it_stops(void **state)
{
    (void)state;
    for (unsigned i = 0; i < QC_OUTLET_READINGS_MAX; i++) {
        assert_true(ask(i, "a.sst", 1));
    }
    qc_outlet_stop(&f.outlet);
    run();
    for (unsigned i = 0; i < QC_OUTLET_READINGS_MAX; i++) {
        assert_told(i, QC_PART_DROPPED);
    }
    assert_false(ask(0, "a.sst", 1));
}

static void a_disk_that_cannot_be_read_is_a_fault(void **state)
{
    (void)state;
    f.outlet.options.path = "/dev/null"; /* No directory. */
    assert_true(ask(0, "a.sst", 1));
    run();
    assert_told(0, QC_PART_DROPPED);
    assert_int_equal(f.fault, QC_E_IO);
}

static void the_fault_of_who_asked_is_passed_on(void **state)
{
    (void)state;
    f.askers[0].answer = QC_E_NOMEM;
    assert_true(ask(0, "a.sst", 1));
    assert_true(ask(1, "a.sst", 1));
    run();
    assert_told(0, QC_PART_READ);
    assert_told(1, QC_PART_READ);
    assert_int_equal(f.fault, QC_E_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(parts_are_told_of_in_the_order_in_which_they_were_asked_for),
        TEST(the_largest_parts_are_read_one_by_one),
        TEST(what_is_more_than_can_wait_is_refused),
        TEST(what_is_read_and_what_waits_is_dropped_when_it_stops),
        TEST(a_disk_that_cannot_be_read_is_a_fault),
        TEST(the_fault_of_who_asked_is_passed_on),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
