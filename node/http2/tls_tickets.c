#include "http2/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

enum {
    DAY_S = 24 * 3600,
    FORGOTTEN_S = 2 * DAY_S,
};

static bool make(struct qc_tls_ticket_key *key, int64_t now_s)
{
    key->made_s = now_s;
    return RAND_bytes(key->name, sizeof(key->name)) == 1 &&
           RAND_priv_bytes(key->cipher, sizeof(key->cipher)) == 1 &&
           RAND_priv_bytes(key->mac, sizeof(key->mac)) == 1;
}

bool qc_tls_tickets_turn(struct qc_tls_tickets *tickets, int64_t now_s)
{
    struct qc_tls_ticket_key key;
    bool made;

    if (tickets->current.made_s != 0 &&
        now_s - tickets->current.made_s < DAY_S) {
        return true;
    }
    made = make(&key, now_s);
    if (made) {
        tickets->previous = now_s - tickets->current.made_s < FORGOTTEN_S
                                ? tickets->current
                                : (struct qc_tls_ticket_key){.made_s = 0};
        tickets->current = key;
    }
    OPENSSL_cleanse(&key, sizeof(key));
    return made;
}

const struct qc_tls_ticket_key *qc_tls_tickets_find(
    const struct qc_tls_tickets *tickets,
    const uint8_t name[QC_TLS_TICKET_NAME_SIZE])
{
    const struct qc_tls_ticket_key *keys[] = {&tickets->current,
                                              &tickets->previous};

    for (unsigned i = 0; i < 2; i++) {
        if (keys[i]->made_s != 0 &&
            memcmp(keys[i]->name, name, sizeof(keys[i]->name)) == 0) {
            return keys[i];
        }
    }
    return NULL;
}

bool qc_tls_ticket_use(const struct qc_tls_ticket_key *key,
                       const uint8_t *iv,
                       EVP_CIPHER_CTX *cipher,
                       EVP_MAC_CTX *mac,
                       bool seal)
{
    char digest[] = "SHA256";
    uint8_t mac_key[QC_TLS_TICKET_KEY_SIZE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key,
                                          sizeof(mac_key)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool good;

    memcpy(mac_key, key->mac, sizeof(mac_key));
    good = EVP_CipherInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher, iv, seal,
                              NULL) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
    OPENSSL_cleanse(mac_key, sizeof(mac_key));
    return good;
}
