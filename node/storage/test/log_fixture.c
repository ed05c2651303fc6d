#include "storage/test/log_fixture.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "storage/manifest.h"
#include "storage/test/folder.h"

enum {
    APPEND_MAX = 64,
};

struct reading {
    uint64_t next;
    uint64_t *terms;
    size_t n;
};

/* On the writer's thread. */
static void persisted(void *ctx)
{
    struct qc_log_fixture *f = ctx;

    f->n_come++;
    (void)sem_post(&f->written);
    (void)sem_wait(&f->gate);
    if (!f->held) {
        (void)sem_post(&f->gate);
    }
    f->n_gone++;
}

int qc_log_fixture_open(struct qc_log_fixture *f, bool create)
{
    struct qc_log_options options = {
        .path = f->path,
        .create = create,
        .persisted = persisted,
        .ctx = f,
    };

    assert(f->log == NULL);
    while (sem_trywait(&f->written) == 0) {
    }
    return qc_log_open(&options, &f->log, f->text, sizeof(f->text));
}

void qc_log_fixture_close(struct qc_log_fixture *f)
{
    qc_log_close(f->log);
    f->log = NULL;
}

void qc_log_fixture_hold(struct qc_log_fixture *f)
{
    for (;;) {
        (void)sem_wait(&f->gate);
        if (f->n_come == f->n_gone) {
            break;
        }
        /* An earlier write, that was told of already, still has to pass. */
        (void)sem_post(&f->gate);
        (void)sched_yield();
    }
    f->held = true;
}

void qc_log_fixture_step(struct qc_log_fixture *f)
{
    (void)sem_post(&f->gate);
    (void)sem_wait(&f->written);
}

void qc_log_fixture_release(struct qc_log_fixture *f)
{
    f->held = false;
    (void)sem_post(&f->gate);
}

int qc_log_setup(void **state)
{
    struct qc_log_fixture *f = calloc(1, sizeof(*f));
    int r;

    assert(f != NULL);
    (void)sem_init(&f->written, 0, 0);
    (void)sem_init(&f->gate, 0, 1);
    qc_folder_make(f->folder);
    qc_folder_path(f->folder, "log", f->path);
    r = qc_log_fixture_open(f, true);
    assert(r == 0);
    *state = f;
    return 0;
}

int qc_log_teardown(void **state)
{
    struct qc_log_fixture *f = *state;

    /* A test that failed may have left it so. */
    if (f->held) {
        qc_log_fixture_release(f);
    }
    qc_log_fixture_close(f);
    qc_folder_remove(f->folder);
    (void)sem_destroy(&f->written);
    (void)sem_destroy(&f->gate);
    free(f);
    return 0;
}

size_t qc_test_entry(uint64_t index,
                     uint64_t term,
                     uint8_t data_out[QC_TEST_ENTRY_SIZE_MAX])
{
    uint64_t state = index * 2654435761U + term * 40503U + 1;
    size_t size = (size_t)(state % QC_TEST_ENTRY_SIZE_MAX);

    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        data_out[i] = (uint8_t)(state >> 56);
    }
    return size;
}

int qc_test_append(struct qc_log *log,
                   uint64_t first,
                   uint64_t last,
                   uint64_t term)
{
    static uint8_t data[APPEND_MAX][QC_TEST_ENTRY_SIZE_MAX];
    struct qc_log_entry entries[APPEND_MAX];
    size_t n = (size_t)(last - first + 1);

    assert(n <= APPEND_MAX);
    for (size_t i = 0; i < n; i++) {
        entries[i] = (struct qc_log_entry){
            .index = first + i,
            .term = term,
            .kind = (uint8_t)(1 + (first + i) % 3),
            .data = {data[i], qc_test_entry(first + i, term, data[i])},
        };
    }
    return qc_log_append(log, entries, n);
}

int qc_test_await(struct qc_log_fixture *f, uint64_t index)
{
    uint64_t durable = 0;
    int r = 0;

    while (r == 0 && durable < index) {
        (void)sem_wait(&f->written);
        r = qc_log_poll(f->log, &durable);
    }
    return r;
}

int qc_test_await_restart(struct qc_log_fixture *f)
{
    uint64_t durable;
    int r = 0;

    while (r == 0 && !qc_log_restarted(f->log)) {
        (void)sem_wait(&f->written);
        r = qc_log_poll(f->log, &durable);
    }
    return r;
}

struct qc_bytes qc_test_manifest(uint64_t index, uint64_t term, int64_t now_ms)
{
    static uint8_t bytes[256];
    static char name[] = "000007.sst";
    static char cluster_id[] = "3f1c2e";
    static uint8_t hash[QC_CHECKSUM_SIZE] = {7};
    Qc__Peer__CheckpointFile file = QC__PEER__CHECKPOINT_FILE__INIT;
    Qc__Peer__CheckpointFile *files[] = {&file};
    Qc__Peer__Manifest manifest = QC__PEER__MANIFEST__INIT;
    size_t size;

    file.name = name;
    file.checksum = (ProtobufCBinaryData){sizeof(hash), hash};
    manifest.format = QC_MANIFEST_FORMAT;
    manifest.cluster_id = cluster_id;
    manifest.index = index;
    manifest.term = term;
    manifest.now_ms = now_ms;
    manifest.state_hash = file.checksum;
    manifest.rows_hash = file.checksum;
    manifest.n_files = 1;
    manifest.files = files;
    size = qc__peer__manifest__pack(&manifest, bytes);
    assert(size <= sizeof(bytes));
    return (struct qc_bytes){bytes, size};
}

static int check(void *ctx, const struct qc_log_entry *entry)
{
    struct reading *reading = ctx;
    uint8_t data[QC_TEST_ENTRY_SIZE_MAX];
    size_t size = qc_test_entry(entry->index, entry->term, data);

    assert(entry->index == reading->next);
    assert(entry->kind == 1 + entry->index % 3);
    assert(entry->data.size == size);
    assert(memcmp(entry->data.data, data, size) == 0);
    if (reading->terms != NULL) {
        assert(reading->n > 0);
        *reading->terms++ = entry->term;
        reading->n--;
    }
    reading->next++;
    return 0;
}

int qc_test_read(struct qc_log *log, uint64_t *terms_out, size_t n)
{
    struct reading reading = {.next = qc_log_first(log), .n = n};
    int r;

    reading.terms = terms_out;
    if (reading.next == 0) {
        return 0;
    }
    r = qc_log_read(log, reading.next, SIZE_MAX, SIZE_MAX, check, &reading);
    assert(r != 0 || reading.next == qc_log_last(log) + 1);
    return r;
}
