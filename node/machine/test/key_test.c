#include "machine/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int order(const struct qc_key *a, const struct qc_key *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int r = memcmp(a->data, b->data, shorter);

    return r != 0 ? r : (int)a->len - (int)b->len;
}

static void what_is_put_is_read_back(void **state)
{
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key key;

    (void)state;
    qc_key_begin(&key, 0x01020304, QC_SPACE_POOL);
    qc_key_put_u8(&key, 0xfe);
    qc_key_put_u32(&key, 0xfffefdfc);
    qc_key_put_str(&key, "");
    qc_key_put_u64(&key, UINT64_MAX - 1);
    qc_key_put_str(&key, "sales");

    assert_int_equal(qc_key_tenant(&key), 0x01020304);
    assert_int_equal(qc_key_read_u8(&key, &at), 0xfe);
    assert_int_equal(qc_key_read_u32(&key, &at), 0xfffefdfc);
    assert_string_equal(qc_key_read_str(&key, &at), "");
    assert_true(qc_key_read_u64(&key, &at) == UINT64_MAX - 1);
    assert_string_equal(qc_key_read_str(&key, &at), "sales");
    assert_int_equal(at, key.len);
}

static void the_order_of_bytes_is_the_order_of_numbers(void **state)
{
    static const uint64_t numbers[] = {0, 1, 255, 256, UINT32_MAX, UINT64_MAX};
    struct qc_key before;
    struct qc_key key;

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        qc_key_begin(&key, 1, QC_SPACE_TIMER);
        qc_key_put_u64(&key, numbers[i]);
        assert_true(i == 0 || order(&before, &key) < 0);
        before = key;
    }
}

static void a_text_comes_before_a_longer_one_and_is_not_its_prefix(void **state)
{
    struct qc_key shorter;
    struct qc_key longer;

    (void)state;
    qc_key_begin(&shorter, 1, QC_SPACE_POOL);
    longer = shorter;
    qc_key_put_str(&shorter, "a");
    qc_key_put_str(&longer, "ab");
    assert_true(order(&shorter, &longer) < 0);
    assert_int_not_equal(memcmp(shorter.data, longer.data, shorter.len), 0);
}

static void the_object_is_what_follows_tenant_and_space(void **state)
{
    struct qc_bytes object;
    struct qc_key again;
    struct qc_key key;

    (void)state;
    qc_key_begin(&key, 7, QC_SPACE_NUMBER);
    qc_key_put_str(&key, "+442079460001");
    object = qc_key_object(&key);
    qc_key_begin(&again, 7, QC_SPACE_NUMBER);
    qc_key_put_bytes(&again, object);
    assert_int_equal(order(&key, &again), 0);
}

static void no_two_key_spaces_have_the_same_byte(void **state)
{
    static const struct {
        const char *name;
        uint8_t byte;
    } spaces[] = {
#define QC_SPACE(name, byte) {#name, (byte)},
#include "machine/space.def"
#undef QC_SPACE
    };
    const char *of[UINT8_MAX + 1] = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        const char **owner = &of[spaces[i].byte];

        if (*owner != NULL) {
            fail_msg("%s and %s are both 0x%02x", *owner, spaces[i].name,
                     spaces[i].byte);
        }
        *owner = spaces[i].name;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read_back),
        cmocka_unit_test(the_order_of_bytes_is_the_order_of_numbers),
        cmocka_unit_test(
            a_text_comes_before_a_longer_one_and_is_not_its_prefix),
        cmocka_unit_test(the_object_is_what_follows_tenant_and_space),
        cmocka_unit_test(no_two_key_spaces_have_the_same_byte),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
