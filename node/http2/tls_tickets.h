/*
 * The keys under which sessions are handed to clients, to be resumed later.
 *
 * Random for each process; a new one each day, and that of the day before is
 * still accepted. What is older is forgotten, and with it whatever somebody has
 * recorded that was sealed with it.
 */
#ifndef QC_HTTP2_TLS_TICKETS_H
#define QC_HTTP2_TLS_TICKETS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    QC_TLS_TICKET_NAME_SIZE = 16, /* OpenSSL's. */
    QC_TLS_TICKET_KEY_SIZE = 32,
};

struct qc_tls_ticket_key {
    uint8_t name[QC_TLS_TICKET_NAME_SIZE];
    uint8_t cipher[QC_TLS_TICKET_KEY_SIZE]; /* AES-256-CBC */
    uint8_t mac[QC_TLS_TICKET_KEY_SIZE];    /* HMAC-SHA256 */
    int64_t made_s;                         /* 0: there is none. */
};

struct qc_tls_tickets {
    struct qc_tls_ticket_key current;
    struct qc_tls_ticket_key previous;
};

/* Has keys for |now_s|: makes them when they are a day old. All zero is a good
 * beginning. False when there is no randomness. */
QC_MUST_CHECK bool qc_tls_tickets_turn(struct qc_tls_tickets *tickets,
                                       int64_t now_s);

/* The key of that name; NULL when it is none of ours. */
const struct qc_tls_ticket_key *qc_tls_tickets_find(
    const struct qc_tls_tickets *tickets,
    const uint8_t name[QC_TLS_TICKET_NAME_SIZE]);

/* Sets up OpenSSL's two halves of sealing or opening a ticket. */
QC_MUST_CHECK bool qc_tls_ticket_use(const struct qc_tls_ticket_key *key,
                                     const uint8_t *iv,
                                     EVP_CIPHER_CTX *cipher,
                                     EVP_MAC_CTX *mac,
                                     bool seal);

#endif
