/* How answers leave; what the handler answers with stands in call.h. */
#ifndef QC_HTTP2_ANSWER_H
#define QC_HTTP2_ANSWER_H

struct qc_call;

/* Answers by HTTP alone, with a header that says what would be right. All are
 * static texts. */
void qc_answer_http(struct qc_call *call,
                    const char *status,
                    const char *name,
                    const char *value);

#endif
