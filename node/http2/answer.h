/* How answers leave; what the handler answers with stands in call.h. */
#ifndef QC_HTTP2_ANSWER_H
#define QC_HTTP2_ANSWER_H

#include <stdbool.h>

struct qc_call;
struct qc_call_error;
struct qc_head;

/* Whether the handler may still say something. */
bool qc_answer_open(const struct qc_call *call);

/* Nothing more is said: what is queued is the end of the answer. */
void qc_answer_end(struct qc_call *call);

/* Hands |head| to the session, and, |with_body|, all that is or will be queued
 * as output. Once for each call. */
void qc_answer_begin(struct qc_call *call,
                     const struct qc_head *head,
                     bool with_body);

/* Begins with |head|, says what is queued, and ends. */
void qc_answer_whole(struct qc_call *call, const struct qc_head *head);

/* Answers by HTTP alone, with a header that says what would be right. All are
 * static texts. */
void qc_answer_http(struct qc_call *call,
                    const char *status,
                    const char *name,
                    const char *value);

/* Something was too much for a moment; the client should try again. */
void qc_answer_turn_away(struct qc_call *call, const char *why);

#endif
