/*
 * A shop at random: agents who log in, are asked and take what they are asked
 * for, what comes for them, and the dice by which it is drawn who does what
 * next. Test support; never linked in.
 */
#ifndef QC_COMMAND_TEST_SHOP_H
#define QC_COMMAND_TEST_SHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/test/world.h"
#include "quorumcall/v1/presence.pb-c.h"

enum {
    QC_SHOP_AGENTS_MAX = 8,
    QC_SHOP_ID_SIZE = 32,
};

/* Agents are "agent0" and so on; what comes is "c0" and so on of "pbx". */
extern struct qc_shop {
    struct qc_world world;
    struct qc_reply reply;
    uint64_t seed;
    unsigned n_agents;
    char sessions[QC_SHOP_AGENTS_MAX][QC_SHOP_ID_SIZE];
    unsigned n_calls; /* That have come. */
    unsigned event_seq;
} qc_shop;

#define QC_ASK(...) qc_world_call(&qc_shop.world, &qc_shop.reply, __VA_ARGS__)

/* Something that may happen, to an agent or not; gives whether it did. */
struct qc_shop_step {
    const char *name;
    unsigned weight;
    bool (*step)(unsigned agent);
    unsigned n_done;
};

/* Anew, without anything configured; qc_shop.world is to be closed. */
void qc_shop_open(unsigned n_agents, uint64_t seed);

/* 0 to |below| - 1. */
uint32_t qc_shop_draw(uint32_t below);

/* Does one of |steps|, the likelier the more it weighs. */
void qc_shop_do_some(struct qc_shop_step *steps, size_t n);

/* Fails the test that runs if one of |steps| was never done. */
void qc_shop_did_all(const struct qc_shop_step *steps, size_t n);

/* --- steps --- */

bool qc_shop_log_in(unsigned agent);
bool qc_shop_not_ready(unsigned agent);
bool qc_shop_set_ready(unsigned agent);
bool qc_shop_accept(unsigned agent);
bool qc_shop_reject(unsigned agent);
bool qc_shop_end_call(unsigned agent);

/* --- what they are made of --- */

/* What the agent is at, in |phase|; false: nothing. */
bool qc_shop_find_work(unsigned agent,
                       Qc__V1__WorkPhase phase,
                       char interaction[QC_SHOP_ID_SIZE],
                       char offer[QC_SHOP_ID_SIZE]);

/* |event|, "HELD", happens to one of the last that have come. */
bool qc_shop_happen(const char *event);

#endif
