/*
 * Configuration: what the objects that people write have in common.
 *
 * A row holds the object as people write and see it, with every default filled
 * in, so that whoever reads it need not know any. Each has a revision (field
 * 20), drawn anew when something changes, and the times of its creation and its
 * last change (21, 22).
 */
#ifndef QC_MACHINE_CONFIG_H
#define QC_MACHINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "machine/refusal.h"

struct qc_entity;
struct qc_key;
struct qc_txn;

/* What writing an object came to. */
enum qc_change {
    QC_CHANGE_NONE, /* It was so already; nothing is written. */
    QC_CHANGE_CREATED,
    QC_CHANGE_UPDATED,
};

/* Whether |text| is a key: [A-Za-z0-9_.:-]{1,64}. */
bool qc_config_is_key(const char *text);

/* Whether |text| is a number in E.164. */
bool qc_config_is_e164(const char *text);

/* |was| is the object as it stands, or NULL. Refuses: REV_MISMATCH, unless
 * |if_rev| is 0 or its revision. */
QC_MUST_CHECK int qc_config_match(struct qc_txn *txn,
                                  const ProtobufCMessage *was,
                                  uint64_t if_rev);

/* Says what putting |object| in the place of |was| (NULL: nothing) would come
 * to, and gives |object| its revision and times. Draws an id if it changes:
 * call it after the last check. */
enum qc_change qc_config_stamp(struct qc_txn *txn,
                               const ProtobufCMessage *was,
                               ProtobufCMessage *object);

/*
 * A kind of objects that are named by a key, and all in which one kind differs
 * from another. A row's field 1 is the object, and an object's field 1 its key.
 */
struct qc_config_kind {
    const struct qc_entity *entity; /* Counted. */
    const char *key_field;          /* In refusals: "branch.key". */
    enum qc_refusal unknown;        /* Says that there is none of that key. */
    size_t quota;                   /* Where its limit is in Qc__V1__Quotas. */
    bool many; /* So many rows that none is worth remembering. */

    /* Rules that the object alone must keep; its key has been looked at. May
     * be NULL. */
    int (*check)(const void *object, struct qc_refusal_detail *detail);

    /* Makes |object|, a shallow copy of what is wanted, what is to stand in the
     * row: defaults are filled in. |was| is what stands there; NULL: nothing.
     * May be NULL. */
    void (*complete)(struct qc_txn *txn, const void *was, void *object);

    /* Refuses of the complete |object| what rows do not allow. May be NULL. */
    int (*admit)(struct qc_txn *txn, const void *was, const void *object);

    /* Fills in what |row| holds beside its object that follows from other rows,
     * whenever it is written. Refuses what those do not allow. May be NULL. */
    int (*resolve)(struct qc_txn *txn, void *row);

    /* Fills in what a new row holds beside the object. May be NULL. */
    void (*begin)(struct qc_txn *txn, void *row);

    /* The object of |row| as people see it; NULL: as it stands there. */
    void *(*show)(struct qc_txn *txn, const void *row);
};

/* Where the row of |tenant| stands. */
struct qc_key qc_config_key(uint32_t tenant,
                            const struct qc_config_kind *kind,
                            const char *key);

/* The row; NULL when there is none. Rows of a kind that has few are recalled
 * (row_memory.h). */
const void *qc_config_get(struct qc_txn *txn,
                          const struct qc_config_kind *kind,
                          const char *key);

/* The object of |row|, which may be NULL, as people see it. */
void *qc_config_show(struct qc_txn *txn,
                     const struct qc_config_kind *kind,
                     const void *row);

/* Rules that the message alone must keep. Refuses: INVALID, and what the kind
 * says. */
QC_MUST_CHECK int qc_config_check_object(const struct qc_config_kind *kind,
                                         const ProtobufCMessage *object,
                                         struct qc_refusal_detail *detail);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA, and what the kind
 * says. */
QC_MUST_CHECK int qc_config_put(struct qc_txn *txn,
                                const struct qc_config_kind *kind,
                                const ProtobufCMessage *object,
                                uint64_t if_rev,
                                enum qc_change *change_out);

/* Creates what a new tenant has from its beginning, which no quota counts. */
void qc_config_seed(struct qc_txn *txn,
                    const struct qc_config_kind *kind,
                    const ProtobufCMessage *object);

#endif
