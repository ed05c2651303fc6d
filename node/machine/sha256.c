/* Since OpenSSL 3 these functions count as old; there are no others of which
 * what is said in the header is true. */
#define OPENSSL_API_COMPAT 0x10100000L

#include "machine/sha256.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(QC_SHA256_SIZE == SHA256_DIGEST_LENGTH, "one SHA-256");

void qc_sha256(const struct qc_bytes parts[],
               size_t n,
               uint8_t hash_out[QC_SHA256_SIZE])
{
    SHA256_CTX context;

    /* They answer 1, always. */
    (void)SHA256_Init(&context);
    for (size_t i = 0; i < n; i++) {
        (void)SHA256_Update(&context, parts[i].data, parts[i].size);
    }
    (void)SHA256_Final(hash_out, &context);
}
