/* Log entries as bytes. */
#include "command/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    LARGE = 70000, /* Needs the widest of the three headers. */
};

static struct qc_arena arena;

static int setup(void **state)
{
    (void)state;
    qc_arena_init(&arena, ARENA_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return 0;
}

/* Three commands with bodies of each header's size. */
static struct qc_bytes written(struct qc_entry *entry,
                               struct qc_command commands[3])
{
    static uint8_t body[LARGE];
    static const size_t sizes[] = {0, 300, LARGE};
    static char who[QC_PRINCIPAL_TEXT_SIZE_MAX + 1] = "/";
    struct qc_bytes bytes;

    memset(body, 0xc1, sizeof(body));
    memset(who + 1, 'o', sizeof(who) - 2);
    *entry = (struct qc_entry){.at_ms = 1764070000123,
                               .commands = commands,
                               .n_commands = 3};
    memset(entry->entropy, 7, sizeof(entry->entropy));
    for (unsigned i = 0; i < 3; i++) {
        commands[i] = (struct qc_command){
            .id = 1U << (8 * i),
            .tenant = i,
            .principal = who,
            .client_id = "a-client-with-a-name-of-more-than-31-bytes",
            .request_id = "",
            .digest = {1, 2, 3},
            .body = {body, sizes[i]},
        };
    }
    assert_int_equal(qc_entry_write(entry, &arena, &bytes), 0);
    return bytes;
}

static void what_is_written_is_read(void **state)
{
    struct qc_command commands[3];
    struct qc_entry entry;
    struct qc_entry read;
    struct qc_bytes bytes = written(&entry, commands);
    struct qc_bytes again;

    (void)state;
    assert_int_equal(qc_entry_read(bytes, &arena, &read), 0);
    assert_int_equal(read.at_ms, entry.at_ms);
    assert_memory_equal(read.entropy, entry.entropy, sizeof(read.entropy));
    assert_int_equal(read.n_commands, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(read.commands[i].id, commands[i].id);
        assert_int_equal(read.commands[i].tenant, commands[i].tenant);
        assert_string_equal(read.commands[i].principal, commands[i].principal);
        assert_string_equal(read.commands[i].client_id, commands[i].client_id);
        assert_memory_equal(read.commands[i].digest, commands[i].digest,
                            QC_DIGEST_SIZE);
        assert_int_equal(read.commands[i].body.size, commands[i].body.size);
    }
    assert_int_equal(qc_entry_write(&read, &arena, &again), 0);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
}

static void a_tick_has_no_commands(void **state)
{
    struct qc_entry tick = {.at_ms = 1};
    struct qc_entry read;
    struct qc_bytes bytes;

    (void)state;
    assert_int_equal(qc_entry_write(&tick, &arena, &bytes), 0);
    assert_int_equal(qc_entry_read(bytes, &arena, &read), 0);
    assert_int_equal(read.n_commands, 0);
}

static void a_command_never_takes_more_than_was_said(void **state)
{
    struct qc_command commands[3];
    struct qc_entry entry;
    struct qc_bytes all = written(&entry, commands);
    struct qc_bytes none;
    size_t said = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        said += qc_command_size(&commands[i]);
    }
    entry.n_commands = 0;
    assert_int_equal(qc_entry_write(&entry, &arena, &none), 0);
    assert_true(all.size - none.size <= said);
}

static void every_truncation_is_refused(void **state)
{
    struct qc_command commands[3];
    struct qc_entry entry;
    struct qc_entry read;
    struct qc_bytes bytes = written(&entry, commands);

    (void)state;
    for (size_t size = 0; size < bytes.size; size += size < 900 ? 1 : 997) {
        /* A copy, so that the sanitizer sees where it ends. */
        uint8_t *copy = malloc(size > 0 ? size : 1);

        assert_non_null(copy);
        memcpy(copy, bytes.data, size);
        qc_arena_done(&arena);
        qc_arena_init(&arena, ARENA_SIZE);
        assert_int_equal(
            qc_entry_read((struct qc_bytes){copy, size}, &arena, &read),
            QC_E_CORRUPT);
        free(copy);
        bytes = written(&entry, commands);
    }
}

static void what_is_not_canonical_is_refused(void **state)
{
    struct qc_entry tick = {.at_ms = 1};
    struct qc_entry read;
    struct qc_bytes bytes;
    uint8_t longer[64];
    size_t rest;

    (void)state;
    assert_int_equal(qc_entry_write(&tick, &arena, &bytes), 0);

    /* Something after the end. */
    memcpy(longer, bytes.data, bytes.size);
    longer[bytes.size] = 0;
    assert_int_equal(
        qc_entry_read((struct qc_bytes){longer, bytes.size + 1}, &arena, &read),
        QC_E_CORRUPT);

    /* The format, 1, in two bytes where one does. */
    rest = bytes.size - 2;
    longer[0] = bytes.data[0];
    longer[1] = 0xcc;
    longer[2] = 1;
    memcpy(longer + 3, bytes.data + 2, rest);
    assert_int_equal(
        qc_entry_read((struct qc_bytes){longer, rest + 3}, &arena, &read),
        QC_E_CORRUPT);
}

/* Rows hold it, and could not be read any more. */
static void what_is_no_text_or_no_id_is_refused(void **state)
{
    struct qc_command command = {.id = 1,
                                 .principal = "local",
                                 .client_id = "c",
                                 .request_id = "request"};
    struct qc_entry entry = {.at_ms = 1, .commands = &command, .n_commands = 1};
    struct qc_entry read;
    struct qc_bytes bytes;
    uint8_t changed[256];
    uint8_t *at;

    (void)state;
    assert_int_equal(qc_entry_write(&entry, &arena, &bytes), 0);
    assert_true(bytes.size + 8 <= sizeof(changed));
    memcpy(changed, bytes.data, bytes.size);
    at = memchr(changed, 'q', bytes.size);
    assert_non_null(at);
    *at = 0xff;
    assert_int_equal(
        qc_entry_read((struct qc_bytes){changed, bytes.size}, &arena, &read),
        QC_E_CORRUPT);

    /* The tenant, 0, becomes 2^32, which has 0 in its lower half. */
    at = memchr(bytes.data, 0xa5, bytes.size);
    assert_non_null(at);
    memcpy(changed, bytes.data, (size_t)(at - bytes.data) - 1);
    memcpy(changed + (at - bytes.data) - 1, "\xcf\0\0\0\1\0\0\0\0", 9);
    memcpy(changed + (at - bytes.data) + 8, at,
           bytes.size - (size_t)(at - bytes.data));
    assert_int_equal(qc_entry_read((struct qc_bytes){changed, bytes.size + 8},
                                   &arena, &read),
                     QC_E_CORRUPT);
}

static void time_ends_with_the_year_9999(void **state)
{
    struct qc_entry tick = {.at_ms = QC_ENTRY_AT_MS_MAX};
    struct qc_entry read;
    struct qc_bytes bytes;

    (void)state;
    assert_int_equal(qc_entry_write(&tick, &arena, &bytes), 0);
    assert_int_equal(qc_entry_read(bytes, &arena, &read), 0);
    tick.at_ms++;
    assert_int_equal(qc_entry_write(&tick, &arena, &bytes), 0);
    assert_int_equal(qc_entry_read(bytes, &arena, &read), QC_E_CORRUPT);
}

static void every_lack_of_memory_is_a_fault(void **state)
{
    struct qc_command commands[3];
    struct qc_entry entry;
    struct qc_entry read;
    struct qc_bytes bytes = written(&entry, commands);
    int r = -1;

    (void)state;
    for (size_t limit = 0; r != 0; limit += 16) {
        struct qc_arena small;

        assert_true(limit < 4096);
        qc_arena_init(&small, limit);
        r = qc_entry_read(bytes, &small, &read);
        assert_true(r == 0 || r == QC_E_NOMEM);
        qc_arena_done(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_is_written_is_read),
        TEST(a_tick_has_no_commands),
        TEST(a_command_never_takes_more_than_was_said),
        TEST(every_truncation_is_refused),
        TEST(what_is_not_canonical_is_refused),
        TEST(what_is_no_text_or_no_id_is_refused),
        TEST(time_ends_with_the_year_9999),
        TEST(every_lack_of_memory_is_a_fault),
#undef TEST
    };

    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
