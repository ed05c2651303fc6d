#include "daemon/intake.h"

#include <string.h>

#include "storage/fetch.h"

bool qc_intake_is_ready(const struct qc_intake *intake)
{
    return intake->n <= QC_INTAKE_PARTS_MAX / 2 &&
           intake->size <= QC_INTAKE_SIZE / 2;
}

bool qc_intake_add(struct qc_intake *intake,
                   const struct qc_part *part,
                   struct qc_bytes data)
{
    struct qc_intake_part *added;
    size_t name_size = strlen(part->file) + 1;

    if (intake->n == QC_INTAKE_PARTS_MAX ||
        data.size > QC_INTAKE_SIZE - intake->size ||
        name_size > sizeof(added->file)) {
        return false;
    }
    added = &intake->parts[intake->n++];
    *added = (struct qc_intake_part){
        .index = part->index,
        .offset = part->offset,
        .size = data.size,
    };
    memcpy(added->file, part->file, name_size);
    memcpy(intake->data + intake->size, data.data, data.size);
    intake->size += data.size;
    return true;
}

int qc_intake_write(struct qc_intake *intake, struct qc_fetch *fetch)
{
    struct qc_bytes data = {intake->data, 0};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < intake->n; i++) {
        const struct qc_intake_part *part = &intake->parts[i];
        const struct qc_checkpoint_part written = {
            .index = part->index,
            .file = part->file,
            .offset = part->offset,
            .size = part->size,
        };

        data.size = part->size;
        /* What does not come next is not written: verifying finds it missing.
         */
        r = qc_fetch_write(fetch, &written, data);
        data.data += part->size;
    }
    qc_intake_clear(intake);
    return r < 0 ? r : 0;
}

void qc_intake_clear(struct qc_intake *intake)
{
    intake->n = 0;
    intake->size = 0;
}
