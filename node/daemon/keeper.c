#include "daemon/keeper.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quoted.h"
#include "daemon/backing.h"
#include "daemon/clocks.h"
#include "daemon/intake.h"
#include "daemon/outlet.h"
#include "daemon/stall.h"
#include "machine/desktop.h"
#include "machine/member.h"
#include "machine/outbox.h"
#include "replica/fetch.h"
#include "storage/checkpoint.h"
#include "storage/directory.h"
#include "storage/fetch.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    TEXT_SIZE = 1024,
    KEPT_MAX = 64,
    LISTED_MAX = 64,
};

static_assert(QC_FETCH_PARTS_MAX * QC_FETCH_PART_SIZE <= QC_INTAKE_SIZE / 2,
              "what is asked for finds room");

/* What a worker does, the more urgent first. Rows that nobody uses go before
 * others are made, which would be taken for them; what was fetched is written
 * before it is installed. */
enum job {
    JOB_DROP,
    JOB_OPEN,
    JOB_WRITE,
    JOB_INSTALL,
    JOB_KEEP,
    JOB_TAKE,
    JOBS,
};

/* Rows and what is derived from them. */
struct state {
    struct qc_rows *rows;
    struct qc_machine machine;
    bool machine_open;
};

/* Of checkpoints. */
struct list {
    uint64_t indexes[KEPT_MAX];
    size_t n;
};

struct qc_keeper {
    struct qc_keeper_options options;
    bool stopping;

    uv_work_t work;
    bool working; /* At |job|. */
    enum job job;
    bool wanted[JOBS];
    int r; /* What came of it, and |text| says why. */
    char text[TEXT_SIZE];
    int64_t began_ms;

    uint64_t generation;  /* Of the rows in use. */
    struct qc_rows *rows; /* What the job uses. */
    struct qc_manifest taken;
    struct qc_manifest wanted_fetch; /* Of what is being opened, until the */
    bool opened;                     /* replica knows that it was. */
    struct qc_fetch *fetch;          /* NULL: none was begun. */
    struct qc_intake intakes[2];
    struct qc_intake *incoming; /* What comes, */
    struct qc_intake *writing;  /* and what the job writes. */
    bool verified;              /* What was fetched. */
    struct state next;          /* To be the rows in use, */
    bool restarting;            /* once the log is ready for them. */
    struct state old;           /* That were. */
    struct list keep;           /* What to keep, */
    struct list kept;           /* and what the job keeps. */
    struct qc_outlet outlet;
};

__attribute__((format(printf, 3, 4))) static void notice(
    const struct qc_keeper *keeper,
    enum qc_notice level,
    const char *format,
    ...)
{
    char line[2 * TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    keeper->options.notice(keeper->options.ctx, level, line);
}

/* Says what went wrong with |what|. */
static void complain(const struct qc_keeper *keeper,
                     const char *what,
                     const char *text)
{
    char why[TEXT_SIZE];

    notice(keeper, QC_NOTICE_WARNING, "%s why=%s", what,
           qc_quoted(why, sizeof(why), text));
}

static const char *checkpoints_path(const struct qc_keeper *keeper)
{
    return qc_directory_checkpoints(keeper->options.directory);
}

static void state_close(struct state *state)
{
    if (state->machine_open) {
        qc_machine_close(&state->machine);
    }
    if (state->rows != NULL) {
        qc_rows_close(state->rows);
    }
    *state = (struct state){.rows = NULL};
}

/* --- on a worker ---------------------------------------------------------- */

static int take_now(struct qc_keeper *keeper)
{
    const struct qc_checkpoint_options options = {
        .directory = checkpoints_path(keeper),
        .cluster_id = keeper->options.cluster_id,
    };

    return qc_checkpoint_take(keeper->rows, &options, &keeper->taken,
                              keeper->text, sizeof(keeper->text));
}

/* Rows, and what is derived from them, out of the checkpoint |index|. */
static int state_make(struct qc_keeper *keeper, uint64_t index)
{
    struct state *next = &keeper->next;
    char path[PATH_MAX];
    int r;

    qc_directory_generation(keeper->options.directory, keeper->generation + 1,
                            path);
    r = qc_checkpoint_make_rows(checkpoints_path(keeper), index, path,
                                keeper->text, sizeof(keeper->text));
    if (r == 0) {
        r = qc_rows_open(path, &next->rows, keeper->text, sizeof(keeper->text));
    }
    if (r == 0) {
        r = qc_machine_open(&next->machine, qc_rows_store(next->rows));
        next->machine_open = r == 0;
    }
    if (r == 0 && next->machine.applied_index != index) {
        r = QC_E_CORRUPT;
        snprintf(keeper->text, sizeof(keeper->text),
                 "%.256s: the rows are of index %" PRIu64
                 ", and should be of %" PRIu64,
                 path, next->machine.applied_index, index);
    }
    return r;
}

static int install_now(struct qc_keeper *keeper)
{
    uint64_t index = qc_fetch_manifest(keeper->fetch)->index;
    int r = qc_fetch_finish(keeper->fetch);

    keeper->verified = r != QC_E_CORRUPT;
    if (r != 0) {
        snprintf(keeper->text, sizeof(keeper->text), "%s",
                 qc_fetch_error(keeper->fetch));
        return r;
    }
    r = state_make(keeper, index);
    if (r != 0) {
        state_close(&keeper->next);
    }
    return r;
}

static int open_now(struct qc_keeper *keeper)
{
    qc_fetch_close(keeper->fetch);
    keeper->fetch = NULL;
    return qc_fetch_open(checkpoints_path(keeper), keeper->wanted_fetch.message,
                         &keeper->fetch, keeper->text, sizeof(keeper->text));
}

static int write_now(struct qc_keeper *keeper)
{
    int r = qc_intake_write(keeper->writing, keeper->fetch);

    if (r != 0) {
        snprintf(keeper->text, sizeof(keeper->text), "%s",
                 qc_fetch_error(keeper->fetch));
    }
    return r;
}

static int drop_now(struct qc_keeper *keeper)
{
    state_close(&keeper->old);
    return qc_directory_tidy(keeper->options.directory, keeper->generation,
                             keeper->text, sizeof(keeper->text));
}

static void work(uv_work_t *request)
{
    struct qc_keeper *keeper = request->data;

    switch (keeper->job) {
    case JOB_DROP:
        keeper->r = drop_now(keeper);
        break;
    case JOB_OPEN:
        keeper->r = open_now(keeper);
        break;
    case JOB_WRITE:
        keeper->r = write_now(keeper);
        break;
    case JOB_INSTALL:
        keeper->r = install_now(keeper);
        break;
    case JOB_KEEP:
        keeper->r = qc_checkpoint_keep(checkpoints_path(keeper),
                                       keeper->kept.indexes, keeper->kept.n,
                                       keeper->text, sizeof(keeper->text));
        break;
    case JOB_TAKE:
        keeper->r = take_now(keeper);
        break;
    case JOBS:
        break;
    }
}

/* --- what came of it, on the loop ----------------------------------------- */

/* Not to have one is no fault: the log grows on, and the next one may come. */
static int taken(struct qc_keeper *keeper)
{
    const Qc__Peer__Manifest *manifest = keeper->taken.message;
    int r;

    if (keeper->r != 0) {
        complain(keeper, "checkpoint_failed", keeper->text);
        return keeper->options.taken(keeper->options.ctx, NULL);
    }
    notice(keeper, QC_NOTICE_INFO,
           "checkpoint index=%" PRIu64 " rows=%" PRIu64
           " files=%zu size=%" PRIu64 " ms=%" PRId64,
           manifest->index, manifest->n_rows, manifest->n_files,
           qc_manifest_size(manifest), qc_monotonic_ms() - keeper->began_ms);
    r = keeper->options.taken(keeper->options.ctx, manifest);
    qc_manifest_done(&keeper->taken);
    return r;
}

static void fetch_end(struct qc_keeper *keeper)
{
    if (keeper->fetch != NULL) {
        qc_fetch_close(keeper->fetch);
        keeper->fetch = NULL;
    }
}

/* The rows stand ready: now the log must begin after them. */
static int made(struct qc_keeper *keeper)
{
    struct qc_arena arena;
    struct qc_bytes bytes;
    int r;

    if (keeper->r != 0) {
        complain(keeper, "install_failed", keeper->text);
        if (keeper->verified) {
            return keeper->r;
        }
        fetch_end(keeper);
        return keeper->options.installed(keeper->options.ctx, false);
    }
    qc_arena_init(&arena, (size_t)4 * QC_MANIFEST_SIZE_MAX);
    r = qc_manifest_write(qc_fetch_manifest(keeper->fetch), &arena, &bytes);
    if (r == 0) {
        r = qc_log_restart(keeper->options.backing->log, bytes,
                           keeper->generation + 1);
    }
    qc_arena_done(&arena);
    keeper->restarting = r == 0;
    return r;
}

/* More of the checkpoint can come. */
static int fetched(struct qc_keeper *keeper)
{
    if (keeper->r != 0) {
        complain(keeper, "fetch_failed", keeper->text);
    }
    keeper->opened = keeper->opened || keeper->job == JOB_OPEN;
    return keeper->r;
}

static void begin_next(struct qc_keeper *keeper);

static void worked(uv_work_t *request, int status)
{
    struct qc_keeper *keeper = request->data;
    struct qc_stall *stall = keeper->options.backing->stall;
    enum qc_stall_part before = qc_stall_enter(stall, QC_STALL_KEEPER);
    int r = 0;

    assert(status == 0); /* Nobody cancels it. */
    keeper->working = false;
    if (keeper->stopping) {
        return;
    }
    switch (keeper->job) {
    case JOB_OPEN:
    case JOB_WRITE:
        r = fetched(keeper);
        break;
    case JOB_TAKE:
        r = taken(keeper);
        break;
    case JOB_INSTALL:
        r = made(keeper);
        break;
    case JOB_DROP:
    case JOB_KEEP:
        if (keeper->r != 0) {
            complain(keeper, "checkpoints", keeper->text);
        }
        break;
    case JOBS:
        break;
    }
    if (r != 0) {
        keeper->options.fault(keeper->options.ctx, r);
        return;
    }
    begin_next(keeper);
    qc_stall_leave(stall, before);
}

/* Begins what is wanted most, unless something is under way. */
static void begin_next(struct qc_keeper *keeper)
{
    enum job job = JOB_DROP;

    while (job < JOBS && !keeper->wanted[job]) {
        job++;
    }
    if (keeper->working || keeper->stopping || job == JOBS) {
        return;
    }
    keeper->wanted[job] = false;
    keeper->working = true;
    keeper->job = job;
    keeper->rows = keeper->options.backing->rows;
    keeper->text[0] = '\0';
    keeper->began_ms = qc_monotonic_ms();
    keeper->kept = keeper->keep;
    keeper->work.data = keeper;
    if (job == JOB_WRITE) {
        struct qc_intake *empty = keeper->writing;

        keeper->writing = keeper->incoming;
        keeper->incoming = empty;
    }
    (void)uv_queue_work(keeper->options.loop, &keeper->work, work, worked);
}

static void want(struct qc_keeper *keeper, enum job job)
{
    keeper->wanted[job] = true;
    begin_next(keeper);
}

int qc_keeper_poll(struct qc_keeper *keeper)
{
    struct qc_backing *backing = keeper->options.backing;
    const struct qc_desktop_listener *desktops = backing->machine.desktops;
    const struct qc_outbox_listener *outbox = backing->machine.outbox;

    if (!keeper->restarting || keeper->stopping ||
        !qc_log_restarted(backing->log)) {
        return 0;
    }
    keeper->restarting = false;
    keeper->old = (struct state){
        .rows = backing->rows,
        .machine = backing->machine,
        .machine_open = true,
    };
    backing->rows = keeper->next.rows;
    backing->machine = keeper->next.machine;
    backing->machine.desktops = desktops;
    backing->machine.outbox = outbox;
    keeper->next = (struct state){.rows = NULL};
    keeper->generation++;
    backing->hashes.n = 0;
    qc_hashes_add(&backing->hashes, backing->machine.applied_index,
                  backing->machine.hash);
    fetch_end(keeper);
    if (desktops != NULL) {
        desktops->changed(desktops->ctx, 0, NULL);
    }
    if (outbox != NULL) {
        outbox->changed(outbox->ctx, 0, "", QC_OUTBOX_REPLACED);
    }
    notice(keeper, QC_NOTICE_INFO,
           "installed index=%" PRIu64 " generation=%" PRIu64,
           backing->machine.applied_index, keeper->generation);
    want(keeper, JOB_DROP);
    return keeper->options.installed(keeper->options.ctx, true);
}

/* --- as the replica wants it ---------------------------------------------- */

/* It has what is applied now, whenever the worker comes to it. */
static int checkpoints_take(void *ctx)
{
    struct qc_keeper *keeper = ctx;
    int r = qc_rows_settle(keeper->options.backing->rows);

    if (r == 0) {
        want(keeper, JOB_TAKE);
    }
    return r;
}

static int checkpoints_keep(void *ctx, const uint64_t *indexes, size_t n)
{
    struct qc_keeper *keeper = ctx;

    assert(n <= KEPT_MAX);
    memcpy(keeper->keep.indexes, indexes, n * sizeof(indexes[0]));
    keeper->keep.n = n;
    want(keeper, JOB_KEEP);
    return 0;
}

static bool checkpoints_read(void *ctx, struct qc_part_reading *reading)
{
    struct qc_keeper *keeper = ctx;

    return qc_outlet_add(&keeper->outlet, reading);
}

static int checkpoints_fetch(void *ctx,
                             const Qc__Peer__Manifest *manifest,
                             uint64_t *have_out)
{
    struct qc_keeper *keeper = ctx;
    int r;

    if (manifest->cluster_version > QC_CLUSTER_VERSION_MAX) {
        notice(keeper, QC_NOTICE_WARNING,
               "install_failed why=\"the cluster keeps to version %" PRIu32
               ", and this program supports %d: run a newer release\"",
               manifest->cluster_version, QC_CLUSTER_VERSION_MAX);
        return QC_E_NEWER;
    }
    if (keeper->wanted_fetch.message == NULL) {
        /* What has come of another is of no use any more. */
        qc_intake_clear(keeper->incoming);
        keeper->wanted[JOB_WRITE] = false;
        keeper->opened = false;
        r = qc_manifest_copy(manifest, &keeper->wanted_fetch);
        if (r != 0) {
            complain(keeper, "fetch_failed", "the manifest has a flaw");
            return r;
        }
        want(keeper, JOB_OPEN);
    }
    if (!keeper->opened) {
        return 1;
    }
    qc_manifest_done(&keeper->wanted_fetch);
    *have_out = qc_fetch_have(keeper->fetch);
    return 0;
}

static int checkpoints_write(void *ctx,
                             const struct qc_part *part,
                             struct qc_bytes data)
{
    struct qc_keeper *keeper = ctx;

    assert(keeper->fetch != NULL);
    if (!qc_intake_add(keeper->incoming, part, data)) {
        complain(keeper, "fetch_failed", "more has come than was asked for");
        return QC_E_NOMEM;
    }
    want(keeper, JOB_WRITE);
    return 0;
}

static bool checkpoints_is_ready(void *ctx)
{
    const struct qc_keeper *keeper = ctx;

    return qc_intake_is_ready(keeper->incoming);
}

static int checkpoints_install(void *ctx)
{
    struct qc_keeper *keeper = ctx;

    assert(keeper->fetch != NULL);
    want(keeper, JOB_INSTALL);
    return 0;
}

struct qc_checkpoints qc_keeper_checkpoints(struct qc_keeper *keeper)
{
    return (struct qc_checkpoints){
        .ctx = keeper,
        .take = checkpoints_take,
        .keep = checkpoints_keep,
        .read = checkpoints_read,
        .fetch = checkpoints_fetch,
        .write = checkpoints_write,
        .is_ready = checkpoints_is_ready,
        .install = checkpoints_install,
    };
}

/* --- life ----------------------------------------------------------------- */

static void outlet_init(struct qc_keeper *keeper)
{
    const struct qc_outlet_options options = {
        .loop = keeper->options.loop,
        .path = checkpoints_path(keeper),
        .stall = keeper->options.backing->stall,
        .fault = keeper->options.fault,
        .ctx = keeper->options.ctx,
    };

    qc_outlet_init(&keeper->outlet, &options);
}

struct qc_keeper *qc_keeper_new(const struct qc_keeper_options *options)
{
    struct qc_keeper *keeper = calloc(1, sizeof(*keeper));

    if (keeper != NULL) {
        keeper->options = *options;
        keeper->incoming = &keeper->intakes[0];
        keeper->writing = &keeper->intakes[1];
        keeper->generation = qc_log_generation(options->backing->log);
        outlet_init(keeper);
    }
    return keeper;
}

void qc_keeper_stop(struct qc_keeper *keeper)
{
    keeper->stopping = true;
    qc_outlet_stop(&keeper->outlet);
}

void qc_keeper_free(struct qc_keeper *keeper)
{
    if (keeper == NULL) {
        return;
    }
    assert(!keeper->working && keeper->outlet.n_parts == 0);
    fetch_end(keeper);
    qc_manifest_done(&keeper->wanted_fetch);
    state_close(&keeper->next);
    state_close(&keeper->old);
    qc_manifest_done(&keeper->taken);
    free(keeper);
}

bool qc_keeper_has(const struct qc_keeper *keeper, uint64_t index)
{
    uint64_t indexes[LISTED_MAX];
    size_t n = 0;

    if (qc_checkpoint_list(checkpoints_path(keeper), indexes, LISTED_MAX, &n) !=
        0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (indexes[i] == index) {
            return true;
        }
    }
    return false;
}
