/*
 * An entry of the log on its way to all watchers that are at it: read once,
 * joined once with its answers, and each event written once for each form in
 * which somebody wants it.
 */
#ifndef QC_RPC_STORY_H
#define QC_RPC_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "command/done.h"
#include "command/entry.h"

struct qc_machine;
struct qc_story_event;

struct qc_story {
    struct qc_arena arena;
    uint64_t index;
    struct qc_entry entry;
    struct qc_done *done; /* What it has done, once it is joined. */
    size_t n;
    struct qc_story_event *events; /* Of each of |done|. */
};

/* Begins one of the entry |index|; ended by qc_story_done(). */
void qc_story_init(struct qc_story *story, uint64_t index);
void qc_story_done(struct qc_story *story);

/* Reads the entry, which is |commands| and must outlive the story; empty: it
 * has none. A fault when it is damaged, or memory is short. */
QC_MUST_CHECK int qc_story_read(struct qc_story *story,
                                struct qc_bytes commands);

/* Finds what was done. As qc_entry_done(). */
QC_MUST_CHECK int qc_story_join(struct qc_story *story,
                                const struct qc_machine *machine);

/* Event |i|, with or without the answer: as a WatchEventsResponse in |format|,
 * and the object it is about. Both live as long as the story. A fault as for
 * qc_event_write(). */
QC_MUST_CHECK int qc_story_tell(struct qc_story *story,
                                size_t i,
                                bool payload,
                                enum qc_format format,
                                const char **object_out,
                                struct qc_bytes *message_out);

#endif
