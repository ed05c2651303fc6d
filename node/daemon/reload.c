/* The configuration, read again while the node runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/arena.h"
#include "base/quoted.h"
#include "daemon/inside.h"
#include "daemon/limits.h"
#include "http2/server.h"
#include "http2/tls.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    VALUE_SIZE = 8192,
    LIST_SIZE = 1024,
};

/* What was read last, and lives until the next time. */
struct qc_reloaded {
    struct qc_arena arena;
    struct qc_config config;
};

static void reloaded_free(struct qc_reloaded *reloaded)
{
    if (reloaded != NULL) {
        qc_arena_done(&reloaded->arena);
        free(reloaded);
    }
}

void qc_node_reloaded_free(struct qc_node *node)
{
    reloaded_free(node->reloaded);
    node->reloaded = NULL;
}

const Qc__Config__ApiConfig *qc_node_api(const struct qc_node *node)
{
    return node->reloaded != NULL ? node->reloaded->config.node->api
                                  : node->config->api;
}

static bool differs(const struct qc_config *a,
                    const struct qc_config *b,
                    unsigned key)
{
    static char of_a[VALUE_SIZE];
    static char of_b[VALUE_SIZE];

    return strcmp(qc_config_value(a, key, of_a, sizeof(of_a)),
                  qc_config_value(b, key, of_b, sizeof(of_b))) != 0;
}

/* Keys, as an answer holds them and as a line of the log does. */
struct keys {
    const char *of[QC_CONFIG_KEYS];
    size_t n;
    char text[LIST_SIZE];
};

static void add(struct keys *keys, unsigned key)
{
    size_t size = strlen(keys->text);

    keys->of[keys->n++] = qc_config_path(key);
    snprintf(keys->text + size, sizeof(keys->text) - size, "%s%s",
             size > 0 ? "," : "", qc_config_path(key));
}

/* What may change has done so since the last time; what may not differs from
 * what the node was started with. */
static void compare(const struct qc_node *node,
                    const struct qc_config *config,
                    struct keys *changed,
                    struct keys *waiting)
{
    const struct qc_config *last =
        node->reloaded != NULL ? &node->reloaded->config : node->started;

    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        enum qc_config_when when = qc_config_when(key);

        if (when == QC_CONFIG_LIVE && differs(last, config, key)) {
            add(changed, key);
        } else if (when == QC_CONFIG_RESTART &&
                   differs(node->started, config, key)) {
            add(waiting, key);
        }
    }
}

static bool list_copy(const struct keys *keys,
                      struct qc_arena *arena,
                      const char ***list_out,
                      size_t *n_out)
{
    const char **list = qc_arena_alloc(arena, keys->n * sizeof(*list));

    for (size_t i = 0; list != NULL && i < keys->n; i++) {
        list[i] = keys->of[i]; /* Static. */
    }
    *list_out = list;
    *n_out = list != NULL ? keys->n : 0;
    return list != NULL || keys->n == 0;
}

/* Everything that may fail comes before anything is changed. */
static bool take_over(struct qc_node *node,
                      const Qc__Config__NodeConfig *config,
                      char *text_out,
                      size_t text_size)
{
    struct qc_http2_limits limits =
        qc_limits_of_api(config->api, node->n_files);
    struct qc_rpc_limits rates = qc_rpc_limits_of_api(config->api);

    if (node->tls != NULL && !qc_tls_reload(node->tls, text_out, text_size)) {
        return false;
    }
    if (qc_http2_server_set_limits(node->server, &limits) != 0) {
        snprintf(text_out, text_size, "out of memory");
        return false;
    }
    qc_rpc_set_limits(node->rpc, &rates);
    node->drain_ms = config->api->drain_ms;
    qc_config_set_logger(config, node->logger);
    return true;
}

bool qc_node_reload(struct qc_node *node,
                    struct qc_arena *arena,
                    Qc__V1__ReloadConfigResponse *response,
                    char *text_out,
                    size_t text_size)
{
    struct qc_reloaded *reloaded = calloc(1, sizeof(*reloaded));
    struct keys changed = {.n = 0};
    struct keys waiting = {.n = 0};
    char quoted[QC_NODE_TEXT_SIZE];
    bool good;

    if (reloaded == NULL) {
        snprintf(text_out, text_size, "out of memory");
        return false;
    }
    qc_arena_init(&reloaded->arena, ARENA_SIZE);
    good = qc_config_read(node->sources, &reloaded->arena, &reloaded->config,
                          text_out, text_size) &&
           take_over(node, reloaded->config.node, text_out, text_size);
    if (!good) {
        reloaded_free(reloaded);
        qc_logger_write(node->logger, QC_LEVEL_ERROR,
                        "reload_failed text=%s next=\"all is as before: mend "
                        "it, and reload again\"",
                        qc_quoted(quoted, sizeof(quoted), text_out));
        return false;
    }
    compare(node, &reloaded->config, &changed, &waiting);
    qc_logger_write(node->logger, QC_LEVEL_INFO,
                    "reloaded changed=\"%s\" needs_restart=\"%s\" "
                    "certificates=%s",
                    changed.text, waiting.text,
                    node->tls != NULL ? "true" : "false");
    reloaded_free(node->reloaded);
    node->reloaded = reloaded;
    if (response == NULL) {
        return true;
    }
    response->certificates = node->tls != NULL;
    snprintf(text_out, text_size, "out of memory");
    return list_copy(&changed, arena, &response->changed,
                     &response->n_changed) &&
           list_copy(&waiting, arena, &response->needs_restart,
                     &response->n_needs_restart);
}

void qc_node_on_reload_signal(uv_signal_t *signal, int number)
{
    struct qc_node *node = signal->data;
    char text[QC_NODE_TEXT_SIZE];

    (void)number;
    if (node->stop == QC_STOP_CLOSE) {
        return; /* The port is closed, or about to be. */
    }
    (void)sd_notify(0, "RELOADING=1");
    (void)qc_node_reload(node, NULL, NULL, text, sizeof(text));
    (void)sd_notify(0, "READY=1");
}
