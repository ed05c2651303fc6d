#include "http2/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http2/peer_address.h"
#include "http2/tls_cipher.h"

enum {
    OUTPUT_SIZE = 64 * 1024, /* Four records, of TLS. */
    /* nghttp2 gives out a frame at a time, of 16 KiB and its header. */
    CHUNK_MAX = 17 * 1024,
    WORDS_SIZE_MAX = 1024,
};

int qc_wire_init(struct qc_wire *wire,
                 uv_loop_t *loop,
                 uint8_t *input,
                 const struct qc_wire_events *events,
                 void *owner)
{
    wire->input = input;
    wire->events = events;
    wire->owner = owner;
    wire->session = NULL;
    wire->leftover = NULL;
    wire->cipher = NULL;
    wire->spent_ns = NULL;
    wire->tcp.data = wire;
    wire->write.data = wire;
    return uv_tcp_init(loop, &wire->tcp);
}

bool qc_wire_full(const struct qc_wire *wire)
{
    return wire->leftover != NULL;
}

bool qc_wire_deaf(const struct qc_wire *wire)
{
    return wire->n_reads_full >= QC_WIRE_READS_FULL_MAX;
}

/* --- writing -------------------------------------------------------------- */

static void write_done(uv_write_t *write, int status);

/* Lets the loop write what the socket did not take at once. */
static int write_later(struct qc_wire *wire, const uint8_t *output, size_t size)
{
    uv_buf_t buf;
    int r;

    wire->leftover = malloc(size);
    if (wire->leftover == NULL) {
        return UV_ENOMEM;
    }
    memcpy(wire->leftover, output, size);
    buf = uv_buf_init((char *)wire->leftover, (unsigned)size);
    r = uv_write(&wire->write, (uv_stream_t *)&wire->tcp, &buf, 1, write_done);
    if (r != 0) {
        free(wire->leftover);
        wire->leftover = NULL;
    }
    return r;
}

/* Writes |bytes|, or leaves the wire full. */
static int write_now(struct qc_wire *wire, struct qc_bytes bytes)
{
    uv_buf_t buf =
        uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.size);
    int r = uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);

    if (r < 0 && r != UV_EAGAIN) {
        return r;
    }
    if (r < 0) {
        r = 0;
    }
    return (size_t)r < bytes.size
               ? write_later(wire, bytes.data + r, bytes.size - (size_t)r)
               : 0;
}

/* Writes what TLS has to say for itself, once there is room. */
static int write_waiting(struct qc_wire *wire)
{
    struct qc_bytes waiting;
    int r;

    if (wire->cipher == NULL || qc_wire_full(wire)) {
        return 0;
    }
    waiting = qc_tls_cipher_waiting(wire->cipher);
    if (waiting.size == 0) {
        return 0;
    }
    r = write_now(wire, waiting);
    qc_tls_cipher_sent(wire->cipher);
    return r;
}

static void write_done(uv_write_t *write, int status)
{
    struct qc_wire *wire = write->data;

    free(wire->leftover);
    wire->leftover = NULL;
    wire->n_reads_full = 0;
    if (status == 0 && !uv_is_closing((const uv_handle_t *)&wire->tcp)) {
        status = write_waiting(wire);
    }
    wire->events->written(wire->owner, status);
}

/* Collects what the session has to say; gives how much, or an error. */
static ssize_t gather(nghttp2_session *session, uint8_t output[OUTPUT_SIZE])
{
    size_t used = 0;

    while (used <= OUTPUT_SIZE - CHUNK_MAX) {
        const uint8_t *chunk;
        ssize_t size = nghttp2_session_mem_send(session, &chunk);

        if (size < 0) {
            return UV_ENOMEM;
        }
        if (size == 0) {
            break;
        }
        assert(size <= CHUNK_MAX);
        memcpy(output + used, chunk, (size_t)size);
        used += (size_t)size;
    }
    return (ssize_t)used;
}

int qc_wire_flush(struct qc_wire *wire, bool *any_out)
{
    uint8_t output[OUTPUT_SIZE];
    uint8_t sealed[OUTPUT_SIZE + QC_TLS_OVERHEAD_SIZE];

    *any_out = false;
    if (wire->cipher != NULL && !qc_tls_cipher_is_up(wire->cipher)) {
        return 0;
    }
    while (!qc_wire_full(wire)) {
        ssize_t size = gather(wire->session, output);
        struct qc_bytes bytes = {output, (size_t)size};
        int r;

        if (size <= 0) {
            return (int)size;
        }
        *any_out = true;
        if (wire->cipher != NULL) {
            size = qc_tls_cipher_seal(wire->cipher, bytes, sealed);
            if (size < 0) {
                return (int)size;
            }
            bytes = (struct qc_bytes){sealed, (size_t)size};
        }
        r = write_now(wire, bytes);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

void qc_wire_say(struct qc_wire *wire, struct qc_bytes bytes)
{
    uint8_t sealed[WORDS_SIZE_MAX + QC_TLS_OVERHEAD_SIZE];
    uv_buf_t buf;

    assert(bytes.size <= WORDS_SIZE_MAX);
    if (qc_wire_full(wire)) {
        return;
    }
    if (wire->cipher != NULL) {
        ssize_t size = qc_tls_cipher_is_up(wire->cipher)
                           ? qc_tls_cipher_seal(wire->cipher, bytes, sealed)
                           : 0;

        bytes = (struct qc_bytes){sealed, size > 0 ? (size_t)size : 0};
    }
    buf = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.size);
    uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);
}

/* --- reading -------------------------------------------------------------- */

static bool is_closing(const struct qc_wire *wire)
{
    return uv_is_closing((const uv_handle_t *)&wire->tcp) != 0;
}

static void opened(struct qc_wire *wire)
{
    if (wire->events->opened != NULL) {
        wire->events->opened(wire->owner);
    }
}

/* Tells of a handshake that failed, or of a record that was forged. */
static void tell(const struct qc_wire *wire)
{
    struct qc_peer_address address = {.text = ""};

    (void)qc_peer_address_of(&wire->tcp, &address);
    qc_tls_cipher_tell(wire->cipher, address.text);
}

/* Hands on what the cipher makes of what was fed to it. */
static void take_plain(struct qc_wire *wire)
{
    uint8_t plain[QC_TLS_RECORD_SIZE];
    ssize_t size = 1;

    while (size > 0) {
        bool was_up = qc_tls_cipher_is_up(wire->cipher);
        int r;

        size = qc_tls_cipher_read(wire->cipher, plain);
        if (size == UV_EPROTO) {
            tell(wire);
        }
        r = write_waiting(wire);
        if (r != 0) {
            size = r;
        } else if (!was_up && qc_tls_cipher_is_up(wire->cipher)) {
            opened(wire);
        }
        if (size != 0 && !is_closing(wire)) {
            struct qc_bytes bytes = {plain, size > 0 ? (size_t)size : 0};

            wire->events->read(wire->owner, bytes, size < 0 ? (int)size : 0);
        }
        if (is_closing(wire)) {
            return;
        }
    }
}

static bool shakes_hands(const struct qc_wire *wire)
{
    return wire->spent_ns != NULL && wire->cipher != NULL &&
           !qc_tls_cipher_is_up(wire->cipher);
}

/* What is given no room stays in the socket, and libuv comes again. */
static void give_input(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct qc_wire *wire = handle->data;
    bool later = shakes_hands(wire) && *wire->spent_ns >= QC_WIRE_TURN_NS;

    (void)suggested;
    *buf = uv_buf_init((char *)wire->input, later ? 0 : QC_WIRE_INPUT_SIZE);
}

/* A handshake takes as much as a hundred calls, and is nobody's yet. */
static void take_sealed(struct qc_wire *wire, struct qc_bytes bytes)
{
    uint64_t *spent_ns = shakes_hands(wire) ? wire->spent_ns : NULL;
    uint64_t begin_ns = spent_ns != NULL ? uv_hrtime() : 0;

    qc_tls_cipher_feed(wire->cipher, bytes);
    take_plain(wire);
    if (spent_ns != NULL) {
        *spent_ns += uv_hrtime() - begin_ns;
    }
}

/* libuv reads on while a socket fills the input, 32 times over. */
static void hold_back(struct qc_wire *wire)
{
    if (wire->events->held_back != NULL && !is_closing(wire)) {
        qc_wire_read_stop(wire);
        wire->events->held_back(wire->owner);
    }
}

static void take_input(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct qc_wire *wire = stream->data;
    struct qc_bytes bytes = {.data = (const uint8_t *)buf->base};

    if (size > 0) {
        bytes.size = (size_t)size;
        if (wire->cipher == NULL) {
            wire->events->read(wire->owner, bytes, 0);
        } else {
            take_sealed(wire, bytes);
        }
        if (qc_wire_full(wire)) {
            wire->n_reads_full++;
        }
        if (bytes.size == QC_WIRE_INPUT_SIZE || qc_wire_deaf(wire)) {
            hold_back(wire);
        }
    } else if (size < 0 && size != UV_ENOBUFS) {
        wire->events->read(wire->owner, bytes, (int)size);
    }
}

int qc_wire_read_start(struct qc_wire *wire)
{
    int r = uv_read_start((uv_stream_t *)&wire->tcp, give_input, take_input);

    return r == UV_EALREADY ? 0 : r;
}

void qc_wire_read_stop(struct qc_wire *wire)
{
    uv_read_stop((uv_stream_t *)&wire->tcp);
}

/* --- life ----------------------------------------------------------------- */

int qc_wire_open(struct qc_wire *wire, struct qc_tls_cipher *cipher)
{
    int r;

    wire->cipher = cipher;
    r = qc_wire_read_start(wire);
    if (r != 0) {
        return r;
    }
    if (cipher == NULL) {
        opened(wire);
    } else {
        take_plain(wire); /* Says hello, if it is on us to say it. */
    }
    return 0;
}

void qc_wire_close(struct qc_wire *wire, uv_close_cb closed)
{
    if (wire->cipher != NULL && !qc_wire_full(wire)) {
        struct qc_bytes waiting;
        uv_buf_t buf;

        qc_tls_cipher_end(wire->cipher);
        waiting = qc_tls_cipher_waiting(wire->cipher);
        buf = uv_buf_init((char *)(uintptr_t)waiting.data,
                          (unsigned)waiting.size);
        if (waiting.size > 0) {
            uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);
        }
    }
    uv_close((uv_handle_t *)&wire->tcp, closed);
}

void qc_wire_done(struct qc_wire *wire)
{
    qc_tls_cipher_free(wire->cipher);
    wire->cipher = NULL;
}

/* --- who is at the other end ---------------------------------------------- */

bool qc_wire_is_secure(const struct qc_wire *wire)
{
    return wire->cipher != NULL;
}

enum qc_call_trust qc_wire_trust(const struct qc_wire *wire)
{
    return wire->cipher != NULL ? qc_tls_cipher_trust(wire->cipher)
                                : QC_TRUST_NONE;
}

const char *qc_wire_identity(const struct qc_wire *wire)
{
    return wire->cipher != NULL ? qc_tls_cipher_identity(wire->cipher) : "";
}

const char *qc_wire_failure(const struct qc_wire *wire)
{
    return wire->cipher != NULL ? qc_tls_cipher_failure(wire->cipher) : "";
}
