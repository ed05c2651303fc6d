#include "rpc/reflection.h"

#include <string.h>

#include "base/arena.h"
#include "codec/message.h"
#include "rpc/edge.h"
#include "rpc/failure.h"
#include "rpc/served.h"
#include "rpc/service.h"
#include "rpc/spoken.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    EXTENSIONS_MAX = 16,
};

typedef Grpc__Reflection__V1__ServerReflectionRequest request_type;
typedef Grpc__Reflection__V1__ServerReflectionResponse response_type;

#define ASKED(name) \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define ANSWERED(name) \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name
#define TYPE(snake) (&grpc__reflection__v1__##snake##__descriptor)

/* --- answers -------------------------------------------------------------- */

static bool answer_error(response_type *answer,
                         enum qc_status status,
                         const char *text,
                         struct qc_arena *arena)
{
    Grpc__Reflection__V1__ErrorResponse *error =
        (Grpc__Reflection__V1__ErrorResponse *)qc_message_new(
            TYPE(error_response), arena);

    if (error == NULL) {
        return false;
    }
    error->error_code = (int32_t)status;
    error->error_message = text;
    answer->error_response = error;
    answer->message_response_case = ANSWERED(ERROR_RESPONSE);
    return true;
}

static bool answer_file(const struct qc_served *served,
                        response_type *answer,
                        qc_served_file file,
                        struct qc_arena *arena)
{
    Grpc__Reflection__V1__FileDescriptorResponse *found;
    struct qc_bytes files[QC_SERVED_FILES_MAX];
    size_t n;

    if (file == QC_SERVED_NONE) {
        return answer_error(answer, QC_STATUS_NOT_FOUND,
                            "nothing of that name is served here", arena);
    }
    n = qc_served_closure(served, file, files);
    found = (Grpc__Reflection__V1__FileDescriptorResponse *)qc_message_new(
        TYPE(file_descriptor_response), arena);
    if (found == NULL) {
        return false;
    }
    found->file_descriptor_proto =
        qc_arena_alloc(arena, n * sizeof(*found->file_descriptor_proto));
    if (found->file_descriptor_proto == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t *copy = qc_arena_alloc(arena, files[i].size);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, files[i].data, files[i].size);
        found->file_descriptor_proto[i] =
            (ProtobufCBinaryData){files[i].size, copy};
    }
    found->n_file_descriptor_proto = n;
    answer->file_descriptor_response = found;
    answer->message_response_case = ANSWERED(FILE_DESCRIPTOR_RESPONSE);
    return true;
}

static bool answer_extensions(const struct qc_served *served,
                              response_type *answer,
                              const char *type,
                              struct qc_arena *arena)
{
    Grpc__Reflection__V1__ExtensionNumberResponse *found;

    if (!qc_served_has_message(served, type)) {
        return answer_error(answer, QC_STATUS_NOT_FOUND,
                            "no message of that name is served here", arena);
    }
    found = (Grpc__Reflection__V1__ExtensionNumberResponse *)qc_message_new(
        TYPE(extension_number_response), arena);
    if (found == NULL) {
        return false;
    }
    found->base_type_name = type;
    found->extension_number = qc_arena_alloc(
        arena, EXTENSIONS_MAX * sizeof(*found->extension_number));
    if (found->extension_number == NULL) {
        return false;
    }
    found->n_extension_number = qc_served_extensions(
        served, type, found->extension_number, EXTENSIONS_MAX);
    answer->all_extension_numbers_response = found;
    answer->message_response_case = ANSWERED(ALL_EXTENSION_NUMBERS_RESPONSE);
    return true;
}

static bool answer_services(const struct qc_served *served,
                            response_type *answer,
                            struct qc_arena *arena)
{
    Grpc__Reflection__V1__ListServiceResponse *list =
        (Grpc__Reflection__V1__ListServiceResponse *)qc_message_new(
            TYPE(list_service_response), arena);
    size_t n = 0;

    while (qc_served_service(served, n) != NULL) {
        n++;
    }
    if (list == NULL) {
        return false;
    }
    list->service = qc_arena_alloc(arena, n * sizeof(*list->service));
    if (list->service == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        Grpc__Reflection__V1__ServiceResponse *service =
            (Grpc__Reflection__V1__ServiceResponse *)qc_message_new(
                TYPE(service_response), arena);

        if (service == NULL) {
            return false;
        }
        service->name = qc_served_service(served, i);
        list->service[i] = service;
    }
    list->n_service = n;
    answer->list_services_response = list;
    answer->message_response_case = ANSWERED(LIST_SERVICES_RESPONSE);
    return true;
}

bool qc_reflection_answer(const struct qc_served *served,
                          request_type *asked,
                          struct qc_arena *arena,
                          response_type *answer)
{
    answer->valid_host = asked->host;
    answer->original_request = asked;
    switch (asked->message_request_case) {
    case ASKED(FILE_BY_FILENAME):
        return answer_file(
            served, answer,
            qc_served_file_called(served, asked->file_by_filename), arena);
    case ASKED(FILE_CONTAINING_SYMBOL):
        return answer_file(
            served, answer,
            qc_served_file_of_symbol(served, asked->file_containing_symbol),
            arena);
    case ASKED(FILE_CONTAINING_EXTENSION):
        return answer_file(
            served, answer,
            qc_served_file_of_extension(
                served, asked->file_containing_extension->containing_type,
                asked->file_containing_extension->extension_number),
            arena);
    case ASKED(ALL_EXTENSION_NUMBERS_OF_TYPE):
        return answer_extensions(served, answer,
                                 asked->all_extension_numbers_of_type, arena);
    case ASKED(LIST_SERVICES):
        return answer_services(served, answer, arena);
    case ASKED(_NOT_SET):
    case _GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__CASE_IS_INT_SIZE:
    default:
        return answer_error(answer, QC_STATUS_INVALID_ARGUMENT,
                            "the request asks for nothing", arena);
    }
}

/* --- the service ---------------------------------------------------------- */

static enum qc_call_kind kind(const char *path)
{
    static const char *const paths[] = {
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    };

    return strcmp(path, paths[0]) == 0 || strcmp(path, paths[1]) == 0
               ? QC_CALL_BIDI_STREAM
               : QC_CALL_UNKNOWN;
}

/* One that does not read the answers must not make us keep them. */
static void reply(struct qc_rpc *rpc,
                  struct qc_call *call,
                  request_type *asked,
                  struct qc_arena *arena)
{
    response_type answer =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "UNREAD",
        .text = "read the answers before you ask more",
    };
    struct qc_bytes bytes;

    if (!qc_reflection_answer(rpc->served, asked, arena, &answer)) {
        failure.reason = "TOO_BIG";
        failure.text = "the question is too long";
        qc_failure_send(call, &failure);
    } else if (qc_spoken_write(call, &answer.base, arena, &bytes) &&
               !qc_call_send(call, bytes)) {
        qc_failure_send(call, &failure);
    }
}

static void message(struct qc_rpc *rpc,
                    struct qc_call *call,
                    struct qc_bytes bytes)
{
    ProtobufCMessage *asked;
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    asked =
        qc_spoken_read(call, TYPE(server_reflection_request), bytes, &arena);
    if (asked != NULL && qc_address_may(rpc, call)) {
        reply(rpc, call, (request_type *)asked, &arena);
    }
    qc_arena_done(&arena);
}

static void end(struct qc_rpc *rpc, struct qc_call *call)
{
    (void)rpc;
    qc_call_end(call);
}

const struct qc_service qc_reflection_service = {
    .kind = kind,
    .message = message,
    .end = end,
};
