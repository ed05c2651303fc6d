/*
 * The replica's network: streams of quorumcall.peer.v1 to and from each peer.
 *
 * To each peer there are two streams of our own, each on a connection of its
 * own, so that a large batch cannot delay a heartbeat. They are dialled when
 * there is something to send, again and again with growing pauses while nobody
 * answers, and begin with Hello. A message that finds no stream is dropped:
 * Raft, and whoever forwards, says it again.
 *
 * Of streams that come in, the first message must be a Hello of a member of
 * this cluster that means this node; until it has come, nothing else is read.
 * Where there is TLS, both ends have a certificate that says which node they
 * are: of the one that is dialled, and of the one that says Hello. Without it
 * nodes are let in from this machine only.
 *
 * A node that was removed is told so, and at which index. One that is newer
 * than all that the rows here know of is let in as a guest: these rows may lag
 * behind those that made it a member.
 *
 * Members change while the node runs. A peer that is one no more is closed at
 * the end of the turn, not while somebody may be in the middle of using it.
 */
#ifndef QC_RPC_PEERS_H
#define QC_RPC_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "http2/call.h"
#include "replica/replica.h"
#include "rpc/rpc.h"

struct qc_peers;

/* NULL when memory is short. Options are borrowed, as in rpc.h. */
struct qc_peers *qc_peers_new(const struct qc_rpc_options *options);

void qc_peers_set_replica(struct qc_peers *peers, struct qc_replica *replica);

/* Whom to reach from now on; this node, if it is among them, is left out.
 * Copied. False when memory was short for one of them, or its address is none.
 */
bool qc_peers_set_members(struct qc_peers *peers,
                          const struct qc_server *servers,
                          size_t n);

/* Sends, or drops. */
void qc_peers_send(struct qc_peers *peers,
                   uint64_t to,
                   enum qc_channel channel,
                   struct qc_bytes message);

/* Whether the peer has both streams. */
bool qc_peers_connected(const struct qc_peers *peers, uint64_t peer);

/* How long it last took to the peer |id| and back, on the connection of Raft's
 * messages, its turn of the loop included; asked every 2 s. 0: not known. */
uint64_t qc_peers_rtt_us(const struct qc_peers *peers, uint64_t id);

void qc_peers_flush(struct qc_peers *peers);

/* How many streams that came in were turned away at their beginning. */
uint64_t qc_peers_refused(const struct qc_peers *peers);

/* Frees it once everything is off the loop, and then calls |closed|. */
void qc_peers_close(struct qc_peers *peers,
                    void (*closed)(void *ctx),
                    void *ctx);

/* Whether |path| is one of peer.v1. */
bool qc_peers_path(const char *path);

/* A stream of a peer: as the functions of a call's handler. */
void qc_peers_begin(struct qc_peers *peers, struct qc_call *call);
void qc_peers_message(struct qc_peers *peers,
                      struct qc_call *call,
                      struct qc_bytes message);
void qc_peers_end(struct qc_peers *peers, struct qc_call *call);
void qc_peers_stream_closed(struct qc_peers *peers, struct qc_call *call);

#endif
