#include "http2/tls_tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    NOON_S = 1000000000,
    DAY_S = 24 * 3600,
};

static struct qc_tls_ticket_key key_at(struct qc_tls_tickets *tickets,
                                       int64_t now_s)
{
    assert_true(qc_tls_tickets_turn(tickets, now_s));
    return tickets->current;
}

static void a_key_is_used_for_a_day_and_accepted_for_another(void **state)
{
    struct qc_tls_tickets tickets = {.current = {.made_s = 0}};
    struct qc_tls_ticket_key first = key_at(&tickets, NOON_S);
    struct qc_tls_ticket_key second;

    (void)state;
    second = key_at(&tickets, NOON_S + DAY_S - 1);
    assert_memory_equal(&first, &second, sizeof(first));
    second = key_at(&tickets, NOON_S + DAY_S);
    assert_memory_not_equal(first.name, second.name, sizeof(first.name));
    assert_memory_not_equal(first.cipher, second.cipher, sizeof(first.cipher));
    assert_memory_not_equal(first.mac, second.mac, sizeof(first.mac));
    assert_ptr_equal(qc_tls_tickets_find(&tickets, second.name),
                     &tickets.current);
    assert_ptr_equal(qc_tls_tickets_find(&tickets, first.name),
                     &tickets.previous);
    key_at(&tickets, NOON_S + DAY_S + DAY_S);
    assert_null(qc_tls_tickets_find(&tickets, first.name));
    assert_ptr_equal(qc_tls_tickets_find(&tickets, second.name),
                     &tickets.previous);
}

static void a_key_that_nobody_asked_for_is_forgotten_all_the_same(void **state)
{
    struct qc_tls_tickets tickets = {.current = {.made_s = 0}};
    struct qc_tls_ticket_key first = key_at(&tickets, NOON_S);

    (void)state;
    key_at(&tickets, NOON_S + 10 * DAY_S);
    assert_null(qc_tls_tickets_find(&tickets, first.name));
}

static void no_key_is_found_by_a_name_of_zeros(void **state)
{
    static const uint8_t zeros[QC_TLS_TICKET_NAME_SIZE];
    struct qc_tls_tickets tickets = {.current = {.made_s = 0}};

    (void)state;
    assert_null(qc_tls_tickets_find(&tickets, zeros));
    key_at(&tickets, NOON_S);
    assert_null(qc_tls_tickets_find(&tickets, zeros));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_used_for_a_day_and_accepted_for_another),
        cmocka_unit_test(a_key_that_nobody_asked_for_is_forgotten_all_the_same),
        cmocka_unit_test(no_key_is_found_by_a_name_of_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
