#include "rpc/served.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/lender.h"
#include "codec/limits.h"
#include "google/protobuf/descriptor.pb-c.h"

typedef Google__Protobuf__FileDescriptorProto file_type;
typedef Google__Protobuf__DescriptorProto message_type;
typedef Google__Protobuf__EnumDescriptorProto enum_type;
typedef Google__Protobuf__FieldDescriptorProto field_type;
typedef Google__Protobuf__ServiceDescriptorProto service_type;

enum {
    MEMORY_SIZE_MAX = 16 * 1024 * 1024,
    SERVICES_MAX = 64,
};

struct qc_served {
    struct qc_arena arena; /* Everything else lies in it. */
    size_t n_files;
    const file_type *files[QC_SERVED_FILES_MAX];
    struct qc_bytes packed[QC_SERVED_FILES_MAX];
    const char *services[SERVICES_MAX + 1]; /* The last is NULL. */
};

/* --- symbols -------------------------------------------------------------- */

/* What is left of |symbol| when it begins with |name|: "" when that is all of
 * it, else what comes after the dot. NULL when it does not. */
static const char *after(const char *symbol, const char *name)
{
    size_t size = strlen(name);

    if (strncmp(symbol, name, size) != 0) {
        return NULL;
    }
    if (symbol[size] == '.' && symbol[size + 1] != '\0') {
        return symbol + size + 1;
    }
    return symbol[size] == '\0' ? symbol + size : NULL;
}

static bool field_among(field_type *const *fields, size_t n, const char *symbol)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i]->name, symbol) == 0) {
            return true;
        }
    }
    return false;
}

/* The values of an enum stand beside it, not in it. */
static bool enum_among(enum_type *const *enums, size_t n, const char *symbol)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(enums[i]->name, symbol) == 0) {
            return true;
        }
        for (size_t j = 0; j < enums[i]->n_value; j++) {
            if (strcmp(enums[i]->value[j]->name, symbol) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The schema is compiled in, and its depth with it. */
static bool message_among(message_type *const *types,
                          size_t n,
                          const char *symbol)
{
    for (size_t i = 0; i < n; i++) {
        const message_type *type = types[i];
        const char *rest = after(symbol, type->name);

        if (rest == NULL) {
            continue;
        }
        if (rest[0] == '\0' || field_among(type->field, type->n_field, rest) ||
            field_among(type->extension, type->n_extension, rest) ||
            enum_among(type->enum_type, type->n_enum_type, rest) ||
            message_among(type->nested_type, type->n_nested_type, rest)) {
            return true;
        }
    }
    return false;
}

static bool service_among(service_type *const *services,
                          size_t n,
                          const char *symbol)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = after(symbol, services[i]->name);

        if (rest == NULL) {
            continue;
        }
        if (rest[0] == '\0') {
            return true;
        }
        for (size_t j = 0; j < services[i]->n_method; j++) {
            if (strcmp(services[i]->method[j]->name, rest) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool file_declares(const file_type *file, const char *symbol)
{
    const char *rest = after(symbol, file->package);

    return rest != NULL &&
           (message_among(file->message_type, file->n_message_type, rest) ||
            enum_among(file->enum_type, file->n_enum_type, rest) ||
            service_among(file->service, file->n_service, rest) ||
            field_among(file->extension, file->n_extension, rest));
}

qc_served_file qc_served_file_of_symbol(const struct qc_served *served,
                                        const char *symbol)
{
    for (size_t i = 0; i < served->n_files; i++) {
        if (file_declares(served->files[i], symbol)) {
            return (qc_served_file)i;
        }
    }
    return QC_SERVED_NONE;
}

static bool message_called(message_type *const *types,
                           size_t n,
                           const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = after(name, types[i]->name);

        if (rest != NULL && (rest[0] == '\0' ||
                             message_called(types[i]->nested_type,
                                            types[i]->n_nested_type, rest))) {
            return true;
        }
    }
    return false;
}

bool qc_served_has_message(const struct qc_served *served, const char *type)
{
    for (size_t i = 0; i < served->n_files; i++) {
        const file_type *file = served->files[i];
        const char *rest = after(type, file->package);

        if (rest != NULL &&
            message_called(file->message_type, file->n_message_type, rest)) {
            return true;
        }
    }
    return false;
}

/* --- extensions ----------------------------------------------------------- */

/* An extendee is written with a dot before it. Ours stand in files, none in a
 * message. */
static bool extends(const field_type *field, const char *type)
{
    return strcmp(field->extendee + 1, type) == 0;
}

qc_served_file qc_served_file_of_extension(const struct qc_served *served,
                                           const char *type,
                                           int32_t number)
{
    for (size_t i = 0; i < served->n_files; i++) {
        const file_type *file = served->files[i];

        for (size_t j = 0; j < file->n_extension; j++) {
            if (file->extension[j]->number == number &&
                extends(file->extension[j], type)) {
                return (qc_served_file)i;
            }
        }
    }
    return QC_SERVED_NONE;
}

size_t qc_served_extensions(const struct qc_served *served,
                            const char *type,
                            int32_t *numbers_out,
                            size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < served->n_files; i++) {
        const file_type *file = served->files[i];

        for (size_t j = 0; j < file->n_extension && n < max; j++) {
            if (extends(file->extension[j], type)) {
                numbers_out[n++] = file->extension[j]->number;
            }
        }
    }
    return n;
}

/* --- files ---------------------------------------------------------------- */

qc_served_file qc_served_file_called(const struct qc_served *served,
                                     const char *name)
{
    for (size_t i = 0; i < served->n_files; i++) {
        if (strcmp(served->files[i]->name, name) == 0) {
            return (qc_served_file)i;
        }
    }
    return QC_SERVED_NONE;
}

size_t qc_served_closure(const struct qc_served *served,
                         qc_served_file file,
                         struct qc_bytes files_out[QC_SERVED_FILES_MAX])
{
    qc_served_file order[QC_SERVED_FILES_MAX] = {file};
    bool is_in[QC_SERVED_FILES_MAX] = {false};
    size_t n = 1;

    assert(file >= 0 && (size_t)file < served->n_files);

    is_in[file] = true;
    for (size_t i = 0; i < n; i++) {
        const file_type *of = served->files[order[i]];

        files_out[i] = served->packed[order[i]];
        for (size_t j = 0; j < of->n_dependency; j++) {
            qc_served_file next =
                qc_served_file_called(served, of->dependency[j]);

            /* What is served imports nothing that is not: a test looks. */
            if (next != QC_SERVED_NONE && !is_in[next]) {
                is_in[next] = true;
                order[n++] = next;
            }
        }
    }
    return n;
}

const char *qc_served_service(const struct qc_served *served, size_t i)
{
    assert(i <= SERVICES_MAX);

    return served->services[i];
}

/* --- life ----------------------------------------------------------------- */

static bool is_for_clients(const file_type *file)
{
    static const char ours[] = "quorumcall.";

    return strncmp(file->package, ours, sizeof(ours) - 1) != 0 ||
           strcmp(file->package, "quorumcall.v1") == 0;
}

/* The next element of the set, which has one field, a list: its tag, its
 * length, and its bytes. */
static struct qc_bytes next_packed(struct qc_bytes *left)
{
    struct qc_bytes packed = {.size = 0};
    unsigned shift = 0;
    uint8_t byte;

    left->data++;
    left->size--;
    do {
        byte = *left->data++;
        left->size--;
        packed.size |= (size_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80);
    packed.data = left->data;
    left->data += packed.size;
    left->size -= packed.size;
    return packed;
}

static bool add_services(struct qc_served *served,
                         const file_type *file,
                         size_t *n)
{
    for (size_t i = 0; i < file->n_service; i++) {
        const char *name = file->service[i]->name;
        size_t size = strlen(file->package) + strlen(name) + sizeof(".");
        char *full = qc_arena_alloc(&served->arena, size);

        if (full == NULL) {
            return false;
        }
        assert(*n < SERVICES_MAX);
        (void)snprintf(full, size, "%s.%s", file->package, name);
        served->services[(*n)++] = full;
    }
    return true;
}

static bool load(struct qc_served *served)
{
    struct qc_bytes left = qc_schema();
    Google__Protobuf__FileDescriptorSet *set;
    struct qc_lender lender;
    size_t n_services = 0;

    qc_lender_init(&lender, &served->arena);
    set = google__protobuf__file_descriptor_set__unpack(&lender.allocator,
                                                        left.size, left.data);
    for (size_t i = 0; set != NULL && i < set->n_file; i++) {
        const file_type *file = set->file[i];
        struct qc_bytes packed = next_packed(&left);

        if (!is_for_clients(file)) {
            continue;
        }
        assert(served->n_files < QC_SERVED_FILES_MAX);
        served->files[served->n_files] = file;
        served->packed[served->n_files++] = packed;
        if (!add_services(served, file, &n_services)) {
            return false;
        }
    }
    return set != NULL;
}

struct qc_served *qc_served_new(void)
{
    struct qc_served *served = calloc(1, sizeof(*served));

    if (served == NULL) {
        return NULL;
    }
    qc_arena_init(&served->arena, MEMORY_SIZE_MAX);
    if (!load(served)) {
        qc_served_free(served);
        return NULL;
    }
    return served;
}

void qc_served_free(struct qc_served *served)
{
    if (served != NULL) {
        qc_arena_done(&served->arena);
        free(served);
    }
}
