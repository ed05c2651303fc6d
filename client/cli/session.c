#include "cli/session.h"

#include <assert.h>
#include <stdio.h>

enum qc_exit qc_session_complain(const struct qc_client_answer *answer)
{
    const char *after_reason = answer->reason[0] != '\0' ? " " : "";

    fprintf(stderr, "qcctl: %s%s%s: %s\n", qc_status_name(answer->status),
            after_reason, answer->reason, answer->message);
    if (answer->status == QC_STATUS_UNAVAILABLE) {
        return QC_EXIT_UNREACHABLE;
    }
    return answer->status == QC_STATUS_DEADLINE_EXCEEDED ? QC_EXIT_TIMED_OUT
                                                         : QC_EXIT_FAILED;
}

bool qc_session_open(struct qc_session *session,
                     const struct qc_options *options)
{
    struct qc_client_options client = {
        .endpoints = options->endpoints,
        .tenant = options->tenant,
    };

    if (uv_loop_init(&session->loop) != 0) {
        fprintf(stderr, "qcctl: no event loop\n");
        return false;
    }
    session->timeout_ms = options->timeout_ms;
    session->client = qc_client_new(&session->loop, &client);
    if (session->client == NULL) {
        fprintf(stderr, "qcctl: \"%s\": not a list of host:port\n",
                options->endpoints);
        qc_session_close(session);
        return false;
    }
    return true;
}

void qc_session_close(struct qc_session *session)
{
    int busy;

    qc_client_close(session->client, NULL, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    busy = uv_loop_close(&session->loop);
    assert(busy == 0);
}

enum qc_exit qc_session_ask(struct qc_session *session,
                            const struct qc_rpc *rpc,
                            const ProtobufCMessage *request,
                            struct qc_arena *arena,
                            struct qc_client_answer *answer_out)
{
    if (!qc_client_ask(session->client, rpc, request, session->timeout_ms,
                       arena, answer_out)) {
        fprintf(stderr, "qcctl: out of memory\n");
        return QC_EXIT_FAILED;
    }
    return answer_out->status == QC_STATUS_OK ? QC_EXIT_OK
                                              : qc_session_complain(answer_out);
}
