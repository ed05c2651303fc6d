#include "rpc/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/msgpack.h"
#include "command/table.h"
#include "every_message.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    N_TYPES = sizeof(every_message) / sizeof(every_message[0]),
};

struct fixture {
    struct qc_arena arena;
    struct qc_command command;
    struct qc_done done;
    Qc__V1__WatchEventsResponse event;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.done.ordinal = 3};
    qc_arena_init(&fixture.arena, ARENA_SIZE);
    qc__v1__watch_events_response__init(&fixture.event);
    *state = &fixture;
    return qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

/* Tells of a command that was done. */
static void tell(struct fixture *f,
                 const char *path,
                 const ProtobufCMessage *request,
                 const ProtobufCMessage *response,
                 bool payload)
{
    f->done.method = qc_method_of_path(path);
    f->done.command = &f->command;
    assert_non_null(f->done.method);
    assert_true(qc_msgpack_write(request, &f->arena, &f->command.body));
    assert_true(qc_msgpack_write(response, &f->arena, &f->done.response));
    assert_int_equal(qc_event_write(&f->done, payload, &f->arena, &f->event),
                     0);
}

static void tell_allocation(struct fixture *f, bool payload)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    Qc__V1__AllocateNumberResponse response =
        QC__V1__ALLOCATE_NUMBER_RESPONSE__INIT;
    uint8_t token[16] = "0123456789abcde";

    request.subject = "sales";
    request.customer_phone = "+447700900777";
    response.allocation_id = "al_1";
    response.number = "+442079460001";
    response.decision_id = "dc_1";
    response.visit_token = (ProtobufCBinaryData){sizeof(token), token};
    tell(f, "/quorumcall.v1.NumberService/AllocateNumber", &request.base,
         &response.base, payload);
}

static void an_event_names_command_object_and_decision(void **state)
{
    struct fixture *f = *state;

    tell_allocation(f, false);
    assert_int_equal(f->event.ordinal, 3);
    assert_string_equal(f->event.kind, "AllocateNumber");
    assert_string_equal(f->event.object, "al_1");
    assert_string_equal(f->event.decision_id, "dc_1");
    assert_int_equal(f->event.payload.len, 0);
    assert_string_equal(f->event.payload_type, "");
}

static void a_payload_is_the_answer_without_its_secrets(void **state)
{
    struct fixture *f = *state;
    Qc__V1__AllocateNumberResponse *response;

    tell_allocation(f, true);
    assert_string_equal(f->event.payload_type,
                        "quorumcall.v1.AllocateNumberResponse");
    response = qc__v1__allocate_number_response__unpack(
        NULL, f->event.payload.len, f->event.payload.data);
    assert_non_null(response);
    assert_string_equal(response->number, "+442079460001");
    assert_int_equal(response->visit_token.len, 0);
    qc__v1__allocate_number_response__free_unpacked(response, NULL);
}

static void the_object_of_the_request_comes_first(void **state)
{
    struct fixture *f = *state;
    Qc__V1__SubmitDigitsRequest request = QC__V1__SUBMIT_DIGITS_REQUEST__INIT;
    Qc__V1__SubmitDigitsResponse response =
        QC__V1__SUBMIT_DIGITS_RESPONSE__INIT;

    request.interaction_id = "ix_1";
    response.allocation_id = "al_1";
    tell(f, "/quorumcall.v1.NumberService/SubmitDigits", &request.base,
         &response.base, false);
    assert_string_equal(f->event.object, "ix_1");
}

static void an_object_is_found_in_what_the_request_holds(void **state)
{
    struct fixture *f = *state;
    Qc__V1__PutPoolRequest request = QC__V1__PUT_POOL_REQUEST__INIT;
    Qc__V1__PutPoolResponse response = QC__V1__PUT_POOL_RESPONSE__INIT;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;

    pool.key = "north";
    pool.subject = "sales";
    request.pool = &pool;
    response.pool = &pool;
    tell(f, "/quorumcall.v1.AdminService/PutPool", &request.base,
         &response.base, false);
    assert_string_equal(f->event.object, "north");
}

static void what_is_about_many_objects_names_none(void **state)
{
    struct fixture *f = *state;
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    Qc__V1__ImportConfigResponse response =
        QC__V1__IMPORT_CONFIG_RESPONSE__INIT;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    Qc__V1__ConfigItem item = QC__V1__CONFIG_ITEM__INIT;
    Qc__V1__ConfigItem *items[] = {&item};

    pool.key = "north";
    item.item_case = QC__V1__CONFIG_ITEM__ITEM_POOL;
    item.pool = &pool;
    request.items = items;
    request.n_items = 1;
    tell(f, "/quorumcall.v1.AdminService/ImportConfig", &request.base,
         &response.base, false);
    assert_string_equal(f->event.object, "");
}

static void what_cannot_be_read_is_a_fault(void **state)
{
    static const uint8_t rubbish[] = {0xc1};
    struct fixture *f = *state;

    tell_allocation(f, false);
    f->done.response = (struct qc_bytes){rubbish, sizeof(rubbish)};
    assert_int_equal(qc_event_write(&f->done, false, &f->arena, &f->event),
                     QC_E_CORRUPT);
}

/* What hides them knows text, bytes and numbers of one kind, and no lists. */
static void secrets_are_what_can_be_hidden_and_objects_are_text(void **state)
{
    unsigned n_secrets = 0;

    (void)state;
    for (unsigned i = 0; i < N_TYPES; i++) {
        for (unsigned j = 0; j < every_message[i]->n_fields; j++) {
            const ProtobufCFieldDescriptor *field =
                &every_message[i]->fields[j];
            const Qc__V1__Limits *limits =
                qc_limits_of(every_message[i], field);

            if (limits == NULL || (!limits->secret && !limits->object)) {
                continue;
            }
            n_secrets += limits->secret ? 1 : 0;
            assert_int_not_equal(field->label, PROTOBUF_C_LABEL_REPEATED);
            assert_true(
                field->type == PROTOBUF_C_TYPE_STRING ||
                (!limits->object && (field->type == PROTOBUF_C_TYPE_BYTES ||
                                     field->type == PROTOBUF_C_TYPE_UINT64)));
        }
    }
    assert_in_range(n_secrets, 1, 1000);
}

/* An answer that holds what proves a visit, or a key, says so in proto/. */
static void no_answer_of_a_command_shows_a_token(void **state)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (unsigned j = 0; j < methods[i].response->n_fields; j++) {
            const ProtobufCFieldDescriptor *field =
                &methods[i].response->fields[j];
            const Qc__V1__Limits *limits =
                qc_limits_of(methods[i].response, field);
            bool is_token = strcmp(field->name, "visit_token") == 0 ||
                            strcmp(field->name, "api_key") == 0;

            if (methods[i].kind == QC_METHOD_COMMAND && is_token &&
                (limits == NULL || !limits->secret)) {
                fail_msg("%s of %s is no secret", field->name, methods[i].name);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(an_event_names_command_object_and_decision),
        TEST(a_payload_is_the_answer_without_its_secrets),
        TEST(the_object_of_the_request_comes_first),
        TEST(an_object_is_found_in_what_the_request_holds),
        TEST(what_is_about_many_objects_names_none),
        TEST(what_cannot_be_read_is_a_fault),
        TEST(secrets_are_what_can_be_hidden_and_objects_are_text),
        TEST(no_answer_of_a_command_shows_a_token),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
