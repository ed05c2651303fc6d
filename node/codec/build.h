/*
 * Messages being built, whatever form they are read from. Pure: see msgpack.h.
 *
 * A form (msgpack, JSON, YAML) knows how its values look; what a message makes
 * of them stands here, once: the range of each type, text that is UTF-8, a
 * field that stands twice, two fields of one oneof, keys of maps.
 */
#ifndef QC_CODEC_BUILD_H
#define QC_CODEC_BUILD_H

#include "codec/place.h"

enum {
    QC_FIELDS_MAX = 64
}; /* Of a message; a test looks at the schema. */

/* What bytes from outside may hold, looked at while they are read: what is far
 * beyond it costs nearly nothing. */
struct qc_bounds {
    size_t n_left; /* Fields and elements that may still come. */
    /* Whether |field| may hold |n| elements; else says why not. */
    bool (*may_hold)(const ProtobufCMessageDescriptor *type,
                     const ProtobufCFieldDescriptor *field,
                     size_t n,
                     const struct qc_place *place,
                     struct qc_codec_error *error);
};

struct qc_build {
    struct qc_arena *arena;
    struct qc_codec_error *error; /* Written when an answer is not OK. */
    struct qc_bounds *bounds;     /* NULL: the arena is all that bounds. */
};

/* A message whose fields come one by one. */
struct qc_draft {
    ProtobufCMessage *message;
    uint64_t seen; /* A bit per field, in the order of the descriptor. */
    const struct qc_place *place; /* Of the message; NULL for the whole. */
    int depth;                    /* Of what is in it; 1 for the whole. */
};

/* A number as it was written, before its type is known. */
struct qc_integer {
    uint64_t magnitude;
    bool negative;
};

/* Whether there may be |n| more fields and elements. */
QC_MUST_CHECK enum qc_codec_answer qc_build_spend(const struct qc_build *build,
                                                  size_t n,
                                                  const struct qc_place *place);

/* Whether |field|, of a message of |type|, may hold |n| elements. */
QC_MUST_CHECK enum qc_codec_answer qc_build_may_hold(
    const struct qc_build *build,
    const ProtobufCMessageDescriptor *type,
    const ProtobufCFieldDescriptor *field,
    size_t n,
    const struct qc_place *place);

/* Begins a message of |type|, which stands at |place| and |depth|. */
QC_MUST_CHECK enum qc_codec_answer qc_build_message(
    const struct qc_build *build,
    const ProtobufCMessageDescriptor *type,
    const struct qc_place *place,
    int depth,
    struct qc_draft *draft_out);

/* Makes room in |draft| for |n| values of |field| (1, unless it is a list, of
 * which each is spent) and says where they go; each takes qc_element_size(). */
QC_MUST_CHECK enum qc_codec_answer qc_build_field(
    const struct qc_build *build,
    struct qc_draft *draft,
    const ProtobufCFieldDescriptor *field,
    size_t n,
    const struct qc_place *place,
    void **at_out);

size_t qc_element_size(const ProtobufCFieldDescriptor *field);

/* Where element |i| of a list that begins at |at| stands. */
void *qc_element_at(const ProtobufCFieldDescriptor *field, void *at, size_t i);

/* Puts a number, also that of an enum, where |field| wants it. */
QC_MUST_CHECK enum qc_codec_answer qc_build_integer(
    const struct qc_build *build,
    const ProtobufCFieldDescriptor *field,
    struct qc_integer integer,
    const struct qc_place *place,
    void *at);

/* Puts a copy of |text|, which must be UTF-8 without NUL. */
QC_MUST_CHECK enum qc_codec_answer qc_build_string(const struct qc_build *build,
                                                   struct qc_bytes text,
                                                   const struct qc_place *place,
                                                   void *at);

/* Puts a copy of |bytes|. */
QC_MUST_CHECK enum qc_codec_answer qc_build_bytes(const struct qc_build *build,
                                                  struct qc_bytes bytes,
                                                  const struct qc_place *place,
                                                  void *at);

/* Begins an entry of the map |field|, with its key, and puts it at |at|. Its
 * value goes to |value_out|. |place| gets the key. */
QC_MUST_CHECK enum qc_codec_answer qc_build_entry(
    const struct qc_build *build,
    const ProtobufCFieldDescriptor *field,
    struct qc_bytes key,
    struct qc_place *place,
    void *at,
    void **value_out);

/* Sorts the entries of a map whose last entry has come. */
QC_MUST_CHECK enum qc_codec_answer qc_build_map_end(
    const struct qc_build *build,
    ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field,
    const struct qc_place *place);

/* The entries of a map in the order of their keys: as they stand when they do
 * stand in order, else a sorted copy in the arena. NULL when it is full, and
 * for a map without entries. */
ProtobufCMessage *const *qc_map_sorted(const ProtobufCMessage *message,
                                       const ProtobufCFieldDescriptor *field,
                                       struct qc_arena *arena);

/* The key of a map's entry. */
const char *qc_entry_key(const ProtobufCMessage *entry);

/* The field that holds the values of a map. */
const ProtobufCFieldDescriptor *qc_map_value(
    const ProtobufCFieldDescriptor *field);

#endif
