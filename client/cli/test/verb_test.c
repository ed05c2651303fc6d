#include "cli/verb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/arguments.h"
#include "lib/rpc.h"

enum {
    ARENA_SIZE = 64 * 1024,
};

static const char *const NAMES[][2] = {
#define QC_VERB(noun, name, function, usage, help) {#noun, #name},
#define QC_RPC_VERB(noun, name, rpc, positional, defaults, columns, help) \
    {#noun, #name},
#include "cli/verb.def"
#undef QC_VERB
#undef QC_RPC_VERB
};

enum {
    N_VERBS = sizeof(NAMES) / sizeof(NAMES[0]),
};

static const struct qc_verb *verb_at(size_t i)
{
    return qc_verb_find(NAMES[i][0], NAMES[i][1]);
}

static void each_verb_has_words_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VERBS; i++) {
        assert_non_null(verb_at(i));
        for (size_t k = 0; k < i; k++) {
            assert_ptr_not_equal(verb_at(k), verb_at(i));
        }
    }
    assert_null(qc_verb_find("number", "up"));
}

/* That they are fields, and possible, is asserted where they are set. */
static void defaults_can_be_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VERBS; i++) {
        const struct qc_verb *verb = verb_at(i);
        struct qc_options options = {.n_words = 0};
        struct qc_usage_error error;
        ProtobufCMessage *request;
        struct qc_arena arena;

        if (verb->rpc == NULL) {
            continue;
        }
        qc_arena_init(&arena, ARENA_SIZE);
        assert_true(qc_arguments_read(
            &(struct qc_request_shape){verb->rpc->request, verb->positional,
                                       verb->defaults},
            &options, &arena, &request, &error));
        qc_arena_done(&arena);
    }
}

/* Whether |path|, up to a comma, leads to a field. */
static bool is_path(const ProtobufCMessageDescriptor *type, const char *path)
{
    const ProtobufCFieldDescriptor *field;
    size_t size = strcspn(path, ".,");
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)size, path);
    field = protobuf_c_message_descriptor_get_field_by_name(type, name);
    if (field == NULL || path[size] != '.') {
        return field != NULL;
    }
    return is_path(field->descriptor, path + size + 1);
}

static void bare_words_and_columns_are_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VERBS; i++) {
        const struct qc_verb *verb = verb_at(i);
        const char *column = verb->rpc != NULL ? verb->columns : "";

        if (verb->rpc != NULL && verb->positional[0] != '\0') {
            assert_true(is_path(verb->rpc->request, verb->positional));
        }
        while (*column != '\0') {
            const ProtobufCFieldDescriptor *items =
                protobuf_c_message_descriptor_get_field_by_name(
                    verb->rpc->response, "items");

            assert_non_null(items);
            assert_true(is_path(items->descriptor, column));
            column += strcspn(column, ",");
            column += *column == ',' ? 1 : 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verb_has_words_of_its_own),
        cmocka_unit_test(defaults_can_be_set),
        cmocka_unit_test(bare_words_and_columns_are_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
