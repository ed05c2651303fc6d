/*
 * A node's configuration, in layers, each over the one before:
 *
 *   defaults      config_key.def
 *   file          YAML of quorumcall.config.v1.NodeConfig
 *   directory     beside quorumcalld.yaml: quorumcalld.d/<any>.yaml, in order
 *   environment   QUORUMCALL_LOG_LEVEL=debug, QUORUMCALL_RAFT__HEARTBEAT_MS=50
 *   flags         --log-level=debug, --raft.heartbeat-ms=50
 *
 * A key that is not known is fatal in every one of them.
 */
#ifndef QC_DAEMON_CONFIG_H
#define QC_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "quorumcall/config/v1/node.pb-c.h"

struct qc_arena;
struct qc_logger;

enum {
    QC_CONFIG_FLAGS_MAX = 32,
};

struct qc_config_sources {
    const char *file;
    char *const *environment;               /* As environ. */
    const char *flags[QC_CONFIG_FLAGS_MAX]; /* "raft.heartbeat-ms=50" */
    unsigned n_flags;
};

/* How many keys are one value, or one list: the rows of config_key.def. */
enum {
    QC_CONFIG_KEYS = 45,
};

/* Whether a key may change while the node runs. */
enum qc_config_when {
    QC_CONFIG_LIVE,
    QC_CONFIG_RESTART,
    QC_CONFIG_NEVER, /* It counts for a new directory only. */
};

/* Where a key has its value from. */
struct qc_config_origin {
    const char *name; /* "default", a file, "environment X", "flag --x=y". */
    unsigned line;    /* Of a file; else 0. */
};

struct qc_config {
    Qc__Config__NodeConfig *node; /* With all messages in it, and defaults. */
    struct qc_config_origin origins[QC_CONFIG_KEYS];
};

/* "raft.heartbeat_ms", and what it may do. |key| < QC_CONFIG_KEYS. */
const char *qc_config_path(unsigned key);
enum qc_config_when qc_config_when(unsigned key);

/* Whether somebody has said what the key of |path| is. */
bool qc_config_is_said(const struct qc_config *config, const char *path);

/* Reads all of it into the arena. False when something is wrong; then
 * |text_out| says what and where. */
bool qc_config_read(const struct qc_config_sources *sources,
                    struct qc_arena *arena,
                    struct qc_config *config_out,
                    char *text_out,
                    size_t text_size);

/* Tells the logger what the configuration says of it. */
void qc_config_set_logger(const Qc__Config__NodeConfig *node,
                          struct qc_logger *logger);

/* Writes a key's value: a number, a word, or a list with commas between; cut
 * when it does not fit. Returns |text_out|. */
const char *qc_config_value(const struct qc_config *config,
                            unsigned key,
                            char *text_out,
                            size_t text_size);

#endif
