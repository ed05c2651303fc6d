/* The page of metrics, compared with what is counted. */
#include "daemon/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "http2/server.h"

static const struct {
    const char *name;
    const char *text;
} COUNTED[] = {
#define QC_HTTP2_COUNTER(NAME, name, text) {name, text},
#include "http2/counter.def"
#undef QC_HTTP2_COUNTER
};

enum {
    N_COUNTED = sizeof(COUNTED) / sizeof(COUNTED[0]),
};

static enum qc_call_kind no_kind(void *ctx, const char *path, bool is_get)
{
    (void)ctx;
    (void)path;
    (void)is_get;
    return QC_CALL_UNKNOWN;
}

static void server_closed(void *ctx)
{
    bool *closed = ctx;

    *closed = true;
}

/* As a server that nobody has called writes it; for free(). */
static char *page_of_idle_server(void)
{
    const struct qc_http2_server_options options = {
        .host = "127.0.0.1",
        .limits = qc_http2_limits_default(),
        .handler = {.kind = no_kind},
    };
    struct qc_http2_server *server;
    bool closed = false;
    char *page = NULL;
    size_t size;
    uv_loop_t loop;
    FILE *out = open_memstream(&page, &size);

    assert_non_null(out);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(qc_http2_server_open(&loop, &options, &server), 0);
    qc_metrics_http2_write(server, out);
    assert_int_equal(fclose(out), 0);
    qc_http2_server_close(server, server_closed, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(closed);
    assert_int_equal(uv_loop_close(&loop), 0);
    return page;
}

static void everything_that_the_port_counts_is_on_the_page(void **state)
{
    char *page = page_of_idle_server();
    unsigned n = 0;

    (void)state;
    for (unsigned i = 0; i < N_COUNTED; i++) {
        char line[256];

        snprintf(line, sizeof(line), "\nquorumcall_http2_%s_total 0\n",
                 COUNTED[i].name);
        if (strstr(page, line) == NULL) {
            fail_msg("%s is not counted on the page", COUNTED[i].name);
        }
        snprintf(line, sizeof(line), "# HELP quorumcall_http2_%s_total %s%s.\n",
                 COUNTED[i].name, "On the API's port: ", COUNTED[i].text);
        if (strstr(page, line) == NULL) {
            fail_msg("%s is not told of on the page", COUNTED[i].name);
        }
    }
    for (const char *at = page; (at = strstr(at, "_total counter\n")) != NULL;
         at++) {
        n++;
    }
    assert_int_equal(n, N_COUNTED);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_the_port_counts_is_on_the_page),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
