#include "daemon/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/yaml.h"

enum {
    FILE_SIZE_MAX = 1024 * 1024,
    PATH_SIZE = 128,
    ELECTION_TIMEOUT_DEFAULT_MS = 500,
    HEARTBEATS_PER_ELECTION = 10,
    HEARTBEATS_PER_ELECTION_MIN = 2, /* One may be lost. */
    CHECKPOINT_ENTRIES_DEFAULT = 100 * 1000,
    CHECKPOINT_MIB_DEFAULT = 256,
    TRAILING_ENTRIES_DEFAULT = 20 * 1000,
    RESERVE_MIB_DEFAULT = 64,
};

static const char ENVIRONMENT_PREFIX[] = "QUORUMCALL_";

/* Of the command line's clients, which share the environment. */
static const char *const NOT_OURS[] = {
    "ENDPOINTS", "TENANT", "TIMEOUT", "CONTEXT", "CACERT", "CERT", "KEY",
};

static bool file_read(const char *path,
                      struct qc_arena *arena,
                      struct qc_bytes *bytes_out,
                      char *text_out,
                      size_t text_size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = qc_arena_alloc(arena, FILE_SIZE_MAX);
    size_t n = 0;
    bool good = file != NULL && bytes != NULL;

    if (good) {
        n = fread(bytes, 1, FILE_SIZE_MAX, file);
        good = ferror(file) == 0 && n < FILE_SIZE_MAX;
    }
    if (!good) {
        snprintf(text_out, text_size, "%s: cannot be read: %s", path,
                 n == FILE_SIZE_MAX ? "it is too large" : strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    *bytes_out = (struct qc_bytes){bytes, n};
    return good;
}

/* Sets a string or a number of |message|. */
static bool field_set(ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field,
                      const char *value)
{
    uint8_t *slot = (uint8_t *)message + field->offset;
    unsigned long long number;
    uint32_t narrow;
    uint64_t wide;
    char *end;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return false;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        memcpy(slot, &value, sizeof(value));
        return true;
    }
    errno = 0;
    number = strtoull(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || value[0] == '-') {
        return false;
    }
    if (field->type == PROTOBUF_C_TYPE_UINT32 && number <= UINT32_MAX) {
        narrow = (uint32_t)number;
        memcpy(slot, &narrow, sizeof(narrow));
        return true;
    }
    if (field->type == PROTOBUF_C_TYPE_UINT64) {
        wide = number;
        memcpy(slot, &wide, sizeof(wide));
        return true;
    }
    return false;
}

/* The message in a field, made when there is none yet. */
static ProtobufCMessage *message_in(ProtobufCMessage *message,
                                    const ProtobufCFieldDescriptor *field,
                                    struct qc_arena *arena)
{
    uint8_t *slot = (uint8_t *)message + field->offset;
    ProtobufCMessage *inner;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE ||
        field->label == PROTOBUF_C_LABEL_REPEATED) {
        return NULL;
    }
    memcpy(&inner, slot, sizeof(inner));
    if (inner == NULL) {
        inner = qc_message_new(field->descriptor, arena);
        memcpy(slot, &inner, sizeof(inner));
    }
    return inner;
}

/* Sets the field that |path| names, as in "raft.heartbeat_ms". */
static bool path_set(ProtobufCMessage *message,
                     const char *path,
                     const char *value,
                     struct qc_arena *arena)
{
    char name[PATH_SIZE];

    while (message != NULL) {
        size_t n = strcspn(path, ".");
        const ProtobufCFieldDescriptor *field;

        if (n >= sizeof(name)) {
            return false;
        }
        memcpy(name, path, n);
        name[n] = '\0';
        field = protobuf_c_message_descriptor_get_field_by_name(
            message->descriptor, name);
        if (field == NULL) {
            return false;
        }
        if (path[n] == '\0') {
            return field_set(message, field, value);
        }
        path += n + 1;
        message = message_in(message, field, arena);
    }
    return false;
}

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

/* Sets what "NAME=value" says. */
static bool assignment_apply(Qc__Config__NodeConfig *config,
                             const char *assignment,
                             struct qc_arena *arena)
{
    const char *equals = strchr(assignment, '=');
    char path[PATH_SIZE];

    return equals != NULL &&
           path_of_name(assignment, (size_t)(equals - assignment), path) &&
           path_set(&config->base, path, equals + 1, arena);
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

static bool overrides_apply(const struct qc_config_sources *sources,
                            Qc__Config__NodeConfig *config,
                            struct qc_arena *arena,
                            char *text_out,
                            size_t text_size)
{
    size_t prefix = sizeof(ENVIRONMENT_PREFIX) - 1;

    for (char *const *at = sources->environment; *at != NULL; at++) {
        if (strncmp(*at, ENVIRONMENT_PREFIX, prefix) != 0 ||
            not_ours(*at + prefix)) {
            continue;
        }
        if (!assignment_apply(config, *at + prefix, arena)) {
            snprintf(text_out, text_size,
                     "environment: %s: no such key, or not such a value", *at);
            return false;
        }
    }
    for (unsigned i = 0; i < sources->n_flags; i++) {
        if (!assignment_apply(config, sources->flags[i], arena)) {
            snprintf(text_out, text_size,
                     "--%s: no such key, or not such a value",
                     sources->flags[i]);
            return false;
        }
    }
    return true;
}

static void default_to(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static bool defaults_fill(Qc__Config__NodeConfig *config,
                          struct qc_arena *arena)
{
    if (config->raft == NULL) {
        config->raft = (Qc__Config__RaftConfig *)qc_message_new(
            &qc__config__raft_config__descriptor, arena);
    }
    if (config->storage == NULL) {
        config->storage = (Qc__Config__StorageConfig *)qc_message_new(
            &qc__config__storage_config__descriptor, arena);
    }
    if (config->raft == NULL || config->storage == NULL) {
        return false;
    }
    default_to(&config->raft->election_timeout_ms, ELECTION_TIMEOUT_DEFAULT_MS);
    default_to(&config->raft->heartbeat_ms,
               config->raft->election_timeout_ms / HEARTBEATS_PER_ELECTION);
    default_to(&config->storage->checkpoint_entries,
               CHECKPOINT_ENTRIES_DEFAULT);
    default_to(&config->storage->checkpoint_mib, CHECKPOINT_MIB_DEFAULT);
    default_to(&config->storage->trailing_entries, TRAILING_ENTRIES_DEFAULT);
    default_to(&config->storage->reserve_mib, RESERVE_MIB_DEFAULT);
    return true;
}

bool qc_config_read(const struct qc_config_sources *sources,
                    struct qc_arena *arena,
                    Qc__Config__NodeConfig **config_out,
                    char *text_out,
                    size_t text_size)
{
    Qc__Config__NodeConfig *config;
    struct qc_yaml_error yaml;
    struct qc_codec_error limits;
    ProtobufCMessage *message;
    struct qc_bytes bytes;

    if (!file_read(sources->file, arena, &bytes, text_out, text_size)) {
        return false;
    }
    if (!qc_yaml_read(&qc__config__node_config__descriptor, sources->file,
                      bytes, arena, &message, &yaml)) {
        snprintf(text_out, text_size, "%s", yaml.text);
        return false;
    }
    config = (Qc__Config__NodeConfig *)message;
    if (!overrides_apply(sources, config, arena, text_out, text_size)) {
        return false;
    }
    if (!qc_limits_check(&config->base, &limits)) {
        snprintf(text_out, text_size, "%s: %s %s", sources->file, limits.where,
                 limits.text);
        return false;
    }
    if (!defaults_fill(config, arena)) {
        snprintf(text_out, text_size, "out of memory");
        return false;
    }
    if (config->raft->heartbeat_ms >
        config->raft->election_timeout_ms / HEARTBEATS_PER_ELECTION_MIN) {
        snprintf(text_out, text_size,
                 "%s: raft.heartbeat_ms is more than half of "
                 "raft.election_timeout_ms: no leader could stay",
                 sources->file);
        return false;
    }
    *config_out = config;
    return true;
}
