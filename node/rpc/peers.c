#include "rpc/peers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/quoted.h"
#include "http2/client.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "rpc/hello.h"

enum {
    CHANNELS = 2,
    PAUSE_MIN_MS = 20,
    PAUSE_MAX_MS = 500,
    BACKLOG_MAX = 16 * 1024 * 1024, /* On one stream; beyond it, drop. */
    GUESTS_MAX = QC_SERVERS_MAX,
    ROW_ARENA_SIZE = 1024 * 1024,
    ADDRESS_SIZE = 263,
    WHY_SIZE = 256, /* Of what a peer may say for itself in the log. */
    REFUSALS_APART_MS = 1000, /* In the log; all of them are counted. */
    PINGS_APART_MS = 2000,
    /* A process that dies closes connections one moment and its port the next.
     */
    LOOKS = 5,
    LOOKS_APART_MS = 5,
};

static const char *const PATHS[CHANNELS] = {
    [QC_CHANNEL_CONSENSUS] = "/quorumcall.peer.v1.PeerService/Consensus",
    [QC_CHANNEL_EXCHANGE] = "/quorumcall.peer.v1.PeerService/Exchange",
};

/* One stream to a peer, and the connection it has for itself. */
struct lane {
    struct peer *peer;
    enum qc_channel channel;
    struct qc_http2_client *client;
    struct qc_http2_stream *stream; /* NULL while there is none. */
    int64_t redial_ms;              /* Not before, in monotonic time. */
    int64_t pause_ms;
    struct qc_call *incoming; /* The peer's stream to us; NULL while none. */
};

struct peer {
    LIST_ENTRY(peer) of_peers;
    struct qc_peers *peers;
    uint64_t id;
    char address[ADDRESS_SIZE];
    struct lane lanes[CHANNELS];
    unsigned n_open; /* Clients that are still on the loop. */
    bool guest;      /* No member that we know of. */
    bool leaving;    /* Closed at the end of the turn. */
    bool closing;
    bool connected;         /* As the replica has been told. */
    unsigned n_looks;       /* How often yet to look whether it listens. */
    int64_t look_ms;        /* Not before. */
    char trouble[WHY_SIZE]; /* Why it could not be reached; "" when it was. */
};

struct qc_peers {
    const struct qc_rpc_options *options;
    struct qc_replica *replica;
    LIST_HEAD(peer_list, peer) list;
    unsigned n_alive; /* Peers that are on the loop, in the list or not. */
    uint64_t n_refused;
    int64_t refusal_told_ms;
    int64_t pinged_ms;
    uv_timer_t look; /* Makes a turn, whose end looks. */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static int64_t now_ms(const struct qc_peers *peers)
{
    const struct qc_clocks *clocks = &peers->options->clocks;

    return clocks->monotonic_ms(clocks->ctx);
}

static struct peer *peer_find(const struct qc_peers *peers, uint64_t id)
{
    struct peer *peer;

    LIST_FOREACH(peer, &peers->list, of_peers)
    {
        if (peer->id == id && !peer->leaving) {
            return peer;
        }
    }
    return NULL;
}

static void notice(const struct qc_peers *peers,
                   enum qc_notice level,
                   const char *text,
                   uint64_t peer,
                   const char *why)
{
    char quoted[WHY_SIZE];
    char line[WHY_SIZE + 64];

    snprintf(line, sizeof(line), "%s peer=%" PRIu64 " why=%s", text, peer,
             qc_quoted(quoted, sizeof(quoted), why));
    peers->options->notice(peers->options->ctx, level, line);
}

static bool lane_up(const struct lane *lane)
{
    return lane->stream != NULL && qc_http2_client_connected(lane->client);
}

bool qc_peers_connected(const struct qc_peers *peers, uint64_t id)
{
    const struct peer *peer = peer_find(peers, id);

    return peer != NULL && lane_up(&peer->lanes[QC_CHANNEL_CONSENSUS]) &&
           lane_up(&peer->lanes[QC_CHANNEL_EXCHANGE]);
}

/* Each loss and each refusal is told, also of a peer that was not connected. */
static void tell_replica(struct peer *peer, bool connected)
{
    peer->connected = connected;
    qc_replica_peer_connected(peer->peers->replica, peer->id, connected);
}

/* Why a peer cannot be reached, once for each reason: a certificate that is not
 * good is seen nowhere else. */
static void tell_trouble(struct peer *peer, const char *why)
{
    if (strncmp(peer->trouble, why, sizeof(peer->trouble) - 1) == 0) {
        return;
    }
    snprintf(peer->trouble, sizeof(peer->trouble), "%s", why);
    notice(peer->peers, QC_NOTICE_INFO, "peer_unreachable", peer->id, why);
}

static void stream_closed(void *ctx, const struct qc_http2_response *response)
{
    struct lane *lane = ctx;
    struct peer *peer = lane->peer;
    const struct qc_rpc_options *options = peer->peers->options;
    uint64_t removed_at = qc_removed_index(response->message);

    lane->stream = NULL;
    if (peer->closing) {
        return;
    }
    lane->redial_ms = now_ms(peer->peers) + lane->pause_ms;
    lane->pause_ms *= 2;
    if (lane->pause_ms > PAUSE_MAX_MS) {
        lane->pause_ms = PAUSE_MAX_MS;
    }
    if (peer->connected) {
        peer->n_looks = LOOKS;
        peer->look_ms = now_ms(peer->peers);
        notice(peer->peers, QC_NOTICE_WARNING, "peer_lost", peer->id,
               response->message);
    } else {
        tell_trouble(peer, response->message);
    }
    tell_replica(peer, false);
    if (qc_http2_client_refused(lane->client)) {
        peer->n_looks = 0;
        qc_replica_peer_refuses(peer->peers->replica, peer->id);
    }
    if (response->status == QC_STATUS_FAILED_PRECONDITION && removed_at != 0) {
        options->removed(options->ctx, removed_at);
    }
}

/* The first message of each stream. */
static bool hello_send(struct lane *lane)
{
    const struct qc_rpc_options *options = lane->peer->peers->options;
    Qc__Peer__Hello hello = QC__PEER__HELLO__INIT;
    struct qc_arena arena;
    struct qc_bytes bytes;
    bool sent;

    hello.cluster_id = options->cluster_id;
    hello.node_id = options->node_id;
    hello.to_node_id = lane->peer->id;
    hello.version = options->version;
    hello.cluster_version = QC_CLUSTER_VERSION_MAX;
    hello.address = options->address;
    qc_arena_init(&arena, QC_HELLO_ARENA_SIZE);
    sent = qc_hello_write(lane->channel, &hello, &arena, &bytes) &&
           qc_http2_stream_send(lane->stream, bytes, BACKLOG_MAX);
    qc_arena_done(&arena);
    return sent;
}

static bool lane_dial(struct lane *lane)
{
    if (now_ms(lane->peer->peers) < lane->redial_ms) {
        return false;
    }
    lane->stream = qc_http2_client_stream(lane->client, PATHS[lane->channel],
                                          stream_closed, lane);
    if (lane->stream == NULL) {
        return false;
    }
    if (!hello_send(lane)) {
        qc_http2_stream_reset(lane->stream);
        return false;
    }
    return true;
}

void qc_peers_send(struct qc_peers *peers,
                   uint64_t to,
                   enum qc_channel channel,
                   struct qc_bytes message)
{
    struct peer *peer = peer_find(peers, to);
    struct lane *lane;

    if (peer == NULL || peers->closing) {
        return;
    }
    lane = &peer->lanes[channel];
    if (lane->stream == NULL && !lane_dial(lane)) {
        return;
    }
    if (!qc_http2_stream_send(lane->stream, message, BACKLOG_MAX)) {
        notice(peers, QC_NOTICE_DEBUG, "message_dropped", to,
               "the peer does not read");
    }
}

/* --- who is a peer -------------------------------------------------------- */

static void turn_away(struct qc_call *call,
                      enum qc_status status,
                      const char *message)
{
    struct qc_call_error error = {.status = status, .message = message};

    qc_call_fail(call, &error);
}

/* Turns a stream away that has just begun; |id| is whose it says it is, 0 when
 * it has not said so. */
static void refuse(struct qc_peers *peers,
                   struct qc_call *call,
                   uint64_t id,
                   enum qc_status status,
                   const char *why)
{
    int64_t now = now_ms(peers);

    if (peers->n_refused++ == 0 ||
        now - peers->refusal_told_ms >= REFUSALS_APART_MS) {
        peers->refusal_told_ms = now;
        notice(peers, QC_NOTICE_WARNING, "peer_refused", id, why);
    }
    turn_away(call, status, why);
}

uint64_t qc_peers_refused(const struct qc_peers *peers)
{
    return peers->n_refused;
}

/* What the rows know of a node that is no peer. */
struct past {
    uint64_t removed_at;   /* 0: it was not. */
    uint64_t last_node_id; /* Greatest id that was ever used. */
    uint32_t version;      /* The cluster's. */
};

/* False when the rows cannot be read, and then the node stops. */
static bool past_of(const struct qc_peers *peers,
                    uint64_t id,
                    struct past *past_out)
{
    const struct qc_rpc_options *options = peers->options;
    const Qc__State__MembersRow *row;
    struct qc_arena arena;
    struct qc_txn txn;
    int r;

    qc_arena_init(&arena, ROW_ARENA_SIZE);
    qc_machine_view(options->machine, &arena, &txn);
    row = qc_members_get(&txn);
    past_out->removed_at = qc_member_removed_at(row, id);
    past_out->last_node_id = row != NULL ? row->last_node_id : 0;
    past_out->version = qc_cluster_version(&txn);
    r = qc_txn_answer(&txn, 0);
    qc_arena_done(&arena);
    if (r != 0) {
        options->fault(options->ctx, r);
    }
    return r == 0;
}

static void peers_release(struct qc_peers *peers)
{
    if (--peers->n_alive > 0) {
        return;
    }
    if (peers->closed != NULL) {
        peers->closed(peers->closed_ctx);
    }
    free(peers);
}

static void peer_release(void *ctx)
{
    struct peer *peer = ctx;
    struct qc_peers *peers = peer->peers;

    if (--peer->n_open == 0) {
        free(peer);
        peers_release(peers);
    }
}

/* The peer is freed when its connections are off the loop. */
static void peer_close(struct peer *peer)
{
    LIST_REMOVE(peer, of_peers);
    peer->closing = true;
    peer->n_open = 1; /* So that the last client to go is not the last. */
    for (unsigned c = 0; c < CHANNELS; c++) {
        struct lane *lane = &peer->lanes[c];

        if (lane->incoming != NULL) {
            qc_call_set_data(lane->incoming, NULL);
            lane->incoming = NULL;
        }
        if (lane->client != NULL) {
            peer->n_open++;
            qc_http2_client_close(lane->client, peer_release, peer);
        }
    }
    peer_release(peer);
}

/* Has the client of a lane be sure whom it talks to. */
static void secure(const struct peer *peer, struct qc_http2_client *client)
{
    const struct qc_rpc_options *options = peer->peers->options;
    char identity[QC_NODE_IDENTITY_SIZE];

    if (options->tls != NULL) {
        qc_node_identity(options->cluster_id, peer->id, identity);
        qc_http2_client_secure(client, options->tls, identity);
    }
}

/* NULL when memory is short, or the address is none. */
static struct peer *peer_add(struct qc_peers *peers,
                             uint64_t id,
                             const char *address)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (peer == NULL) {
        return NULL;
    }
    peer->peers = peers;
    peer->id = id;
    snprintf(peer->address, sizeof(peer->address), "%s", address);
    peers->n_alive++;
    LIST_INSERT_HEAD(&peers->list, peer, of_peers);
    for (unsigned c = 0; c < CHANNELS; c++) {
        peer->lanes[c] = (struct lane){
            .peer = peer,
            .channel = (enum qc_channel)c,
            .pause_ms = PAUSE_MIN_MS,
            .client = qc_http2_client_new(peers->options->loop, address),
        };
        if (peer->lanes[c].client == NULL) {
            peer_close(peer);
            return NULL;
        }
        secure(peer, peer->lanes[c].client);
    }
    return peer;
}

static const struct qc_server *server_find(const struct qc_server *servers,
                                           size_t n,
                                           uint64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (servers[i].id == id) {
            return &servers[i];
        }
    }
    return NULL;
}

bool qc_peers_set_members(struct qc_peers *peers,
                          const struct qc_server *servers,
                          size_t n)
{
    struct peer *peer;
    bool good = true;

    LIST_FOREACH(peer, &peers->list, of_peers)
    {
        const struct qc_server *server = server_find(servers, n, peer->id);

        peer->leaving =
            peer->leaving || (server == NULL && !peer->guest) ||
            (server != NULL && strcmp(server->address, peer->address) != 0);
        peer->guest = server == NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (servers[i].id != peers->options->node_id &&
            peer_find(peers, servers[i].id) == NULL) {
            good = peer_add(peers, servers[i].id, servers[i].address) != NULL &&
                   good;
        }
    }
    return good;
}

/* Those who are members no more go now, when nobody is in the middle of using
 * them; and hear why, if the rows know it yet. */
static void see_off(struct peer *peer)
{
    char text[QC_REMOVED_TEXT_SIZE] = "not a member of this cluster";
    enum qc_status status = QC_STATUS_PERMISSION_DENIED;
    struct past past;

    if (!past_of(peer->peers, peer->id, &past)) {
        return;
    }
    if (past.removed_at != 0) {
        status = QC_STATUS_FAILED_PRECONDITION;
        qc_removed_text(past.removed_at, text);
    }
    for (unsigned c = 0; c < CHANNELS; c++) {
        if (peer->lanes[c].incoming != NULL) {
            turn_away(peer->lanes[c].incoming, status, text);
        }
    }
    tell_replica(peer, false);
    notice(peer->peers, QC_NOTICE_INFO, "peer_gone", peer->id, text);
    peer_close(peer);
}

uint64_t qc_peers_rtt_us(const struct qc_peers *peers, uint64_t id)
{
    const struct peer *peer = peer_find(peers, id);

    return peer != NULL ? qc_http2_client_rtt_us(
                              peer->lanes[QC_CHANNEL_CONSENSUS].client)
                        : 0;
}

/* Of these there are enough to know how far away a peer is, and too few to be
 * taken for noise. */
static void ping_all(struct qc_peers *peers)
{
    struct peer *peer;
    int64_t now = now_ms(peers);

    if (now - peers->pinged_ms < PINGS_APART_MS) {
        return;
    }
    peers->pinged_ms = now;
    LIST_FOREACH(peer, &peers->list, of_peers)
    {
        qc_http2_client_ping(peer->lanes[QC_CHANNEL_CONSENSUS].client);
    }
}

static void on_look(uv_timer_t *look)
{
    (void)look;
}

/* A peer that was lost is dialled at once, and not when there is something to
 * say to it: a follower says nothing to a leader that has gone, and that it
 * refuses is what followers wait for. The other lane has its pause, so that
 * nothing is lost again without one. */
static void look_for(struct peer *peer)
{
    struct lane *lane = &peer->lanes[QC_CHANNEL_CONSENSUS];
    int64_t now = now_ms(peer->peers);

    if (peer->n_looks == 0 || lane->stream != NULL) {
        return;
    }
    if (now < peer->look_ms) {
        uv_timer_start(&peer->peers->look, on_look,
                       (uint64_t)(peer->look_ms - now), 0);
        return;
    }
    peer->n_looks--;
    peer->look_ms = now + LOOKS_APART_MS;
    lane->redial_ms = now;
    (void)lane_dial(lane);
}

void qc_peers_flush(struct qc_peers *peers)
{
    struct peer *peer = LIST_FIRST(&peers->list);

    ping_all(peers);
    while (peer != NULL) {
        struct peer *next = LIST_NEXT(peer, of_peers);

        if (peer->leaving) {
            see_off(peer);
            peer = next;
            continue;
        }
        look_for(peer);
        for (unsigned c = 0; c < CHANNELS; c++) {
            qc_http2_client_flush(peer->lanes[c].client);
            if (lane_up(&peer->lanes[c])) {
                peer->lanes[c].pause_ms = PAUSE_MIN_MS;
            }
        }
        if (!peer->connected && qc_peers_connected(peers, peer->id)) {
            peer->trouble[0] = '\0';
            peer->n_looks = 0;
            notice(peers, QC_NOTICE_INFO, "peer_connected", peer->id, "");
            tell_replica(peer, true);
        }
        peer = next;
    }
}

struct qc_peers *qc_peers_new(const struct qc_rpc_options *options)
{
    struct qc_peers *peers = calloc(1, sizeof(*peers));

    if (peers == NULL) {
        return NULL;
    }
    peers->options = options;
    peers->n_alive = 2; /* It is not closed, nor is its timer. */
    LIST_INIT(&peers->list);
    uv_timer_init(options->loop, &peers->look);
    peers->look.data = peers;
    if (!qc_peers_set_members(peers, options->servers, options->n_servers)) {
        qc_peers_close(peers, NULL, NULL);
        return NULL;
    }
    return peers;
}

void qc_peers_set_replica(struct qc_peers *peers, struct qc_replica *replica)
{
    peers->replica = replica;
}

static void look_closed(uv_handle_t *look)
{
    peers_release(look->data);
}

void qc_peers_close(struct qc_peers *peers,
                    void (*closed)(void *ctx),
                    void *ctx)
{
    peers->closing = true;
    peers->closed = closed;
    peers->closed_ctx = ctx;
    while (!LIST_EMPTY(&peers->list)) {
        peer_close(LIST_FIRST(&peers->list));
    }
    uv_close((uv_handle_t *)&peers->look, look_closed);
    peers_release(peers);
}

/* --- streams that come in ------------------------------------------------- */

bool qc_peers_path(const char *path)
{
    return strcmp(path, PATHS[QC_CHANNEL_CONSENSUS]) == 0 ||
           strcmp(path, PATHS[QC_CHANNEL_EXCHANGE]) == 0;
}

static enum qc_channel channel_of(const struct qc_call *call)
{
    return strcmp(qc_call_path(call), PATHS[QC_CHANNEL_CONSENSUS]) == 0
               ? QC_CHANNEL_CONSENSUS
               : QC_CHANNEL_EXCHANGE;
}

/* Without TLS nobody can prove to be a node, so only this machine may try. */
void qc_peers_begin(struct qc_peers *peers, struct qc_call *call)
{
    qc_call_set_data(call, NULL);
    if (peers->options->tls != NULL) {
        if (qc_call_trust(call) != QC_TRUST_NODE) {
            refuse(peers, call, 0, QC_STATUS_PERMISSION_DENIED,
                   "only nodes may call this, with a certificate of theirs");
        }
    } else if (!qc_call_from_loopback(call)) {
        refuse(peers, call, 0, QC_STATUS_UNAUTHENTICATED,
               "without TLS, nodes are accepted from loopback only");
    }
}

/* Whether the certificate is that of the node which |hello| says it is from. */
static bool is_who_it_says(const struct qc_peers *peers,
                           const struct qc_call *call,
                           const Qc__Peer__Hello *hello)
{
    char identity[QC_NODE_IDENTITY_SIZE];

    qc_node_identity(peers->options->cluster_id, hello->node_id, identity);
    return peers->options->tls == NULL ||
           strcmp(qc_call_identity(call), identity) == 0;
}

static unsigned count_guests(const struct qc_peers *peers)
{
    const struct peer *peer;
    unsigned n = 0;

    LIST_FOREACH(peer, &peers->list, of_peers)
    {
        n += peer->guest;
    }
    return n;
}

/*
 * Who says |hello|; NULL when it was turned away. A node whose id is greater
 * than all that the rows here have seen may be a member that these rows do not
 * know of yet, perhaps the very leader that is to tell of it: it is a guest,
 * answered where it says.
 */
static struct peer *recognise(struct qc_peers *peers,
                              struct qc_call *call,
                              const Qc__Peer__Hello *hello)
{
    const char *why = "not a member of this cluster, or not meant for this "
                      "node";
    char removed[QC_REMOVED_TEXT_SIZE];
    enum qc_status status = QC_STATUS_PERMISSION_DENIED;
    struct peer *peer = peer_find(peers, hello->node_id);
    struct past past = {.removed_at = 0};

    if (strcmp(hello->cluster_id, peers->options->cluster_id) != 0 ||
        hello->to_node_id != peers->options->node_id ||
        hello->node_id == peers->options->node_id || hello->node_id == 0) {
        peer = NULL;
    } else if (!is_who_it_says(peers, call, hello)) {
        peer = NULL;
        why = "its certificate is not that of the node it says it is";
    } else if (!past_of(peers, hello->node_id, &past)) {
        return NULL;
    } else if (peer == NULL && past.removed_at != 0) {
        status = QC_STATUS_FAILED_PRECONDITION;
        qc_removed_text(past.removed_at, removed);
        why = removed;
    } else if (hello->cluster_version < past.version && past.version > 1) {
        peer = NULL;
        status = QC_STATUS_FAILED_PRECONDITION;
        why = "the cluster keeps to a version that the program of this node "
              "does not support: run a newer release";
    } else if (peer == NULL && hello->node_id > past.last_node_id &&
               count_guests(peers) < GUESTS_MAX) {
        peer = peer_add(peers, hello->node_id, hello->address);
        if (peer != NULL) {
            peer->guest = true;
        }
    }
    if (peer == NULL) {
        refuse(peers, call, hello->node_id, status, why);
    }
    return peer;
}

/* Lets the peer in that |message| introduces, or turns it away. */
static void welcome(struct qc_peers *peers,
                    struct qc_call *call,
                    struct qc_bytes message)
{
    enum qc_channel channel = channel_of(call);
    const Qc__Peer__Hello *hello;
    struct qc_arena arena;
    struct peer *peer;

    qc_arena_init(&arena, QC_HELLO_ARENA_SIZE);
    hello = qc_hello_read(channel, message, &arena);
    if (hello == NULL) {
        turn_away(call, QC_STATUS_INVALID_ARGUMENT,
                  "the first message must be a Hello");
        goto out;
    }
    peer = recognise(peers, call, hello);
    if (peer == NULL) {
        goto out;
    }
    /* A peer that begins again has lost its older stream. */
    if (peer->lanes[channel].incoming != NULL) {
        qc_call_set_data(peer->lanes[channel].incoming, NULL);
        turn_away(peer->lanes[channel].incoming, QC_STATUS_ABORTED,
                  "the peer has begun another stream");
    }
    peer->lanes[channel].incoming = call;
    qc_call_set_data(call, &peer->lanes[channel]);
out:
    qc_arena_done(&arena);
}

void qc_peers_message(struct qc_peers *peers,
                      struct qc_call *call,
                      struct qc_bytes message)
{
    const struct lane *lane = qc_call_data(call);
    bool good = true;
    uint64_t from;
    int r;

    if (peers->closing) {
        return;
    }
    if (lane == NULL) {
        welcome(peers, call, message);
        return;
    }
    from = lane->peer->id;
    r = qc_replica_receive(peers->replica, from, lane->channel, message, &good);
    if (r != 0) {
        peers->options->fault(peers->options->ctx, r);
    } else if (!good) {
        notice(peers, QC_NOTICE_WARNING, "peer_malformed", from,
               "a message could not be read");
        turn_away(call, QC_STATUS_INVALID_ARGUMENT, "malformed message");
    }
}

void qc_peers_end(struct qc_peers *peers, struct qc_call *call)
{
    (void)peers;
    qc_call_answer(call, (struct qc_bytes){NULL, 0});
}

void qc_peers_stream_closed(struct qc_peers *peers, struct qc_call *call)
{
    struct lane *lane = qc_call_data(call);

    (void)peers;
    if (lane != NULL && lane->incoming == call) {
        lane->incoming = NULL;
    }
}
