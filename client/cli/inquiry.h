/* A client of the cluster on a loop of its own, for verbs that ask and wait. */
#ifndef QC_CLI_INQUIRY_H
#define QC_CLI_INQUIRY_H

#include <uv.h>

#include "base/error.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "lib/client.h"

struct qc_inquiry {
    uv_loop_t loop;
    struct qc_client *client;
    int64_t timeout_ms;
};

/* False, and a message on stderr, when the endpoints are no addresses. */
QC_MUST_CHECK bool qc_inquiry_open(struct qc_inquiry *inquiry,
                                   const struct qc_options *options);
void qc_inquiry_close(struct qc_inquiry *inquiry);

/* Asks. Says on stderr what went wrong, if anything did; OK means that
 * |answer_out->response| is there. It lives in |arena|. */
enum qc_exit qc_inquiry_ask(struct qc_inquiry *inquiry,
                            const struct qc_rpc *rpc,
                            const ProtobufCMessage *request,
                            struct qc_arena *arena,
                            struct qc_client_answer *answer_out);

/* Opens, asks |endpoints|, and closes: for who asks once, or one node alone. */
enum qc_exit qc_inquiry_ask_once(const struct qc_options *options,
                                 const char *endpoints,
                                 const struct qc_rpc *rpc,
                                 const ProtobufCMessage *request,
                                 struct qc_arena *arena,
                                 struct qc_client_answer *answer_out);

/* Says on stderr why a call failed, and how qcctl is to end for it. */
enum qc_exit qc_inquiry_complain(const struct qc_client_answer *answer);

#endif
