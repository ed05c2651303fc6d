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
        char e164[QC_E164_SIZE];

        assert_true(qc_phone_read(same[i].text, same[i].country, e164));
        assert_string_equal(e164, same[i].e164);
        assert_true(qc_phone_read(same[i].e164, "", e164));
        assert_string_equal(e164, same[i].e164);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const none[] = {
        "12", "anonymous", "+", "+999123456789", "0", "+4420794601234567890",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char e164[QC_E164_SIZE];

        assert_false(qc_phone_read(none[i], "US", e164));
    }
}

/* Remembered or not. */
static void a_book_says_what_the_library_says(void **state)
{
    static const char *const texts[] = {
        "+442079460123",
        "020 7946 0123",
        "(0)20-7946-0123",
        "+44 (0)020 7946",
        "+1 800 FLOWERS",
        "tel:+12025550123",
        "+12025550123;ext=5",
        "+80012345678",
        "07700900123",
        "anonymous",
        "+",
        " ",
        "+390236618300",
        "0044 20 79460123",
        "+4420794601234567890",
        "\xef\xbc\x8b\xef\xbc\x91 2025550123",
    };
    static const char *const countries[] = {"GB", "US", "IT", "ZZ", ""};
    enum {
        N_TEXTS = sizeof(texts) / sizeof(texts[0]),
        N_COUNTRIES = sizeof(countries) / sizeof(countries[0]),
    };

    (void)state;
    for (size_t i = 0; i < (size_t)6 * N_TEXTS * N_COUNTRIES; i++) {
        const char *text = texts[i * 7 % N_TEXTS];
        const char *country = countries[i / 3 % N_COUNTRIES];
        char e164[QC_E164_SIZE] = "";
        char kept_e164[QC_E164_SIZE] = "";
        bool good = qc_phone_read(text, country, e164);

        assert_int_equal(good,
                         qc_phone_book_read(book, text, country, kept_e164));
        assert_string_equal(kept_e164, e164);
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
        char read[QC_E164_SIZE];

        snprintf(text, sizeof(text), "020 7946 %04u", i % 5000);
        snprintf(e164, sizeof(e164), "+44207946%04u", i % 5000);
        assert_true(qc_phone_book_read(book, text, "GB", read));
        assert_string_equal(read, e164);
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
        char e164[QC_E164_SIZE];

        assert_true(
            qc_phone_book_read(book, "2079460123", same[i].country, e164));
        assert_string_equal(e164, same[i].e164);
    }
}

static void what_is_no_number_stays_none(void **state)
{
    static const char *const none[] = {"12", "anonymous", "",
                                       "+442079460123456789012345678"};
    char e164[QC_E164_SIZE];

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(none) / sizeof(none[0]); i++) {
        assert_false(qc_phone_book_read(
            book, none[i % (sizeof(none) / sizeof(none[0]))], "US", e164));
    }
}

static void a_request_gets_its_numbers(void **state)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    const char *field;

    (void)state;
    request.customer_phone = "020 7946 0123";
    assert_true(qc_phones_normalise(book, &request.base, "GB", &arena, &field));
    assert_string_equal(request.customer_phone, "+442079460123");
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
        TEST(a_book_says_what_the_library_says),
        TEST(what_was_read_lately_is_read_as_it_was),
        TEST(a_number_is_another_in_another_country),
        TEST(what_is_no_number_stays_none),
        TEST(a_request_gets_its_numbers),
        TEST(the_path_of_a_bad_number_is_named),
        TEST(an_unset_number_stays_unset),
#undef TEST
    };

    return cmocka_run_group_tests_name("phones", tests, NULL, NULL);
}
