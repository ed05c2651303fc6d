#include "machine/predicate.h"

#include <stdint.h>
#include <string.h>

enum {
    DIGITS_MAX = 18, /* Of a number: more might not fit. */
};

#define OP(name) QC__V1__PREDICATE_OP__PREDICATE_OP_##name

enum family {
    NONE,
    COMPARES, /* A field with values. */
    LOCATES,
    JOINS, /* What stands before it. */
};

/* What each node needs. */
static const struct shape {
    enum family family;
    unsigned takes; /* JOINS: so many answers. */
    size_t values_min;
    size_t values_max;
    bool is_text; /* Of numbers it means nothing. */
    /* How the field stands to the one value. */
    bool below;
    bool equal;
    bool above;
} shapes[] = {
    [OP(EQ)] = {COMPARES, 0, 1, 1, .equal = true},
    [OP(NE)] = {COMPARES, 0, 1, 1, .below = true, .above = true},
    [OP(LT)] = {COMPARES, 0, 1, 1, .below = true},
    [OP(LE)] = {COMPARES, 0, 1, 1, .below = true, .equal = true},
    [OP(GT)] = {COMPARES, 0, 1, 1, .above = true},
    [OP(GE)] = {COMPARES, 0, 1, 1, .above = true, .equal = true},
    [OP(IN)] = {COMPARES, .values_min = 1,
                .values_max = QC_PREDICATE_VALUES_MAX},
    [OP(BETWEEN)] = {COMPARES, .values_min = 2, .values_max = 2},
    [OP(EXISTS)] = {.family = COMPARES},
    [OP(PREFIX)] = {COMPARES, 0, 1, 1, .is_text = true},
    [OP(GEO_WITHIN)] = {.family = LOCATES},
    [OP(AND)] = {JOINS, .takes = 2},
    [OP(OR)] = {JOINS, .takes = 2},
    [OP(NOT)] = {JOINS, .takes = 1},
};

/* That of an operator that there is not is of no family. */
static const struct shape *shape_of(const Qc__V1__PredicateNode *node)
{
    size_t op = (size_t)node->op;

    return &shapes[op < sizeof(shapes) / sizeof(shapes[0]) ? op : 0];
}

/* --- is it sound? ----------------------------------------------------------
 */

static bool wrong(struct qc_predicate_fault *fault,
                  const char *field,
                  const char *text)
{
    fault->field = field;
    fault->text = text;
    return false;
}

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Whether two values that are given stand in their order. */
static bool ascend(const Qc__V1__PredicateNode *node)
{
    return node->n_numbers > 0 ? node->numbers[0] <= node->numbers[1]
                               : strcmp(node->texts[0], node->texts[1]) <= 0;
}

static bool check_values(const Qc__V1__PredicateNode *node,
                         const struct shape *shape,
                         enum qc_predicate_type type,
                         struct qc_predicate_fault *fault)
{
    bool has_numbers = node->n_numbers > 0;
    size_t n = has_numbers ? node->n_numbers : node->n_texts;

    if (has_numbers && node->n_texts > 0) {
        return wrong(fault, "numbers", "texts or numbers, and not both");
    }
    if (has_numbers && (shape->is_text || type == QC_PREDICATE_TEXT)) {
        return wrong(fault, "numbers", "it is compared with texts alone");
    }
    if (n < shape->values_min || n > shape->values_max) {
        return wrong(fault, has_numbers ? "numbers" : "texts",
                     "not as many values as the operator takes");
    }
    if (node->op == OP(BETWEEN) && !ascend(node)) {
        return wrong(fault, has_numbers ? "numbers" : "texts",
                     "nothing is between a value and a lower one");
    }
    return true;
}

static bool check_place(const Qc__V1__PredicateNode *node,
                        struct qc_predicate_fault *fault)
{
    const Qc__V1__Circle *circle = node->circle;

    if ((circle != NULL) == (node->region[0] != '\0')) {
        return wrong(fault, "region", "a circle or a region, and not both");
    }
    if (circle != NULL &&
        (circle->radius_m == 0 || circle->radius_m > QC_RADIUS_MAX_M)) {
        return wrong(fault, "circle.radius_m", "not from 1 to 200000");
    }
    return true;
}

static bool check_node(const Qc__V1__PredicateNode *node,
                       enum qc_predicate_type (*type_of)(const char *field),
                       struct qc_predicate_fault *fault)
{
    const struct shape *shape = shape_of(node);
    enum qc_predicate_type type;

    if (shape->family == NONE) {
        return wrong(fault, "op", "no such operator");
    }
    if (shape->family != LOCATES &&
        (node->circle != NULL || node->region[0] != '\0')) {
        return wrong(fault, "op", "only GEO_WITHIN has a circle or a region");
    }
    if (shape->family != COMPARES &&
        (node->field[0] != '\0' || node->n_texts + node->n_numbers > 0)) {
        return wrong(fault, "op", "the operator takes no field and no values");
    }
    if (shape->family == COMPARES) {
        type = type_of(node->field);
        return type == QC_PREDICATE_UNKNOWN
                   ? wrong(fault, "field", "no such field")
                   : check_values(node, shape, type, fault);
    }
    return shape->family != LOCATES || check_place(node, fault);
}

bool qc_predicate_check(Qc__V1__PredicateNode *const *nodes,
                        size_t n,
                        enum qc_predicate_type (*type_of)(const char *field),
                        struct qc_predicate_fault *fault_out)
{
    size_t depth = 0;

    *fault_out = (struct qc_predicate_fault){.node = n};
    if (n == 0 || n > QC_PREDICATE_NODES_MAX) {
        return wrong(fault_out, NULL, "not from 1 to 64 nodes");
    }
    for (size_t i = 0; i < n; i++) {
        size_t takes = shape_of(nodes[i])->takes;

        fault_out->node = i;
        if (!check_node(nodes[i], type_of, fault_out)) {
            return false;
        }
        if (depth < takes) {
            return wrong(fault_out, "op",
                         "it joins more conditions than stand before it");
        }
        depth += 1 - takes;
        if (depth > QC_PREDICATE_DEPTH_MAX) {
            return wrong(fault_out, NULL,
                         "more than 8 conditions are not joined yet");
        }
    }
    fault_out->node = n;
    return depth == 1 ||
           wrong(fault_out, NULL,
                 "several conditions are left: AND or OR joins them");
}

/* --- does it hold? ---------------------------------------------------------
 */

/* Whether all of |text| is a whole number. */
static bool read_number(const char *text, int64_t *number_out)
{
    bool is_negative = text[0] == '-';
    const char *at = is_negative ? text + 1 : text;
    size_t n = strlen(at);
    int64_t number = 0;

    if (n == 0 || n > DIGITS_MAX) {
        return false;
    }
    for (; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        number = number * 10 + (*at - '0');
    }
    *number_out = is_negative ? -number : number;
    return true;
}

/* What a field is, as it is compared. */
struct fact {
    const char *text;
    int64_t number; /* If values are numbers. */
};

static int compare(const struct fact *fact,
                   const Qc__V1__PredicateNode *node,
                   size_t i)
{
    return node->n_numbers > 0 ? order_of(fact->number, node->numbers[i])
                               : strcmp(fact->text, node->texts[i]);
}

static bool is_any(const struct fact *fact, const Qc__V1__PredicateNode *node)
{
    size_t n = node->n_numbers > 0 ? node->n_numbers : node->n_texts;

    for (size_t i = 0; i < n; i++) {
        if (compare(fact, node, i) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds_of_field(const Qc__V1__PredicateNode *node,
                           const struct shape *shape,
                           const struct qc_predicate_facts *facts)
{
    struct fact fact = {.text = facts->text(facts->ctx, node->field)};
    size_t n = node->n_numbers > 0 ? node->n_numbers : node->n_texts;
    int order;

    if (fact.text == NULL || fact.text[0] == '\0' || n < shape->values_min ||
        (node->n_numbers > 0 && !read_number(fact.text, &fact.number))) {
        return false;
    }
    if (node->op == OP(EXISTS)) {
        return true;
    }
    if (node->op == OP(PREFIX)) {
        return node->n_texts > 0 &&
               strncmp(fact.text, node->texts[0], strlen(node->texts[0])) == 0;
    }
    if (node->op == OP(IN)) {
        return is_any(&fact, node);
    }
    if (node->op == OP(BETWEEN)) {
        return compare(&fact, node, 0) >= 0 && compare(&fact, node, 1) <= 0;
    }
    order = compare(&fact, node, 0);
    return order == 0 ? shape->equal : order < 0 ? shape->below : shape->above;
}

static bool holds_of_place(const Qc__V1__PredicateNode *node,
                           const struct qc_predicate_facts *facts)
{
    if (facts->place == NULL) {
        return false;
    }
    if (node->circle != NULL) {
        struct qc_place middle = {node->circle->lat_e7, node->circle->lon_e7};

        return qc_place_distance_m(middle, *facts->place) <=
               node->circle->radius_m;
    }
    return facts->is_in(facts->ctx, node->region, *facts->place);
}

/* |answers|: what stands before it, the last one last. */
static bool join(Qc__V1__PredicateOp op, const bool *answers)
{
    return op == OP(NOT)   ? !answers[0]
           : op == OP(AND) ? answers[0] && answers[1]
                           : answers[0] || answers[1];
}

bool qc_predicate_holds(Qc__V1__PredicateNode *const *nodes,
                        size_t n,
                        const struct qc_predicate_facts *facts)
{
    bool answers[QC_PREDICATE_DEPTH_MAX] = {false};
    size_t depth = 0;

    for (size_t i = 0; i < n; i++) {
        const struct shape *shape = shape_of(nodes[i]);

        if (shape->family == NONE || depth < shape->takes ||
            depth - shape->takes >= QC_PREDICATE_DEPTH_MAX) {
            return false;
        }
        depth -= shape->takes;
        answers[depth] =
            shape->family == JOINS     ? join(nodes[i]->op, &answers[depth])
            : shape->family == LOCATES ? holds_of_place(nodes[i], facts)
                                       : holds_of_field(nodes[i], shape, facts);
        depth++;
    }
    return depth == 1 && answers[0];
}
