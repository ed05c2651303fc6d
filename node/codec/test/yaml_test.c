#include "codec/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "quorumcall/config/v1/node.pb-c.h"
#include "quorumcall/config/v1/tenant_file.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/pool.pb-c.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024
};

#define POOL        (&qc__v1__pool__descriptor)
#define TENANT_FILE (&qc__config__tenant_file__descriptor)
#define MATCH       (&qc__v1__match_call_request__descriptor)

struct fixture {
    struct qc_arena arena;
    struct qc_yaml_error error;
    ProtobufCMessage *message;
};

static int setup(void **state)
{
    static struct fixture fixture;

    qc_arena_init(&fixture.arena, ARENA_SIZE);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

static bool read(struct fixture *f,
                 const ProtobufCMessageDescriptor *type,
                 const char *text)
{
    struct qc_bytes bytes = {(const uint8_t *)text, strlen(text)};

    return qc_yaml_read(type, "t.yaml", bytes, &f->arena, &f->message,
                        &f->error);
}

static void a_file_is_its_message(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "# A tenant.\n"
                               "tenant:\n"
                               "  key: acme\n"
                               "  label: \"Ac\\u00e9me\"\n"
                               "  default_country: NO\n"
                               "  runtimeRetentionMs: 30d\n"
                               "  access_code_enabled: true\n"
                               "subjects:\n"
                               "- key: sales\n"
                               "  page_rules:\n"
                               "  - {pattern: '/a/*', weight: -5}\n"
                               "  - {pattern: 123}\n"
                               "pools:\n"
                               "- key: p1\n"
                               "  subject: sales\n"
                               "  match_mode: DNIS\n"
                               "  exhausted_policy: EXHAUSTED_POLICY_FAIL\n"
                               "  reserve_ttl_ms: 2m\n"
                               "  quarantine_ms: 500\n"
                               "  static_numbers: [+442079460001, \"2\"]\n"
                               "branches:\n"
                               "numbers: ~\n";
    const Qc__Config__TenantFile *file;

    if (!read(f, TENANT_FILE, text)) {
        fail_msg("%s", f->error.text);
    }
    file = (const Qc__Config__TenantFile *)f->message;
    assert_string_equal(file->tenant->key, "acme");
    assert_string_equal(file->tenant->label, "Acéme");
    assert_string_equal(file->tenant->default_country, "NO");
    assert_true(file->tenant->runtime_retention_ms == INT64_C(2592000000));
    assert_true(file->tenant->access_code_enabled);
    assert_int_equal(file->n_subjects, 1);
    assert_int_equal(file->subjects[0]->n_page_rules, 2);
    assert_string_equal(file->subjects[0]->page_rules[0]->pattern, "/a/*");
    assert_int_equal(file->subjects[0]->page_rules[0]->weight, -5);
    assert_string_equal(file->subjects[0]->page_rules[1]->pattern, "123");
    assert_int_equal(file->n_pools, 1);
    assert_int_equal(file->pools[0]->match_mode,
                     QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    assert_int_equal(file->pools[0]->exhausted_policy,
                     QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FAIL);
    assert_int_equal(file->pools[0]->reserve_ttl_ms, 120000);
    assert_int_equal(file->pools[0]->quarantine_ms, 500);
    assert_int_equal(file->pools[0]->n_static_numbers, 2);
    assert_string_equal(file->pools[0]->static_numbers[0], "+442079460001");
    assert_int_equal(file->n_branches, 0);
    assert_int_equal(file->n_numbers, 0);
}

static void a_long_list_is_read_to_its_end(void **state)
{
    struct fixture *f = *state;
    static char text[64 * 20 + 64] = "key: k\nsubject: s\nstatic_numbers:\n";
    const Qc__V1__Pool *pool;

    for (size_t i = 0; i < 64; i++) {
        size_t end = strlen(text);

        (void)snprintf(text + end, sizeof(text) - end, "- %zu\n", i);
    }
    assert_true(read(f, POOL, text));
    pool = (const Qc__V1__Pool *)f->message;
    assert_int_equal(pool->n_static_numbers, 64);
    assert_string_equal(pool->static_numbers[0], "0");
    assert_string_equal(pool->static_numbers[63], "63");
}

static void the_entries_of_a_map_are_sorted(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__MatchCallRequest *call;

    assert_true(read(f, MATCH,
                     "{dnis: 1, ext_ref: x, connector: c, sip: {b: 2, a: 1}}"));
    call = (const Qc__V1__MatchCallRequest *)f->message;
    assert_int_equal(call->n_sip, 2);
    assert_string_equal(call->sip[0]->key, "a");
    assert_string_equal(call->sip[1]->value, "2");
}

static void durations_have_units(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"key: k\nsubject: s\ngrace_ms: 250ms", 250},
        {"key: k\nsubject: s\ngrace_ms: 10s", 10000},
        {"key: k\nsubject: s\ngrace_ms: 2m", 120000},
        {"key: k\nsubject: s\ngrace_ms: 1h", 3600000},
        {"key: k\nsubject: s\ngrace_ms: '1d'", 86400000},
        {"key: k\nsubject: s\ngrace_ms: 77", 77},
        {"key: k\nsubject: s\ngrace_ms: null", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(read(f, POOL, cases[i].text));
        assert_true(((const Qc__V1__Pool *)f->message)->grace_ms ==
                    cases[i].ms);
    }
}

static void an_empty_file_is_an_empty_message(void **state)
{
    struct fixture *f = *state;

    assert_true(read(f, &qc__config__raft_config__descriptor, ""));
    assert_true(read(f, &qc__config__raft_config__descriptor, "# Nothing.\n"));
    assert_true(read(f, &qc__config__raft_config__descriptor, "--- ~\n...\n"));
    assert_false(read(f, POOL, ""));
    assert_string_equal(f->error.text, "t.yaml: key is required in Pool");
    assert_int_equal(f->error.line, 0);
}

static const struct {
    const ProtobufCMessageDescriptor *type;
    const char *text;
    const char *said;
} wrong_files[] = {
    {POOL, "key: k\nsujbect: s\n",
     "t.yaml:2: unknown key \"sujbect\" in Pool; did you mean "
     "\"subject\"?"},
    {POOL, "subject: k\nkev: s\n",
     "t.yaml:2: unknown key \"kev\" in Pool; did you mean \"key\" or "
     "\"rev\"?"},
    {POOL, "nothing_like_it: 1",
     "t.yaml:1: unknown key \"nothing_like_it\" in Pool"},
    {POOL, "<<: {}", "t.yaml:1: unknown key \"<<\" in Pool"},
    {POOL, "key: k\nkey: l", "t.yaml:2: key stands twice"},
    {POOL, "key: k\nmatch_mode: 1\nmatchMode: 1",
     "t.yaml:3: match_mode stands twice"},
    {POOL, "key: [a]", "t.yaml:1: key must be one plain value"},
    {POOL, "disabled: yes", "t.yaml:1: disabled must be true or false"},
    {POOL, "match_mode: DNI",
     "t.yaml:1: match_mode is no value of its "
     "enum"},
    {POOL, "code_length: six", "t.yaml:1: code_length is no integer"},
    {POOL, "code_length: 5s", "t.yaml:1: code_length is no integer"},
    {POOL, "code_length: -1",
     "t.yaml:1: code_length is beyond the range of its type"},
    {POOL, "grace_ms: 5 s", "t.yaml:1: grace_ms is no integer"},
    {POOL, "grace_ms: 1w", "t.yaml:1: grace_ms is no integer"},
    {POOL, "grace_ms: 200000000000d",
     "t.yaml:1: grace_ms is beyond the range of its type"},
    {POOL, "grace_ms: 999999999999999999d", "t.yaml:1: grace_ms is no integer"},
    {POOL, "static_numbers: 1", "t.yaml:1: static_numbers must be a list"},
    {POOL, "static_numbers:\n- a\n- {}",
     "t.yaml:3: static_numbers must be one plain value"},
    {POOL, "gauges: 1", "t.yaml:1: there must be a mapping, a PoolGauges"},
    {POOL, "- key", "t.yaml:1: there must be a mapping, a Pool"},
    {POOL, "key", "t.yaml:1: there must be a mapping, a Pool"},
    {POOL, "? [key]\n: k", "t.yaml:1: a key must be plain text"},
    {POOL, "key: &a k",
     "t.yaml:1: anchors, aliases and tags are not "
     "understood here"},
    {POOL, "key: *a",
     "t.yaml:1: anchors, aliases and tags are not "
     "understood here"},
    {POOL, "key: !!str k",
     "t.yaml:1: anchors, aliases and tags are not "
     "understood here"},
    {POOL, "key: k\nsubject: s\n---\nkey: k\n",
     "t.yaml:3: there may be one document only"},
    {POOL, "key: \"a\\0b\"", "t.yaml:1: key is no UTF-8 without NUL"},
    {POOL, "key: \"\\ud800\"",
     "t.yaml:1: found invalid Unicode character escape code"},
    {POOL, "key: k\n\tsubject: s\n",
     "t.yaml:2: found a tab character that violates indentation"},
    {POOL, "key: k\n", "t.yaml:1: subject is required in Pool"},
    {POOL, "subject: s\n\nkey: a b\n",
     "t.yaml:3: key may hold letters, digits, _ . : and - only in Pool"},
    {TENANT_FILE,
     "tenant: {key: t}\npools:\n- key: a\n  subject: s\n"
     "- key: b\n  subject: s\n  code_length: 11\n",
     "t.yaml:7: code_length is not from 0 to 10 in Pool"},
    {TENANT_FILE,
     "tenant: {key: t}\npools:\n- key: a\n  subject: s\n- key: b\n",
     "t.yaml:5: subject is required in Pool"},
    {MATCH, "sip: [a]", "t.yaml:1: sip must be a mapping"},
    {MATCH, "sip: {[a]: b}", "t.yaml:1: sip has a key that is no text"},
    {MATCH, "sip: {a: 1,\n a: 2}", "t.yaml:2: sip has a key twice"},
    {MATCH, "sip: {a: {}}", "t.yaml:1: value must be one plain value"},
};

static void what_is_wrong_says_file_line_and_key(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]); i++) {
        if (read(f, wrong_files[i].type, wrong_files[i].text)) {
            fail_msg("%s is taken", wrong_files[i].text);
        }
        assert_string_equal(f->error.text, wrong_files[i].said);
    }
}

static void a_file_cut_short_never_breaks_anything(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "tenant: {key: t, label: \"a\\tb\"}\n"
                               "subjects: [{key: s, page_rules: [{pattern: "
                               "'/*'}]}]\n";

    for (size_t size = 0; size < sizeof(text); size++) {
        struct qc_bytes bytes = {(const uint8_t *)text, size};
        bool taken = qc_yaml_read(TENANT_FILE, "t.yaml", bytes, &f->arena,
                                  &f->message, &f->error);

        if (!taken) {
            assert_memory_equal(f->error.text, "t.yaml:", 7);
        }
    }
}

static void a_deep_bomb_is_refused(void **state)
{
    struct fixture *f = *state;
    static char text[34 * 1024] = "key: ";

    memset(text + 5, '[', sizeof(text) - 6);
    assert_false(read(f, POOL, text));
}

static void an_arena_of_any_size_is_enough_or_says_so(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "tenant: {key: t}\nsubjects: [{key: a}, {key: "
                               "b}]\n";
    struct qc_bytes bytes = {(const uint8_t *)text, sizeof(text) - 1};
    bool taken = false;

    for (size_t limit = 0; !taken; limit += 16) {
        struct qc_arena arena;

        assert_true(limit < ARENA_SIZE);
        qc_arena_init(&arena, limit);
        taken = qc_yaml_read(TENANT_FILE, "t.yaml", bytes, &arena, &f->message,
                             &f->error);
        if (!taken) {
            assert_non_null(strstr(f->error.text, "than fits the memory"));
        }
        qc_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_its_message),
        cmocka_unit_test(a_long_list_is_read_to_its_end),
        cmocka_unit_test(the_entries_of_a_map_are_sorted),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(an_empty_file_is_an_empty_message),
        cmocka_unit_test(what_is_wrong_says_file_line_and_key),
        cmocka_unit_test(a_file_cut_short_never_breaks_anything),
        cmocka_unit_test(a_deep_bomb_is_refused),
        cmocka_unit_test(an_arena_of_any_size_is_enough_or_says_so),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
