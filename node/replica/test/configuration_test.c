#include "replica/configuration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct qc_server SERVERS[] = {
    {1, "one", true},
    {2, "two", true},
    {3, "three", true},
    {4, "four", false},
};

static struct raft_buffer written(void)
{
    struct raft_buffer buffer;

    assert_int_equal(qc_configuration_write(SERVERS, 4, &buffer), 0);
    return buffer;
}

static void what_is_written_is_sound_and_can_be_found(void **state)
{
    struct raft_buffer buffer = written();
    struct raft_configuration configuration;

    (void)state;
    assert_true(
        qc_configuration_is_sound((struct qc_bytes){buffer.base, buffer.len}));
    assert_int_equal(raft_configuration_decode(&buffer, &configuration), 0);
    assert_string_equal(qc_configuration_find(&configuration, 3)->address,
                        "three");
    assert_int_equal(qc_configuration_find(&configuration, 4)->role,
                     RAFT_STANDBY);
    assert_null(qc_configuration_find(&configuration, 5));
    raft_configuration_close(&configuration);
    raft_free(buffer.base);
}

static void what_can_be_no_cluster_is_refused(void **state)
{
    const struct qc_server twins[] = {
        {1, "one", true},
        {2, "two", true},
        {2, "three", true},
    };
    struct raft_buffer buffer;

    (void)state;
    assert_int_equal(qc_configuration_write(SERVERS, 2, &buffer),
                     QC_E_CONSENSUS);
    assert_int_equal(qc_configuration_write(SERVERS + 1, 3, &buffer),
                     QC_E_CONSENSUS);
    assert_int_equal(qc_configuration_write(twins, 3, &buffer), QC_E_CONSENSUS);
}

static void what_is_cut_short_is_not_sound(void **state)
{
    struct raft_buffer buffer = written();
    size_t whole = 1 + 8 + 4 * (8 + 1) + sizeof("one") + sizeof("two") +
                   sizeof("three") + sizeof("four");

    (void)state;
    for (size_t size = 0; size < whole; size++) {
        assert_false(
            qc_configuration_is_sound((struct qc_bytes){buffer.base, size}));
    }
    assert_true(
        qc_configuration_is_sound((struct qc_bytes){buffer.base, whole}));
    raft_free(buffer.base);
}

/* Whatever byte is changed: what is called sound is read to its end, and no
 * further. (The sanitizer sees where the copy ends.) */
static void what_is_sound_can_be_read(void **state)
{
    struct raft_buffer buffer = written();
    uint8_t *bytes = buffer.base;

    (void)state;
    for (size_t i = 0; i < buffer.len; i++) {
        uint8_t before = bytes[i];

        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            struct raft_configuration configuration;

            bytes[i] = (uint8_t)value;
            if (qc_configuration_is_sound(
                    (struct qc_bytes){bytes, buffer.len})) {
                assert_int_equal(
                    raft_configuration_decode(&buffer, &configuration), 0);
                assert_true(configuration.n <= QC_SERVERS_MAX);
                raft_configuration_close(&configuration);
            }
        }
        bytes[i] = before;
    }
    raft_free(buffer.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_sound_and_can_be_found),
        cmocka_unit_test(what_can_be_no_cluster_is_refused),
        cmocka_unit_test(what_is_cut_short_is_not_sound),
        cmocka_unit_test(what_is_sound_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
