#include <stdlib.h>
#include <string.h>

#include "machine/roster.h"
#include "machine/roster_parts.h"

/*
 * Whom nobody counts on: claims are given agents one after the other, and what
 * is left is spare. Each claim takes agents outside of what is asked about as
 * long as there are any. One that finds too few, because others have taken what
 * it could have had, might have been given more by another order: so it is
 * taken off what is left. What a claim could not have had in any order, since
 * its agents are busy by now, counts for nothing.
 */

struct room {
    size_t n_words;
    uint64_t *mine;   /* who could take what is asked about; */
    uint64_t *left;   /* who could take anything, and is not taken; */
    uint64_t *theirs; /* who could take a claim. */
};

/* Who could take |waiting| at its last step now. */
static bool find_able(struct qc_roster *roster,
                      const struct qc_waiting *waiting,
                      uint64_t *words)
{
    struct qc_waiting last = *waiting;
    const struct qc_class *class;

    last.step = (uint32_t)waiting->route->n_steps;
    class = qc_roster_class(roster, &last);
    if (class == NULL) {
        return false;
    }
    for (size_t w = 0; w < roster->n_words; w++) {
        words[w] = qc_class_word(class, w) & roster->able[waiting->media][w];
    }
    return true;
}

static uint32_t count(const uint64_t *words, size_t n_words)
{
    uint32_t n = 0;

    for (size_t w = 0; w < n_words; w++) {
        n += (uint32_t)__builtin_popcountll(words[w]);
    }
    return n;
}

/* Takes up to |n| of |theirs| out of |left|, of the words |mine| ^ |flip|.
 * Gives how many. */
static uint32_t take(const struct room *room, uint64_t flip, uint32_t n)
{
    uint32_t taken = 0;

    for (size_t w = 0; w < room->n_words && taken < n; w++) {
        uint64_t bits =
            room->theirs[w] & room->left[w] & (room->mine[w] ^ flip);

        for (; bits != 0 && taken < n; bits &= bits - 1) {
            room->left[w] ^= bits & (~bits + 1);
            taken++;
        }
    }
    return taken;
}

/* Gives |n| agents to a claim; gives how many it lacks through others. */
static uint32_t give(const struct room *room, uint32_t n)
{
    uint32_t most = count(room->theirs, room->n_words);

    n = n < most ? n : most;
    n -= take(room, ~(uint64_t)0, n);
    n -= take(room, 0, n);
    return n;
}

bool qc_roster_spare(struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     const struct qc_claim *claims,
                     size_t n_claims,
                     uint32_t *spare_out)
{
    size_t n = roster->n_words;
    uint64_t *words = calloc(3 * n + 1, sizeof(*words));
    uint32_t lacking = 0;
    uint32_t left;
    struct room room;
    bool ok;

    *spare_out = 0;
    if (words == NULL) {
        return false;
    }
    room = (struct room){n, words, words + n, words + 2 * n};
    if (n > 0) {
        memcpy(room.left, roster->able[waiting->media], n * sizeof(*words));
    }
    ok = find_able(roster, waiting, room.mine);
    for (size_t i = 0; ok && i < n_claims; i++) {
        ok = find_able(roster, &claims[i].waiting, room.theirs);
        if (ok) {
            lacking += give(&room, claims[i].n);
        }
    }
    for (size_t w = 0; ok && w < room.n_words; w++) {
        room.left[w] &= room.mine[w];
    }
    left = ok ? count(room.left, room.n_words) : 0;
    *spare_out = left > lacking ? left - lacking : 0;
    free(words);
    return ok;
}
