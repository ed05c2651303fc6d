#include "cli/inquiry.h"

#include <assert.h>
#include <stdio.h>

enum qc_exit qc_inquiry_complain(const struct qc_client_answer *answer)
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

bool qc_inquiry_open(struct qc_inquiry *inquiry,
                     const struct qc_options *options)
{
    struct qc_client_options client = {
        .endpoints = options->endpoints,
        .tenant = options->tenant,
        .tls = options->credentials.tls,
        .api_key = options->credentials.api_key,
    };

    if (uv_loop_init(&inquiry->loop) != 0) {
        fprintf(stderr, "qcctl: no event loop\n");
        return false;
    }
    inquiry->timeout_ms = options->timeout_ms;
    inquiry->client = qc_client_new(&inquiry->loop, &client);
    if (inquiry->client == NULL) {
        qc_credentials_refuse(options->endpoints);
        qc_inquiry_close(inquiry);
        return false;
    }
    return true;
}

void qc_inquiry_close(struct qc_inquiry *inquiry)
{
    int busy;

    qc_client_close(inquiry->client, NULL, NULL);
    uv_run(&inquiry->loop, UV_RUN_DEFAULT);
    busy = uv_loop_close(&inquiry->loop);
    assert(busy == 0);
}

enum qc_exit qc_inquiry_ask(struct qc_inquiry *inquiry,
                            const struct qc_rpc *rpc,
                            const ProtobufCMessage *request,
                            struct qc_arena *arena,
                            struct qc_client_answer *answer_out)
{
    if (!qc_client_ask(inquiry->client, rpc, request, inquiry->timeout_ms,
                       arena, answer_out)) {
        fprintf(stderr, "qcctl: out of memory\n");
        return QC_EXIT_FAILED;
    }
    return answer_out->status == QC_STATUS_OK ? QC_EXIT_OK
                                              : qc_inquiry_complain(answer_out);
}

enum qc_exit qc_inquiry_ask_once(const struct qc_options *options,
                                 const char *endpoints,
                                 const struct qc_rpc *rpc,
                                 const ProtobufCMessage *request,
                                 struct qc_arena *arena,
                                 struct qc_client_answer *answer_out)
{
    struct qc_options these = *options;
    struct qc_inquiry inquiry;
    enum qc_exit exit;

    these.endpoints = endpoints;
    if (!qc_inquiry_open(&inquiry, &these)) {
        return QC_EXIT_USAGE;
    }
    exit = qc_inquiry_ask(&inquiry, rpc, request, arena, answer_out);
    qc_inquiry_close(&inquiry);
    return exit;
}
