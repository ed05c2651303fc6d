/*
 * The fields that every request has beside its own: who asks for what, so that
 * it is done once (100 to 103), and facts of the edge (from 200). Domain model
 * 0.2 rule 8, F.2.
 */
#ifndef QC_RPC_ENVELOPE_H
#define QC_RPC_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "machine/answer.h"

struct qc_arena;

enum {
    QC_FIELD_REQUEST_ID = 100,
    QC_FIELD_IF_REV = 101,
    QC_FIELD_CLIENT_TS = 102,
    QC_FIELD_CLIENT_ID = 103,
    QC_FIELD_FACTS = 200, /* And all above. */
};

/* Empties the facts of the edge, in |message| and all in it: nobody else may
 * set them. */
void qc_envelope_clear_facts(ProtobufCMessage *message);

/* Sets a string of the envelope if it is empty; |text| is borrowed. */
void qc_envelope_set_text(ProtobufCMessage *message,
                          uint32_t number,
                          const char *text);

/* Sets a number of the envelope if it is 0. */
void qc_envelope_set_number(ProtobufCMessage *message,
                            uint32_t number,
                            uint64_t value);

/* Sets a fact of the edge to |bytes|, which are borrowed. */
void qc_envelope_set_bytes(ProtobufCMessage *message,
                           uint32_t number,
                           ProtobufCBinaryData bytes);

/* What is written of a network address: a keyed hash, the same on all nodes of
 * a cluster and on those of no other. */
void qc_envelope_address_hash(const char *cluster_id,
                              struct qc_bytes network,
                              uint8_t hash_out[QC_DIGEST_SIZE]);

/* The request as it stands in the log: canonical, known fields only, without
 * what stands beside it. False when the arena is full. */
bool qc_envelope_body(const ProtobufCMessage *message,
                      struct qc_arena *arena,
                      struct qc_bytes *body_out);

/* XXH3-128 of method and request, without the envelope: what "the same
 * request" means. Taken before phones are normalised. False when the arena is
 * full. */
bool qc_envelope_digest(const ProtobufCMessage *message,
                        uint32_t method_id,
                        struct qc_arena *arena,
                        uint8_t digest_out[QC_DIGEST_SIZE]);

#endif
