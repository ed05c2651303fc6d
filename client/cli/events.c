#include "cli/events.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/output.h"
#include "lib/watch.h"

struct printing {
    const struct qc_options *options;
    bool ended;
    enum qc_exit exit;
};

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static bool print_event(const struct printing *printing,
                        const Qc__V1__WatchEventsResponse *event)
{
    char at[QC_MOMENT_SIZE];

    if (printing->options->json) {
        return qc_print_json(&event->base) && putchar('\n') != EOF;
    }
    qc_moment_text(event->ts_ms, at);
    return printf("%" PRIu64 ".%" PRIu32 " %s %s %s %s\n", event->index,
                  event->ordinal, at, event->kind, or_dash(event->object),
                  or_dash(event->decision_id)) > 0;
}

static bool on_event(void *ctx, const Qc__V1__WatchEventsResponse *event)
{
    const struct printing *printing = ctx;

    if (strcmp(event->kind, "HEARTBEAT") == 0) {
        return true;
    }
    return print_event(printing, event) && fflush(stdout) == 0;
}

static void on_ended(void *ctx, const struct qc_client_answer *answer)
{
    struct printing *printing = ctx;

    printing->ended = true;
    if (answer->status != QC_STATUS_OK) {
        printing->exit = qc_inquiry_complain(answer);
    }
}

enum qc_exit qc_events_print(struct qc_inquiry *inquiry,
                             const struct qc_options *options,
                             const Qc__V1__WatchEventsRequest *request)
{
    struct printing printing = {.options = options, .exit = QC_EXIT_OK};

    if (qc_client_watch(inquiry->client, request, options->timeout_ms, on_event,
                        on_ended, &printing) == NULL) {
        fprintf(stderr, "qcctl: out of memory\n");
        return QC_EXIT_FAILED;
    }
    while (!printing.ended) {
        uv_run(&inquiry->loop, UV_RUN_ONCE);
    }
    return printing.exit;
}
