#include "cli/events.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/output.h"
#include "lib/watch.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/watch_service.pb-c.h"

/* Prints a line; false when it could not. */
typedef bool (*print_fn)(const ProtobufCMessage *message);

struct printing {
    const struct qc_options *options;
    const struct stream *stream;
    bool ended;
    enum qc_exit exit;
};

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static bool is_beat_of_events(const ProtobufCMessage *message)
{
    const Qc__V1__WatchEventsResponse *event =
        (const Qc__V1__WatchEventsResponse *)message;

    return strcmp(event->kind, "HEARTBEAT") == 0;
}

static bool print_event(const ProtobufCMessage *message)
{
    const Qc__V1__WatchEventsResponse *event =
        (const Qc__V1__WatchEventsResponse *)message;
    char at[QC_MOMENT_SIZE];

    qc_moment_text(event->ts_ms, at);
    return printf("%" PRIu64 ".%" PRIu32 " %s %s %s %s\n", event->index,
                  event->ordinal, at, event->kind, or_dash(event->object),
                  or_dash(event->decision_id)) > 0;
}

static bool is_beat_of_desktop(const ProtobufCMessage *message)
{
    return ((const Qc__V1__WatchAgentResponse *)message)->desktop == NULL;
}

/* "READY", of PRESENCE_STATE_READY. */
static const char *word(const ProtobufCEnumDescriptor *type,
                        int value,
                        const char *prefix)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(type, value);

    return named != NULL ? named->name + strlen(prefix) : "?";
}

static bool print_work(const Qc__V1__Work *work, int64_t until_ms)
{
    char until[QC_MOMENT_SIZE] = "-";

    if (until_ms > 0) {
        qc_moment_text(until_ms, until);
    }
    return printf(" %s %s %s %s",
                  word(&qc__v1__work_phase__descriptor, work->phase,
                       "WORK_PHASE_"),
                  work->interaction_id, or_dash(work->offer_id), until) > 0;
}

static bool print_desktop(const ProtobufCMessage *message)
{
    const Qc__V1__WatchAgentResponse *told =
        (const Qc__V1__WatchAgentResponse *)message;
    const Qc__V1__GetDesktopResponse *desktop = told->desktop;
    const Qc__V1__Presence *presence = desktop->presence;
    char at[QC_MOMENT_SIZE];
    bool good;

    qc_moment_text(told->ts_ms, at);
    good = printf("%" PRIu64 " %s %s %s %s", told->index, at,
                  word(&qc__v1__desktop_news__descriptor, told->news,
                       "DESKTOP_NEWS_"),
                  word(&qc__v1__presence_state__descriptor, presence->state,
                       "PRESENCE_STATE_"),
                  or_dash(presence->reason)) > 0;
    for (size_t i = 0; i < desktop->n_screen_pops && good; i++) {
        good = i < presence->n_work &&
               print_work(presence->work[i], desktop->screen_pops[i]->until_ms);
    }
    return good && putchar('\n') != EOF;
}

static const struct stream {
    const struct qc_rpc *rpc;
    bool (*is_beat)(const ProtobufCMessage *message);
    print_fn print;
} STREAMS[] = {
    {&qc_rpc_watch_events, is_beat_of_events, print_event},
    {&qc_rpc_watch_agent, is_beat_of_desktop, print_desktop},
};

static const struct stream *stream_of(const struct qc_rpc *rpc)
{
    for (size_t i = 0; i < sizeof(STREAMS) / sizeof(STREAMS[0]); i++) {
        if (STREAMS[i].rpc == rpc) {
            return &STREAMS[i];
        }
    }
    return NULL;
}

bool qc_events_are_of(const struct qc_rpc *rpc)
{
    return stream_of(rpc) != NULL;
}

static bool print_as_json(const ProtobufCMessage *message)
{
    return qc_print_json(message) && putchar('\n') != EOF;
}

static bool on_event(void *ctx, const ProtobufCMessage *message)
{
    const struct printing *printing = ctx;
    print_fn print =
        printing->options->json ? print_as_json : printing->stream->print;

    return printing->stream->is_beat(message) ||
           (print(message) && fflush(stdout) == 0);
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
                             const struct qc_rpc *rpc,
                             const ProtobufCMessage *request)
{
    struct printing printing = {.options = options,
                                .stream = stream_of(rpc),
                                .exit = QC_EXIT_OK};

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
