/* Both ends of a connection in memory, and what is on its way between them. */
#ifndef QC_HTTP2_TEST_TLS_PAIR_H
#define QC_HTTP2_TEST_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "http2/buffer.h"
#include "http2/tls_cipher.h"

struct end {
    struct qc_tls_cipher *cipher;
    struct qc_buffer sealed; /* On its way to this end. */
    struct qc_buffer plain;  /* What it has read. */
    ssize_t last;            /* What its last read answered. */
};

struct pair {
    struct end server;
    struct end client;
    size_t at_a_time; /* Bytes that are fed at one time. */
};

extern const struct qc_tls_peer LOCALHOST;

void pair_open(struct pair *pair,
               struct qc_tls *server,
               struct qc_tls *client,
               const struct qc_tls_peer *peer);
void pair_close(struct pair *pair);

/* Until nothing is on its way, or one has failed. */
void pair_run(struct pair *pair);

/* Whether both have shaken hands. */
bool pair_is_up(const struct pair *pair);

/* Feeds |end| some of what is on its way to it, and reads all of it. */
void end_read(struct end *end, struct end *other, size_t at_a_time);

/* Seals |bytes|, and has them on their way. */
void end_say(struct end *end, struct end *other, struct qc_bytes bytes);

#endif
