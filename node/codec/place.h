/*
 * Where in a message one is, and what is wrong there. Pure: see msgpack.h.
 *
 * Whoever walks a message has one link per field on its stack. They are made
 * text only when something is wrong, so that a good message pays nothing.
 */
#ifndef QC_CODEC_PLACE_H
#define QC_CODEC_PLACE_H

#include "codec/codec.h"

enum {
    QC_NO_INDEX = -1
};

struct qc_place {
    const struct qc_place *outer; /* NULL for a field of the whole message. */
    const char *name;             /* Of the field. */
    const char *key;              /* Of the map's entry; NULL when none. */
    long index;                   /* Of the list's element, or QC_NO_INDEX. */
};

/* Says what is wrong at |place| (NULL: the whole message), in text that is cut
 * where it does not fit. Answers |answer|, for the caller to pass on. */
enum qc_codec_answer qc_wrong(enum qc_codec_answer answer,
                              const struct qc_place *place,
                              const char *text,
                              struct qc_codec_error *error_out);

#endif
