#include "http2/test/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    AT_A_TIME = 100 * 1024,
};

const struct qc_tls_peer LOCALHOST = {.host = "localhost"};

void pair_open(struct pair *pair,
               struct qc_tls *server,
               struct qc_tls *client,
               const struct qc_tls_peer *peer)
{
    *pair = (struct pair){.at_a_time = AT_A_TIME};
    pair->server.cipher = qc_tls_cipher_accept(server);
    pair->client.cipher = qc_tls_cipher_connect(client, peer);
    assert_non_null(pair->server.cipher);
    assert_non_null(pair->client.cipher);
}

void pair_close(struct pair *pair)
{
    struct end *ends[] = {&pair->server, &pair->client};

    for (unsigned i = 0; i < 2; i++) {
        qc_tls_cipher_free(ends[i]->cipher);
        qc_buffer_done(&ends[i]->sealed);
        qc_buffer_done(&ends[i]->plain);
    }
}

void end_read(struct end *end, struct end *other, size_t at_a_time)
{
    uint8_t plain[QC_TLS_RECORD_SIZE];
    uint8_t sealed[AT_A_TIME];
    struct qc_bytes waiting;

    assert_in_range(at_a_time, 1, sizeof(sealed));
    qc_tls_cipher_feed(
        end->cipher,
        (struct qc_bytes){sealed,
                          qc_buffer_take(&end->sealed, sealed, at_a_time)});
    while ((end->last = qc_tls_cipher_read(end->cipher, plain)) > 0) {
        assert_true(qc_buffer_add(&end->plain, plain, (size_t)end->last));
    }
    waiting = qc_tls_cipher_waiting(end->cipher);
    if (waiting.size > 0) {
        assert_true(qc_buffer_add(&other->sealed, waiting.data, waiting.size));
        qc_tls_cipher_sent(end->cipher);
    }
}

void pair_run(struct pair *pair)
{
    do {
        if (pair->client.last >= 0) {
            end_read(&pair->client, &pair->server, pair->at_a_time);
        }
        if (pair->server.last >= 0) {
            end_read(&pair->server, &pair->client, pair->at_a_time);
        }
    } while (
        (qc_buffer_size(&pair->server.sealed) > 0 && pair->server.last >= 0) ||
        (qc_buffer_size(&pair->client.sealed) > 0 && pair->client.last >= 0));
}

void end_say(struct end *end, struct end *other, struct qc_bytes bytes)
{
    uint8_t *sealed = malloc(bytes.size + QC_TLS_OVERHEAD_SIZE);
    ssize_t size = qc_tls_cipher_seal(end->cipher, bytes, sealed);

    assert_true(size > (ssize_t)bytes.size);
    assert_true(qc_buffer_add(&other->sealed, sealed, (size_t)size));
    free(sealed);
}

bool pair_is_up(const struct pair *pair)
{
    return qc_tls_cipher_is_up(pair->server.cipher) &&
           qc_tls_cipher_is_up(pair->client.cipher);
}
