#include "machine/roster_parts.h"

/* How many agents of each class are there, ready and able. */

enum {
    WORD = 64
};

void qc_tally_add(struct qc_tally *tally,
                  const struct qc_standing *standing,
                  int by)
{
    tally->meant += (uint32_t)by;
    tally->there += standing->there ? (uint32_t)by : 0;
    tally->ready += standing->ready ? (uint32_t)by : 0;
    tally->able += (standing->able >> tally->media & 1) * (uint32_t)by;
    tally->handled_ms +=
        standing->ready ? standing->handled_ms * (uint64_t)(int64_t)by : 0;
}

void qc_roster_tally(struct qc_roster *roster, uint32_t agent, int by)
{
    const struct qc_standing *standing = &roster->agents[agent].standing;
    struct qc_walk walk = qc_walk_of(roster, agent, NULL);
    size_t slot;

    while (qc_walk_next(&walk, &slot)) {
        qc_tally_add(&roster->tallies[slot], standing, by);
    }
}

static bool is_same(const struct qc_standing *a, const struct qc_standing *b)
{
    return a->there == b->there && a->ready == b->ready && a->able == b->able &&
           a->handled_ms == b->handled_ms;
}

bool qc_roster_stand(struct qc_roster *roster,
                     uint32_t agent,
                     const struct qc_standing *standing)
{
    struct qc_rostered *who = &roster->agents[agent];

    if (is_same(standing, &who->standing)) {
        return false;
    }
    qc_roster_tally(roster, agent, -1);
    who->standing = *standing;
    qc_roster_tally(roster, agent, 1);
    return true;
}

bool qc_tally_is_true(const struct qc_roster *roster,
                      const struct qc_class *class)
{
    const struct qc_tally *tally = &roster->tallies[class->slot];
    struct qc_tally counted = {.media = class->name.media};
    const uint64_t *able = roster->able[class->name.media];

    for (size_t w = 0; w < roster->n_words; w++) {
        for (uint64_t bits = qc_class_word(class, w); bits != 0;
             bits &= bits - 1) {
            size_t agent = w * WORD + (size_t)__builtin_ctzll(bits);

            counted.meant++;
            counted.there += qc_bit(roster->logged_in, agent);
            counted.ready += qc_bit(roster->ready, agent);
            counted.able += qc_bit(able, agent);
            counted.handled_ms += qc_bit(roster->ready, agent)
                                      ? roster->agents[agent].now.handled_ms
                                      : 0;
        }
    }
    return tally->media == counted.media && tally->meant == counted.meant &&
           tally->there == counted.there && tally->ready == counted.ready &&
           tally->able == counted.able &&
           tally->handled_ms == counted.handled_ms;
}
