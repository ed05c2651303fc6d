/* Makes E.164 of every phone number in a request. */
#ifndef QC_RPC_PHONES_H
#define QC_RPC_PHONES_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

struct qc_arena;
struct qc_phone_book;

/*
 * Replaces each string of format PHONE in |message|, and in messages in it, by
 * its E.164. What is written without a country is of |country|. False
 * when one is no number: then |field_out| is its path, in the arena, or "" when
 * the arena is full.
 */
bool qc_phones_normalise(struct qc_phone_book *book,
                         ProtobufCMessage *message,
                         const char *country,
                         struct qc_arena *arena,
                         const char **field_out);

#endif
