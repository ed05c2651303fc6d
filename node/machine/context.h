/*
 * Context: what is known of a visit or a call, as pairs of text.
 *
 * Every message that carries such pairs has a map of its own type for them, so
 * they are read into one plain form, changed there, and written back. The
 * limits are those of the contract (domain model 0.3): no change passes them.
 */
#ifndef QC_MACHINE_CONTEXT_H
#define QC_MACHINE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct qc_txn;

enum {
    QC_CONTEXT_PAIRS_MAX = 64,
    QC_CONTEXT_SIZE_MAX = 16384, /* Of all keys and values, without NULs. */
};

/* The key of the page that the visitor was on. */
#define QC_CONTEXT_PAGE "page_url"

/* Zeroed, it is empty. The text is borrowed from wherever it was read. */
struct qc_context {
    size_t n;
    size_t size; /* Of all keys and values, without NULs. */
    struct {
        const char *key;
        const char *value;
    } pairs[QC_CONTEXT_PAIRS_MAX]; /* Sorted by key, keys unique. */
};

/* The pairs of the map |field| of |message|; what is beyond the limits is left
 * out. */
void qc_context_read(struct qc_context *context,
                     const ProtobufCMessage *message,
                     uint32_t field);

/* Sets |key|; an empty value removes it. False, and unchanged, if the limits
 * do not allow it. */
bool qc_context_set(struct qc_context *context,
                    const char *key,
                    const char *value);

/* Sets each pair of the map |field| of |message|, the removals first. False if
 * they do not all fit; |context| is then of no use. */
bool qc_context_merge(struct qc_context *context,
                      const ProtobufCMessage *message,
                      uint32_t field);

/* NULL when there is no such key. */
const char *qc_context_get(const struct qc_context *context, const char *key);

/* Replaces the map |field| of |message|; its pairs live in the arena, the text
 * where it was. */
void qc_context_write(struct qc_txn *txn,
                      const struct qc_context *context,
                      ProtobufCMessage *message,
                      uint32_t field);

#endif
