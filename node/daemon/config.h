/*
 * A node's configuration: file, then environment, then flags, each over the
 * one before (operations conventions: merged, and an unknown key is fatal).
 *
 *   file          YAML of quorumcall.config.v1.NodeConfig
 *   environment   QUORUMCALL_LOG_LEVEL=debug, QUORUMCALL_RAFT__HEARTBEAT_MS=50
 *   flags         --log-level=debug, --raft.heartbeat-ms=50
 */
#ifndef QC_DAEMON_CONFIG_H
#define QC_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "quorumcall/config/v1/node.pb-c.h"

struct qc_arena;

enum {
    QC_CONFIG_FLAGS_MAX = 32,
};

struct qc_config_sources {
    const char *file;
    char *const *environment;               /* As environ. */
    const char *flags[QC_CONFIG_FLAGS_MAX]; /* "raft.heartbeat-ms=50" */
    unsigned n_flags;
};

/* Reads all of it into the arena, with defaults filled in. False when
 * something is wrong; then |text_out| says what and where. */
bool qc_config_read(const struct qc_config_sources *sources,
                    struct qc_arena *arena,
                    Qc__Config__NodeConfig **config_out,
                    char *text_out,
                    size_t text_size);

#endif
