/*
 * A node's configuration: any file, environment and flags. What is taken has a
 * value for every key that is as it was said; what is not is told in a
 * sentence.
 *
 * The lines of an input that begin with "--" are flags, those that begin with
 * "QUORUMCALL_" the environment, all others the file.
 */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/target.h"
#include "codec/limits.h"
#include "daemon/config_dump.h"
#include "daemon/logger.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    ENVIRONMENT_MAX = 16,
    TEXT_SIZE = 512,
    PATH_SIZE = 64,
};

struct layers {
    struct qc_config_sources sources;
    char *environment[ENVIRONMENT_MAX + 1];
    unsigned n_environment;
    FILE *file;
};

static void sort_line(struct layers *layers, char *line)
{
    if (strncmp(line, "--", 2) == 0 &&
        layers->sources.n_flags < QC_CONFIG_FLAGS_MAX) {
        layers->sources.flags[layers->sources.n_flags++] = line + 2;
    } else if (strncmp(line, "QUORUMCALL_", 11) == 0 &&
               layers->n_environment < ENVIRONMENT_MAX) {
        layers->environment[layers->n_environment++] = line;
    } else {
        fprintf(layers->file, "%s\n", line);
    }
}

static void check(const struct qc_config *config)
{
    char value[TEXT_SIZE];
    struct qc_codec_error error;
    struct qc_logger logger;
    FILE *out = fopen("/dev/null", "w");

    FUZZ_MUST(out != NULL);
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        FUZZ_MUST(qc_config_value(config, key, value, sizeof(value)) == value);
        FUZZ_MUST(memchr(value, '\0', sizeof(value)) != NULL);
        FUZZ_MUST(config->origins[key].name != NULL);
    }
    FUZZ_MUST(qc_limits_check(&config->node->base, &error));
    qc_logger_init(&logger);
    qc_config_set_logger(config->node, &logger);
    FUZZ_MUST(qc_config_dump_table(config, out) == 0);
    FUZZ_MUST(qc_config_dump_json(config, out) == 0);
    fclose(out);
}

void fuzz_config_run(struct qc_bytes input)
{
    struct choices choices = {input};
    char *text = choices_text(&choices, input.size);
    struct layers layers = {.n_environment = 0};
    char told[TEXT_SIZE] = "";
    struct qc_config config;
    struct qc_arena arena;
    char path[PATH_SIZE];

    layers.file = tmpfile();
    FUZZ_MUST(layers.file != NULL);
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        sort_line(&layers, line);
    }
    fflush(layers.file);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(layers.file));
    layers.sources.file = path;
    layers.sources.environment = layers.environment;
    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_config_read(&layers.sources, &arena, &config, told, sizeof(told))) {
        check(&config);
    } else {
        FUZZ_MUST(told[0] != '\0');
        FUZZ_MUST(memchr(told, '\0', sizeof(told)) != NULL);
    }
    qc_arena_done(&arena);
    fclose(layers.file);
    free(text);
}

/* Files, flags and environments that are good, or nearly so; and every key. */
void fuzz_config_seed(const struct fuzz_seeds *seeds)
{
    static const char *const TEXTS[] = {
        "node_id: 1\ncluster_id: one\n",
        "api:\n  listen: 127.0.0.1:7400\n  exempt_addresses: [10.0.0.0/8]\n",
        "log_level: debug\nlog_format: json\nlog_phones: true\n",
        "raft:\n  heartbeat_ms: 50\n  election_timeout_ms: 500\n",
        "--log-level=debug\n--raft.heartbeat-ms=50",
        "QUORUMCALL_LOG_LEVEL=debug\nQUORUMCALL_RAFT__HEARTBEAT_MS=50",
        "admin: {listen: \"[::1]:7402\"}\ntls: {certificate: /a, key: /b}\n",
        "a: &b c\n",
        "? [x]\n",
        "api: !!str 1\n",
        "--- 1\n--- 2\n",
    };
    struct chosen chosen = {NULL, 0};

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        chosen_text(&chosen, TEXTS[i]);
        seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
        chosen_done(&chosen);
    }
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        chosen_text(&chosen, "--");
        chosen_text(&chosen, qc_config_path(key));
        chosen_text(&chosen, "=10");
        seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
        chosen_done(&chosen);
    }
}
