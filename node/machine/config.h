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
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"

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

#endif
