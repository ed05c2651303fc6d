#include "rpc/peers.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/quoted.h"
#include "codec/codec.h"
#include "http2/client.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

enum {
    CHANNELS = 2,
    PAUSE_MIN_MS = 20,
    PAUSE_MAX_MS = 500,
    BACKLOG_MAX = 16 * 1024 * 1024, /* On one stream; beyond it, drop. */
    HELLO_ARENA_SIZE = 16 * 1024,
    WHY_SIZE = 256, /* Of what a peer may say for itself in the log. */
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
    struct qc_peers *peers;
    uint64_t id;
    struct lane lanes[CHANNELS];
    bool connected; /* As the replica has been told. */
};

struct qc_peers {
    const struct qc_rpc_options *options;
    struct qc_replica *replica;
    struct peer peers[QC_SERVERS_MAX];
    unsigned n_peers;
    unsigned n_open; /* Clients that are still on the loop, while closing. */
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
    for (unsigned i = 0; i < peers->n_peers; i++) {
        if (peers->peers[i].id == id) {
            /* The peers are ours; only the reference is const. */
            return (struct peer *)(uintptr_t)&peers->peers[i];
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

static void tell_replica(struct peer *peer, bool connected)
{
    if (peer->connected != connected) {
        peer->connected = connected;
        qc_replica_peer_connected(peer->peers->replica, peer->id, connected);
    }
}

static void stream_closed(void *ctx, const struct qc_http2_response *response)
{
    struct lane *lane = ctx;
    struct peer *peer = lane->peer;

    lane->stream = NULL;
    if (peer->peers->closing) {
        return;
    }
    lane->redial_ms = now_ms(peer->peers) + lane->pause_ms;
    lane->pause_ms *= 2;
    if (lane->pause_ms > PAUSE_MAX_MS) {
        lane->pause_ms = PAUSE_MAX_MS;
    }
    if (peer->connected) {
        notice(peer->peers, QC_NOTICE_WARNING, "peer_lost", peer->id,
               response->message);
    }
    tell_replica(peer, false);
}

/* The first message of each stream. */
static bool hello_send(struct lane *lane)
{
    const struct qc_rpc_options *options = lane->peer->peers->options;
    Qc__Peer__ConsensusRequest consensus = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__ExchangeRequest exchange = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Hello hello = QC__PEER__HELLO__INIT;
    const ProtobufCMessage *message = &exchange.base;
    struct qc_arena arena;
    struct qc_bytes bytes;
    bool sent;

    hello.cluster_id = options->cluster_id;
    hello.node_id = options->node_id;
    hello.to_node_id = lane->peer->id;
    hello.version = options->version;
    exchange.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_HELLO;
    exchange.hello = &hello;
    if (lane->channel == QC_CHANNEL_CONSENSUS) {
        consensus.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_HELLO;
        consensus.hello = &hello;
        message = &consensus.base;
    }
    qc_arena_init(&arena, HELLO_ARENA_SIZE);
    sent = qc_encode(QC_FORMAT_PROTOBUF, message, &arena, &bytes) &&
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

void qc_peers_flush(struct qc_peers *peers)
{
    for (unsigned i = 0; i < peers->n_peers; i++) {
        struct peer *peer = &peers->peers[i];

        for (unsigned c = 0; c < CHANNELS; c++) {
            qc_http2_client_flush(peer->lanes[c].client);
            if (lane_up(&peer->lanes[c])) {
                peer->lanes[c].pause_ms = PAUSE_MIN_MS;
            }
        }
        if (!peer->connected && qc_peers_connected(peers, peer->id)) {
            notice(peers, QC_NOTICE_INFO, "peer_connected", peer->id, "");
            tell_replica(peer, true);
        }
    }
}

static bool peer_init(struct qc_peers *peers,
                      struct peer *peer,
                      const struct qc_server *server)
{
    *peer = (struct peer){.peers = peers, .id = server->id};
    for (unsigned c = 0; c < CHANNELS; c++) {
        peer->lanes[c] = (struct lane){
            .peer = peer,
            .channel = (enum qc_channel)c,
            .pause_ms = PAUSE_MIN_MS,
            .client =
                qc_http2_client_new(peers->options->loop, server->address),
        };
        if (peer->lanes[c].client == NULL) {
            return false;
        }
    }
    return true;
}

struct qc_peers *qc_peers_new(const struct qc_rpc_options *options)
{
    struct qc_peers *peers = calloc(1, sizeof(*peers));

    if (peers == NULL) {
        return NULL;
    }
    peers->options = options;
    for (unsigned i = 0; i < options->n_servers; i++) {
        struct peer *peer = &peers->peers[peers->n_peers];

        if (options->servers[i].id == options->node_id) {
            continue;
        }
        peers->n_peers++;
        if (!peer_init(peers, peer, &options->servers[i])) {
            qc_peers_close(peers, NULL, NULL);
            return NULL;
        }
    }
    return peers;
}

void qc_peers_set_replica(struct qc_peers *peers, struct qc_replica *replica)
{
    peers->replica = replica;
}

static void client_closed(void *ctx)
{
    struct qc_peers *peers = ctx;

    if (--peers->n_open > 0) {
        return;
    }
    if (peers->closed != NULL) {
        peers->closed(peers->closed_ctx);
    }
    free(peers);
}

void qc_peers_close(struct qc_peers *peers,
                    void (*closed)(void *ctx),
                    void *ctx)
{
    peers->closing = true;
    peers->closed = closed;
    peers->closed_ctx = ctx;
    peers->n_open = 1; /* So that the last client to go is not the last. */
    for (unsigned i = 0; i < peers->n_peers; i++) {
        for (unsigned c = 0; c < CHANNELS; c++) {
            struct qc_http2_client *client = peers->peers[i].lanes[c].client;

            if (client != NULL) {
                peers->n_open++;
                qc_http2_client_close(client, client_closed, peers);
            }
        }
    }
    client_closed(peers);
}

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

static void turn_away(struct qc_call *call,
                      enum qc_status status,
                      const char *message)
{
    struct qc_call_error error = {.status = status, .message = message};

    qc_call_fail(call, &error);
}

/* Without TLS nobody can prove to be a node, so only this machine may try. */
void qc_peers_begin(struct qc_peers *peers, struct qc_call *call)
{
    (void)peers;
    qc_call_set_data(call, NULL);
    if (!qc_call_from_loopback(call)) {
        turn_away(call, QC_STATUS_UNAUTHENTICATED,
                  "without TLS, nodes are accepted from loopback only");
    }
}

/* The Hello in |message|; NULL when it holds none. */
static const Qc__Peer__Hello *hello_read(enum qc_channel channel,
                                         struct qc_bytes message,
                                         struct qc_arena *arena)
{
    const ProtobufCMessageDescriptor *type =
        channel == QC_CHANNEL_CONSENSUS
            ? &qc__peer__consensus_request__descriptor
            : &qc__peer__exchange_request__descriptor;
    const Qc__Peer__ConsensusRequest *consensus;
    const Qc__Peer__ExchangeRequest *exchange;
    struct qc_codec_error error;
    ProtobufCMessage *decoded;

    if (message.size > HELLO_ARENA_SIZE / 4 ||
        qc_decode(QC_FORMAT_PROTOBUF, type, message, arena, &decoded, &error) !=
            QC_CODEC_OK) {
        return NULL;
    }
    if (channel == QC_CHANNEL_CONSENSUS) {
        consensus = (const Qc__Peer__ConsensusRequest *)decoded;
        return consensus->message_case ==
                       QC__PEER__CONSENSUS_REQUEST__MESSAGE_HELLO
                   ? consensus->hello
                   : NULL;
    }
    exchange = (const Qc__Peer__ExchangeRequest *)decoded;
    return exchange->message_case == QC__PEER__EXCHANGE_REQUEST__MESSAGE_HELLO
               ? exchange->hello
               : NULL;
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

    qc_arena_init(&arena, HELLO_ARENA_SIZE);
    hello = hello_read(channel, message, &arena);
    if (hello == NULL) {
        turn_away(call, QC_STATUS_INVALID_ARGUMENT,
                  "the first message must be a Hello");
        goto out;
    }
    peer = peer_find(peers, hello->node_id);
    if (strcmp(hello->cluster_id, peers->options->cluster_id) != 0 ||
        hello->to_node_id != peers->options->node_id || peer == NULL) {
        notice(peers, QC_NOTICE_WARNING, "peer_refused", hello->node_id,
               "not a member of this cluster, or not meant for this node");
        turn_away(call, QC_STATUS_PERMISSION_DENIED,
                  "not a member of this cluster, or not meant for this node");
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
    int r;

    if (peers->closing) {
        return;
    }
    if (lane == NULL) {
        welcome(peers, call, message);
        return;
    }
    r = qc_replica_receive(peers->replica, lane->peer->id, lane->channel,
                           message, &good);
    if (r != 0) {
        peers->options->fault(peers->options->ctx, r);
    } else if (!good) {
        notice(peers, QC_NOTICE_WARNING, "peer_malformed", lane->peer->id,
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
