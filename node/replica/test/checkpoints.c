#include "replica/test/checkpoints.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "replica/snapshot.h"

enum {
    KEPT_MAX = 32,
    READINGS_MAX = 64,
    /* The rows, one of more than one part, small ones, and an empty one. */
    N_FILES = 20,
    LARGE_SIZE = 270 * 1000,
    SMALL_SIZE = 1000,
    PADDING_SIZE = LARGE_SIZE + (N_FILES - 3) * SMALL_SIZE,
};

struct checkpoint {
    struct qc_snapshot manifest;
    uint8_t *data; /* Of all files, one after the other. */
    size_t size;
};

struct qc_mem_checkpoints {
    struct qc_fake_machine *machine;
    struct qc_mem_disk *disk;
    struct checkpoint kept[KEPT_MAX];
    size_t n_kept;
    struct qc_part_readings readings;
    size_t n_readings;
    bool is_taking;
    struct checkpoint taken; /* Its size is 0 before it is captured. */
    bool is_installing;
    struct checkpoint fetched;
    uint64_t n_fetched;
    unsigned n_spoiled;
    unsigned n_resumed;
};

struct qc_mem_checkpoints *qc_mem_checkpoints_new(
    struct qc_fake_machine *machine,
    struct qc_mem_disk *disk)
{
    struct qc_mem_checkpoints *mem = calloc(1, sizeof(*mem));

    assert(mem != NULL);
    mem->machine = machine;
    mem->disk = disk;
    STAILQ_INIT(&mem->readings);
    return mem;
}

static void drop(struct checkpoint *checkpoint)
{
    qc_snapshot_done(&checkpoint->manifest);
    free(checkpoint->data);
    *checkpoint = (struct checkpoint){.size = 0};
}

void qc_mem_checkpoints_lose(struct qc_mem_checkpoints *mem)
{
    while (mem->n_kept > 0) {
        drop(&mem->kept[--mem->n_kept]);
    }
}

static const struct checkpoint *find(const struct qc_mem_checkpoints *mem,
                                     uint64_t index)
{
    for (size_t i = 0; i < mem->n_kept; i++) {
        if (mem->kept[i].manifest.message->index == index) {
            return &mem->kept[i];
        }
    }
    return NULL;
}

/* One of the same index is the same. */
static void add(struct qc_mem_checkpoints *mem, struct checkpoint *checkpoint)
{
    if (find(mem, checkpoint->manifest.message->index) != NULL) {
        drop(checkpoint);
        return;
    }
    assert(mem->n_kept < KEPT_MAX);
    mem->kept[mem->n_kept++] = *checkpoint;
    *checkpoint = (struct checkpoint){.size = 0};
}

static uint64_t digest(const uint8_t *data, size_t size)
{
    static const uint8_t key[QC_SIPHASH_KEY_SIZE] = {3};

    return qc_siphash(key, (struct qc_bytes){data, size});
}

/* --- files --- */

/* Where |name| begins among all bytes. */
static bool find_file(const Qc__Peer__Manifest *manifest,
                      const char *name,
                      uint64_t *begin_out,
                      uint64_t *size_out)
{
    uint64_t begin = 0;

    for (size_t i = 0; i < manifest->n_files; i++) {
        if (strcmp(manifest->files[i]->name, name) == 0) {
            *begin_out = begin;
            *size_out = manifest->files[i]->size;
            return true;
        }
        begin += manifest->files[i]->size;
    }
    return false;
}

static uint64_t size_of(const Qc__Peer__Manifest *manifest)
{
    uint64_t size = 0;

    for (size_t i = 0; i < manifest->n_files; i++) {
        size += manifest->files[i]->size;
    }
    return size;
}

/* --- taking --- */

static void describe(const struct qc_fake_machine *machine,
                     struct checkpoint *checkpoint)
{
    Qc__Peer__Manifest manifest = QC__PEER__MANIFEST__INIT;
    Qc__Peer__CheckpointFile files[N_FILES];
    Qc__Peer__CheckpointFile *file_list[N_FILES];
    Qc__Peer__Server servers[QC_SERVERS_MAX];
    Qc__Peer__Server *server_list[QC_SERVERS_MAX];
    struct qc_server members[QC_SERVERS_MAX];
    uint8_t hash[QC_HASH_SIZE] = {0};
    uint64_t all = digest(checkpoint->data, checkpoint->size);
    char names[N_FILES][8];

    memcpy(hash, &all, sizeof(all));
    manifest.format = QC_SNAPSHOT_FORMAT;
    manifest.index = machine->applied_index;
    manifest.now_ms = machine->now_ms;
    manifest.state_hash = (ProtobufCBinaryData){sizeof(hash), hash};
    manifest.rows_hash = manifest.state_hash;
    manifest.n_servers = qc_fake_machine_members(machine, members,
                                                 &manifest.configuration_index);
    manifest.servers = server_list;
    for (size_t i = 0; i < manifest.n_servers; i++) {
        union {
            const char *lent;
            char *address;
        } pointer = {.lent = members[i].address};

        qc__peer__server__init(&servers[i]);
        servers[i].id = members[i].id;
        servers[i].address = pointer.address;
        servers[i].role = members[i].voter ? RAFT_VOTER : RAFT_STANDBY;
        server_list[i] = &servers[i];
    }
    manifest.n_files = N_FILES;
    manifest.files = file_list;
    for (size_t i = 0; i < N_FILES; i++) {
        qc__peer__checkpoint_file__init(&files[i]);
        (void)snprintf(names[i], sizeof(names[i]), "%02zu.sst", i);
        files[i].name = names[i];
        files[i].size = SMALL_SIZE;
        files[i].checksum = (ProtobufCBinaryData){sizeof(hash), hash};
        file_list[i] = &files[i];
    }
    files[0].size = checkpoint->size - PADDING_SIZE;
    files[1].size = LARGE_SIZE;
    files[N_FILES - 1].size = 0;
    assert(qc_snapshot_copy(&manifest, &checkpoint->manifest) == 0);
}

static int take(void *ctx)
{
    struct qc_mem_checkpoints *mem = ctx;

    assert(!mem->is_taking && !mem->is_installing);
    mem->is_taking = true;
    return 0;
}

void qc_mem_checkpoints_capture(struct qc_mem_checkpoints *mem)
{
    struct checkpoint *taken = &mem->taken;
    size_t rows_size = qc_fake_machine_size();

    if (taken->size > 0) {
        return;
    }
    taken->size = rows_size + PADDING_SIZE;
    taken->data = malloc(taken->size);
    assert(taken->data != NULL);
    qc_fake_machine_write(mem->machine, taken->data);
    memset(taken->data + rows_size, (int)(mem->machine->applied_index % 251),
           PADDING_SIZE);
    describe(mem->machine, taken);
}

const Qc__Peer__Manifest *qc_mem_checkpoints_finish(
    struct qc_mem_checkpoints *mem)
{
    const struct checkpoint *finished;
    uint64_t index;

    assert(mem->is_taking);
    qc_mem_checkpoints_capture(mem);
    mem->is_taking = false;
    index = mem->taken.manifest.message->index;
    /* What is in it is on the disk. */
    if (index > mem->machine->kept_index) {
        mem->machine->kept_index = index;
    }
    add(mem, &mem->taken);
    finished = find(mem, index);
    assert(finished != NULL);
    return finished->manifest.message;
}

static int keep(void *ctx, const uint64_t *indexes, size_t n)
{
    struct qc_mem_checkpoints *mem = ctx;
    size_t n_kept = 0;

    for (size_t i = 0; i < mem->n_kept; i++) {
        bool found = false;

        for (size_t j = 0; j < n; j++) {
            found = found || mem->kept[i].manifest.message->index == indexes[j];
        }
        if (found) {
            mem->kept[n_kept++] = mem->kept[i];
        } else {
            drop(&mem->kept[i]);
        }
    }
    mem->n_kept = n_kept;
    return 0;
}

/* --- reading --- */

static bool read_part(void *ctx, struct qc_part_reading *reading)
{
    struct qc_mem_checkpoints *mem = ctx;

    if (mem->n_readings == READINGS_MAX) {
        return false;
    }
    STAILQ_INSERT_TAIL(&mem->readings, reading, links);
    mem->n_readings++;
    return true;
}

bool qc_mem_checkpoints_has(const struct qc_mem_checkpoints *mem,
                            uint64_t index)
{
    return find(mem, index) != NULL;
}

bool qc_mem_checkpoints_is_reading(const struct qc_mem_checkpoints *mem)
{
    return mem->n_readings > 0;
}

static struct qc_part_reading *take_reading(struct qc_mem_checkpoints *mem)
{
    struct qc_part_reading *reading = STAILQ_FIRST(&mem->readings);

    assert(reading != NULL);
    STAILQ_REMOVE_HEAD(&mem->readings, links);
    mem->n_readings--;
    return reading;
}

int qc_mem_checkpoints_read(struct qc_mem_checkpoints *mem)
{
    struct qc_part_reading *reading = take_reading(mem);
    const struct qc_part *part = &reading->part;
    const struct checkpoint *checkpoint = find(mem, part->index);
    struct qc_bytes data = {NULL, 0};
    uint64_t begin;
    uint64_t size;

    if (checkpoint == NULL ||
        !find_file(checkpoint->manifest.message, part->file, &begin, &size)) {
        return reading->done(reading, QC_PART_MISSING, data);
    }
    size = part->offset < size ? size - part->offset : 0;
    data = (struct qc_bytes){checkpoint->data + begin + part->offset,
                             size < part->size ? size : part->size};
    return reading->done(reading, QC_PART_READ, data);
}

static void drop_readings(struct qc_mem_checkpoints *mem)
{
    while (mem->n_readings > 0) {
        struct qc_part_reading *reading = take_reading(mem);

        (void)reading->done(reading, QC_PART_DROPPED,
                            (struct qc_bytes){NULL, 0});
    }
}

void qc_mem_checkpoints_free(struct qc_mem_checkpoints *mem)
{
    if (mem != NULL) {
        qc_mem_checkpoints_lose(mem);
        drop_readings(mem);
        drop(&mem->taken);
        drop(&mem->fetched);
        free(mem);
    }
}

/* --- fetching --- */

static int fetch(void *ctx,
                 const Qc__Peer__Manifest *manifest,
                 uint64_t *have_out)
{
    struct qc_mem_checkpoints *mem = ctx;
    struct checkpoint *fetched = &mem->fetched;

    if (fetched->manifest.message == NULL ||
        fetched->manifest.message->index != manifest->index) {
        drop(fetched);
        mem->n_fetched = 0;
        fetched->size = (size_t)size_of(manifest);
        fetched->data = calloc(1, fetched->size + 1);
        assert(fetched->data != NULL);
        assert(qc_snapshot_copy(manifest, &fetched->manifest) == 0);
    }
    mem->n_resumed += mem->n_fetched > 0 ? 1 : 0;
    *have_out = mem->n_fetched;
    return 0;
}

static int write_part(void *ctx,
                      const struct qc_part *part,
                      struct qc_bytes data)
{
    struct qc_mem_checkpoints *mem = ctx;
    uint64_t begin;
    uint64_t size;
    bool found =
        find_file(mem->fetched.manifest.message, part->file, &begin, &size);

    assert(part->index == mem->fetched.manifest.message->index);
    assert(found);
    assert(begin + part->offset == mem->n_fetched);
    assert(part->offset + data.size <= size && data.size == part->size);
    memcpy(mem->fetched.data + mem->n_fetched, data.data, data.size);
    mem->n_fetched += data.size;
    return 0;
}

static int install(void *ctx)
{
    struct qc_mem_checkpoints *mem = ctx;

    assert(!mem->is_taking && !mem->is_installing);
    assert(mem->n_fetched == mem->fetched.size);
    mem->is_installing = true;
    return 0;
}

bool qc_mem_checkpoints_install(struct qc_mem_checkpoints *mem)
{
    struct checkpoint *fetched = &mem->fetched;
    const Qc__Peer__Manifest *manifest = fetched->manifest.message;
    uint64_t all = digest(fetched->data, fetched->size);

    assert(mem->is_installing);
    mem->is_installing = false;
    mem->n_fetched = 0;
    if (mem->n_spoiled > 0 ||
        memcmp(manifest->state_hash.data, &all, sizeof(all)) != 0) {
        mem->n_spoiled -= mem->n_spoiled > 0 ? 1 : 0;
        drop(fetched);
        return false;
    }
    qc_fake_machine_read(mem->machine, fetched->data);
    mem->machine->kept_index = manifest->index;
    assert(mem->machine->applied_index == manifest->index);
    qc_mem_disk_begin_after(mem->disk, manifest);
    add(mem, fetched);
    return true;
}

void qc_mem_checkpoints_spoil(struct qc_mem_checkpoints *mem, unsigned times)
{
    mem->n_spoiled = times;
}

void qc_mem_checkpoints_damage(struct qc_mem_checkpoints *mem)
{
    for (size_t i = 0; i < mem->n_kept; i++) {
        mem->kept[i].data[mem->kept[i].size / 2] ^= 1;
    }
}

/* --- ends --- */

bool qc_mem_checkpoints_is_taking(const struct qc_mem_checkpoints *mem)
{
    return mem->is_taking;
}

bool qc_mem_checkpoints_is_installing(const struct qc_mem_checkpoints *mem)
{
    return mem->is_installing;
}

uint64_t qc_mem_checkpoints_fetched(const struct qc_mem_checkpoints *mem)
{
    return mem->n_fetched;
}

unsigned qc_mem_checkpoints_n_resumed(const struct qc_mem_checkpoints *mem)
{
    return mem->n_resumed;
}

void qc_mem_checkpoints_crash(struct qc_mem_checkpoints *mem, uint64_t lost)
{
    drop_readings(mem);
    drop(&mem->taken);
    mem->is_taking = false;
    mem->is_installing = false;
    mem->n_fetched -= lost;
}

struct qc_checkpoints qc_mem_checkpoints_as_checkpoints(
    struct qc_mem_checkpoints *mem)
{
    return (struct qc_checkpoints){
        .ctx = mem,
        .take = take,
        .keep = keep,
        .read = read_part,
        .fetch = fetch,
        .write = write_part,
        .install = install,
    };
}
