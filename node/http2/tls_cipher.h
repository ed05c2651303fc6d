/*
 * One connection's TLS, without a socket: sealed bytes in, plain bytes out, and
 * the other way.
 *
 * What came is fed, and read until it needs more; what TLS itself has to say
 * waits to be sent; what we have to say is sealed in one go. Nothing that has
 * come from outside is kept but the one record that is not whole yet.
 */
#ifndef QC_HTTP2_TLS_CIPHER_H
#define QC_HTTP2_TLS_CIPHER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "http2/call.h"

struct qc_tls;
struct qc_tls_cipher;

enum {
    QC_TLS_RECORD_SIZE = 16 * 1024, /* The most plain bytes in a record. */
    /* How much longer 64 KiB are when they are sealed, in records as short as a
     * peer may ask for (RFC 6066, 4): 128 of them, each longer by 29 bytes; and
     * what TLS may have to say first. */
    QC_TLS_OVERHEAD_SIZE = 5 * 1024,
};

/* Whom we dial. */
struct qc_tls_peer {
    const char *host;     /* A name or an address. */
    const char *identity; /* The URI it must have; NULL: |host| must fit. */
};

/* The cipher of a connection that comes in. NULL when memory is short or there
 * is no certificate. */
struct qc_tls_cipher *qc_tls_cipher_accept(struct qc_tls *tls);

/* That of one that goes out. NULL when memory is short. */
struct qc_tls_cipher *qc_tls_cipher_connect(struct qc_tls *tls,
                                            const struct qc_tls_peer *peer);

void qc_tls_cipher_free(struct qc_tls_cipher *cipher);

/* Whether the handshake has ended well: not before that is anything sealed. */
bool qc_tls_cipher_is_up(const struct qc_tls_cipher *cipher);

/* What the other end has proved; NONE, and "", before the handshake has ended
 * and without a certificate. Of those we dial the trust is NONE too: they are
 * whom we asked for. */
enum qc_call_trust qc_tls_cipher_trust(const struct qc_tls_cipher *cipher);
const char *qc_tls_cipher_identity(const struct qc_tls_cipher *cipher);

/* Why it has failed; "" while it has not. */
const char *qc_tls_cipher_failure(const struct qc_tls_cipher *cipher);

/* It has failed, with somebody at |from|: tells so, if it came in. */
void qc_tls_cipher_tell(const struct qc_tls_cipher *cipher, const char *from);

/* |sealed| came; borrowed until qc_tls_cipher_read() has answered with 0 or an
 * error. */
void qc_tls_cipher_feed(struct qc_tls_cipher *cipher, struct qc_bytes sealed);

/* Goes on with the handshake, then opens a record: gives how many bytes are in
 * |plain|; 0: more must come first; UV_EOF: no more will come; UV_EPROTO: it
 * has failed. Before anything is fed it makes a client say hello. */
ssize_t qc_tls_cipher_read(struct qc_tls_cipher *cipher,
                           uint8_t plain[QC_TLS_RECORD_SIZE]);

/* What TLS itself has to say; borrowed until qc_tls_cipher_sent() or the next
 * read. */
struct qc_bytes qc_tls_cipher_waiting(const struct qc_tls_cipher *cipher);
void qc_tls_cipher_sent(struct qc_tls_cipher *cipher);

/* Seals |plain|, at most 64 KiB, into |sealed|, which has room for it and for
 * QC_TLS_OVERHEAD_SIZE; gives how many bytes it is, or UV_EPROTO. Only while
 * nothing waits. */
ssize_t qc_tls_cipher_seal(struct qc_tls_cipher *cipher,
                           struct qc_bytes plain,
                           uint8_t *sealed);

/* Says that we end, if that may still be said: it waits then. */
void qc_tls_cipher_end(struct qc_tls_cipher *cipher);

/* For the context. */
BIO_METHOD *qc_tls_cipher_bio_method_new(void);
void qc_tls_cipher_on_state(const SSL *ssl, int where, int value);

#endif
