/* Phones at the edge, in real requests and with the real library. */
#include "rpc/phones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "rpc/phone_book.h"

enum {
    ARENA_SIZE = 64 * 1024,
};

static struct qc_arena arena;
static struct qc_phone_book *book;

static int setup(void **state)
{
    (void)state;
    qc_arena_init(&arena, ARENA_SIZE);
    book = qc_phone_book_new();
    return book != NULL && qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    qc_phone_book_free(book);
    return 0;
}

static void ways_to_write_a_number_become_one(void **state)
{
    static const struct {
        const char *text;
        const char *country;
        const char *e164;
    } same[] = {
        {"020 7946 0123", "GB", "+442079460123"},
        {"+44 (0)20 7946 0123", "US", "+442079460123"},
        {"0044 20 7946 0123", "GB", "+442079460123"},
        {"(202) 555-0123", "US", "+12025550123"},
        {"1-202-555-0123", "US", "+12025550123"},
        {"+49 (0)030 901820", "DE", "+4930901820"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct qc_phone phone;

        assert_true(qc_phone_read(same[i].text, same[i].country, &phone));
        assert_string_equal(phone.e164, same[i].e164);
        assert_true(qc_phone_read(same[i].e164, "", &phone));
        assert_string_equal(phone.e164, same[i].e164);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const none[] = {
        "12", "anonymous", "+", "+999123456789", "0", "+4420794601234567890",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct qc_phone phone;

        assert_false(qc_phone_read(none[i], "US", &phone));
    }
}

/* More than the book holds, twice, so that some are remembered and others have
 * lost their place. */
static void what_was_read_lately_is_read_as_it_was(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * 5000; i++) {
        char text[16];
        char e164[16];
        struct qc_phone phone;

        snprintf(text, sizeof(text), "020 7946 %04u", i % 5000);
        snprintf(e164, sizeof(e164), "+44207946%04u", i % 5000);
        assert_true(qc_phone_book_read(book, text, "GB", &phone));
        assert_string_equal(phone.e164, e164);
        assert_string_equal(phone.country, "GB");
    }
}

static void a_number_is_another_in_another_country(void **state)
{
    static const struct {
        const char *country;
        const char *e164;
    } same[] = {
        {"GB", "+442079460123"},
        {"US", "+12079460123"},
        {"GB", "+442079460123"},
        {"US", "+12079460123"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct qc_phone phone;

        assert_true(
            qc_phone_book_read(book, "2079460123", same[i].country, &phone));
        assert_string_equal(phone.e164, same[i].e164);
    }
}

static void what_is_no_number_stays_none(void **state)
{
    static const char *const none[] = {"12", "anonymous", "",
                                       "+442079460123456789012345678"};
    struct qc_phone phone;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(none) / sizeof(none[0]); i++) {
        assert_false(qc_phone_book_read(
            book, none[i % (sizeof(none) / sizeof(none[0]))], "US", &phone));
    }
}

static void a_request_gets_its_numbers_and_what_is_known_of_them(void **state)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    const char *field;

    (void)state;
    request.customer_phone = "020 7946 0123";
    assert_true(qc_phones_normalise(book, &request.base, "GB", &arena, &field));
    assert_string_equal(request.customer_phone, "+442079460123");
    assert_non_null(request.phone);
    assert_string_equal(request.phone->country, "GB");
    assert_string_equal(request.phone->area, "+4420");
}

static void the_path_of_a_bad_number_is_named(void **state)
{
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    Qc__V1__ConfigItem item = QC__V1__CONFIG_ITEM__INIT;
    Qc__V1__ConfigItem *items[] = {&item};
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    const char *numbers[] = {"+442079460901", "nonsense"};
    const char *field;

    (void)state;
    pool.static_numbers = numbers;
    pool.n_static_numbers = 2;
    item.item_case = QC__V1__CONFIG_ITEM__ITEM_POOL;
    item.pool = &pool;
    request.items = items;
    request.n_items = 1;
    assert_false(
        qc_phones_normalise(book, &request.base, "US", &arena, &field));
    assert_string_equal(field, "items[0].pool.static_numbers[1]");
}

static void an_unset_number_stays_unset(void **state)
{
    Qc__V1__MatchCallRequest request = QC__V1__MATCH_CALL_REQUEST__INIT;
    const char *field;

    (void)state;
    request.dnis = "+442079460900";
    assert_true(qc_phones_normalise(book, &request.base, "US", &arena, &field));
    assert_string_equal(request.ani, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(ways_to_write_a_number_become_one),
        TEST(what_is_no_number_is_refused),
        TEST(what_was_read_lately_is_read_as_it_was),
        TEST(a_number_is_another_in_another_country),
        TEST(what_is_no_number_stays_none),
        TEST(a_request_gets_its_numbers_and_what_is_known_of_them),
        TEST(the_path_of_a_bad_number_is_named),
        TEST(an_unset_number_stays_unset),
#undef TEST
    };

    return cmocka_run_group_tests_name("phones", tests, NULL, NULL);
}
