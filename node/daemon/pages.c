#include "daemon/pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/table.h"
#include "daemon/inside.h"
#include "daemon/metrics.h"
#include "machine/member.h"
#include "rpc/readiness.h"
#include "storage/log.h"

enum {
    SILENCE_TIMEOUTS = 2, /* Of elections, without word from a leader. */
};

static const char TEXT[] = "text/plain; charset=utf-8";

/* A page of checks that is being written. */
struct checklist {
    const char *query;
    FILE *out;
    bool verbose;
    bool good;
};

/* Whether the query says "exclude=|name|". */
static bool is_excluded(const char *query, const char *name)
{
    static const char exclude[] = "exclude=";
    size_t n = strlen(name);

    for (; query[0] != '\0'; query += strcspn(query, "&")) {
        query += query[0] == '&' ? 1 : 0;
        if (strncmp(query, exclude, sizeof(exclude) - 1) == 0) {
            const char *said = query + sizeof(exclude) - 1;

            if (strncmp(said, name, n) == 0 &&
                (said[n] == '\0' || said[n] == '&')) {
                return true;
            }
        }
    }
    return false;
}

static bool is_verbose(const char *query)
{
    for (; query[0] != '\0'; query += strcspn(query, "&")) {
        query += query[0] == '&' ? 1 : 0;
        if (strncmp(query, "verbose", 7) == 0 &&
            strchr("=&", query[7]) != NULL) {
            return true;
        }
    }
    return false;
}

/* One check; |format| says why it fails. */
__attribute__((format(printf, 4, 5))) static void check(struct checklist *list,
                                                        const char *name,
                                                        bool good,
                                                        const char *format,
                                                        ...)
{
    va_list arguments;

    if (is_excluded(list->query, name)) {
        if (list->verbose) {
            fprintf(list->out, "[ ] %s: excluded\n", name);
        }
        return;
    }
    list->good = list->good && good;
    if (good) {
        if (list->verbose) {
            fprintf(list->out, "[+] %s: ok\n", name);
        }
        return;
    }
    fprintf(list->out, "[-] %s: ", name);
    va_start(arguments, format);
    (void)vfprintf(list->out, format, arguments);
    va_end(arguments);
    fputc('\n', list->out);
}

/* That it answers shows that its loop ticks. */
static void check_life(struct checklist *list, struct qc_node *node)
{
    int64_t age_ms = qc_log_write_age_ms(node->backing.log);

    check(list, "loop", true, "-");
    check(list, "disk", age_ms <= QC_WRITE_STUCK_MS,
          "a write to the log has taken %" PRId64 " ms so far", age_ms);
}

static void check_readiness(struct checklist *list, struct qc_node *node)
{
    struct qc_replica_status status;
    struct qc_readiness ready;

    qc_replica_status(node->replica, &status);
    ready = qc_readiness_of(&status, node->config->node_id,
                            (int64_t)SILENCE_TIMEOUTS *
                                node->config->raft->election_timeout_ms);
    check(list, "joined", ready.joined, "it is no member of the cluster");
    if (status.leader_contact_ms < 0 || status.leader_id == 0) {
        check(list, "leader", ready.leader, "it knows of no leader");
    } else {
        check(list, "leader", ready.leader,
              "no word from a leader, or from a majority, for %" PRId64 " ms",
              status.leader_contact_ms);
    }
    check(list, "applied", ready.current,
          status.installing ? "it fetches a checkpoint; applied %" PRIu64
                              " of %" PRIu64
                            : "it lags: applied %" PRIu64 " of %" PRIu64,
          status.applied_index, status.commit_index);
    check(list, "staying", ready.staying && node->stop == QC_STOP_NOT,
          "it drains, or stops");
    check(list, "writable", ready.writable, "it is read-only: disks are full");
}

static void checks_make(struct qc_node *node,
                        const char *query,
                        void (*checks)(struct checklist *list,
                                       struct qc_node *node),
                        struct qc_web_page *page)
{
    struct checklist list = {
        .query = query,
        .out = open_memstream(&page->body, &page->size),
        .verbose = is_verbose(query),
        .good = true,
    };

    if (list.out == NULL) {
        return;
    }
    checks(&list, node);
    fputs(list.good ? "ok\n" : "failed\n", list.out);
    fclose(list.out);
    page->status = list.good ? 200 : 503;
}

static void livez(struct qc_node *node,
                  const char *query,
                  struct qc_web_page *page)
{
    checks_make(node, query, check_life, page);
}

static void readyz(struct qc_node *node,
                   const char *query,
                   struct qc_web_page *page)
{
    checks_make(node, query, check_readiness, page);
}

static void metrics(struct qc_node *node,
                    const char *query,
                    struct qc_web_page *page)
{
    FILE *out = open_memstream(&page->body, &page->size);

    (void)query;
    if (out == NULL) {
        return;
    }
    qc_metrics_write(node, out);
    fclose(out);
    page->status = 200;
    page->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

static void version(struct qc_node *node,
                    const char *query,
                    struct qc_web_page *page)
{
    FILE *out = open_memstream(&page->body, &page->size);

    (void)query;
    if (out == NULL) {
        return;
    }
    fprintf(out,
            "{\"version\":\"%s\",\"cluster_version_max\":%d,"
            "\"cluster_id\":\"%s\",\"node_id\":%" PRIu64 "}\n",
            QC_VERSION, QC_CLUSTER_VERSION_MAX, node->config->cluster_id,
            node->config->node_id);
    fclose(out);
    page->status = 200;
    page->content_type = "application/json";
}

static const struct {
    const char *path;
    bool is_public;
    void (*make)(struct qc_node *node,
                 const char *query,
                 struct qc_web_page *page);
} PAGES[] = {
    {"/livez", true, livez},
    {"/readyz", true, readyz},
    {"/metrics", false, metrics},
    {"/version", false, version},
};

enum {
    N_PAGES = sizeof(PAGES) / sizeof(PAGES[0]),
};

static size_t page_of(const char *target)
{
    size_t n = strcspn(target, "?");
    size_t i = 0;

    while (i < N_PAGES && (strlen(PAGES[i].path) != n ||
                           strncmp(PAGES[i].path, target, n) != 0)) {
        i++;
    }
    return i;
}

bool qc_web_page_is_public(const char *target)
{
    size_t i = page_of(target);

    return i < N_PAGES && PAGES[i].is_public;
}

void qc_web_page_make(struct qc_node *node,
                      const char *target,
                      struct qc_web_page *page_out)
{
    const char *query = target + strcspn(target, "?");
    size_t i = page_of(target);

    *page_out = (struct qc_web_page){.status = 500, .content_type = TEXT};
    if (i < N_PAGES) {
        PAGES[i].make(node, query[0] == '?' ? query + 1 : query, page_out);
        return;
    }
    page_out->status = 404;
    page_out->body = strdup("there are /livez, /readyz, /metrics and "
                            "/version\n");
    page_out->size = page_out->body != NULL ? strlen(page_out->body) : 0;
}
