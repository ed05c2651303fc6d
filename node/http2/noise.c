#include "http2/noise.h"

enum {
    TOKEN = 1000, /* So that a rate per second fills per millisecond. */
};

static void fill(struct qc_noise *noise, int64_t amount)
{
    int64_t full = (int64_t)noise->burst * TOKEN;

    noise->level = amount > full - noise->level ? full : noise->level + amount;
}

void qc_noise_init(struct qc_noise *noise,
                   uint32_t burst,
                   uint32_t per_s,
                   int64_t now_ms)
{
    *noise = (struct qc_noise){
        .burst = burst,
        .per_s = per_s,
        .level = (int64_t)burst * TOKEN,
        .filled_ms = now_ms,
    };
}

bool qc_noise_take(struct qc_noise *noise, int64_t now_ms)
{
    fill(noise, (now_ms - noise->filled_ms) * noise->per_s);
    noise->filled_ms = now_ms;
    if (noise->level < TOKEN) {
        return false;
    }
    noise->level -= TOKEN;
    return true;
}

void qc_noise_give(struct qc_noise *noise, uint32_t tokens)
{
    fill(noise, (int64_t)tokens * TOKEN);
}
