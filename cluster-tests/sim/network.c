#include "cluster-tests/sim/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/planted.h"
#include "cluster-tests/sim/planted.h"

enum {
    N_CHANNELS = 2,
    SIDE = SIM_NODES_MAX + 1,
};

struct link {
    bool is_cut;
    int64_t slow_us;
    int64_t last_us[N_CHANNELS]; /* When the last one arrives. */
};

struct sim_network {
    struct sim_world *world;
    struct link links[SIDE][SIDE];
    struct sim_random random;
    bool is_noisy;
    sim_network_tap tap;
};

struct sim_network *sim_network_new(struct sim_world *world)
{
    struct sim_network *network = calloc(1, sizeof(*network));

    assert(network != NULL);
    network->world = world;
    sim_random_seed(&network->random, world->plan.seed, 2);
    return network;
}

void sim_network_free(struct sim_network *network)
{
    free(network);
}

void sim_network_set_noise(struct sim_network *network, bool noisy)
{
    network->is_noisy = noisy;
}

void sim_network_set_tap(struct sim_network *network, sim_network_tap tap)
{
    network->tap = tap;
}

static struct sim_message *message_new(const struct sim_node *from,
                                       unsigned to,
                                       enum qc_channel channel,
                                       struct qc_bytes bytes)
{
    struct sim_message *message = malloc(sizeof(*message) + bytes.size);

    assert(message != NULL);
    *message = (struct sim_message){
        .from = from->id,
        .to = to,
        .channel = channel,
        .size = bytes.size,
    };
    if (bytes.size > 0) {
        memcpy(message->bytes, bytes.data, bytes.size);
    }
    return message;
}

static void put(struct sim_network *network, struct sim_message *message)
{
    const struct sim_plan *plan = &network->world->plan;
    struct link *link = &network->links[message->from][message->to];
    int64_t at_us =
        network->world->now_us + plan->latency_us + link->slow_us +
        (int64_t)sim_random_below(&network->random, (uint64_t)plan->jitter_us);
    int64_t *last_us = &link->last_us[message->channel];

    *last_us = at_us > *last_us ? at_us : *last_us;
    sim_events_put(&network->world->events,
                   (struct sim_event){
                       .at_us = *last_us,
                       .kind = SIM_EVENT_MESSAGE,
                       .node = message->to,
                       .value = XXH3_64bits(message->bytes, message->size),
                       .payload = message,
                   });
}

static void send(void *ctx,
                 uint64_t to,
                 enum qc_channel channel,
                 struct qc_bytes bytes)
{
    struct sim_node *node = ctx;
    struct sim_network *network = node->world->network;
    const struct sim_plan *plan = &node->world->plan;
    struct sim_message *message;
    uint8_t *changed = NULL;

    if (to == 0 || to > node->world->n_nodes ||
        network->links[node->id][to].is_cut ||
        (network->is_noisy &&
         sim_random_chance(&network->random, plan->loss_ppm))) {
        return;
    }
    if (channel == QC_CHANNEL_CONSENSUS &&
        (QC_PLANTED_BUG(1) || QC_PLANTED_BUG(2))) {
        changed = sim_planted_change(node, bytes, &bytes.size);
        bytes.data = changed != NULL ? changed : bytes.data;
    }
    message = message_new(node, (unsigned)to, channel, bytes);
    if (network->tap != NULL) {
        message = network->tap(node->world, message);
    }
    if (message != NULL) {
        put(network, message);
    }
    /* Only Raft may be told twice: what else nodes say relies on connections.
     */
    if (network->is_noisy && channel == QC_CHANNEL_CONSENSUS &&
        sim_random_chance(&network->random, plan->duplicate_ppm)) {
        put(network, message_new(node, (unsigned)to, channel, bytes));
    }
    free(changed);
}

struct qc_network sim_network_of(struct sim_node *node)
{
    return (struct qc_network){node, send};
}

/* --- faults ----------------------------------------------------------------
 */

/* What is lost is lost for good, so a cut ends the connection: the two learn of
 * it when they would on a real one, which is a little later. */
static void tell(struct sim_network *network,
                 unsigned node,
                 unsigned of,
                 bool up)
{
    sim_events_put(
        &network->world->events,
        (struct sim_event){
            .at_us = network->world->now_us + network->world->plan.latency_us,
            .kind = SIM_EVENT_CONNECTED,
            .node = node,
            .value = 2 * (uint64_t)of + (up ? 1 : 0),
        });
}

void sim_network_cut(struct sim_network *network,
                     unsigned from,
                     unsigned to,
                     bool cut)
{
    struct link *link = &network->links[from][to];

    if (from == to || link->is_cut == cut) {
        return;
    }
    link->is_cut = cut;
    tell(network, from, to, !cut);
}

void sim_network_isolate(struct sim_network *network, unsigned id, bool cut)
{
    for (unsigned i = 1; i <= network->world->n_nodes; i++) {
        sim_network_cut(network, id, i, cut);
        sim_network_cut(network, i, id, cut);
    }
}

void sim_network_slow(struct sim_network *network,
                      unsigned from,
                      unsigned to,
                      int64_t us)
{
    network->links[from][to].slow_us = us;
}

void sim_network_heal(struct sim_network *network)
{
    for (unsigned i = 1; i <= network->world->n_nodes; i++) {
        for (unsigned j = 1; j <= network->world->n_nodes; j++) {
            sim_network_cut(network, i, j, false);
            network->links[i][j].slow_us = 0;
        }
    }
}

static void cut_both(struct sim_network *network, unsigned a, unsigned b)
{
    sim_network_cut(network, a, b, true);
    sim_network_cut(network, b, a, true);
}

/* Two sides, by chance. */
static void cut_halves(struct sim_network *network, struct sim_random *random)
{
    uint64_t side = sim_random_next(random);

    for (unsigned i = 1; i <= network->world->n_nodes; i++) {
        for (unsigned j = 1; j < i; j++) {
            if (((side >> i) & 1) != ((side >> j) & 1)) {
                cut_both(network, i, j);
            }
        }
    }
}

static void cut_one_way(struct sim_network *network, struct sim_random *random)
{
    unsigned n = network->world->n_nodes;
    unsigned id = 1 + (unsigned)sim_random_below(random, n);
    bool hears = sim_random_below(random, 2) == 0;

    for (unsigned i = 1; i <= n; i++) {
        sim_network_cut(network, hears ? id : i, hears ? i : id, true);
    }
}

/* Each sees its neighbours only: a majority, and everybody another one. */
static void cut_ring(struct sim_network *network)
{
    unsigned n = network->world->n_nodes;

    for (unsigned i = 1; i <= n; i++) {
        for (unsigned j = 1; j < i; j++) {
            if (i - j > 1 && i - j < n - 1) {
                cut_both(network, i, j);
            }
        }
    }
}

/* Two halves, and one that sees both. */
static void cut_bridge(struct sim_network *network, struct sim_random *random)
{
    unsigned n = network->world->n_nodes;
    unsigned bridge = 1 + (unsigned)sim_random_below(random, n);

    for (unsigned i = 1; i <= n; i++) {
        for (unsigned j = 1; j < i; j++) {
            if (i != bridge && j != bridge && (i % 2) != (j % 2)) {
                cut_both(network, i, j);
            }
        }
    }
}

void sim_network_partition(struct sim_network *network,
                           int64_t mode,
                           struct sim_random *random)
{
    unsigned n = network->world->n_nodes;

    switch (mode == 6 ? (int64_t)sim_random_below(random, 6) : mode) {
    case 0:
        cut_halves(network, random);
        break;
    case 2:
        cut_one_way(network, random);
        break;
    case 3:
        cut_ring(network);
        break;
    case 4:
        cut_bridge(network, random);
        break;
    default: /* Isolated, or flapping. */
        sim_network_isolate(network, 1 + (unsigned)sim_random_below(random, n),
                            true);
        break;
    }
}
