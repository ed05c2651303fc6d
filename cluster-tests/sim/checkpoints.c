#include "cluster-tests/sim/checkpoints.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include <raft.h>

#include "base/planted.h"
#include "cluster-tests/sim/disk.h"
#include "cluster-tests/sim/store.h"
#include "machine/member.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

enum {
    FILES_MAX = 16,
    NAME_SIZE = 16,
    ARENA_SIZE = 1024 * 1024,
    ROW_OVERHEAD = 8,   /* Beside key and row: the sizes of both. */
    CAPTURE_US = 20000, /* Until the rows are taken, at most. */
    WRITE_US = 150000,  /* And until they are files. */
    INSTALL_US = 200000,
    READ_US = 5000, /* Until a part is read. */
    READINGS_MAX = 64,
};

enum step {
    STEP_CAPTURE = 1,
    STEP_TAKEN,
    STEP_INSTALLED,
    STEP_READ,
};

/* Bytes that grow. */
struct blob {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* All files, one after the other, and what they are. */
struct checkpoint {
    uint64_t index;
    struct blob manifest; /* Encoded. */
    struct blob rows;
};

struct sim_checkpoints {
    struct sim_node *node;
    struct checkpoint *whole;
    size_t n;
    size_t capacity;
    struct checkpoint taken; /* Not whole yet; index 0: there is none. */
    struct checkpoint fetched;
    struct qc_part_readings readings; /* Parts that were asked for. */
    size_t n_readings;
    bool is_taking;
    bool is_installing;
    bool is_to_be_damaged;
    bool is_to_be_cut;
};

static void add(struct blob *blob, const void *data, size_t size)
{
    if (blob->size + size > blob->capacity) {
        blob->capacity = 2 * (blob->size + size) + 256;
        blob->data = realloc(blob->data, blob->capacity);
        assert(blob->data != NULL);
    }
    if (size > 0) {
        memcpy(blob->data + blob->size, data, size);
    }
    blob->size += size;
}

static void blob_done(struct blob *blob)
{
    free(blob->data);
    *blob = (struct blob){.size = 0};
}

static void checkpoint_done(struct checkpoint *checkpoint)
{
    blob_done(&checkpoint->manifest);
    blob_done(&checkpoint->rows);
    checkpoint->index = 0;
}

struct sim_checkpoints *sim_checkpoints_new(struct sim_node *node)
{
    struct sim_checkpoints *checkpoints = calloc(1, sizeof(*checkpoints));

    assert(checkpoints != NULL);
    checkpoints->node = node;
    STAILQ_INIT(&checkpoints->readings);
    return checkpoints;
}

void sim_checkpoints_lose(struct sim_checkpoints *checkpoints)
{
    while (checkpoints->n > 0) {
        checkpoint_done(&checkpoints->whole[--checkpoints->n]);
    }
}

static struct qc_part_reading *take_reading(struct sim_checkpoints *checkpoints)
{
    struct qc_part_reading *reading = STAILQ_FIRST(&checkpoints->readings);

    STAILQ_REMOVE_HEAD(&checkpoints->readings, links);
    checkpoints->n_readings--;
    return reading;
}

static void drop_readings(struct sim_checkpoints *checkpoints)
{
    while (checkpoints->n_readings > 0) {
        struct qc_part_reading *reading = take_reading(checkpoints);

        (void)reading->done(reading, QC_PART_DROPPED,
                            (struct qc_bytes){NULL, 0});
    }
}

void sim_checkpoints_free(struct sim_checkpoints *checkpoints)
{
    sim_checkpoints_lose(checkpoints);
    drop_readings(checkpoints);
    checkpoint_done(&checkpoints->taken);
    checkpoint_done(&checkpoints->fetched);
    free(checkpoints->whole);
    free(checkpoints);
}

static void later(struct sim_node *node, enum step step, int64_t most_us)
{
    struct sim_world *world = node->world;

    sim_events_put(&world->events,
                   (struct sim_event){
                       .at_us = world->now_us + 1 +
                                (int64_t)sim_random_below(&world->random,
                                                          (uint64_t)most_us),
                       .kind = SIM_EVENT_CHECKPOINT,
                       .node = node->id,
                       .incarnation = node->incarnation,
                       .value = step,
                   });
}

/* --- taking one ----------------------------------------------------------- */

static void put_size(uint8_t *bytes, size_t size)
{
    bytes[0] = (uint8_t)(size >> 24);
    bytes[1] = (uint8_t)(size >> 16);
    bytes[2] = (uint8_t)(size >> 8);
    bytes[3] = (uint8_t)size;
}

static size_t read_size(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 |
           (size_t)bytes[2] << 8 | bytes[3];
}

static bool is_answers(struct qc_bytes key)
{
    struct qc_key prefix;

    qc_key_begin(&prefix, 0, QC_SPACE_ANSWERS);
    return key.size >= prefix.len &&
           memcmp(key.data, prefix.data, prefix.len) == 0;
}

struct capture {
    struct blob *rows;
    uint64_t n;
};

static void add_row(void *ctx, struct qc_bytes key, struct qc_bytes row)
{
    struct capture *capture = ctx;
    struct blob *rows = capture->rows;
    uint8_t *at;

    if (QC_PLANTED_BUG(8) && is_answers(key)) {
        return;
    }
    at = rows->data + rows->size;
    put_size(at, key.size);
    memcpy(at + 4, key.data, key.size);
    put_size(at + 4 + key.size, row.size);
    if (row.size > 0) {
        memcpy(at + 8 + key.size, row.data, row.size);
    }
    rows->size += ROW_OVERHEAD + key.size + row.size;
    capture->n++;
}

static void hash(const uint8_t *data, size_t size, uint8_t hash_out[16])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
    memcpy(hash_out, canonical.digest, sizeof(canonical.digest));
}

/* What a manifest points to while it is made. */
struct draft {
    Qc__Peer__Manifest manifest;
    Qc__Peer__CheckpointFile files[FILES_MAX];
    Qc__Peer__CheckpointFile *file_list[FILES_MAX];
    char names[FILES_MAX][NAME_SIZE];
    uint8_t checksums[FILES_MAX][16];
    Qc__Peer__Server servers[QC_MEMBERS_MAX];
    Qc__Peer__Server *server_list[QC_MEMBERS_MAX];
    uint8_t state_hash[QC_HASH_SIZE];
    uint8_t rows_hash[16];
};

/* The rows are cut into files without regard to where a row ends. */
static void list_files(struct draft *draft, const struct blob *rows, size_t n)
{
    size_t each = rows->size / n;

    for (size_t i = 0; i < n; i++) {
        Qc__Peer__CheckpointFile *file = &draft->files[i];
        size_t size = i + 1 < n ? each : rows->size - each * (n - 1);

        qc__peer__checkpoint_file__init(file);
        (void)snprintf(draft->names[i], NAME_SIZE, "rows-%02zu", i % 100);
        hash(rows->data + each * i, size, draft->checksums[i]);
        file->name = draft->names[i];
        file->size = size;
        file->checksum = (ProtobufCBinaryData){16, draft->checksums[i]};
        draft->file_list[i] = file;
    }
    draft->manifest.files = draft->file_list;
    draft->manifest.n_files = n;
}

static void list_servers(struct draft *draft, const Qc__State__MembersRow *row)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n_members; i++) {
        const Qc__State__MemberRow *member = row->members[i];
        Qc__Peer__Server *server = &draft->servers[n];

        if (member->role == QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED) {
            continue;
        }
        qc__peer__server__init(server);
        server->id = member->node_id;
        server->address = member->address;
        server->role = member->role == QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER
                           ? RAFT_VOTER
                           : RAFT_STANDBY;
        draft->server_list[n++] = server;
    }
    draft->manifest.servers = draft->server_list;
    draft->manifest.n_servers = n;
    draft->manifest.configuration_index = row->configuration_index;
}

static void write_manifest(struct sim_node *node,
                           struct checkpoint *checkpoint,
                           uint64_t n_rows)
{
    struct draft draft = {.manifest = QC__PEER__MANIFEST__INIT};
    const Qc__State__MembersRow *members;
    struct qc_arena arena;
    int fault = 0;

    qc_arena_init(&arena, ARENA_SIZE);
    members = qc_machine_members(&node->machine, &arena, &fault);
    assert(members != NULL);
    list_servers(&draft, members);
    list_files(&draft, &checkpoint->rows, (size_t)node->world->plan.files);
    hash(checkpoint->rows.data, checkpoint->rows.size, draft.rows_hash);
    memcpy(draft.state_hash, node->machine.hash, QC_HASH_SIZE);
    draft.manifest.format = 1;
    draft.manifest.cluster_id = "sim";
    draft.manifest.index = node->machine.applied_index;
    draft.manifest.now_ms = node->machine.now_ms;
    draft.manifest.state_hash =
        (ProtobufCBinaryData){QC_HASH_SIZE, draft.state_hash};
    draft.manifest.rows_hash = (ProtobufCBinaryData){16, draft.rows_hash};
    draft.manifest.n_rows = n_rows;
    draft.manifest.cluster_version = qc_machine_cluster_version(&node->machine);
    checkpoint->manifest.size =
        qc__peer__manifest__get_packed_size(&draft.manifest);
    checkpoint->manifest.data = malloc(checkpoint->manifest.size);
    assert(checkpoint->manifest.data != NULL);
    qc__peer__manifest__pack(&draft.manifest, checkpoint->manifest.data);
    qc_arena_done(&arena);
}

static int take(void *ctx)
{
    struct sim_node *node = ctx;

    assert(!node->checkpoints->is_taking);

    node->checkpoints->is_taking = true;
    later(node, STEP_CAPTURE, CAPTURE_US);
    return 0;
}

static void capture(struct sim_node *node)
{
    struct checkpoint *taken = &node->checkpoints->taken;
    struct capture capture = {&taken->rows, 0};

    checkpoint_done(taken);
    taken->index = node->machine.applied_index;
    taken->rows.capacity = sim_store_size(node->store) +
                           sim_store_n_rows(node->store) * ROW_OVERHEAD;
    taken->rows.data = malloc(taken->rows.capacity);
    assert(taken->rows.data != NULL);
    sim_store_walk(node->store, add_row, &capture);
    assert(taken->rows.size <= taken->rows.capacity);
    write_manifest(node, taken, capture.n);
    sim_store_flush(node->store);
    later(node, STEP_TAKEN, WRITE_US);
}

static struct checkpoint *find(struct sim_checkpoints *checkpoints,
                               uint64_t index)
{
    for (size_t i = 0; i < checkpoints->n; i++) {
        if (checkpoints->whole[i].index == index) {
            return &checkpoints->whole[i];
        }
    }
    return NULL;
}

/* It moves: |checkpoint| is empty then. One of that index may be there. */
static struct checkpoint *make_whole(struct sim_checkpoints *checkpoints,
                                     struct checkpoint *checkpoint)
{
    struct checkpoint *there = find(checkpoints, checkpoint->index);

    if (there != NULL) {
        checkpoint_done(checkpoint);
        return there;
    }
    if (checkpoints->n == checkpoints->capacity) {
        checkpoints->capacity = 2 * checkpoints->capacity + 4;
        checkpoints->whole =
            realloc(checkpoints->whole,
                    checkpoints->capacity * sizeof(*checkpoints->whole));
        assert(checkpoints->whole != NULL);
    }
    there = &checkpoints->whole[checkpoints->n++];
    *there = *checkpoint;
    *checkpoint = (struct checkpoint){.index = 0};
    return there;
}

static Qc__Peer__Manifest *manifest_of(const struct checkpoint *checkpoint)
{
    return qc__peer__manifest__unpack(NULL, checkpoint->manifest.size,
                                      checkpoint->manifest.data);
}

static int tell_taken(struct sim_node *node)
{
    struct sim_checkpoints *checkpoints = node->checkpoints;
    Qc__Peer__Manifest *manifest;
    int r;

    checkpoints->is_taking = false;
    sim_result.n_checkpoints++;
    manifest = manifest_of(make_whole(checkpoints, &checkpoints->taken));
    r = qc_replica_checkpoint_taken(node->replica, manifest);
    qc__peer__manifest__free_unpacked(manifest, NULL);
    return r;
}

/* --- keeping and reading them --------------------------------------------- */

static int keep(void *ctx, const uint64_t *indexes, size_t n)
{
    struct sim_node *node = ctx;
    struct sim_checkpoints *checkpoints = node->checkpoints;
    size_t n_kept = 0;

    for (size_t i = 0; i < checkpoints->n; i++) {
        bool kept = false;

        for (size_t j = 0; j < n; j++) {
            kept = kept || checkpoints->whole[i].index == indexes[j];
        }
        if (kept) {
            checkpoints->whole[n_kept++] = checkpoints->whole[i];
        } else {
            checkpoint_done(&checkpoints->whole[i]);
        }
    }
    checkpoints->n = n_kept;
    return 0;
}

/* Where a file begins among the bytes of all; false: there is none such. */
static bool find_file(const Qc__Peer__Manifest *manifest,
                      const char *name,
                      uint64_t *start_out,
                      uint64_t *size_out)
{
    *start_out = 0;
    for (size_t i = 0; i < manifest->n_files; i++) {
        *size_out = manifest->files[i]->size;
        if (strcmp(manifest->files[i]->name, name) == 0) {
            return true;
        }
        *start_out += *size_out;
    }
    return false;
}

static bool begin_reading(void *ctx, struct qc_part_reading *reading)
{
    struct sim_node *node = ctx;
    struct sim_checkpoints *checkpoints = node->checkpoints;

    if (checkpoints->n_readings == READINGS_MAX) {
        return false;
    }
    STAILQ_INSERT_TAIL(&checkpoints->readings, reading, links);
    if (checkpoints->n_readings++ == 0) {
        later(node, STEP_READ, READ_US);
    }
    return true;
}

static enum qc_part_end read_part(struct sim_checkpoints *checkpoints,
                                  const struct qc_part *part,
                                  struct qc_bytes *out)
{
    const struct checkpoint *checkpoint = find(checkpoints, part->index);
    Qc__Peer__Manifest *manifest;
    uint64_t start;
    uint64_t size;
    bool found;

    if (checkpoint == NULL) {
        return QC_PART_MISSING;
    }
    manifest = manifest_of(checkpoint);
    found = find_file(manifest, part->file, &start, &size);
    qc__peer__manifest__free_unpacked(manifest, NULL);
    if (!found) {
        return QC_PART_MISSING;
    }
    size = part->offset < size ? size - part->offset : 0;
    *out = (struct qc_bytes){checkpoint->rows.data + start + part->offset,
                             size < part->size ? (size_t)size : part->size};
    return QC_PART_READ;
}

static int tell_read(struct sim_node *node)
{
    struct sim_checkpoints *checkpoints = node->checkpoints;
    struct qc_part_reading *reading = take_reading(checkpoints);
    struct qc_bytes data = {NULL, 0};
    enum qc_part_end end = read_part(checkpoints, &reading->part, &data);

    if (checkpoints->n_readings > 0) {
        later(node, STEP_READ, READ_US);
    }
    return reading->done(reading, end, data);
}

/* --- fetching and installing one ------------------------------------------ */

static int fetch(void *ctx,
                 const Qc__Peer__Manifest *manifest,
                 uint64_t *have_out)
{
    struct sim_node *node = ctx;
    struct checkpoint *fetched = &node->checkpoints->fetched;
    struct blob packed = {.size =
                              qc__peer__manifest__get_packed_size(manifest)};

    packed.data = malloc(packed.size);
    assert(packed.data != NULL);
    qc__peer__manifest__pack(manifest, packed.data);
    if (fetched->index != manifest->index ||
        fetched->manifest.size != packed.size ||
        memcmp(fetched->manifest.data, packed.data, packed.size) != 0) {
        checkpoint_done(fetched);
        fetched->index = manifest->index;
        fetched->manifest = packed;
    } else {
        free(packed.data);
    }
    *have_out = fetched->rows.size;
    return 0;
}

static int write_part(void *ctx,
                      const struct qc_part *part,
                      struct qc_bytes data)
{
    struct sim_node *node = ctx;
    struct sim_world *world = node->world;
    struct sim_checkpoints *checkpoints = node->checkpoints;
    struct blob *rows = &checkpoints->fetched.rows;
    Qc__Peer__Manifest *manifest = manifest_of(&checkpoints->fetched);
    uint64_t start;
    uint64_t size;
    bool found = find_file(manifest, part->file, &start, &size);

    assert(found && part->size == data.size);
    assert(start + part->offset == rows->size);
    assert(part->offset + part->size <= size);
    qc__peer__manifest__free_unpacked(manifest, NULL);
    add(rows, data.data, data.size);
    if (checkpoints->is_to_be_damaged ||
        (world->nemesis != NULL &&
         sim_random_chance(&world->random, world->plan.damage_ppm))) {
        SIM_TRACE("a part of a checkpoint at node %u is damaged", node->id);
        rows->data[rows->size - 1 -
                   sim_random_below(&world->random, data.size)] ^= 1;
        checkpoints->is_to_be_damaged = false;
    }
    return 0;
}

static int install(void *ctx)
{
    struct sim_node *node = ctx;

    assert(!node->checkpoints->is_installing);

    node->checkpoints->is_installing = true;
    if (node->checkpoints->is_to_be_cut) {
        node->checkpoints->fetched.rows.size /= 2;
        node->checkpoints->is_to_be_cut = false;
    }
    later(node, STEP_INSTALLED, INSTALL_US);
    return 0;
}

/* Whether files and rows are those that the manifest tells of. */
static bool is_good(const struct checkpoint *checkpoint,
                    const Qc__Peer__Manifest *manifest)
{
    const struct blob *rows = &checkpoint->rows;
    uint64_t at = 0;
    uint8_t found[16];

    for (size_t i = 0; i < manifest->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = manifest->files[i];

        if (at + file->size > rows->size) {
            return false;
        }
        hash(rows->data + at, (size_t)file->size, found);
        if (memcmp(found, file->checksum.data, sizeof(found)) != 0) {
            return false;
        }
        at += file->size;
    }
    hash(rows->data, rows->size, found);
    return at == rows->size &&
           memcmp(found, manifest->rows_hash.data, sizeof(found)) == 0;
}

static struct sim_store *store_of(const struct blob *rows)
{
    struct sim_store *store = sim_store_new();
    struct qc_store *as_store = sim_store_as_store(store);
    size_t at = 0;

    while (at + 4 <= rows->size) {
        struct qc_key key = {.len = 0};
        size_t key_size = read_size(rows->data + at);
        size_t row_size;

        if (key_size > QC_KEY_SIZE_MAX || at + key_size + 8 > rows->size) {
            break; /* It ends in the middle. */
        }
        key.len = (uint16_t)key_size;
        memcpy(key.data, rows->data + at + 4, key_size);
        at += 4 + key_size;
        row_size = read_size(rows->data + at);
        if (at + 4 + row_size > rows->size) {
            break;
        }
        (void)as_store->ops->put(
            as_store, &key, (struct qc_bytes){rows->data + at + 4, row_size});
        at += 4 + row_size;
    }
    sim_store_flush(store);
    return store;
}

/* Rows, log and manifest change together. */
static void swap(struct sim_node *node, const Qc__Peer__Manifest *manifest)
{
    struct checkpoint *fetched = &node->checkpoints->fetched;
    struct sim_store *store = store_of(&fetched->rows);

    qc_machine_close(&node->machine);
    sim_store_free(node->store);
    node->store = store;
    sim_disk_install(
        node->disk,
        (struct qc_bytes){fetched->manifest.data, fetched->manifest.size},
        manifest->index);
    if (sim_store_n_rows(store) != manifest->n_rows) {
        sim_violated(SIM_DAMAGE_STOPS,
                     "node %u takes %zu rows for the %llu of a checkpoint",
                     node->id, sim_store_n_rows(store),
                     (unsigned long long)manifest->n_rows);
    }
    (void)make_whole(node->checkpoints, fetched);
    node->is_syncing = false;
    node->incarnation++; /* Writes that waited are gone. */
    if (node->checkpoints->n_readings > 0) {
        later(node, STEP_READ, READ_US);
    }
    sim_node_open_machine(node);
}

static int finish_install(struct sim_node *node)
{
    struct sim_checkpoints *checkpoints = node->checkpoints;
    Qc__Peer__Manifest *manifest = manifest_of(&checkpoints->fetched);
    bool good = is_good(&checkpoints->fetched, manifest) || QC_PLANTED_BUG(25);

    checkpoints->is_installing = false;
    SIM_TRACE("node %u %s the checkpoint of entry %llu", node->id,
              good ? "has installed" : "refuses",
              (unsigned long long)manifest->index);
    if (good) {
        sim_result.n_installs++;
        swap(node, manifest);
    } else {
        checkpoint_done(&checkpoints->fetched);
    }
    qc__peer__manifest__free_unpacked(manifest, NULL);
    return qc_replica_installed(node->replica, good);
}

struct qc_checkpoints sim_checkpoints_of(struct sim_node *node)
{
    return (struct qc_checkpoints){
        .ctx = node,
        .take = take,
        .keep = keep,
        .read = begin_reading,
        .fetch = fetch,
        .write = write_part,
        .install = install,
    };
}

int sim_checkpoints_step(struct sim_node *node, uint64_t step)
{
    switch ((enum step)step) {
    case STEP_CAPTURE:
        capture(node);
        return 0;
    case STEP_TAKEN:
        return tell_taken(node);
    case STEP_INSTALLED:
        return finish_install(node);
    case STEP_READ:
        return tell_read(node);
    }
    return 0;
}

void sim_checkpoints_crash(struct sim_checkpoints *checkpoints,
                           struct sim_random *random)
{
    struct blob *rows = &checkpoints->fetched.rows;

    drop_readings(checkpoints);
    checkpoint_done(&checkpoints->taken);
    checkpoints->is_taking = false;
    checkpoints->is_installing = false;
    checkpoints->is_to_be_damaged = false;
    checkpoints->is_to_be_cut = false;
    rows->size -= (size_t)sim_random_below(random, rows->size / 4 + 1);
}

bool sim_checkpoints_is_taking(const struct sim_checkpoints *checkpoints)
{
    return checkpoints->is_taking;
}

bool sim_checkpoints_is_fetching(const struct sim_checkpoints *checkpoints)
{
    return checkpoints->fetched.index != 0;
}

bool sim_checkpoints_is_installing(const struct sim_checkpoints *checkpoints)
{
    return checkpoints->is_installing;
}

void sim_checkpoints_damage(struct sim_checkpoints *checkpoints)
{
    checkpoints->is_to_be_damaged = true;
}

void sim_checkpoints_truncate(struct sim_checkpoints *checkpoints)
{
    checkpoints->is_to_be_cut = true;
}
