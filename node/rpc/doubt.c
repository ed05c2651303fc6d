#include "rpc/doubt.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACES = 4096,
};

struct refused {
    uint64_t tag;
    int64_t until_ms;
};

/* One place a tag; a newcomer takes it, which costs a round to the cluster. */
struct qc_doubts {
    uint8_t secret[QC_SIPHASH_KEY_SIZE];
    struct refused places[PLACES];
};

struct qc_doubts *qc_doubts_new(const uint8_t secret[QC_SIPHASH_KEY_SIZE])
{
    struct qc_doubts *doubts = calloc(1, sizeof(*doubts));

    if (doubts != NULL) {
        memcpy(doubts->secret, secret, sizeof(doubts->secret));
    }
    return doubts;
}

void qc_doubts_free(struct qc_doubts *doubts)
{
    free(doubts);
}

uint64_t qc_doubt_tag(const struct qc_doubts *doubts, struct qc_bytes request)
{
    return qc_siphash(doubts->secret, request);
}

void qc_doubts_refused(struct qc_doubts *doubts, uint64_t tag, int64_t now_ms)
{
    doubts->places[tag % PLACES] = (struct refused){tag, now_ms + QC_DOUBT_MS};
}

bool qc_doubts_were_refused(const struct qc_doubts *doubts,
                            uint64_t tag,
                            int64_t now_ms)
{
    const struct refused *place = &doubts->places[tag % PLACES];

    return place->tag == tag && now_ms < place->until_ms;
}
