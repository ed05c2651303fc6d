#include "rpc/reflection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/status.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/health.h"
#include "rpc/served.h"

enum {
    ARENA_SIZE = 1024 * 1024,
};

#define ASKED(name) \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define ANSWERED(name) \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

struct fixture {
    struct qc_served *served;
    struct qc_arena arena;
    Grpc__Reflection__V1__ServerReflectionRequest asked;
    Grpc__Reflection__V1__ServerReflectionResponse answer;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture.served = qc_served_new();
    qc_arena_init(&fixture.arena, ARENA_SIZE);
    grpc__reflection__v1__server_reflection_request__init(&fixture.asked);
    grpc__reflection__v1__server_reflection_response__init(&fixture.answer);
    *state = &fixture;
    return fixture.served != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    qc_served_free(f->served);
    return 0;
}

static void ask(struct fixture *f)
{
    assert_true(
        qc_reflection_answer(f->served, &f->asked, &f->arena, &f->answer));
}

static void services_are_listed(void **state)
{
    struct fixture *f = *state;
    bool seen = false;

    f->asked.host = "here";
    f->asked.message_request_case = ASKED(LIST_SERVICES);
    f->asked.list_services = "*";
    ask(f);

    assert_string_equal(f->answer.valid_host, "here");
    assert_ptr_equal(f->answer.original_request, &f->asked);
    assert_int_equal(f->answer.message_response_case,
                     ANSWERED(LIST_SERVICES_RESPONSE));
    for (size_t i = 0; i < f->answer.list_services_response->n_service; i++) {
        seen =
            seen || strcmp(f->answer.list_services_response->service[i]->name,
                           "quorumcall.v1.NumberService") == 0;
    }
    assert_true(seen);
}

static void assert_file(struct fixture *f, const char *name)
{
    Google__Protobuf__FileDescriptorProto *file;
    const ProtobufCBinaryData *packed;

    assert_int_equal(f->answer.message_response_case,
                     ANSWERED(FILE_DESCRIPTOR_RESPONSE));
    packed = f->answer.file_descriptor_response->file_descriptor_proto;
    file = google__protobuf__file_descriptor_proto__unpack(NULL, packed->len,
                                                           packed->data);
    assert_non_null(file);
    assert_string_equal(file->name, name);
    google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
}

static void a_file_is_given_by_its_name_and_by_what_it_declares(void **state)
{
    struct fixture *f = *state;
    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;

    f->asked.message_request_case = ASKED(FILE_BY_FILENAME);
    f->asked.file_by_filename = "quorumcall/v1/pool.proto";
    ask(f);
    assert_file(f, "quorumcall/v1/pool.proto");

    f->asked.message_request_case = ASKED(FILE_CONTAINING_SYMBOL);
    f->asked.file_containing_symbol = "grpc.health.v1.Health.Watch";
    ask(f);
    assert_file(f, "grpc/health/v1/health.proto");

    f->asked.message_request_case = ASKED(FILE_CONTAINING_EXTENSION);
    f->asked.file_containing_extension = &extension;
    extension.containing_type = "google.protobuf.FieldOptions";
    extension.extension_number = 50001;
    ask(f);
    assert_file(f, "quorumcall/v1/options.proto");
}

static void extension_numbers_are_given_by_what_they_extend(void **state)
{
    struct fixture *f = *state;

    f->asked.message_request_case = ASKED(ALL_EXTENSION_NUMBERS_OF_TYPE);
    f->asked.all_extension_numbers_of_type = "google.protobuf.FieldOptions";
    ask(f);

    assert_int_equal(f->answer.message_response_case,
                     ANSWERED(ALL_EXTENSION_NUMBERS_RESPONSE));
    assert_int_equal(
        f->answer.all_extension_numbers_response->n_extension_number, 1);
    assert_int_equal(
        f->answer.all_extension_numbers_response->extension_number[0], 50001);

    f->asked.all_extension_numbers_of_type = "quorumcall.v1.Pool";
    ask(f);
    assert_int_equal(
        f->answer.all_extension_numbers_response->n_extension_number, 0);
}

static void assert_error(struct fixture *f, enum qc_status status)
{
    ask(f);
    assert_int_equal(f->answer.message_response_case, ANSWERED(ERROR_RESPONSE));
    assert_int_equal(f->answer.error_response->error_code, status);
}

static void what_is_not_there_is_an_answer_and_not_the_end(void **state)
{
    struct fixture *f = *state;
    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;

    assert_error(f, QC_STATUS_INVALID_ARGUMENT);
    f->asked.message_request_case = ASKED(FILE_BY_FILENAME);
    f->asked.file_by_filename = "none.proto";
    assert_error(f, QC_STATUS_NOT_FOUND);
    f->asked.message_request_case = ASKED(FILE_CONTAINING_SYMBOL);
    f->asked.file_containing_symbol = "quorumcall.state.v1.MetaRow";
    assert_error(f, QC_STATUS_NOT_FOUND);
    f->asked.message_request_case = ASKED(FILE_CONTAINING_EXTENSION);
    f->asked.file_containing_extension = &extension;
    assert_error(f, QC_STATUS_NOT_FOUND);
    f->asked.message_request_case = ASKED(ALL_EXTENSION_NUMBERS_OF_TYPE);
    f->asked.all_extension_numbers_of_type = "quorumcall.v1.None";
    assert_error(f, QC_STATUS_NOT_FOUND);
}

static void health_knows_the_node_and_its_services(void **state)
{
    struct fixture *f = *state;

    assert_true(qc_health_knows(f->served, ""));
    assert_true(qc_health_knows(f->served, "quorumcall.v1.NumberService"));
    assert_true(qc_health_knows(f->served, "grpc.health.v1.Health"));
    assert_false(qc_health_knows(f->served, "quorumcall.v1.NumberServic"));
    assert_false(qc_health_knows(f->served, "quorumcall.peer.v1.PeerService"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(services_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_file_is_given_by_its_name_and_by_what_it_declares, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            extension_numbers_are_given_by_what_they_extend, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_is_not_there_is_an_answer_and_not_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(health_knows_the_node_and_its_services,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
