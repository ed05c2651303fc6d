#include "daemon/config.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/yaml.h"
#include "daemon/address.h"
#include "daemon/logger.h"
#include "http2/peer_address.h"

enum {
    FILE_SIZE_MAX = 1024 * 1024,
    FILES_MAX = 256, /* Of the directory. */
    PATH_SIZE = 128,
    NAME_SIZE = 1024,
    HEARTBEATS_PER_ELECTION = 10,
    HEARTBEATS_PER_ELECTION_MIN = 2, /* One may be lost. */
    HEARTBEAT_MIN_MS = 5,
};

static const char ENVIRONMENT_PREFIX[] = "QUORUMCALL_";
static const char BY_DEFAULT[] = "default";

/* Of the command line's clients, which share the environment. */
static const char *const NOT_OURS[] = {
    "ENDPOINTS", "TENANT", "TIMEOUT", "CONTEXT", "CACERT",
    "CERT",      "KEY",    "OUTPUT",  "TOKEN",   "API_KEY",
};

static const struct {
    const char *path;
    const char *otherwise;
    enum qc_config_when when;
} KEYS[] = {
#define QC_CONFIG_KEY(path, otherwise, when) \
    {path, otherwise, QC_CONFIG_##when},
#include "daemon/config_key.def"
#undef QC_CONFIG_KEY
};

static_assert(sizeof(KEYS) / sizeof(KEYS[0]) == QC_CONFIG_KEYS,
              "every row is counted");

/* The layers as they come. */
struct layers {
    struct qc_config *config;
    struct qc_arena *arena;
    const char *name;               /* Of the layer that is read; */
    bool said[QC_CONFIG_KEYS];      /* what it says, */
    unsigned lines[QC_CONFIG_KEYS]; /* and where. */
    char *text_out;
    size_t text_size;
};

/* Says what is wrong; always false. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct layers *layers,
                                                        const char *format,
                                                        ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(layers->text_out, layers->text_size, format, arguments);
    va_end(arguments);
    return false;
}

/* The same of a key: with the place it has its value from. */
static bool wrong_key(struct layers *layers, unsigned key, const char *why)
{
    const struct qc_config_origin *origin = &layers->config->origins[key];

    return origin->line > 0
               ? wrong(layers, "%s:%u: %s %s", origin->name, origin->line,
                       KEYS[key].path, why)
               : wrong(layers, "%s: %s %s", origin->name, KEYS[key].path, why);
}

/* --- keys and their places ------------------------------------------------ */

const char *qc_config_path(unsigned key)
{
    assert(key < QC_CONFIG_KEYS);

    return KEYS[key].path;
}

enum qc_config_when qc_config_when(unsigned key)
{
    assert(key < QC_CONFIG_KEYS);

    return KEYS[key].when;
}

/* The key of this path; QC_CONFIG_KEYS: there is none. */
static unsigned key_of_path(const char *path)
{
    unsigned key = 0;

    while (key < QC_CONFIG_KEYS && strcmp(KEYS[key].path, path) != 0) {
        key++;
    }
    return key;
}

bool qc_config_is_said(const struct qc_config *config, const char *path)
{
    unsigned key = key_of_path(path);

    assert(key < QC_CONFIG_KEYS);

    return config->origins[key].name != BY_DEFAULT;
}

/* A key's place in the schema. */
struct place {
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor *field;
    const ProtobufCFieldDescriptor *outer; /* That |type| is in; or NULL. */
};

static struct place place_of(unsigned key)
{
    struct place place = {.type = &qc__config__node_config__descriptor};
    const char *path = KEYS[key].path;
    const char *dot = strchr(path, '.');
    char outer[PATH_SIZE];

    if (dot != NULL) {
        memcpy(outer, path, (size_t)(dot - path));
        outer[dot - path] = '\0';
        place.outer =
            protobuf_c_message_descriptor_get_field_by_name(place.type, outer);
        assert(place.outer != NULL);
        place.type = place.outer->descriptor;
        path = dot + 1;
    }
    place.field =
        protobuf_c_message_descriptor_get_field_by_name(place.type, path);
    assert(place.field != NULL);
    return place;
}

/* The message of |node| that holds a place. */
static ProtobufCMessage *holder(Qc__Config__NodeConfig *node,
                                const struct place *place)
{
    ProtobufCMessage *message = &node->base;

    if (place->outer != NULL) {
        memcpy(&message, (uint8_t *)message + place->outer->offset,
               sizeof(message));
    }
    return message;
}

/* A configuration in which nothing is said, and every message is there. */
static Qc__Config__NodeConfig *node_new(struct qc_arena *arena)
{
    ProtobufCMessage *node =
        qc_message_new(&qc__config__node_config__descriptor, arena);

    for (unsigned i = 0; node != NULL && i < node->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &node->descriptor->fields[i];
        ProtobufCMessage *inner;

        if (field->type != PROTOBUF_C_TYPE_MESSAGE ||
            field->label == PROTOBUF_C_LABEL_REPEATED) {
            continue;
        }
        inner = qc_message_new(field->descriptor, arena);
        if (inner == NULL) {
            return NULL;
        }
        memcpy((uint8_t *)node + field->offset, &inner, sizeof(inner));
    }
    return (Qc__Config__NodeConfig *)node;
}

/* --- one layer ------------------------------------------------------------ */

static void on_key(void *ctx,
                   const ProtobufCMessageDescriptor *type,
                   const ProtobufCFieldDescriptor *field,
                   unsigned line)
{
    struct layers *layers = ctx;

    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        struct place place = place_of(key);

        if (place.type == type && place.field == field) {
            layers->said[key] = true;
            layers->lines[key] = line;
        }
    }
}

/* Of what stands in the message: of a list, where it is. */
static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return sizeof(void *);
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_UINT64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BYTES:
    default:
        return sizeof(void *);
    }
}

/* Lays what |part| says over what was said before. */
static void lay(struct layers *layers, Qc__Config__NodeConfig *part)
{
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        struct place place = place_of(key);
        const ProtobufCFieldDescriptor *field = place.field;
        const uint8_t *from = NULL;
        uint8_t *to;

        if (!layers->said[key]) {
            continue;
        }
        from = (const uint8_t *)holder(part, &place);
        to = (uint8_t *)holder(layers->config->node, &place);
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            memcpy(to + field->quantifier_offset,
                   from + field->quantifier_offset, sizeof(size_t));
        }
        memcpy(to + field->offset, from + field->offset, size_of(field));
        layers->config->origins[key] =
            (struct qc_config_origin){layers->name, layers->lines[key]};
    }
}

/* Reads |text|, and lays it over the layers below. False when it is wrong;
 * then |error_out| says how. */
static bool layer(struct layers *layers,
                  const char *name,
                  struct qc_bytes text,
                  struct qc_yaml_error *error_out)
{
    const struct qc_yaml_part part = {name, text, on_key, layers};
    ProtobufCMessage *message;

    memset(layers->said, 0, sizeof(layers->said));
    layers->name = name;
    if (!qc_yaml_read_part(&qc__config__node_config__descriptor, &part,
                           layers->arena, &message, error_out)) {
        return false;
    }
    lay(layers, (Qc__Config__NodeConfig *)message);
    return true;
}

/* --- files ---------------------------------------------------------------- */

static bool file_read(struct layers *layers,
                      const char *path,
                      struct qc_bytes *bytes_out)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = qc_arena_alloc(layers->arena, FILE_SIZE_MAX);
    size_t n = 0;
    bool good = file != NULL && bytes != NULL;

    if (good) {
        n = fread(bytes, 1, FILE_SIZE_MAX, file);
        good = ferror(file) == 0 && n < FILE_SIZE_MAX;
    }
    if (!good) {
        wrong(layers, "%s: cannot be read: %s", path,
              n == FILE_SIZE_MAX ? "it is too large" : strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    *bytes_out = (struct qc_bytes){bytes, n};
    return good;
}

static const char *keep(struct layers *layers, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = qc_arena_alloc(layers->arena, size);

    return kept != NULL ? memcpy(kept, text, size) : NULL;
}

static bool file_layer(struct layers *layers, const char *path)
{
    const char *name = keep(layers, path);
    struct qc_yaml_error error;
    struct qc_bytes text;

    if (name == NULL) {
        return wrong(layers, "out of memory");
    }
    return file_read(layers, path, &text) &&
           (layer(layers, name, text, &error) ||
            wrong(layers, "%s", error.text));
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name);
    size_t n_end = strlen(end);

    return n > n_end && strcmp(name + n - n_end, end) == 0;
}

static int is_layer(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_in(entry->d_name, ".yaml") ? 1 : 0;
}

/* quorumcalld.yaml has its directory in quorumcalld.d. */
static bool directory_layers(struct layers *layers, const char *file)
{
    struct dirent **entries = NULL;
    size_t n_name = strlen(file) - (ends_in(file, ".yaml") ? 5 : 0);
    char path[NAME_SIZE];
    bool good = true;
    int n;

    snprintf(path, sizeof(path), "%.*s.d", (int)n_name, file);
    errno = 0;
    n = scandir(path, &entries, is_layer, alphasort);
    if (n < 0) {
        return errno == ENOENT || errno == ENOTDIR ||
               wrong(layers, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (n > FILES_MAX) {
        good = wrong(layers, "%s: holds more than %d files", path, FILES_MAX);
    }
    for (int i = 0; i < n; i++) {
        char inner[NAME_SIZE + sizeof(entries[i]->d_name)];

        snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
        good = good && file_layer(layers, inner);
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* --- assignments ---------------------------------------------------------- */

/* "RAFT__HEARTBEAT_MS" -> "raft.heartbeat_ms"; "raft.heartbeat-ms" too. */
static bool path_of_name(const char *name, size_t n, char path[PATH_SIZE])
{
    size_t len = 0;

    for (size_t i = 0; i < n && len < PATH_SIZE - 1; i++) {
        if (name[i] == '_' && i + 1 < n && name[i + 1] == '_') {
            path[len++] = '.';
            i++;
        } else {
            path[len++] =
                name[i] == '-' ? '_' : (char)tolower((unsigned char)name[i]);
        }
    }
    path[len] = '\0';
    return len < PATH_SIZE - 1;
}

/* Writes |value| between quotes as YAML has them; commas part the elements of
 * a list. */
static void write_value(FILE *out, const char *value, bool is_list)
{
    fputs(is_list ? "[\"" : "\"", out);
    for (; *value != '\0'; value++) {
        if (is_list && *value == ',') {
            fputs("\", \"", out);
        } else if (*value == '"' || *value == '\\') {
            fprintf(out, "\\%c", *value);
        } else if ((unsigned char)*value < ' ') {
            fprintf(out, "\\x%02x", (unsigned)*value);
        } else {
            fputc(*value, out);
        }
    }
    fputs(is_list ? "\"]" : "\"", out);
}

/* "raft.heartbeat_ms" and "50" -> {raft: {heartbeat_ms: "50"}} */
static struct qc_bytes yaml_of(const struct place *place,
                               const char *value,
                               struct qc_arena *arena)
{
    size_t size = 4 * strlen(value) + 2 * (size_t)PATH_SIZE;
    char *text = qc_arena_alloc(arena, size);
    FILE *out = text != NULL ? fmemopen(text, size, "w") : NULL;
    bool is_list = place->field->label == PROTOBUF_C_LABEL_REPEATED;

    if (out == NULL) {
        return (struct qc_bytes){NULL, 0};
    }
    if (place->outer != NULL) {
        fprintf(out, "{%s: ", place->outer->name);
    }
    fprintf(out, "{%s: ", place->field->name);
    if (is_list && value[0] == '\0') {
        fputs("[]", out);
    } else {
        write_value(out, value, is_list);
    }
    fputs(place->outer != NULL ? "}}" : "}", out);
    fclose(out); /* And ends it with a zero. */
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

/* Lays "value" over the key of |path|; |name| says whose it is. */
static bool assignment_layer(struct layers *layers,
                             const char *name,
                             const char *path,
                             const char *value)
{
    unsigned key = key_of_path(path);
    struct qc_yaml_error error;
    struct place place;
    struct qc_bytes text;

    assert(key < QC_CONFIG_KEYS);

    place = place_of(key);
    if (place.field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return wrong(layers, "%s: %s stands in a file only", name, path);
    }
    text = yaml_of(&place, value, layers->arena);
    if (text.data == NULL) {
        return wrong(layers, "out of memory");
    }
    if (!layer(layers, name, text, &error)) {
        /* The line is the first, and tells nothing. */
        return wrong(layers, "%s: %s", name,
                     error.line == 1
                         ? error.text + strlen(name) + strlen(":1: ")
                         : error.text);
    }
    layers->config->origins[key].line = 0;
    return true;
}

/* "log-level=debug" of the command line, "LOG_LEVEL=debug" of the environment.
 */
static bool said_layer(struct layers *layers,
                       const char *whose,
                       const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char path[PATH_SIZE] = "";
    char text[NAME_SIZE];
    const char *name;

    if (equals == NULL ||
        !path_of_name(assignment, (size_t)(equals - assignment), path) ||
        key_of_path(path) == QC_CONFIG_KEYS) {
        /* Without its value, which may be a secret of somebody else. */
        return wrong(layers, "%s%.*s: there is no such key", whose,
                     (int)strcspn(assignment, "="), assignment);
    }
    snprintf(text, sizeof(text), "%s%.200s", whose, assignment);
    name = keep(layers, text);
    if (name == NULL) {
        return wrong(layers, "out of memory");
    }
    return assignment_layer(layers, name, path, equals + 1);
}

static bool not_ours(const char *name)
{
    size_t n = strcspn(name, "=");

    for (unsigned i = 0; i < sizeof(NOT_OURS) / sizeof(NOT_OURS[0]); i++) {
        if (strlen(NOT_OURS[i]) == n && strncmp(name, NOT_OURS[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static bool environment_layers(struct layers *layers, char *const *environment)
{
    size_t prefix = sizeof(ENVIRONMENT_PREFIX) - 1;

    for (char *const *at = environment; *at != NULL; at++) {
        if (strncmp(*at, ENVIRONMENT_PREFIX, prefix) == 0 &&
            !not_ours(*at + prefix) &&
            !said_layer(layers, "environment QUORUMCALL_", *at + prefix)) {
            return false;
        }
    }
    return true;
}

static bool flag_layers(struct layers *layers,
                        const struct qc_config_sources *sources)
{
    for (unsigned i = 0; i < sources->n_flags; i++) {
        if (!said_layer(layers, "--", sources->flags[i])) {
            return false;
        }
    }
    return true;
}

static bool default_layers(struct layers *layers)
{
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        layers->config->origins[key].name = BY_DEFAULT;
        if (KEYS[key].otherwise[0] != '\0' &&
            !assignment_layer(layers, BY_DEFAULT, KEYS[key].path,
                              KEYS[key].otherwise)) {
            return false;
        }
    }
    return true;
}

/* --- all together --------------------------------------------------------- */

/* Zero passes for "not said" where limits are checked; here it was said. */
static bool zeros_check(struct layers *layers)
{
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        struct place place = place_of(key);
        const Qc__V1__Limits *limits = qc_limits_of(place.type, place.field);

        if (layers->config->origins[key].name != BY_DEFAULT && limits != NULL &&
            limits->bounded && limits->min > 0 &&
            !qc_message_has(holder(layers->config->node, &place),
                            place.field)) {
            return wrong_key(layers, key, "must not be 0");
        }
    }
    return true;
}

/* Each value for itself. */
static bool limits_check(struct layers *layers, const char *file)
{
    struct qc_codec_error error;

    if (qc_limits_check(&layers->config->node->base, &error)) {
        return zeros_check(layers);
    }
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        size_t n = strlen(KEYS[key].path);

        if (strncmp(error.where, KEYS[key].path, n) == 0 &&
            (error.where[n] == '\0' || error.where[n] == '[') &&
            layers->config->origins[key].name != BY_DEFAULT) {
            char why[sizeof(error)];

            snprintf(why, sizeof(why), "%s%s%s", error.where + n,
                     error.where[n] != '\0' ? " " : "", error.text);
            return wrong_key(layers, key, why);
        }
    }
    return wrong(layers, "%s: %s %s", file, error.where, error.text);
}

static bool wrong_path(struct layers *layers, const char *path, const char *why)
{
    return wrong_key(layers, key_of_path(path), why);
}

static bool addresses_check(struct layers *layers)
{
    const Qc__Config__NodeConfig *node = layers->config->node;
    const char *admin = node->admin->listen;
    struct qc_address_range range;
    struct qc_address address;

    for (size_t i = 0; i < node->api->n_exempt_addresses; i++) {
        if (!qc_address_range_read(node->api->exempt_addresses[i], &range)) {
            return wrong_path(layers, "api.exempt_addresses",
                              "must be addresses, or ranges as 10.0.0.0/8");
        }
    }

    if (!qc_address_read(node->listen, &address)) {
        return wrong_path(layers, "listen", "must be host:port or [v6]:port");
    }
    if (!qc_address_is_loopback(&address) &&
        node->tls->certificate[0] == '\0' && !node->api->cleartext) {
        return wrong_path(layers, "listen",
                          "must be of loopback, unless there is TLS, or "
                          "api.cleartext lets everybody read along");
    }
    return admin[0] == '\0' || qc_address_read(admin, &address) ||
           wrong_path(layers, "admin.listen",
                      "must be host:port or [v6]:port, or empty");
}

/* What fits together. */
static bool whole_check(struct layers *layers)
{
    const Qc__Config__NodeConfig *node = layers->config->node;
    const Qc__Config__TlsConfig *tls = node->tls;
    enum qc_log_format format;
    enum qc_level level;

    if (node->raft->heartbeat_ms >
        node->raft->election_timeout_ms / HEARTBEATS_PER_ELECTION_MIN) {
        return wrong_path(layers, "raft.heartbeat_ms",
                          "is more than half of raft.election_timeout_ms: no "
                          "leader could stay");
    }
    if (!qc_level_read(node->log_level, &level)) {
        return wrong_path(layers, "log_level",
                          "must be debug, info, warn or error");
    }
    if (!qc_log_format_read(node->log_format, &format)) {
        return wrong_path(layers, "log_format", "must be logfmt or json");
    }
    if ((tls->certificate[0] == '\0') != (tls->key[0] == '\0')) {
        return wrong_path(layers, "tls.certificate",
                          "and tls.key go together: one of them is missing");
    }
    if (tls->certificate[0] == '\0' &&
        (tls->client_ca[0] != '\0' || tls->node_ca[0] != '\0')) {
        return wrong_path(layers, "tls.certificate",
                          "is missing, and there are CAs");
    }
    return addresses_check(layers);
}

static void heartbeat_fill(Qc__Config__RaftConfig *raft)
{
    if (raft->heartbeat_ms == 0) {
        raft->heartbeat_ms =
            raft->election_timeout_ms / HEARTBEATS_PER_ELECTION;
    }
    if (raft->heartbeat_ms < HEARTBEAT_MIN_MS) {
        raft->heartbeat_ms = HEARTBEAT_MIN_MS;
    }
}

bool qc_config_read(const struct qc_config_sources *sources,
                    struct qc_arena *arena,
                    struct qc_config *config_out,
                    char *text_out,
                    size_t text_size)
{
    struct layers layers = {
        .config = config_out,
        .arena = arena,
        .text_out = text_out,
        .text_size = text_size,
    };

    text_out[0] = '\0';
    *config_out = (struct qc_config){.node = node_new(arena)};
    if (config_out->node == NULL) {
        return wrong(&layers, "out of memory");
    }
    if (!default_layers(&layers) || !file_layer(&layers, sources->file) ||
        !directory_layers(&layers, sources->file) ||
        !environment_layers(&layers, sources->environment) ||
        !flag_layers(&layers, sources) ||
        !limits_check(&layers, sources->file)) {
        return false;
    }
    heartbeat_fill(config_out->node->raft);
    return whole_check(&layers);
}

void qc_config_set_logger(const Qc__Config__NodeConfig *node,
                          struct qc_logger *logger)
{
    enum qc_level least = QC_LEVEL_INFO;
    enum qc_log_format format = QC_LOG_LOGFMT;
    bool known = qc_level_read(node->log_level, &least) &&
                 qc_log_format_read(node->log_format, &format);

    assert(known); /* It was checked when it was read. */
    logger->least = least;
    logger->format = format;
    logger->phones = node->log_phones;
    logger->node_id = node->node_id;
}

/* --- values as text ------------------------------------------------------- */

static void write_scalar(FILE *out,
                         const ProtobufCFieldDescriptor *field,
                         const void *at)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        fputs(*(const char *const *)at, out);
    } else if (field->type == PROTOBUF_C_TYPE_BOOL) {
        fputs(*(const protobuf_c_boolean *)at ? "true" : "false", out);
    } else if (field->type == PROTOBUF_C_TYPE_UINT32) {
        fprintf(out, "%" PRIu32, *(const uint32_t *)at);
    } else if (field->type == PROTOBUF_C_TYPE_UINT64) {
        fprintf(out, "%" PRIu64, *(const uint64_t *)at);
    }
}

static void write_members(FILE *out, const Qc__Config__NodeConfig *node)
{
    for (size_t i = 0; i < node->n_initial_members; i++) {
        fprintf(out, "%s%" PRIu64 "=%s", i > 0 ? "," : "",
                node->initial_members[i]->id,
                node->initial_members[i]->address);
    }
}

const char *qc_config_value(const struct qc_config *config,
                            unsigned key,
                            char *text_out,
                            size_t text_size)
{
    struct place place = place_of(key);
    const ProtobufCMessage *message = holder(config->node, &place);
    const void *at = qc_message_at(message, place.field);
    FILE *out = fmemopen(text_out, text_size, "w");

    text_out[0] = '\0';
    if (out == NULL) {
        return text_out;
    }
    if (place.field->type == PROTOBUF_C_TYPE_MESSAGE) {
        write_members(out, config->node);
    } else if (place.field->label == PROTOBUF_C_LABEL_REPEATED) {
        const char *const *words = *(const char *const *const *)at;

        for (size_t i = 0; i < qc_message_count(message, place.field); i++) {
            fprintf(out, "%s%s", i > 0 ? "," : "", words[i]);
        }
    } else {
        write_scalar(out, place.field, at);
    }
    fputc('\0', out);
    fclose(out);
    text_out[text_size - 1] = '\0';
    return text_out;
}
