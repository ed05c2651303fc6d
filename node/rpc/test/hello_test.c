/* Who may say Hello, and what a removed node is told. */
#include "rpc/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static struct qc_arena arena;

static int setup(void **state)
{
    (void)state;
    qc_arena_init(&arena, QC_HELLO_ARENA_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return 0;
}

static void a_hello_is_read_on_the_channel_it_was_written_for(void **state)
{
    Qc__Peer__Hello hello = QC__PEER__HELLO__INIT;
    const Qc__Peer__Hello *read;
    struct qc_bytes bytes;

    (void)state;
    hello.cluster_id = "c1";
    hello.node_id = 4;
    hello.to_node_id = 2;
    hello.address = "127.0.0.1:7430";
    hello.cluster_version = 2;
    for (int c = QC_CHANNEL_CONSENSUS; c <= QC_CHANNEL_EXCHANGE; c++) {
        enum qc_channel channel = (enum qc_channel)c;

        assert_true(qc_hello_write(channel, &hello, &arena, &bytes));
        read = qc_hello_read(channel, bytes, &arena);
        assert_non_null(read);
        assert_string_equal(read->cluster_id, "c1");
        assert_int_equal(read->node_id, 4);
        assert_int_equal(read->to_node_id, 2);
        assert_string_equal(read->address, "127.0.0.1:7430");
        assert_int_equal(read->cluster_version, 2);
    }
}

static void a_node_is_named_by_its_cluster_and_its_id(void **state)
{
    char identity[QC_NODE_IDENTITY_SIZE];

    (void)state;
    qc_node_identity("c1", 1000000, identity);
    assert_string_equal(identity, "quorumcall://c1/1000000");
}

static void what_is_no_hello_is_not_taken_for_one(void **state)
{
    /* ConfirmTerm, field 6 of an ExchangeRequest, empty. */
    static const uint8_t other[] = {0x32, 0x00};
    static const uint8_t noise[] = {0xff, 0xff, 0xff};
    static uint8_t large[QC_HELLO_ARENA_SIZE];

    (void)state;
    assert_null(qc_hello_read(QC_CHANNEL_EXCHANGE,
                              (struct qc_bytes){other, sizeof(other)}, &arena));
    assert_null(qc_hello_read(QC_CHANNEL_CONSENSUS,
                              (struct qc_bytes){noise, sizeof(noise)}, &arena));
    assert_null(qc_hello_read(QC_CHANNEL_CONSENSUS,
                              (struct qc_bytes){large, sizeof(large)}, &arena));
}

static void a_removed_node_finds_the_index_in_what_it_is_told(void **state)
{
    char text[QC_REMOVED_TEXT_SIZE];

    (void)state;
    qc_removed_text(4711, text);
    assert_int_equal(qc_removed_index(text), 4711);
    qc_removed_text(UINT64_MAX, text);
    assert_true(qc_removed_index(text) == UINT64_MAX);
}

static void no_other_text_removes_a_node(void **state)
{
    static const char *const others[] = {
        "",
        "not a member of this cluster, or not meant for this node",
        "this node was removed at index ",
        "this node was removed at index x",
        "this node was removed at index -1",
        "this node was removed at index 7 or so",
        "this node was removed at index 99999999999999999999",
        "node 3: this node was removed at index 7",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(qc_removed_index(others[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_read_on_the_channel_it_was_written_for),
        cmocka_unit_test(a_node_is_named_by_its_cluster_and_its_id),
        cmocka_unit_test(what_is_no_hello_is_not_taken_for_one),
        cmocka_unit_test(a_removed_node_finds_the_index_in_what_it_is_told),
        cmocka_unit_test(no_other_text_removes_a_node),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
