/* What the codecs demand of every message in proto/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/build.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/name.h"
#include "every_message.h"
#include "google/protobuf/descriptor.pb-c.h"

enum {
    N_TYPES = sizeof(every_message) / sizeof(every_message[0]),
    ARENA_SIZE = 1024,
};

/* Calls |look| with each field of each message. */
static void look_at_fields(void (*look)(const ProtobufCMessageDescriptor *type,
                                        const ProtobufCFieldDescriptor *field))
{
    for (unsigned i = 0; i < N_TYPES; i++) {
        for (unsigned j = 0; j < every_message[i]->n_fields; j++) {
            look(every_message[i], &every_message[i]->fields[j]);
        }
    }
}

static unsigned height(const ProtobufCMessageDescriptor *type, unsigned so_far)
{
    unsigned highest = so_far + 1;

    if (so_far >= QC_DEPTH_MAX) {
        fail_msg("%s holds itself, or is too high", type->name);
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        unsigned list = field->label == PROTOBUF_C_LABEL_REPEATED ? 1 : 0;

        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            unsigned of_field = height(field->descriptor, so_far + 1 + list);

            highest = of_field > highest ? of_field : highest;
        }
    }
    return highest;
}

static void no_message_holds_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_TYPES; i++) {
        assert_in_range(height(every_message[i], 0), 1, QC_DEPTH_MAX);
    }
}

static void look_for_floats(const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field)
{
    if (field->type == PROTOBUF_C_TYPE_FLOAT ||
        field->type == PROTOBUF_C_TYPE_DOUBLE) {
        fail_msg("%s.%s is a float", type->name, field->name);
    }
}

static void no_field_is_a_float(void **state)
{
    (void)state;
    look_at_fields(look_for_floats);
}

static void look_for_proto2(const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_NONE &&
        field->label != PROTOBUF_C_LABEL_REPEATED) {
        fail_msg("%s.%s is required or optional", type->name, field->name);
    }
}

static void every_field_is_of_proto3(void **state)
{
    (void)state;
    look_at_fields(look_for_proto2);
}

static void put_json_name(struct qc_sink *sink, const void *name)
{
    qc_sink_put_json_name(sink, name);
    qc_sink_put(sink, "", 1);
}

static void look_by_name(const ProtobufCMessageDescriptor *type,
                         const ProtobufCFieldDescriptor *field)
{
    struct qc_arena arena;
    struct qc_bytes name;

    qc_arena_init(&arena, ARENA_SIZE);
    assert_true(qc_sink_fill(put_json_name, field->name, &arena, &name));
    if (qc_field_called(type, field->name) != field ||
        qc_field_called(type, (const char *)name.data) != field) {
        fail_msg("%s.%s is not found by its name", type->name, field->name);
    }
    qc_arena_done(&arena);
}

/* From the JSON name the other one must follow. */
static void every_field_is_found_by_both_of_its_names(void **state)
{
    (void)state;
    look_at_fields(look_by_name);
}

static void every_message_has_a_bit_for_each_field(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_TYPES; i++) {
        assert_in_range(every_message[i]->n_fields, 0, QC_FIELDS_MAX);
    }
}

static void look_at_enum(const ProtobufCMessageDescriptor *type,
                         const ProtobufCFieldDescriptor *field)
{
    static const char suffix[] = "_UNSPECIFIED";
    const ProtobufCEnumValue *zero;
    size_t size;

    if (field->type != PROTOBUF_C_TYPE_ENUM ||
        strncmp(type->package_name, "grpc.", strlen("grpc.")) == 0) {
        return; /* What gRPC has named is not ours to name. */
    }
    zero = protobuf_c_enum_descriptor_get_value(field->descriptor, 0);
    size = zero != NULL ? strlen(zero->name) : 0;
    if (size < strlen(suffix) ||
        strcmp(zero->name + size - strlen(suffix), suffix) != 0) {
        fail_msg("the enum of %s.%s has no ..._UNSPECIFIED = 0", type->name,
                 field->name);
    }
}

static void every_enum_says_its_prefix_in_its_zero(void **state)
{
    (void)state;
    look_at_fields(look_at_enum);
}

/* What protobuf-c does not tell, the schema does. */
static bool is_map_entry(const Google__Protobuf__DescriptorProto *type)
{
    return type->options != NULL && type->options->map_entry;
}

static void look_at_entries(const Google__Protobuf__DescriptorProto *type)
{
    size_t size = strlen(type->name);
    bool is_called_entry =
        size >= strlen("Entry") &&
        strcmp(type->name + size - strlen("Entry"), "Entry") == 0;

    if (is_called_entry != is_map_entry(type) && type->n_field == 2) {
        fail_msg("%s is called as the entries of maps are", type->name);
    }
    if (is_map_entry(type)) {
        assert_int_equal(
            type->field[0]->type,
            GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING);
    }
    for (size_t i = 0; i < type->n_nested_type; i++) {
        look_at_entries(type->nested_type[i]);
    }
}

static void only_maps_look_like_maps_and_their_keys_are_text(void **state)
{
    struct qc_bytes schema = qc_schema();
    Google__Protobuf__FileDescriptorSet *set =
        google__protobuf__file_descriptor_set__unpack(NULL, schema.size,
                                                      schema.data);

    (void)state;
    assert_non_null(set);
    for (size_t i = 0; i < set->n_file; i++) {
        for (size_t j = 0; j < set->file[i]->n_message_type; j++) {
            look_at_entries(set->file[i]->message_type[j]);
        }
    }
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
}

/* Whether it comes from outside, so that all of it must have limits. The
 * entries of a map have those of the map. */
static bool comes_from_outside(const ProtobufCMessageDescriptor *type)
{
    size_t size = strlen(type->name);
    bool is_entry = size > 5 && strcmp(type->name + size - 5, "Entry") == 0;

    return !is_entry &&
           (strcmp(type->package_name, "quorumcall.v1") == 0 ||
            strcmp(type->package_name, "quorumcall.config.v1") == 0);
}

static void look_for_limits(const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field)
{
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    bool is_map = qc_field_is_map(field);
    bool is_text = field->type == PROTOBUF_C_TYPE_STRING ||
                   field->type == PROTOBUF_C_TYPE_BYTES;
    const Qc__V1__Limits *limits = qc_limits_of(type, field);

    if (!comes_from_outside(type) || !(is_list || is_text)) {
        return;
    }
    if (limits == NULL || (is_list && limits->max_items == 0) ||
        ((is_text || is_map) && limits->max_size == 0) ||
        (is_map && limits->max_key_size == 0)) {
        fail_msg("%s.%s has no limit", type->name, field->name);
    }
}

static void every_text_list_and_map_from_outside_has_a_limit(void **state)
{
    (void)state;
    assert_true(qc_limits_load());
    look_at_fields(look_for_limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_message_holds_itself),
        cmocka_unit_test(no_field_is_a_float),
        cmocka_unit_test(every_field_is_of_proto3),
        cmocka_unit_test(every_field_is_found_by_both_of_its_names),
        cmocka_unit_test(every_message_has_a_bit_for_each_field),
        cmocka_unit_test(every_enum_says_its_prefix_in_its_zero),
        cmocka_unit_test(only_maps_look_like_maps_and_their_keys_are_text),
        cmocka_unit_test(every_text_list_and_map_from_outside_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
