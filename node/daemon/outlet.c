#include "daemon/outlet.h"

#include <assert.h>

#include "daemon/stall.h"
#include "storage/checkpoint.h"

static void begin_next(struct qc_outlet *outlet);

void qc_outlet_init(struct qc_outlet *outlet,
                    const struct qc_outlet_options *options)
{
    outlet->options = *options;
    outlet->stopping = false;
    outlet->n_waiting = 0;
    outlet->n_parts = 0;
    STAILQ_INIT(&outlet->waiting);
}

/* On a worker. */
static void work(uv_work_t *request)
{
    struct qc_outlet *outlet = request->data;

    for (size_t i = 0; i < outlet->n_parts; i++) {
        struct qc_outlet_part *part = &outlet->parts[i];
        const struct qc_part *asked = &part->reading->part;
        const struct qc_checkpoint_part wanted = {
            .index = asked->index,
            .file = asked->file,
            .offset = asked->offset,
            .size = asked->size,
        };

        part->r = qc_checkpoint_read(outlet->options.path, &wanted, part->data,
                                     &part->size);
    }
}

/* Tells who asked for |part|. A disk that cannot be read is a fault, whoever
 * may have asked. */
static int tell(const struct qc_outlet *outlet,
                const struct qc_outlet_part *part)
{
    struct qc_part_reading *reading = part->reading;
    struct qc_bytes data = {NULL, 0};
    int r = 0;

    if (outlet->stopping || part->r < 0) {
        r = reading->done(reading, QC_PART_DROPPED, data);
        return part->r < 0 ? part->r : r;
    }
    if (part->r > 0) {
        return reading->done(reading, QC_PART_MISSING, data);
    }
    data = (struct qc_bytes){part->data, part->size};
    return reading->done(reading, QC_PART_READ, data);
}

static void worked(uv_work_t *request, int status)
{
    struct qc_outlet *outlet = request->data;
    struct qc_stall *stall = outlet->options.stall;
    enum qc_stall_part before = qc_stall_enter(stall, QC_STALL_SERVE);
    int fault = 0;

    assert(status == 0); /* Nobody cancels it. */
    for (size_t i = 0; i < outlet->n_parts; i++) {
        int r = tell(outlet, &outlet->parts[i]);

        fault = fault != 0 ? fault : r;
    }
    outlet->n_parts = 0;
    if (fault != 0 && !outlet->stopping) {
        outlet->options.fault(outlet->options.ctx, fault);
    }
    begin_next(outlet);
    qc_stall_leave(stall, before);
}

static struct qc_part_reading *take_first(struct qc_outlet *outlet)
{
    struct qc_part_reading *reading = STAILQ_FIRST(&outlet->waiting);

    STAILQ_REMOVE_HEAD(&outlet->waiting, links);
    outlet->n_waiting--;
    return reading;
}

/* Some at a time, so that a loop that is busy is not waited for after each; few
 * enough that telling of them is short. */
static void begin_next(struct qc_outlet *outlet)
{
    size_t used = 0;

    if (outlet->n_parts > 0) {
        return;
    }
    while (outlet->n_waiting > 0 && outlet->n_parts < QC_FETCH_PARTS_MAX &&
           STAILQ_FIRST(&outlet->waiting)->part.size <= QC_OUTLET_SIZE - used) {
        struct qc_part_reading *reading = take_first(outlet);

        outlet->parts[outlet->n_parts++] = (struct qc_outlet_part){
            .reading = reading,
            .data = outlet->data + used,
        };
        used += reading->part.size;
    }
    if (outlet->n_parts > 0) {
        outlet->work.data = outlet;
        (void)uv_queue_work(outlet->options.loop, &outlet->work, work, worked);
    }
}

bool qc_outlet_add(struct qc_outlet *outlet, struct qc_part_reading *reading)
{
    if (outlet->stopping || outlet->n_waiting == QC_OUTLET_READINGS_MAX ||
        reading->part.size > QC_OUTLET_PART_SIZE_MAX) {
        return false;
    }
    STAILQ_INSERT_TAIL(&outlet->waiting, reading, links);
    outlet->n_waiting++;
    begin_next(outlet);
    return true;
}

void qc_outlet_stop(struct qc_outlet *outlet)
{
    outlet->stopping = true;
    while (outlet->n_waiting > 0) {
        struct qc_part_reading *reading = take_first(outlet);

        (void)reading->done(reading, QC_PART_DROPPED,
                            (struct qc_bytes){NULL, 0});
    }
}
