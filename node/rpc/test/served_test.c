#include "rpc/served.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/table.h"
#include "google/protobuf/descriptor.pb-c.h"

static int setup(void **state)
{
    *state = qc_served_new();
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    qc_served_free(*state);
    return 0;
}

static void a_file_is_found_by_whatever_it_declares(void **state)
{
    static const struct {
        const char *symbol;
        const char *file;
    } cases[] = {
        {"quorumcall.v1.Pool", "quorumcall/v1/pool.proto"},
        {"quorumcall.v1.Pool.key", "quorumcall/v1/pool.proto"},
        {"quorumcall.v1.MatchMode", "quorumcall/v1/pool.proto"},
        {"quorumcall.v1.ORIGIN_WEB", "quorumcall/v1/allocation.proto"},
        {"quorumcall.v1.NumberService", "quorumcall/v1/number_service.proto"},
        {"quorumcall.v1.NumberService.MatchCall",
         "quorumcall/v1/number_service.proto"},
        {"quorumcall.v1.MatchCallRequest.SipEntry.value",
         "quorumcall/v1/number_service.proto"},
        {"quorumcall.v1.limits", "quorumcall/v1/options.proto"},
        {"google.rpc.BadRequest.FieldViolation",
         "google/rpc/error_details.proto"},
        {"google.protobuf.Any", "google/protobuf/any.proto"},
        {"grpc.health.v1.HealthCheckResponse.NOT_SERVING",
         "grpc/health/v1/health.proto"},
        {"grpc.reflection.v1alpha.ServerReflection",
         "grpc/reflection/v1alpha/reflection.proto"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        qc_served_file file = qc_served_file_called(*state, cases[i].file);

        assert_int_not_equal(file, QC_SERVED_NONE);
        if (qc_served_file_of_symbol(*state, cases[i].symbol) != file) {
            fail_msg("%s is not found in %s", cases[i].symbol, cases[i].file);
        }
    }
}

static void what_is_not_declared_is_not_found(void **state)
{
    static const char *const symbols[] = {
        "",
        "quorumcall",
        "quorumcall.v1",
        "quorumcall.v1.",
        ".quorumcall.v1.Pool",
        "quorumcall.v1.Poo",
        "quorumcall.v1.Pool.",
        "quorumcall.v1.Pool.none",
        "quorumcall.v1.Pool.key.key",
        "quorumcall.v1.Origin.ORIGIN_WEB",
        "quorumcall.v1.NumberService.None",
    };

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (qc_served_file_of_symbol(*state, symbols[i]) != QC_SERVED_NONE) {
            fail_msg("%s is found", symbols[i]);
        }
    }
    assert_int_equal(qc_served_file_called(*state, "quorumcall/v1/none.proto"),
                     QC_SERVED_NONE);
}

static void what_nodes_keep_among_themselves_is_not_served(void **state)
{
    static const char *const symbols[] = {
        "quorumcall.peer.v1.PeerService",
        "quorumcall.state.v1.MetaRow",
        "quorumcall.config.v1.NodeConfig",
    };

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        assert_int_equal(qc_served_file_of_symbol(*state, symbols[i]),
                         QC_SERVED_NONE);
    }
    assert_int_equal(
        qc_served_file_called(*state, "quorumcall/peer/v1/peer_service.proto"),
        QC_SERVED_NONE);
    for (size_t i = 0; qc_served_service(*state, i) != NULL; i++) {
        assert_null(strstr(qc_served_service(*state, i), "peer"));
    }
}

static bool is_served(const struct qc_served *served, const char *service)
{
    for (size_t i = 0; qc_served_service(served, i) != NULL; i++) {
        if (strcmp(qc_served_service(served, i), service) == 0) {
            return true;
        }
    }
    return false;
}

static void every_service_of_the_table_is_served(void **state)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    for (size_t i = 0; i < n; i++) {
        char name[128];

        (void)snprintf(name, sizeof(name), "quorumcall.v1.%s",
                       methods[i].service);
        assert_true(is_served(*state, name));
    }
    assert_true(is_served(*state, "grpc.health.v1.Health"));
    assert_true(is_served(*state, "grpc.reflection.v1.ServerReflection"));
    assert_true(is_served(*state, "grpc.reflection.v1alpha.ServerReflection"));
}

static const char *name_in(struct qc_bytes packed, char name[128])
{
    Google__Protobuf__FileDescriptorProto *file =
        google__protobuf__file_descriptor_proto__unpack(NULL, packed.size,
                                                        packed.data);

    assert_non_null(file);
    (void)snprintf(name, 128, "%s", file->name);
    google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
    return name;
}

static bool closure_has(const struct qc_bytes *files,
                        size_t n,
                        const char *wanted)
{
    char name[128];

    for (size_t i = 0; i < n; i++) {
        if (strcmp(name_in(files[i], name), wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* Also: what is served imports only what is served. */
static void a_file_comes_with_all_that_it_imports(void **state)
{
    struct qc_bytes files[QC_SERVED_FILES_MAX];

    for (size_t i = 0; qc_served_service(*state, i) != NULL; i++) {
        qc_served_file file =
            qc_served_file_of_symbol(*state, qc_served_service(*state, i));
        size_t n;

        assert_int_not_equal(file, QC_SERVED_NONE);
        n = qc_served_closure(*state, file, files);
        for (size_t j = 0; j < n; j++) {
            Google__Protobuf__FileDescriptorProto *unpacked =
                google__protobuf__file_descriptor_proto__unpack(
                    NULL, files[j].size, files[j].data);

            assert_non_null(unpacked);
            for (size_t k = 0; k < unpacked->n_dependency; k++) {
                assert_true(closure_has(files, n, unpacked->dependency[k]));
            }
            google__protobuf__file_descriptor_proto__free_unpacked(unpacked,
                                                                   NULL);
        }
    }
}

static void the_file_that_was_asked_for_comes_first_and_once(void **state)
{
    struct qc_bytes files[QC_SERVED_FILES_MAX];
    char name[128];
    size_t n = qc_served_closure(
        *state,
        qc_served_file_called(*state, "quorumcall/v1/number_service.proto"),
        files);

    assert_in_range(n, 5, QC_SERVED_FILES_MAX);
    assert_string_equal(name_in(files[0], name),
                        "quorumcall/v1/number_service.proto");
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(files[i].data, files[j].data);
        }
    }
}

static void extensions_are_found_by_what_they_extend(void **state)
{
    int32_t numbers[4];
    qc_served_file file = qc_served_file_of_extension(
        *state, "google.protobuf.FieldOptions", 50001);

    assert_int_equal(
        file, qc_served_file_called(*state, "quorumcall/v1/options.proto"));
    assert_int_equal(qc_served_file_of_extension(
                         *state, "google.protobuf.FieldOptions", 50000),
                     QC_SERVED_NONE);
    assert_int_equal(
        qc_served_file_of_extension(*state, "quorumcall.v1.Pool", 50001),
        QC_SERVED_NONE);
    assert_int_equal(qc_served_extensions(
                         *state, "google.protobuf.FieldOptions", numbers, 4),
                     1);
    assert_int_equal(numbers[0], 50001);
    assert_int_equal(
        qc_served_extensions(*state, "quorumcall.v1.Pool", numbers, 4), 0);
}

static void only_messages_are_messages(void **state)
{
    assert_true(qc_served_has_message(*state, "quorumcall.v1.Pool"));
    assert_true(
        qc_served_has_message(*state, "google.rpc.BadRequest.FieldViolation"));
    assert_false(qc_served_has_message(*state, "quorumcall.v1.Pool.key"));
    assert_false(qc_served_has_message(*state, "quorumcall.v1.NumberService"));
    assert_false(qc_served_has_message(*state, "quorumcall.state.v1.MetaRow"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_found_by_whatever_it_declares),
        cmocka_unit_test(what_is_not_declared_is_not_found),
        cmocka_unit_test(what_nodes_keep_among_themselves_is_not_served),
        cmocka_unit_test(every_service_of_the_table_is_served),
        cmocka_unit_test(a_file_comes_with_all_that_it_imports),
        cmocka_unit_test(the_file_that_was_asked_for_comes_first_and_once),
        cmocka_unit_test(extensions_are_found_by_what_they_extend),
        cmocka_unit_test(only_messages_are_messages),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
