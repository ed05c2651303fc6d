/* Places: no tenant takes them all, nor do many. */
#include "rpc/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    MAX = 64,
    TENANT = 7,
    GREEDY = 5,
};

/* What |tenant| has when it takes all that it can, and how much that is. */
static struct qc_places_taken *fill(struct qc_places *places,
                                    uint32_t tenant,
                                    unsigned *n_out)
{
    struct qc_places_taken *taken = NULL;
    struct qc_places_taken *more;

    *n_out = 0;
    while ((more = qc_places_take(places, tenant)) != NULL) {
        taken = more;
        ++*n_out;
    }
    return taken;
}

static void empty(struct qc_places *places,
                  struct qc_places_taken *taken,
                  unsigned n)
{
    while (n-- > 0) {
        qc_places_give(places, taken);
    }
}

static void a_tenant_alone_has_half(void **state)
{
    struct qc_places places = {.max = MAX};
    unsigned n;
    struct qc_places_taken *taken = fill(&places, TENANT, &n);

    (void)state;
    assert_int_equal(n, MAX / 2);
    empty(&places, taken, n);
    assert_int_equal(places.n, 0);
}

static void who_comes_later_finds_a_place_however_greedy_others_are(
    void **state)
{
    struct qc_places places = {.max = MAX};
    struct qc_places_taken *taken[GREEDY];
    struct qc_places_taken *later;
    unsigned n[GREEDY];

    (void)state;
    for (unsigned i = 0; i < GREEDY; i++) {
        taken[i] = fill(&places, TENANT + i, &n[i]);
        assert_in_range(n[i], 1, MAX / 2);
    }
    later = qc_places_take(&places, TENANT + GREEDY);
    assert_non_null(later);
    qc_places_give(&places, later);
    for (unsigned i = 0; i < GREEDY; i++) {
        empty(&places, taken[i], n[i]);
    }
    assert_int_equal(places.n, 0);
}

static void what_is_given_back_is_another_tenants(void **state)
{
    struct qc_places places = {.max = MAX};
    unsigned n;
    unsigned others;
    unsigned more;
    struct qc_places_taken *taken = fill(&places, TENANT, &n);
    struct qc_places_taken *of_other = fill(&places, TENANT + 1, &others);

    (void)state;
    empty(&places, taken, n);
    assert_non_null(of_other);
    assert_ptr_equal(fill(&places, TENANT + 1, &more), of_other);
    assert_int_equal(others + more, MAX / 2);
    empty(&places, of_other, MAX / 2);
}

static void the_last_place_is_taken_once(void **state)
{
    struct qc_places places = {.max = 1};
    struct qc_places_taken *taken = qc_places_take(&places, TENANT);

    (void)state;
    assert_non_null(taken);
    assert_null(qc_places_take(&places, TENANT));
    assert_null(qc_places_take(&places, TENANT + 1));
    qc_places_give(&places, taken);
    taken = qc_places_take(&places, TENANT + 1);
    assert_non_null(taken);
    qc_places_give(&places, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenant_alone_has_half),
        cmocka_unit_test(
            who_comes_later_finds_a_place_however_greedy_others_are),
        cmocka_unit_test(what_is_given_back_is_another_tenants),
        cmocka_unit_test(the_last_place_is_taken_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
