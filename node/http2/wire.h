/*
 * The wire: bytes between a socket and an nghttp2 session.
 *
 * Nothing is written but by qc_wire_flush(), so that what a loop turn has to
 * say leaves in as few writes as fit; and nothing is asked of the session while
 * the socket is full, so that what waits, waits where it is counted. This is
 * the only place that reads and writes the socket, and so where a cipher
 * stands, if there is one: its owner sees plain bytes, and what TLS has to say
 * for itself leaves at once.
 */
#ifndef QC_HTTP2_WIRE_H
#define QC_HTTP2_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/error.h"
#include "http2/call.h"

struct qc_tls_cipher;

enum {
    QC_WIRE_INPUT_SIZE = 64 * 1024,
    QC_WIRE_READS_FULL_MAX = 64,
    QC_WIRE_TURN_NS = 500 * 1000, /* Of what is read. */
};

struct qc_wire_events {
    /* Bytes came; or, with a negative libuv error, there will be no more. */
    void (*read)(void *owner, struct qc_bytes bytes, int error);
    /* The socket took what it had left over, or broke. */
    void (*written)(void *owner, int error);
    /* What was opened is open: bytes may come, and go by qc_wire_flush(). May
     * be NULL. */
    void (*opened)(void *owner);
    /* There may be more than the input holds, and nothing more is read before
     * qc_wire_read_start(), for which the owner waits until the turn ends: the
     * others come first. NULL: it is read at once, 2 MiB of it. */
    void (*held_back)(void *owner);
};

struct qc_wire {
    uv_tcp_t tcp;
    uv_write_t write;
    nghttp2_session *session;
    const struct qc_wire_events *events;
    void *owner;
    uint8_t *input;    /* QC_WIRE_INPUT_SIZE; may be shared within a loop. */
    uint8_t *leftover; /* What a full socket has not taken; else NULL. */
    unsigned n_reads_full;        /* Since then. */
    struct qc_tls_cipher *cipher; /* NULL: cleartext. */
    /* What this turn of the loop has spent on what was read, borrowed: a
     * handshake adds to it, and is read on in another turn once it comes to
     * QC_WIRE_TURN_NS. NULL: nobody counts. */
    uint64_t *spent_ns;
};

/* The handle |tcp| is initialised here, and closed by qc_wire_close(). All else
 * is borrowed. Returns a negative libuv error on failure. */
QC_MUST_CHECK int qc_wire_init(struct qc_wire *wire,
                               uv_loop_t *loop,
                               uint8_t *input,
                               const struct qc_wire_events *events,
                               void *owner);

/* Begins to read, when the socket is connected; with |cipher|, which it takes,
 * by shaking hands first, NULL for cleartext. opened() is called once that is
 * done, for cleartext before this returns; a handshake that fails is told by
 * read(). Returns a negative libuv error on failure. */
QC_MUST_CHECK int qc_wire_open(struct qc_wire *wire,
                               struct qc_tls_cipher *cipher);

/* Says farewell, as far as TLS does and the socket is not full, and closes. */
void qc_wire_close(struct qc_wire *wire, uv_close_cb closed);

/* Frees what it holds, once |tcp| is closed. */
void qc_wire_done(struct qc_wire *wire);

/* Goes on to read. Returns a negative libuv error on failure. */
QC_MUST_CHECK int qc_wire_read_start(struct qc_wire *wire);
void qc_wire_read_stop(struct qc_wire *wire);

/* Whether the socket is full; written() will tell. */
bool qc_wire_full(const struct qc_wire *wire);

/* Whether it has been full for QC_WIRE_READS_FULL_MAX reads: whoever talks on
 * and hears nothing is not worth to be read before written() is called. */
bool qc_wire_deaf(const struct qc_wire *wire);

/* Writes all that the session has to say, or as much as the socket takes. Not
 * from inside a callback of the session. |any_out| says whether there was
 * something. Returns a negative libuv error when the connection is broken. */
QC_MUST_CHECK int qc_wire_flush(struct qc_wire *wire, bool *any_out);

/* Writes |bytes|, at most 1 KiB, if there is room for them now: the last words
 * to somebody who does not speak HTTP/2. */
void qc_wire_say(struct qc_wire *wire, struct qc_bytes bytes);

/* Who is at the other end, as tls_cipher.h says; NONE, and "", in cleartext. */
bool qc_wire_is_secure(const struct qc_wire *wire);
enum qc_call_trust qc_wire_trust(const struct qc_wire *wire);
const char *qc_wire_identity(const struct qc_wire *wire);

/* Why TLS has failed; "" when it has not. */
const char *qc_wire_failure(const struct qc_wire *wire);

#endif
