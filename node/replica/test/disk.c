#include "replica/test/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Entries are shared by the lists that hold them, and counted. */
struct blob {
    unsigned n_refs;
    struct qc_log_entry entry; /* Its data is |bytes|. */
    uint8_t bytes[];
};

/* Entries by index: 1 stands at 0. */
struct list {
    struct blob **blobs;
    size_t n;
    size_t capacity;
};

/* An append that waits. */
struct write {
    struct write *next;
    struct list list; /* The entries, and in front of them nothing. */
    uint64_t first;
};

struct qc_mem_disk {
    uint64_t term;
    uint64_t vote;
    struct list log;     /* With what is queued. */
    struct list durable; /* Without. */
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

static void cut(struct list *list, size_t n)
{
    while (list->n > n) {
        unref(list->blobs[--list->n]);
    }
}

static void list_done(struct list *list)
{
    cut(list, 0);
    free(list->blobs);
}

static void drop_first_write(struct qc_mem_disk *mem)
{
    struct write *write = mem->writes;

    mem->writes = write->next;
    list_done(&write->list);
    free(write);
}

struct qc_mem_disk *qc_mem_disk_new(void)
{
    struct qc_mem_disk *mem = calloc(1, sizeof(*mem));

    assert(mem != NULL);
    return mem;
}

void qc_mem_disk_free(struct qc_mem_disk *mem)
{
    while (mem->writes != NULL) {
        drop_first_write(mem);
    }
    list_done(&mem->log);
    list_done(&mem->durable);
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

static int append(void *ctx, const struct qc_log_entry *entries, size_t n)
{
    struct qc_mem_disk *mem = ctx;
    struct write **end = &mem->writes;
    struct write *write;
    int r = operation(mem);

    if (r != 0) {
        return r;
    }
    assert(n > 0);
    assert(entries[0].index >= 1 && entries[0].index <= mem->log.n + 1);

    write = calloc(1, sizeof(*write));
    assert(write != NULL);
    write->first = entries[0].index;
    cut(&mem->log, (size_t)write->first - 1);
    for (size_t i = 0; i < n; i++) {
        struct blob *blob = blob_new(&entries[i]);

        assert(entries[i].index == write->first + i);
        push(&mem->log, blob);
        push(&write->list, blob);
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = write;
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
    struct qc_mem_disk *mem = ctx;
    size_t size = 0;
    int r = operation(mem);

    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct qc_log_entry *at;

        assert(first >= 1 && first + i <= mem->log.n);
        at = &mem->log.blobs[first + i - 1]->entry;
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
    };
}

struct qc_replica_state qc_mem_disk_state(const struct qc_mem_disk *mem)
{
    return (struct qc_replica_state){
        .term = mem->term,
        .vote = mem->vote,
        .first_index = mem->log.n > 0 ? 1 : 0,
        .last_index = mem->log.n,
        .is_new = mem->log.n == 0,
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
    uint64_t index = write->first + write->list.n - 1;

    assert(write->first <= mem->durable.n + 1);

    cut(&mem->durable, (size_t)write->first - 1);
    for (size_t i = 0; i < write->list.n; i++) {
        push(&mem->durable, write->list.blobs[i]);
    }
    while (index >= write->first &&
           (index > mem->log.n ||
            mem->log.blobs[index - 1] != mem->durable.blobs[index - 1])) {
        index--;
    }
    if (index < write->first) {
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
    cut(&mem->log, 0);
    for (size_t i = 0; i < mem->durable.n; i++) {
        push(&mem->log, mem->durable.blobs[i]);
    }
}

void qc_mem_disk_fail_at(struct qc_mem_disk *mem, unsigned nth)
{
    mem->fail_at = nth;
}
