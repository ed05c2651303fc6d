#include "cluster-tests/sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/planted.h"
#include "cluster-tests/sim/check.h"
#include "cluster-tests/sim/random.h"
#include "replica/wire.h"

/* Entries are shared by the lists that hold them, and counted. */
struct blob {
    unsigned n_refs;
    uint64_t digest;
    struct qc_log_entry entry; /* Its data is |bytes|. */
    uint8_t bytes[];
};

/* A log: entries after |base|, and the manifest that stands for what is before.
 */
struct list {
    uint64_t base;
    struct blob **blobs;
    size_t n;
    size_t capacity;
};

/* A write that waits. */
struct write {
    struct write *next;
    struct list list;  /* Its entries; base is the index before them. */
    uint8_t *manifest; /* Of a compaction, which has no entries. */
    size_t manifest_size;
    uint64_t first; /* Of a compaction: what remains. */
};

struct sim_disk {
    uint64_t term;
    uint64_t vote;
    struct list log;     /* With what waits. */
    struct list durable; /* Without. */
    uint8_t *manifest;
    size_t manifest_size;
    struct write *writes;
    struct write **end;
    size_t n_pending;
    uint64_t n_queued;
    unsigned fail_at;
    bool has_failed;
};

static void unref(struct blob *blob)
{
    if (--blob->n_refs == 0) {
        free(blob);
    }
}

static uint64_t last_of(const struct list *list)
{
    return list->base + list->n;
}

static struct blob *blob_at(const struct list *list, uint64_t index)
{
    return index > list->base && index <= last_of(list)
               ? list->blobs[index - list->base - 1]
               : NULL;
}

static void push(struct list *list, struct blob *blob)
{
    if (list->n == list->capacity) {
        list->capacity = 2 * list->capacity + 16;
        list->blobs =
            realloc(list->blobs, list->capacity * sizeof(*list->blobs));
        assert(list->blobs != NULL);
    }
    blob->n_refs++;
    list->blobs[list->n++] = blob;
}

/* Drops what stands above |last|. */
static void cut(struct list *list, uint64_t last)
{
    while (last_of(list) > last && list->n > 0) {
        unref(list->blobs[--list->n]);
    }
}

/* Drops what stands below |first|. */
static void drop_before(struct list *list, uint64_t first)
{
    size_t n = first > list->base + 1 ? (size_t)(first - list->base - 1) : 0;

    n = n < list->n ? n : list->n;
    for (size_t i = 0; i < n; i++) {
        unref(list->blobs[i]);
    }
    if (n > 0) {
        memmove(list->blobs, &list->blobs[n],
                (list->n - n) * sizeof(*list->blobs));
        list->n -= n;
        list->base += n;
    }
}

static void list_done(struct list *list)
{
    cut(list, 0);
    free(list->blobs);
    *list = (struct list){.base = 0};
}

static void drop_first_write(struct sim_disk *disk)
{
    struct write *write = disk->writes;

    disk->writes = write->next;
    if (disk->writes == NULL) {
        disk->end = &disk->writes;
    }
    disk->n_pending--;
    list_done(&write->list);
    free(write->manifest);
    free(write);
}

struct sim_disk *sim_disk_new(void)
{
    struct sim_disk *disk = calloc(1, sizeof(*disk));

    assert(disk != NULL);
    disk->end = &disk->writes;
    return disk;
}

void sim_disk_free(struct sim_disk *disk)
{
    if (disk == NULL) {
        return;
    }
    while (disk->writes != NULL) {
        drop_first_write(disk);
    }
    list_done(&disk->log);
    list_done(&disk->durable);
    free(disk->manifest);
    free(disk);
}

/* Counts one operation, and says whether it is the one that fails. */
static int operation(struct sim_disk *disk)
{
    if (disk->fail_at > 0 && --disk->fail_at == 0) {
        disk->has_failed = true;
        return QC_E_IO;
    }
    return 0;
}

static int set_term_and_vote(void *ctx, uint64_t term, uint64_t vote)
{
    struct sim_disk *disk = ctx;
    int r = operation(disk);

    if (r == 0) {
        assert(term >= disk->term);
        assert(term > disk->term || disk->vote == 0 || vote == disk->vote);
        disk->term = term;
        disk->vote = vote;
    }
    return r;
}

static struct blob *blob_new(const struct qc_log_entry *entry)
{
    struct blob *blob = calloc(1, sizeof(*blob) + entry->data.size);
    uint64_t seed = entry->term * 4 + entry->kind;

    assert(blob != NULL);
    blob->entry = *entry;
    blob->entry.data.data = blob->bytes;
    if (entry->data.size > 0) {
        memcpy(blob->bytes, entry->data.data, entry->data.size);
    }
    blob->digest = XXH3_64bits_withSeed(blob->bytes, entry->data.size, seed);
    return blob;
}

static struct write *add_write(struct sim_disk *disk)
{
    struct write *write = calloc(1, sizeof(*write));

    assert(write != NULL);
    *disk->end = write;
    disk->end = &write->next;
    disk->n_pending++;
    disk->n_queued++;
    return write;
}

static int append(void *ctx, const struct qc_log_entry *entries, size_t n)
{
    struct sim_disk *disk = ctx;
    struct write *write;
    int r = operation(disk);

    if (r != 0) {
        return r;
    }
    assert(n > 0);
    assert(entries[0].index > disk->log.base &&
           entries[0].index <= last_of(&disk->log) + 1);

    write = add_write(disk);
    write->list.base = entries[0].index - 1;
    cut(&disk->log, write->list.base);
    for (size_t i = 0; i < n; i++) {
        struct blob *blob = blob_new(&entries[i]);

        assert(entries[i].index == entries[0].index + i);
        push(&disk->log, blob);
        push(&write->list, blob);
    }
    return 0;
}

static int read_entries(void *ctx,
                        uint64_t first,
                        size_t n,
                        size_t size_max,
                        int (*entry)(void *ctx,
                                     const struct qc_log_entry *entry),
                        void *entry_ctx)
{
    struct sim_disk *disk = ctx;
    size_t size = 0;
    int r = operation(disk);

    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct blob *blob = blob_at(&disk->log, first + i);

        if (blob == NULL && disk->has_failed) {
            sim_violated(SIM_DAMAGE_STOPS,
                         "a node goes on after its disk has failed, and reads "
                         "what it has not written");
        }
        assert(blob != NULL);
        if (i > 0 &&
            (size >= size_max || blob->entry.data.size > size_max - size)) {
            break;
        }
        size += blob->entry.data.size;
        r = entry(entry_ctx, &blob->entry);
    }
    return r;
}

static int compact(void *ctx, struct qc_bytes manifest, uint64_t first)
{
    struct sim_disk *disk = ctx;
    struct write *write;
    int r = operation(disk);

    if (r != 0) {
        return r;
    }
    assert(manifest.size > 0);
    write = add_write(disk);
    write->first = first;
    write->manifest = malloc(manifest.size);
    assert(write->manifest != NULL);
    memcpy(write->manifest, manifest.data, manifest.size);
    write->manifest_size = manifest.size;
    drop_before(&disk->log, first);
    return 0;
}

struct qc_disk sim_disk_as_disk(struct sim_disk *disk)
{
    return (struct qc_disk){
        .ctx = disk,
        .set_term_and_vote = set_term_and_vote,
        .append = append,
        .read = read_entries,
        .compact = compact,
    };
}

struct qc_replica_state sim_disk_state(const struct sim_disk *disk,
                                       struct qc_arena *arena)
{
    struct qc_replica_state state = {
        .term = disk->term,
        .vote = disk->vote,
        .first_index = disk->log.n > 0 ? disk->log.base + 1 : 0,
        .last_index = last_of(&disk->log),
        .is_new = disk->log.n == 0 && disk->manifest_size == 0,
    };

    if (disk->manifest_size > 0) {
        state.manifest = (const Qc__Peer__Manifest *)(const void *)qc_wire_read(
            &qc__peer__manifest__descriptor, sim_disk_manifest(disk), arena);
        assert(state.manifest != NULL);
    }
    return state;
}

size_t sim_disk_n_pending(const struct sim_disk *disk)
{
    return disk->n_pending;
}

uint64_t sim_disk_n_queued(const struct sim_disk *disk)
{
    return disk->n_queued;
}

static void keep_manifest(struct sim_disk *disk, uint8_t *manifest, size_t size)
{
    free(disk->manifest);
    disk->manifest = manifest;
    disk->manifest_size = size;
}

/* Of the first write, as many entries as that. */
static void make_durable(struct sim_disk *disk, size_t n)
{
    struct write *write = disk->writes;

    if (write->manifest != NULL) {
        keep_manifest(disk, write->manifest, write->manifest_size);
        write->manifest = NULL;
        drop_before(&disk->durable, write->first);
        return;
    }
    assert(write->list.base <= last_of(&disk->durable));
    cut(&disk->durable, write->list.base);
    for (size_t i = 0; i < n; i++) {
        push(&disk->durable, write->list.blobs[i]);
    }
}

int sim_disk_sync(struct sim_disk *disk, uint64_t *index_out)
{
    const struct write *write = disk->writes;
    uint64_t index = last_of(&write->list);

    *index_out = 0;
    if (operation(disk) != 0) {
        return QC_E_IO;
    }
    if (write->manifest == NULL) {
        while (index > write->list.base &&
               blob_at(&disk->log, index) != blob_at(&write->list, index)) {
            index--;
        }
        *index_out = index > write->list.base ? index : 0;
    }
    if (QC_PLANTED_BUG(4) && disk->n_pending % 3 == 1) {
        return 0; /* It is written some other time. */
    }
    make_durable(disk, write->list.n);
    drop_first_write(disk);
    return 0;
}

static void copy_list(struct list *to, const struct list *from)
{
    list_done(to);
    to->base = from->base;
    for (size_t i = 0; i < from->n; i++) {
        push(to, from->blobs[i]);
    }
}

void sim_disk_crash(struct sim_disk *disk, struct sim_random *random)
{
    size_t n_kept = (size_t)sim_random_below(random, disk->n_pending + 1);

    while (disk->writes != NULL) {
        size_t n = disk->writes->list.n;

        if (n_kept > 0) {
            make_durable(disk, n);
            n_kept--;
        } else if (disk->writes->manifest == NULL) {
            n = (size_t)sim_random_below(random, n);
            if (n > 0) {
                make_durable(disk, n);
            }
            break;
        } else {
            break;
        }
        drop_first_write(disk);
    }
    while (disk->writes != NULL) {
        drop_first_write(disk);
    }
    copy_list(&disk->log, &disk->durable);
    disk->fail_at = 0;
    disk->has_failed = false;
}

void sim_disk_fail_at(struct sim_disk *disk, unsigned nth)
{
    disk->fail_at = nth;
}

bool sim_disk_has_failed(const struct sim_disk *disk)
{
    return disk->has_failed;
}

struct qc_bytes sim_disk_manifest(const struct sim_disk *disk)
{
    return (struct qc_bytes){disk->manifest, disk->manifest_size};
}

uint64_t sim_disk_digest(const struct sim_disk *disk, uint64_t index)
{
    const struct blob *blob = blob_at(&disk->log, index);

    return blob != NULL ? blob->digest : 0;
}

uint64_t sim_disk_durable_digest(const struct sim_disk *disk, uint64_t index)
{
    const struct blob *blob = blob_at(&disk->durable, index);

    return blob != NULL ? blob->digest : 0;
}

uint64_t sim_disk_last(const struct sim_disk *disk)
{
    return last_of(&disk->log);
}

uint64_t sim_disk_durable_base(const struct sim_disk *disk)
{
    return disk->durable.base;
}

const struct qc_log_entry *sim_disk_entry(const struct sim_disk *disk,
                                          uint64_t index)
{
    const struct blob *blob = blob_at(&disk->log, index);

    return blob != NULL ? &blob->entry : NULL;
}

void sim_disk_install(struct sim_disk *disk,
                      struct qc_bytes manifest,
                      uint64_t index)
{
    uint8_t *copy = malloc(manifest.size);

    assert(copy != NULL);
    memcpy(copy, manifest.data, manifest.size);
    keep_manifest(disk, copy, manifest.size);
    while (disk->writes != NULL) {
        drop_first_write(disk);
    }
    list_done(&disk->durable);
    list_done(&disk->log);
    disk->durable.base = disk->log.base = index;
}
