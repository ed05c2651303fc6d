#include "daemon/room.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/quoted.h"
#include "storage/reserve.h"

enum {
    TEXT_SIZE = 1024,
    MIB = 1024 * 1024,
    /* In reserves: what must be free. */
    LOW_BELOW = 2,
    ENOUGH_FROM = 3,
    MAKE_FROM = 4,     /* The file takes one, and there is still enough. */
    GIVE_UP_PARTS = 4, /* The reserve is given up below a part of itself. */
};

enum qc_room qc_room_next(enum qc_room room,
                          uint64_t free_size,
                          uint64_t reserve_size)
{
    if (free_size < reserve_size) {
        return QC_ROOM_NONE;
    }
    if (free_size >= ENOUGH_FROM * reserve_size) {
        return QC_ROOM_ENOUGH;
    }
    if (free_size >= LOW_BELOW * reserve_size) {
        return room == QC_ROOM_NONE ? QC_ROOM_LOW : room;
    }
    return room == QC_ROOM_NONE ? QC_ROOM_NONE : QC_ROOM_LOW;
}

static const char *next_step(enum qc_room room)
{
    switch (room) {
    case QC_ROOM_NONE:
        return "this node takes no more writes: free some room on its disk";
    case QC_ROOM_LOW:
        return "free some room on this disk, or the node becomes read-only";
    case QC_ROOM_ENOUGH:
    default:
        return "nothing: there is room again";
    }
}

static void tell(const struct qc_room_watch *watch, uint64_t free_size)
{
    static const char *const names[] = {
        [QC_ROOM_ENOUGH] = "enough",
        [QC_ROOM_LOW] = "low",
        [QC_ROOM_NONE] = "none",
    };
    char path[TEXT_SIZE / 2];
    char text[TEXT_SIZE];

    snprintf(text, sizeof(text),
             "room is=%s free_mib=%" PRIu64 " reserve_mib=%" PRIu64
             " path=%s next=\"%s\"",
             names[watch->room], free_size / MIB,
             watch->options.reserve_size / MIB,
             qc_quoted(path, sizeof(path), watch->options.data_dir),
             next_step(watch->room));
    watch->options.changed(watch->options.ctx, watch->room, text);
}

static void make(uv_work_t *work)
{
    struct qc_room_watch *watch = work->data;

    watch->made =
        qc_reserve_make(watch->options.reserve, watch->options.reserve_size);
}

static void made(uv_work_t *work, int status)
{
    struct qc_room_watch *watch = work->data;

    watch->is_making = false;
    watch->reserved = status == 0 && watch->made == 0;
    watch->exists = watch->reserved; /* One that was not made is removed. */
}

static void keep_reserve(struct qc_room_watch *watch, uint64_t free_size)
{
    uint64_t reserve_size = watch->options.reserve_size;

    if (watch->is_making) {
        return;
    }
    if (watch->exists && free_size < reserve_size / GIVE_UP_PARTS) {
        watch->exists = qc_reserve_release(watch->options.reserve) != 0;
        watch->reserved = watch->reserved && watch->exists;
        tell(watch, free_size);
    } else if (!watch->reserved && free_size >= MAKE_FROM * reserve_size) {
        watch->making.data = watch;
        watch->is_making =
            uv_queue_work(watch->options.loop, &watch->making, make, made) == 0;
    }
}

void qc_room_look(struct qc_room_watch *watch)
{
    enum qc_room before = watch->room;
    uint64_t free_size;

    if (qc_space_free(watch->options.data_dir, &free_size) != 0) {
        return; /* What cannot be written will say so itself. */
    }
    watch->room =
        qc_room_next(watch->room, free_size, watch->options.reserve_size);
    if (watch->room != before) {
        tell(watch, free_size);
    }
    keep_reserve(watch, free_size);
}

void qc_room_open(struct qc_room_watch *watch,
                  const struct qc_room_options *options)
{
    *watch = (struct qc_room_watch){
        .options = *options,
        .room = QC_ROOM_ENOUGH,
        .exists = access(options->reserve, F_OK) == 0,
        .reserved =
            qc_reserve_is_whole(options->reserve, options->reserve_size),
    };
    qc_room_look(watch);
}
