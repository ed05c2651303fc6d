/*
 * What lies between nodes: from each to each a link of its own, which may be
 * slow, lose, or be cut. Messages of one channel of a link arrive in the order
 * in which they were sent, if they arrive, as on a connection; a link that is
 * cut breaks the connection, and both ends learn of it.
 */
#ifndef QC_SIM_NETWORK_H
#define QC_SIM_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/world.h"

struct sim_message {
    unsigned from;
    unsigned to;
    enum qc_channel channel;
    size_t size;
    uint8_t bytes[];
};

struct sim_network *sim_network_new(struct sim_world *world);
void sim_network_free(struct sim_network *network);

/* The network of |node|. */
struct qc_network sim_network_of(struct sim_node *node);

/* Messages of |from| to |to| are lost. */
void sim_network_cut(struct sim_network *network,
                     unsigned from,
                     unsigned to,
                     bool cut);
void sim_network_isolate(struct sim_network *network, unsigned id, bool cut);

/* All messages of |from| to |to| take so much longer. */
void sim_network_slow(struct sim_network *network,
                      unsigned from,
                      unsigned to,
                      int64_t us);

/* In |mode| (plan.def), by |random|: cuts links. */
void sim_network_partition(struct sim_network *network,
                           int64_t mode,
                           struct sim_random *random);

/* Nothing is cut, slow or lost any more. */
void sim_network_heal(struct sim_network *network);

/* Messages are lost and come twice as the plan says; after a healing not. */
void sim_network_set_noise(struct sim_network *network, bool noisy);

/* Looks at each message that is sent; for scenarios. Gives it, or another one
 * in its place (then it frees it), or NULL: it is lost. */
typedef struct sim_message *(*sim_network_tap)(struct sim_world *world,
                                               struct sim_message *message);
void sim_network_set_tap(struct sim_network *network, sim_network_tap tap);

#endif
