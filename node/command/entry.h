/*
 * A log entry: the commands that arrived together, with time and entropy.
 *
 *   [format, at_ms, entropy16,
 *    [[command id, tenant, principal, client id, request id, digest16, body],
 *     ...]]
 *
 * in canonical msgpack. An entry without commands is a tick: it fires timers.
 */
#ifndef QC_COMMAND_ENTRY_H
#define QC_COMMAND_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/answer.h"

struct qc_arena;

enum {
    QC_ENTRY_FORMAT = 1,
    /* Nothing else is done while an entry is applied: so many take some 5 ms.
     */
    QC_ENTRY_COMMANDS_MAX = 128,
    QC_ENTRY_SIZE_MAX = 1024 * 1024, /* Except that one command always fits. */
    QC_COMMAND_BODY_SIZE_MAX = 1024 * 1024,
    QC_ENTROPY_SIZE = 16,
    QC_ID_TEXT_SIZE_MAX = 64, /* Of client ids and request ids. */
    /* A principal of the cluster that acts for a tenant has a slash before its
     * key. */
    QC_PRINCIPAL_TEXT_SIZE_MAX = 65,
};

/* The log's time ends with the year 9999, so that no sum of it and of a span of
 * ours leaves its type. */
#define QC_ENTRY_AT_MS_MAX INT64_C(253402300799999)

/* One command, as it is proposed, forwarded, logged and applied. Text and body
 * are borrowed from whoever made it. */
struct qc_command {
    uint32_t id;
    uint32_t tenant;
    const char *principal;
    const char *client_id;
    const char *request_id;
    uint8_t digest[QC_DIGEST_SIZE];
    struct qc_bytes body; /* The request, canonical, without 100 and 103. */
};

struct qc_entry {
    int64_t at_ms;
    uint8_t entropy[QC_ENTROPY_SIZE];
    const struct qc_command *commands;
    size_t n_commands;
};

/* About how many bytes a command takes in an entry: never fewer than it does.
 */
size_t qc_command_size(const struct qc_command *command);

/* Writes an entry into the arena. NOMEM when it is full. */
QC_MUST_CHECK int qc_entry_write(const struct qc_entry *entry,
                                 struct qc_arena *arena,
                                 struct qc_bytes *bytes_out);

/* Reads an entry; everything in it borrows |bytes| or lives in the arena.
 * CORRUPT when the bytes are no such entry. */
QC_MUST_CHECK int qc_entry_read(struct qc_bytes bytes,
                                struct qc_arena *arena,
                                struct qc_entry *entry_out);

#endif
