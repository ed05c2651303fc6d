#include "replica/test/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "replica/snapshot.h"

/* Entries are shared by the lists that hold them, and counted. */
struct blob {
    unsigned n_refs;
    struct qc_log_entry entry; /* Its data is |bytes|. */
    uint8_t bytes[];
};

/* Entries by index: the first is at 0. */
struct list {
    struct blob **blobs;
    uint64_t first; /* Its index, or the one that comes next. */
    size_t n;
    size_t capacity;
};

/* An append that waits, or a cut. */
struct write {
    struct write *next;
    struct list list; /* The entries; none: it is a cut, before its first. */
    struct qc_snapshot manifest;
};

struct qc_mem_disk {
    uint64_t term;
    uint64_t vote;
    struct list log;     /* With what is queued. */
    struct list durable; /* Without. */
    struct qc_snapshot manifest;
    struct qc_snapshot durable_manifest;
    struct write *writes;
    unsigned fail_at;
};

static void unref(struct blob *blob)
{
    if (--blob->n_refs == 0) {
        free(blob);
    }
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

static uint64_t last_of(const struct list *list)
{
    return list->first + list->n - 1;
}

static struct blob *at_index(const struct list *list, uint64_t index)
{
    assert(index >= list->first && index <= last_of(list));

    return list->blobs[index - list->first];
}

/* Drops what stands at |index| and above. */
static void cut(struct list *list, uint64_t index)
{
    assert(index >= list->first);

    while (list->n > 0 && last_of(list) >= index) {
        unref(list->blobs[--list->n]);
    }
}

/* Drops what stands before |index|. */
static void cut_before(struct list *list, uint64_t index)
{
    size_t n = (size_t)(index - list->first);

    assert(index >= list->first && index <= last_of(list) + 1);

    for (size_t i = 0; i < n; i++) {
        unref(list->blobs[i]);
    }
    list->n -= n;
    memmove(list->blobs, list->blobs + n, list->n * sizeof(*list->blobs));
    list->first = index;
}

static void list_done(struct list *list)
{
    cut(list, list->first);
    free(list->blobs);
}

static void drop_first_write(struct qc_mem_disk *mem)
{
    struct write *write = mem->writes;

    mem->writes = write->next;
    list_done(&write->list);
    qc_snapshot_done(&write->manifest);
    free(write);
}

struct qc_mem_disk *qc_mem_disk_new(void)
{
    struct qc_mem_disk *mem = calloc(1, sizeof(*mem));

    assert(mem != NULL);
    mem->log.first = 1;
    mem->durable.first = 1;
    return mem;
}

void qc_mem_disk_free(struct qc_mem_disk *mem)
{
    while (mem->writes != NULL) {
        drop_first_write(mem);
    }
    list_done(&mem->log);
    list_done(&mem->durable);
    qc_snapshot_done(&mem->manifest);
    qc_snapshot_done(&mem->durable_manifest);
    free(mem);
}

/* Counts one operation, and says whether it is the one that fails. */
static int operation(struct qc_mem_disk *mem)
{
    return mem->fail_at > 0 && --mem->fail_at == 0 ? QC_E_IO : 0;
}

static int set_term_and_vote(void *ctx, uint64_t term, uint64_t vote)
{
    struct qc_mem_disk *mem = ctx;
    int r = operation(mem);

    if (r == 0) {
        assert(term >= mem->term);
        assert(term > mem->term || mem->vote == 0 || vote == mem->vote);
        mem->term = term;
        mem->vote = vote;
    }
    return r;
}

static struct blob *blob_new(const struct qc_log_entry *entry)
{
    struct blob *blob = calloc(1, sizeof(*blob) + entry->data.size);

    assert(blob != NULL);
    blob->entry = *entry;
    blob->entry.data.data = blob->bytes;
    if (entry->data.size > 0) {
        memcpy(blob->bytes, entry->data.data, entry->data.size);
    }
    return blob;
}

static struct write *queue(struct qc_mem_disk *mem, uint64_t first)
{
    struct write **end = &mem->writes;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = calloc(1, sizeof(**end));
    assert(*end != NULL);
    (*end)->list.first = first;
    return *end;
}

static int append(void *ctx, const struct qc_log_entry *entries, size_t n)
{
    struct qc_mem_disk *mem = ctx;
    struct write *write;
    int r = operation(mem);

    if (r != 0) {
        return r;
    }
    assert(n > 0);
    assert(entries[0].index >= mem->log.first &&
           entries[0].index <= last_of(&mem->log) + 1);

    write = queue(mem, entries[0].index);
    cut(&mem->log, entries[0].index);
    for (size_t i = 0; i < n; i++) {
        struct blob *blob = blob_new(&entries[i]);

        assert(entries[i].index == entries[0].index + i);
        push(&mem->log, blob);
        push(&write->list, blob);
    }
    return 0;
}

static int compact(void *ctx, struct qc_bytes manifest, uint64_t first)
{
    struct qc_mem_disk *mem = ctx;
    struct write *write;
    int r = operation(mem);

    if (r != 0) {
        return r;
    }
    write = queue(mem, first);
    assert(qc_snapshot_read(manifest, &write->manifest) == 0);
    cut_before(&mem->log, first);
    qc_snapshot_done(&mem->manifest);
    return qc_snapshot_read(manifest, &mem->manifest);
}

static int read_entries(void *ctx,
                        uint64_t first,
                        size_t n,
                        size_t size_max,
                        int (*entry)(void *ctx,
                                     const struct qc_log_entry *entry),
                        void *entry_ctx)
{
    struct qc_mem_disk *mem = ctx;
    size_t size = 0;
    int r = operation(mem);

    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct qc_log_entry *at;

        at = &at_index(&mem->log, first + i)->entry;
        if (i > 0 && (size >= size_max || at->data.size > size_max - size)) {
            break;
        }
        size += at->data.size;
        r = entry(entry_ctx, at);
    }
    return r;
}

struct qc_disk qc_mem_disk_as_disk(struct qc_mem_disk *mem)
{
    return (struct qc_disk){
        .ctx = mem,
        .set_term_and_vote = set_term_and_vote,
        .append = append,
        .read = read_entries,
        .compact = compact,
    };
}

struct qc_replica_state qc_mem_disk_state(const struct qc_mem_disk *mem)
{
    return (struct qc_replica_state){
        .term = mem->term,
        .vote = mem->vote,
        .first_index = mem->log.n > 0 ? mem->log.first : 0,
        .last_index = last_of(&mem->log),
        .is_new = mem->log.n == 0 && mem->manifest.message == NULL,
        .manifest = mem->manifest.message,
    };
}

unsigned qc_mem_disk_n_queued(const struct qc_mem_disk *mem)
{
    unsigned n = 0;

    for (const struct write *at = mem->writes; at != NULL; at = at->next) {
        n++;
    }
    return n;
}

uint64_t qc_mem_disk_sync(struct qc_mem_disk *mem)
{
    struct write *write = mem->writes;
    uint64_t first = write->list.first;
    uint64_t index = last_of(&write->list);

    if (write->list.n == 0) {
        cut_before(&mem->durable, first);
        qc_snapshot_move(&write->manifest, &mem->durable_manifest);
        drop_first_write(mem);
        return 0;
    }
    assert(first <= last_of(&mem->durable) + 1);

    cut(&mem->durable, first);
    for (size_t i = 0; i < write->list.n; i++) {
        push(&mem->durable, write->list.blobs[i]);
    }
    while (index >= first &&
           (index > last_of(&mem->log) || index < mem->log.first ||
            at_index(&mem->log, index) != at_index(&mem->durable, index))) {
        index--;
    }
    if (index < first) {
        index = 0;
    }
    drop_first_write(mem);
    return index;
}

void qc_mem_disk_crash(struct qc_mem_disk *mem)
{
    while (mem->writes != NULL) {
        drop_first_write(mem);
    }
    cut(&mem->log, mem->log.first);
    mem->log.first = mem->durable.first;
    for (size_t i = 0; i < mem->durable.n; i++) {
        push(&mem->log, mem->durable.blobs[i]);
    }
    qc_snapshot_done(&mem->manifest);
    if (mem->durable_manifest.message != NULL) {
        assert(qc_snapshot_copy(mem->durable_manifest.message,
                                &mem->manifest) == 0);
    }
}

void qc_mem_disk_begin_after(struct qc_mem_disk *mem,
                             const Qc__Peer__Manifest *manifest)
{
    struct list *lists[] = {&mem->log, &mem->durable};

    while (mem->writes != NULL) {
        drop_first_write(mem);
    }
    for (unsigned i = 0; i < 2; i++) {
        cut(lists[i], lists[i]->first);
        lists[i]->first = manifest->index + 1;
    }
    qc_snapshot_done(&mem->manifest);
    qc_snapshot_done(&mem->durable_manifest);
    assert(qc_snapshot_copy(manifest, &mem->manifest) == 0);
    assert(qc_snapshot_copy(manifest, &mem->durable_manifest) == 0);
}

void qc_mem_disk_fail_at(struct qc_mem_disk *mem, unsigned nth)
{
    mem->fail_at = nth;
}
