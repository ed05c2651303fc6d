#include "cli/verb.h"

#include <stdbool.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/enum_name.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "lib/rpc.h"

enum {
    ENUM_TEXT_SIZE = 64,
};

static const struct qc_verb VERBS[] = {
#define QC_VERB(noun_, name_, function_, usage_, help_) \
    {.noun = #noun_,                                    \
     .name = #name_,                                    \
     .help = (help_),                                   \
     .run = qc_##function_,                             \
     .usage = (usage_)},
#define QC_RPC_VERB(noun_, name_, rpc_, positional_, defaults_, columns_, \
                    help_)                                                \
    {.noun = #noun_,                                                      \
     .name = #name_,                                                      \
     .help = (help_),                                                     \
     .run = qc_rpc_verb,                                                  \
     .rpc = &qc_rpc_##rpc_,                                               \
     .positional = (positional_),                                         \
     .defaults = (defaults_),                                             \
     .columns = (columns_)},
#include "cli/verb.def"
#undef QC_VERB
#undef QC_RPC_VERB
};

enum {
    N_VERBS = sizeof(VERBS) / sizeof(VERBS[0]),
};

const struct qc_verb *qc_verb_find(const char *noun, const char *name)
{
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(VERBS[i].noun, noun) == 0 &&
            strcmp(VERBS[i].name, name) == 0) {
            return &VERBS[i];
        }
    }
    return NULL;
}

void qc_verb_list(FILE *stream, const char *noun)
{
    fprintf(stream,
            "usage: qcctl NOUN VERB [OPTION...]\n"
            "\n"
            "  --endpoints H:P,..   nodes to ask (QUORUMCALL_ENDPOINTS)\n"
            "  --tenant KEY         whose data (QUORUMCALL_TENANT)\n"
            "  --cacert FILE        whom to believe (QUORUMCALL_CACERT)\n"
            "  --cert FILE --key FILE  who calls (QUORUMCALL_CERT, _KEY)\n"
            "  --api-key-file FILE  who calls (or QUORUMCALL_API_KEY)\n"
            "  --timeout 5s         how long to wait: ms, s or m\n"
            "  -o table|json|raw    how to print\n"
            "  --help               of a verb: its own options\n"
            "\n");
    for (size_t i = 0; i < N_VERBS; i++) {
        const struct qc_verb *verb = &VERBS[i];

        if (noun == NULL || strcmp(verb->noun, noun) == 0) {
            fprintf(stream, "  %-10s %-21s %s\n", verb->noun, verb->name,
                    verb->help);
        }
    }
}

static const char *type_word(const ProtobufCFieldDescriptor *field)
{
    if (qc_field_is_map(field)) {
        return "KEY=VALUE";
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return "TEXT";
    case PROTOBUF_C_TYPE_BYTES:
        return "BASE64";
    case PROTOBUF_C_TYPE_BOOL:
        return "";
    case PROTOBUF_C_TYPE_MESSAGE:
        return "JSON";
    case PROTOBUF_C_TYPE_ENUM:
        return "NAME";
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        return "NUMBER";
    }
}

/* The names that may be given: all but that of 0, which is "none of them". */
static void explain_enum(FILE *stream, const ProtobufCEnumDescriptor *type)
{
    const char *separator = ": ";

    for (unsigned i = 0; i < type->n_values; i++) {
        char text[ENUM_TEXT_SIZE];

        if (type->values[i].value != 0) {
            qc_enum_short_name(type, type->values[i].value, text, sizeof(text));
            fprintf(stream, "%s%s", separator, text);
            separator = ", ";
        }
    }
}

static void explain_field(FILE *stream,
                          const ProtobufCMessageDescriptor *type,
                          const ProtobufCFieldDescriptor *field)
{
    const Qc__V1__Limits *limits = qc_limits_of(type, field);

    fprintf(stream, "  --");
    for (const char *c = field->name; *c != '\0'; c++) {
        fputc(*c == '_' ? '-' : *c, stream);
    }
    fprintf(stream, " %s", type_word(field));
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        explain_enum(stream, field->descriptor);
    }
    if (limits != NULL && limits->required) {
        fprintf(stream, " (required)");
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        fprintf(stream, " (may be repeated)");
    }
    fputc('\n', stream);
}

void qc_verb_explain(FILE *stream, const struct qc_verb *verb)
{
    bool bare = verb->rpc != NULL && verb->positional[0] != '\0';

    if (verb->rpc == NULL) {
        fprintf(stream, "usage: qcctl %s %s %s\n\n%s.\n", verb->noun,
                verb->name, verb->usage, verb->help);
        return;
    }
    fprintf(stream, "usage: qcctl %s %s%s%s [OPTION...]\n\n%s.\n\n", verb->noun,
            verb->name, bare ? " " : "", bare ? verb->positional : "",
            verb->help);
    if (!qc_limits_load()) {
        fprintf(stderr, "qcctl: what is required is not known\n");
    }
    for (unsigned i = 0; i < verb->rpc->request->n_fields; i++) {
        if (verb->rpc->request->fields[i].id < QC_FIELD_EDGE_MIN) {
            explain_field(stream, verb->rpc->request,
                          &verb->rpc->request->fields[i]);
        }
    }
    if (verb->defaults[0] != '\0') {
        fprintf(stream, "\nUnless told otherwise: %s\n", verb->defaults);
    }
}
