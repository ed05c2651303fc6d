#include "storage/floor.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "storage/sealed_file.h"

enum {
    FLOOR_TEXT_SIZE = 128,
};

static int floor_path(const char *path, char path_out[PATH_MAX])
{
    if (snprintf(path_out, PATH_MAX, "%s/floor", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return QC_E_IO;
    }
    return 0;
}

static void text_of(const struct qc_floor *floor, char text[FLOOR_TEXT_SIZE])
{
    (void)snprintf(text, FLOOR_TEXT_SIZE,
                   "index %" PRIu64 "\nterm %" PRIu64 "\n", floor->index,
                   floor->term);
}

int qc_floor_read(const char *path, struct qc_floor *floor_out)
{
    char file[PATH_MAX];
    char text[FLOOR_TEXT_SIZE];
    char again[FLOOR_TEXT_SIZE];
    struct qc_floor floor;
    int r = floor_path(path, file);

    if (r == 0) {
        r = qc_sealed_file_read(file, text, sizeof(text));
    }
    if (r != 0) {
        return r;
    }
    /* sscanf() takes much for a number; what it took must come out again. */
    /* NOLINTNEXTLINE(cert-err34-c) */
    if (sscanf(text, "index %" SCNu64 "\nterm %" SCNu64, &floor.index,
               &floor.term) != 2) {
        return QC_E_CORRUPT;
    }
    text_of(&floor, again);
    if (strcmp(text, again) != 0) {
        return QC_E_CORRUPT;
    }
    *floor_out = floor;
    return 0;
}

int qc_floor_write(const char *path, const struct qc_floor *floor)
{
    char file[PATH_MAX];
    char text[FLOOR_TEXT_SIZE];
    int r = floor_path(path, file);

    text_of(floor, text);
    return r != 0 ? r : qc_sealed_file_write(file, text);
}
