#include "rpc/story.h"

#include <assert.h>
#include <string.h>

#include "rpc/event.h"

enum {
    ARENA_SIZE = 256 * 1024 * 1024, /* As an entry has, while it is applied. */
    N_FORMATS = QC_FORMAT_JSON + 1,
};

/* One event, in the forms in which it was wanted so far. */
struct qc_story_event {
    const char *object;                    /* NULL: it was not read yet. */
    struct qc_bytes written[2][N_FORMATS]; /* With the answer: [1]. */
};

void qc_story_init(struct qc_story *story, uint64_t index)
{
    *story = (struct qc_story){.index = index};
    qc_arena_init(&story->arena, ARENA_SIZE);
}

void qc_story_done(struct qc_story *story)
{
    qc_arena_done(&story->arena);
}

int qc_story_read(struct qc_story *story, struct qc_bytes commands)
{
    return commands.size == 0
               ? 0
               : qc_entry_read(commands, &story->arena, &story->entry);
}

int qc_story_join(struct qc_story *story, const struct qc_machine *machine)
{
    size_t size;
    int r = qc_entry_done(machine, story->index, &story->entry, &story->arena,
                          &story->done, &story->n);

    if (r != 0 || story->n == 0) {
        return r;
    }
    size = story->n * sizeof(*story->events);
    story->events = qc_arena_alloc(&story->arena, size);
    if (story->events == NULL) {
        return QC_E_NOMEM;
    }
    memset(story->events, 0, size);
    return 0;
}

/* Copies |bytes| into the story. */
static int keep(struct qc_story *story,
                struct qc_bytes bytes,
                struct qc_bytes *kept_out)
{
    uint8_t *copy = qc_arena_alloc(&story->arena, bytes.size);

    if (copy == NULL) {
        return QC_E_NOMEM;
    }
    memcpy(copy, bytes.data, bytes.size);
    *kept_out = (struct qc_bytes){copy, bytes.size};
    return 0;
}

/* Writes event |i| in one form. What that needs is given back at once: for all
 * events of a full entry together it could be more than there is. */
static int write_event(struct qc_story *story,
                       size_t i,
                       bool payload,
                       enum qc_format format)
{
    struct qc_story_event *event = &story->events[i];
    Qc__V1__WatchEventsResponse message = QC__V1__WATCH_EVENTS_RESPONSE__INIT;
    struct qc_bytes object;
    struct qc_bytes bytes;
    struct qc_arena arena;
    int r;

    qc_arena_init(&arena, ARENA_SIZE);
    message.index = story->index;
    message.ts_ms = story->entry.at_ms;
    r = qc_event_write(&story->done[i], payload, &arena, &message);
    if (r == 0 && !qc_encode(format, &message.base, &arena, &bytes)) {
        r = QC_E_NOMEM;
    }
    if (r == 0) {
        object = (struct qc_bytes){(const uint8_t *)message.object,
                                   strlen(message.object) + 1};
        r = keep(story, object, &object);
    }
    if (r == 0) {
        event->object = (const char *)object.data;
        r = keep(story, bytes, &event->written[payload][format]);
    }
    qc_arena_done(&arena);
    return r;
}

int qc_story_tell(struct qc_story *story,
                  size_t i,
                  bool payload,
                  enum qc_format format,
                  const char **object_out,
                  struct qc_bytes *message_out)
{
    const struct qc_story_event *event = &story->events[i];

    assert(i < story->n);

    if (event->written[payload][format].size == 0) {
        int r = write_event(story, i, payload, format);

        if (r != 0) {
            return r;
        }
    }
    *object_out = event->object;
    *message_out = event->written[payload][format];
    return 0;
}
