/*
 * The twin of a call: what a handler holds of a call that is served on another
 * loop than its own (api_loop.h).
 *
 * The handler of the loop that serves makes a twin of each call that begins,
 * and writes letters: what it is told, the handler proper is told on its own
 * loop, with the twin. What that asks of the twin goes back in letters, and is
 * asked of the call there. The functions of call.h know a twin when they see
 * one, so neither side knows that there is another.
 *
 * A twin ends in two steps. When the call closes, the serving loop says so and
 * forgets it, but not the twin; when the handler's close() has returned, the
 * twin goes home and is freed. So letters under way always find it; those that
 * come too late find no call, and are dropped. Its connection, who is at whose
 * other end a handler may ask, waits for it.
 */
#ifndef QC_HTTP2_TWIN_H
#define QC_HTTP2_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "http2/call.h"

struct qc_api_loop;
struct qc_twin;

/* The handler of a loop that serves: it makes twins. */
struct qc_call_handler qc_twin_handler(struct qc_api_loop *loop);

/* As the functions of call.h, on the loop of the handler. */
void qc_twin_answer(struct qc_twin *twin, struct qc_bytes message);
void qc_twin_fail(struct qc_twin *twin, const struct qc_call_error *error);
void qc_twin_answer_page(struct qc_twin *twin,
                         unsigned status,
                         const char *content_type,
                         struct qc_bytes body);
void qc_twin_answer_preflight(struct qc_twin *twin, bool allowed);
void qc_twin_allow_origin(struct qc_twin *twin); /* Once. */
bool qc_twin_send(struct qc_twin *twin, struct qc_bytes message);
void qc_twin_end(struct qc_twin *twin);

/* Ends it for want of memory. */
void qc_twin_turn_away(struct qc_twin *twin);

/* By the clock of the handler's loop, which goes like that of the other. */
int64_t qc_twin_now_ms(const struct qc_twin *twin);

#endif
