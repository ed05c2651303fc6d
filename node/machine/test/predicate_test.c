#include "machine/predicate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OP(name) QC__V1__PREDICATE_OP__PREDICATE_OP_##name

static const struct qc_place london = {515074000, -1278000};

/* --- predicates -------------------------------------------------------------
 */

enum {
    NODES_MAX = QC_PREDICATE_NODES_MAX + 1,
    VALUES_MAX = QC_PREDICATE_VALUES_MAX + 1,
};

static struct node {
    Qc__V1__PredicateNode message;
    Qc__V1__Circle circle;
    const char *texts[VALUES_MAX];
    int64_t numbers[VALUES_MAX];
} nodes[NODES_MAX];
static Qc__V1__PredicateNode *list[NODES_MAX];
static size_t n_nodes;

static void begin(void)
{
    n_nodes = 0;
}

static struct node *add(Qc__V1__PredicateOp op, const char *field)
{
    struct node *node = &nodes[n_nodes];

    *node = (struct node){.message = QC__V1__PREDICATE_NODE__INIT};
    node->message.op = op;
    node->message.field = field;
    node->message.texts = node->texts;
    node->message.numbers = node->numbers;
    list[n_nodes++] = &node->message;
    return node;
}

static void text(struct node *node, const char *value)
{
    node->texts[node->message.n_texts++] = value;
}

static void number(struct node *node, int64_t value)
{
    node->numbers[node->message.n_numbers++] = value;
}

static void circle(struct node *node, struct qc_place middle, uint32_t radius_m)
{
    node->circle = (Qc__V1__Circle)QC__V1__CIRCLE__INIT;
    node->circle.lat_e7 = middle.lat_e7;
    node->circle.lon_e7 = middle.lon_e7;
    node->circle.radius_m = radius_m;
    node->message.circle = &node->circle;
}

/* --- facts: a field "any" and a field "text" --------------------------------
 */

static enum qc_predicate_type type_of(const char *field)
{
    return strcmp(field, "any") == 0    ? QC_PREDICATE_ANY
           : strcmp(field, "text") == 0 ? QC_PREDICATE_TEXT
                                        : QC_PREDICATE_UNKNOWN;
}

static const char *text_of(void *ctx, const char *field)
{
    return strcmp(field, "any") == 0 ? ctx : NULL;
}

static bool is_in(void *ctx, const char *region, struct qc_place place)
{
    (void)ctx;
    return strcmp(region, "england") == 0 && place.lat_e7 == london.lat_e7;
}

static bool holds(const char *any, const struct qc_place *place)
{
    struct qc_predicate_facts facts = {
        .text = text_of,
        .is_in = is_in,
        .ctx = (void *)(uintptr_t)any,
        .place = place,
    };

    return qc_predicate_holds(list, n_nodes, &facts);
}

static void assert_sound(void)
{
    struct qc_predicate_fault fault;

    assert_true(qc_predicate_check(list, n_nodes, type_of, &fault));
}

static void assert_fault(size_t node, const char *field)
{
    struct qc_predicate_fault fault;

    assert_false(qc_predicate_check(list, n_nodes, type_of, &fault));
    assert_int_equal(fault.node, node);
    assert_non_null(fault.text);
    if (field == NULL) {
        assert_null(fault.field);
    } else {
        assert_non_null(fault.field);
        assert_string_equal(fault.field, field);
    }
}

/* --- one condition ----------------------------------------------------------
 */

static void a_comparison_is_of_numbers_or_of_texts(void **state)
{
    static const struct {
        Qc__V1__PredicateOp op;
        bool less;
        bool same;
        bool more;
    } rows[] = {
        {OP(EQ), false, true, false}, {OP(NE), true, false, true},
        {OP(LT), true, false, false}, {OP(LE), true, true, false},
        {OP(GT), false, false, true}, {OP(GE), false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        number(add(rows[i].op, "any"), 10);
        assert_sound();
        assert_int_equal(holds("9", NULL), rows[i].less);
        assert_int_equal(holds("10", NULL), rows[i].same);
        assert_int_equal(holds("11", NULL), rows[i].more);
        assert_int_equal(holds("-11", NULL), rows[i].less);

        begin();
        text(add(rows[i].op, "any"), "10");
        assert_sound();
        assert_int_equal(holds("1", NULL), rows[i].less);
        assert_int_equal(holds("10", NULL), rows[i].same);
        assert_int_equal(holds("9", NULL), rows[i].more);
    }
}

static void what_is_no_whole_number_fulfils_no_condition_on_numbers(
    void **state)
{
    static const char *const texts[] = {
        "ten", "1.5",  " 10",
        "10 ", "+10",  "-",
        "",    "0x10", "1000000000000000000000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin();
        number(add(OP(NE), "any"), 7);
        assert_false(holds(texts[i], NULL));
        begin();
        number(add(OP(GE), "any"), INT64_MIN);
        assert_false(holds(texts[i], NULL));
    }
    assert_true(holds("-999999999999999999", NULL));
    assert_true(holds("007", NULL));
}

static void what_is_not_there_fulfils_no_condition(void **state)
{
    static const Qc__V1__PredicateOp ops[] = {
        OP(EQ), OP(NE), OP(LT), OP(LE), OP(GT), OP(GE), OP(IN), OP(PREFIX),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        begin();
        text(add(ops[i], "any"), "a");
        assert_sound();
        assert_false(holds(NULL, NULL));
        assert_false(holds("", NULL));
    }
    begin();
    add(OP(EXISTS), "any");
    assert_sound();
    assert_false(holds(NULL, NULL));
    assert_true(holds("a", NULL));
}

static void values_are_a_list_an_interval_or_a_beginning(void **state)
{
    struct node *node;

    (void)state;
    begin();
    node = add(OP(IN), "any");
    text(node, "gold");
    text(node, "platinum");
    assert_sound();
    assert_true(holds("platinum", NULL));
    assert_false(holds("plat", NULL));

    begin();
    node = add(OP(BETWEEN), "any");
    number(node, -5);
    number(node, 5);
    assert_sound();
    assert_true(holds("-5", NULL));
    assert_true(holds("5", NULL));
    assert_false(holds("6", NULL));

    begin();
    text(add(OP(PREFIX), "any"), "en");
    assert_sound();
    assert_true(holds("en-GB", NULL));
    assert_false(holds("e", NULL));
}

static void a_place_is_in_a_circle_or_in_a_region(void **state)
{
    struct qc_place near = {london.lat_e7 + 900000, london.lon_e7};
    struct node *node;

    (void)state;
    begin();
    node = add(OP(GEO_WITHIN), "");
    circle(node, london, 10000); /* It is 10 007 m. */
    assert_sound();
    assert_false(holds(NULL, &near));
    circle(node, london, 10100);
    assert_true(holds(NULL, &near));
    assert_false(holds(NULL, NULL));

    begin();
    add(OP(GEO_WITHIN), "")->message.region = "england";
    assert_sound();
    assert_true(holds(NULL, &london));
    assert_false(holds(NULL, &near));
    assert_false(holds(NULL, NULL));
    list[0]->region = "nowhere";
    assert_false(holds(NULL, &london));
}

/* --- several ----------------------------------------------------------------
 */

static void condition(bool is_true)
{
    text(add(is_true ? OP(EQ) : OP(NE), "any"), "a");
}

static void conditions_are_joined_by_what_follows_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        bool a = (i & 1) != 0;
        bool b = (i & 2) != 0;
        bool c = (i & 4) != 0;

        begin();
        condition(a);
        condition(b);
        condition(c);
        add(OP(OR), "");
        add(OP(NOT), "");
        add(OP(AND), "");
        assert_sound();
        assert_int_equal(holds("a", NULL), a && !(b || c));
    }
}

static void eight_may_be_open_and_no_more(void **state)
{
    (void)state;
    for (size_t open = 8; open <= 9; open++) {
        begin();
        for (size_t i = 0; i < open; i++) {
            condition(true);
        }
        for (size_t i = 1; i < open; i++) {
            add(OP(AND), "");
        }
        if (open == 8) {
            assert_sound();
            assert_true(holds("a", NULL));
        } else {
            assert_fault(8, NULL);
            assert_false(holds("a", NULL));
        }
    }
}

static void a_long_chain_needs_no_depth(void **state)
{
    (void)state;
    begin();
    condition(true);
    for (size_t i = 0; i < 31; i++) {
        condition(true);
        add(OP(AND), "");
    }
    assert_int_equal(n_nodes, 63);
    assert_sound();
    assert_true(holds("a", NULL));
    add(OP(NOT), "");
    assert_sound();
    add(OP(NOT), "");
    assert_fault(65, NULL);
}

/* --- what means nothing -----------------------------------------------------
 */

static void what_leaves_no_answer_is_wrong(void **state)
{
    (void)state;
    begin();
    assert_fault(0, NULL);
    assert_false(holds("a", NULL));

    condition(true);
    condition(true);
    assert_fault(2, NULL);
    assert_false(holds("a", NULL));

    begin();
    condition(true);
    add(OP(AND), "");
    assert_fault(1, "op");
    assert_false(holds("a", NULL));

    begin();
    add(OP(NOT), "");
    assert_fault(0, "op");
    assert_false(holds("a", NULL));
}

static void an_operator_is_one_that_there_is(void **state)
{
    static const int ops[] = {0, 12, 19, 23, 1000, -1};

    (void)state;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        begin();
        condition(true);
        add((Qc__V1__PredicateOp)ops[i], "");
        assert_fault(1, "op");
        assert_false(holds("a", NULL));
    }
}

static void a_comparison_has_a_field_and_its_values(void **state)
{
    struct node *node;

    (void)state;
    begin();
    text(add(OP(EQ), "other"), "a");
    assert_fault(0, "field");

    begin();
    add(OP(EQ), "any");
    assert_fault(0, "texts");
    assert_false(holds("a", NULL));

    begin();
    node = add(OP(LT), "any");
    number(node, 1);
    number(node, 2);
    assert_fault(0, "numbers");

    begin();
    node = add(OP(IN), "any");
    for (size_t i = 0; i < VALUES_MAX; i++) {
        number(node, 1);
    }
    assert_fault(0, "numbers");

    begin();
    node = add(OP(IN), "any");
    text(node, "a");
    number(node, 1);
    assert_fault(0, "numbers");

    begin();
    text(add(OP(EXISTS), "any"), "a");
    assert_fault(0, "texts");

    begin();
    number(add(OP(EQ), "text"), 1);
    assert_fault(0, "numbers");

    begin();
    number(add(OP(PREFIX), "any"), 1);
    assert_fault(0, "numbers");
    assert_false(holds("1", NULL));

    begin();
    node = add(OP(BETWEEN), "any");
    number(node, 2);
    number(node, 1);
    assert_fault(0, "numbers");
}

static void only_what_locates_has_a_place(void **state)
{
    struct node *node;

    (void)state;
    begin();
    node = add(OP(GEO_WITHIN), "");
    assert_fault(0, "region");
    node->message.region = "england";
    circle(node, london, 1);
    assert_fault(0, "region");
    node->message.region = "";
    circle(node, london, 0);
    assert_fault(0, "circle.radius_m");
    circle(node, london, 200001);
    assert_fault(0, "circle.radius_m");

    begin();
    circle(add(OP(EXISTS), "any"), london, 1);
    assert_fault(0, "op");
    begin();
    add(OP(EXISTS), "any")->message.region = "england";
    assert_fault(0, "op");
    begin();
    condition(true);
    add(OP(NOT), "any");
    assert_fault(1, "op");
    begin();
    condition(true);
    text(add(OP(NOT), ""), "a");
    assert_fault(1, "op");
}

/* --- whatever it is ---------------------------------------------------------
 */

static uint32_t drawn = 1;

static uint32_t draw(uint32_t below)
{
    drawn = drawn * 1664525 + 1013904223;
    return (drawn >> 16) % below;
}

static void draw_node(void)
{
    static const char *const fields[] = {"any", "any", "text", "other", ""};
    static const char *const texts[] = {"a", "b", "10", ""};
    struct node *node;
    bool joins = draw(2) == 0;

    node = add((Qc__V1__PredicateOp)(joins ? 20 + draw(4) : draw(14)),
               joins && draw(8) != 0 ? "" : fields[draw(5)]);
    for (uint32_t i = joins && draw(8) != 0 ? 0 : draw(4); i > 0; i--) {
        if (draw(2) == 0) {
            text(node, texts[draw(4)]);
        } else {
            number(node, (int64_t)draw(20) - 10);
        }
    }
    if (node->message.op == OP(GEO_WITHIN) ? draw(2) == 0 : draw(16) == 0) {
        circle(node, london, draw(3));
    }
}

/* What the node at |*at| and those before it say, from behind; |*at| becomes
 * the node before them. */
static bool answer(const char *any, size_t *at)
{
    Qc__V1__PredicateNode *node = list[(*at)--];
    struct qc_predicate_facts facts = {
        .text = text_of,
        .is_in = is_in,
        .ctx = (void *)(uintptr_t)any,
        .place = &london,
    };
    bool last;
    bool first;

    if (node->op < OP(AND)) {
        return qc_predicate_holds(&node, 1, &facts);
    }
    last = answer(any, at);
    if (node->op == OP(NOT)) {
        return !last;
    }
    first = answer(any, at);
    return node->op == OP(AND) ? first && last : first || last;
}

static void any_list_is_refused_or_means_what_it_says(void **state)
{
    size_t n_sound = 0;

    (void)state;
    for (size_t i = 0; i < 200000; i++) {
        struct qc_predicate_fault fault;
        const char *any = draw(2) == 0 ? "a" : "10";

        begin();
        for (uint32_t n = draw(9); n > 0; n--) {
            draw_node();
        }
        if (qc_predicate_check(list, n_nodes, type_of, &fault)) {
            size_t at = n_nodes - 1;

            n_sound++;
            assert_int_equal(holds(any, &london), answer(any, &at));
            assert_int_equal(at, SIZE_MAX);
        } else {
            assert_in_range(fault.node, 0, n_nodes);
            (void)holds(any, &london); /* Ends, and reads nothing it should not.
                                        */
        }
    }
    assert_true(n_sound > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_is_of_numbers_or_of_texts),
        cmocka_unit_test(
            what_is_no_whole_number_fulfils_no_condition_on_numbers),
        cmocka_unit_test(what_is_not_there_fulfils_no_condition),
        cmocka_unit_test(values_are_a_list_an_interval_or_a_beginning),
        cmocka_unit_test(a_place_is_in_a_circle_or_in_a_region),
        cmocka_unit_test(conditions_are_joined_by_what_follows_them),
        cmocka_unit_test(eight_may_be_open_and_no_more),
        cmocka_unit_test(a_long_chain_needs_no_depth),
        cmocka_unit_test(what_leaves_no_answer_is_wrong),
        cmocka_unit_test(an_operator_is_one_that_there_is),
        cmocka_unit_test(a_comparison_has_a_field_and_its_values),
        cmocka_unit_test(only_what_locates_has_a_place),
        cmocka_unit_test(any_list_is_refused_or_means_what_it_says),
    };

    return cmocka_run_group_tests_name("predicate", tests, NULL, NULL);
}
