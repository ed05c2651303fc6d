#include "replica/fetch.h"

#include <assert.h>
#include <string.h>

#include "base/planted.h"
#include "replica/configuration.h"
#include "replica/inside.h"
#include "replica/wire.h"

static const Qc__Peer__Manifest *manifest_of(const struct qc_replica *replica)
{
    return replica->core.installing.message;
}

/* --- places --- */

/* Moves over what is at its end, and over empty files. */
static void settle_place(const Qc__Peer__Manifest *manifest,
                         struct qc_fetch_place *place)
{
    while (place->file < manifest->n_files &&
           place->offset >= manifest->files[place->file]->size) {
        place->offset -= manifest->files[place->file]->size;
        place->file++;
    }
}

static bool is_at_end(const Qc__Peer__Manifest *manifest,
                      const struct qc_fetch_place *place)
{
    return place->file == manifest->n_files;
}

/* --- sources --- */

/* Whoever may have it, the leader first: how many. */
static size_t sources(const struct qc_replica *replica,
                      uint64_t ids_out[QC_SERVERS_MAX + 1])
{
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    uint64_t leader = qc_core_leader(&replica->core, NULL);
    size_t n = 0;

    if (qc_replica_is_peer(replica, leader)) {
        ids_out[n++] = leader;
    }
    for (size_t i = 0; i < manifest->n_servers; i++) {
        uint64_t id = manifest->servers[i]->id;

        if (qc_replica_is_peer(replica, id) && id != leader) {
            ids_out[n++] = id;
        }
    }
    return n;
}

/* All that was asked for is asked for again. */
static void ask_anew(struct qc_replica *replica)
{
    struct qc_fetch *fetch = &replica->fetch;

    fetch->ask = fetch->have;
    fetch->n_parts = 0;
    fetch->asked_ms = qc_replica_now_ms(replica);
}

static void ask_the_next(struct qc_replica *replica)
{
    struct qc_fetch *fetch = &replica->fetch;
    uint64_t ids[QC_SERVERS_MAX + 1];
    size_t n = sources(replica, ids);
    size_t i = 0;

    while (i < n && ids[i] != fetch->source) {
        i++;
    }
    fetch->source = n == 0 ? 0 : ids[i < n ? (i + 1) % n : 0];
    fetch->n_silences = 0;
    ask_anew(replica);
}

/* --- questions --- */

static int ask(struct qc_replica *replica, const struct qc_fetch_part *part)
{
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    Qc__Peer__FetchPart message = QC__PEER__FETCH_PART__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = part->number;
    message.index = manifest->index;
    message.file = manifest->files[part->place.file]->name;
    message.offset = part->place.offset;
    message.size = part->size;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART;
    request.fetch_part = &message;
    return qc_wire_send(&replica->options.network, replica->fetch.source,
                        QC_CHANNEL_EXCHANGE, &request.base);
}

static int ask_on(struct qc_replica *replica)
{
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    struct qc_fetch *fetch = &replica->fetch;
    int r = 0;

    while (r == 0 && fetch->source != 0 &&
           fetch->n_parts < QC_FETCH_PARTS_MAX &&
           !is_at_end(manifest, &fetch->ask)) {
        struct qc_fetch_part *part = &fetch->parts[fetch->n_parts];
        uint64_t left =
            manifest->files[fetch->ask.file]->size - fetch->ask.offset;

        *part = (struct qc_fetch_part){
            .number = ++fetch->number,
            .place = fetch->ask,
            .size =
                left < QC_FETCH_PART_SIZE ? (uint32_t)left : QC_FETCH_PART_SIZE,
        };
        fetch->n_parts++;
        fetch->ask.offset += part->size;
        settle_place(manifest, &fetch->ask);
        r = ask(replica, part);
    }
    return r;
}

/* --- answers --- */

static bool is_intact(const struct qc_fetch_part *part,
                      const Qc__Peer__FetchPartResult *result)
{
    const struct qc_bytes data = {result->data.data, result->data.len};

    return result->data.len == part->size &&
           result->checksum == qc_fetch_checksum(data);
}

static int use_part(struct qc_replica *replica,
                    const Qc__Peer__FetchPartResult *result)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    struct qc_fetch *fetch = &replica->fetch;
    const struct qc_fetch_place place = fetch->parts[0].place;
    const struct qc_part part = {
        .index = manifest->index,
        .file = manifest->files[place.file]->name,
        .offset = place.offset,
        .size = fetch->parts[0].size,
    };
    const struct qc_bytes data = {result->data.data, result->data.len};

    fetch->have.offset += part.size;
    settle_place(manifest, &fetch->have);
    fetch->n_parts--;
    memmove(&fetch->parts[0], &fetch->parts[1],
            fetch->n_parts * sizeof(fetch->parts[0]));
    fetch->n_silences = 0;
    fetch->n_refusals = 0;
    fetch->asked_ms = qc_replica_now_ms(replica);
    fetch->progress_ms = fetch->asked_ms;
    return checkpoints->write(checkpoints->ctx, &part, data);
}

int qc_replica_on_part(struct qc_replica *replica,
                       uint64_t from,
                       const Qc__Peer__FetchPartResult *result)
{
    struct qc_fetch *fetch = &replica->fetch;

    if (fetch->stage != QC_FETCH_PARTS || from != fetch->source ||
        fetch->n_parts == 0 || result->number != fetch->parts[0].number) {
        return 0; /* What was lost is asked for again after a silence. */
    }
    if (!result->found || !is_intact(&fetch->parts[0], result)) {
        fetch->n_refusals++;
        ask_the_next(replica);
        return 0;
    }
    return use_part(replica, result);
}

/* --- from the first part to the end --- */

static int begin(struct qc_replica *replica)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    struct qc_fetch *fetch = &replica->fetch;
    uint64_t have;
    int r = checkpoints->fetch(checkpoints->ctx, manifest, &have);

    if (r > 0) {
        fetch->stage = QC_FETCH_OPENING;
        return 0;
    }
    if (r != 0) {
        return r;
    }
    fetch->stage = QC_FETCH_PARTS;
    fetch->have = (struct qc_fetch_place){0, have};
    settle_place(manifest, &fetch->have);
    fetch->progress_ms = qc_replica_now_ms(replica);
    fetch->n_refusals = 0;
    if (fetch->n_failures == 0) {
        fetch->source = 0; /* The leader is the first. */
    }
    ask_the_next(replica);
    qc_replica_notice(replica, QC_NOTICE_INFO, "fetches a checkpoint");
    return 0;
}

static bool has_nobody(const struct qc_replica *replica)
{
    uint64_t ids[QC_SERVERS_MAX + 1];
    size_t n = sources(replica, ids);

    return n > 0 && replica->fetch.n_refusals >= n;
}

/* It costs reading the log, so it is not done in haste. */
static int64_t give_up_ms(const struct qc_replica *replica)
{
    return replica->fetch.progress_ms +
           (has_nobody(replica) ? QC_FETCH_REFUSED_MS : QC_FETCH_PATIENCE_MS);
}

static int give_up(struct qc_replica *replica)
{
    int r = qc_core_give_up_install(&replica->core);

    if (r > 0) {
        return 0; /* A write is under way: in a later turn. */
    }
    replica->fetch = (struct qc_fetch){.number = replica->fetch.number};
    qc_replica_notice(replica, QC_NOTICE_WARNING,
                      "the checkpoint that was fetched is nowhere whole: it "
                      "is given up, and another one awaited");
    return r;
}

static bool is_ready(const struct qc_replica *replica)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;

    return checkpoints->is_ready == NULL ||
           checkpoints->is_ready(checkpoints->ctx);
}

static int fetch_parts(struct qc_replica *replica)
{
    struct qc_fetch *fetch = &replica->fetch;

    if (is_at_end(manifest_of(replica), &fetch->have)) {
        fetch->stage = QC_FETCH_WHOLE;
        return 0;
    }
    if (!is_ready(replica)) {
        /* The disk is slower than the peer, which is not silent. */
        fetch->asked_ms = qc_replica_now_ms(replica);
        fetch->progress_ms = fetch->asked_ms;
        return 0;
    }
    if (qc_replica_now_ms(replica) >= give_up_ms(replica)) {
        return give_up(replica);
    }
    if (has_nobody(replica)) {
        return 0;
    }
    if (qc_replica_now_ms(replica) - fetch->asked_ms >= QC_FETCH_SILENCE_MS) {
        fetch->n_silences++;
        if (fetch->n_silences >= QC_FETCH_SILENCES_MAX) {
            ask_the_next(replica);
        } else {
            ask_anew(replica);
        }
    }
    return ask_on(replica);
}

int qc_replica_fetch(struct qc_replica *replica)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    struct qc_fetch *fetch = &replica->fetch;
    int r = 0;

    if (!qc_core_is_installing(&replica->core)) {
        return 0;
    }
    if (fetch->n_failures >= QC_FETCH_FAILURES_MAX) {
        return give_up(replica);
    }
    if (fetch->stage == QC_FETCH_NONE || fetch->stage == QC_FETCH_OPENING) {
        r = begin(replica);
    }
    if (r == 0 && fetch->stage == QC_FETCH_PARTS) {
        r = fetch_parts(replica);
    }
    if (r == 0 && fetch->stage == QC_FETCH_WHOLE &&
        !replica->checkpoints.is_taking) {
        fetch->stage = QC_FETCH_INSTALL;
        r = checkpoints->install(checkpoints->ctx);
    }
    return r;
}

int64_t qc_replica_fetch_ms(const struct qc_replica *replica)
{
    const struct qc_fetch *fetch = &replica->fetch;
    int64_t silence_ms = fetch->asked_ms + QC_FETCH_SILENCE_MS;

    if (!qc_core_is_installing(&replica->core) ||
        fetch->stage == QC_FETCH_INSTALL) {
        return INT64_MAX;
    }
    if (fetch->stage != QC_FETCH_PARTS) {
        return fetch->stage == QC_FETCH_NONE ? 0 : INT64_MAX;
    }
    return silence_ms < give_up_ms(replica) && !has_nobody(replica)
               ? silence_ms
               : give_up_ms(replica);
}

/* Requests whose entries lie inside the checkpoint are never seen applied here:
 * as any that are not answered for long they are sent again, and get the answer
 * that was stored. */
static int installed(struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    uint64_t index = qc_snapshot_index(&replica->core.installing);
    int r;

    if (applier->applied(applier->ctx) != index) {
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "the installed rows are not of the index that the "
                          "manifest tells");
        return QC_E_CORRUPT;
    }
    replica->fetch = (struct qc_fetch){.number = replica->fetch.number};
    replica->applied_index = index + (QC_PLANTED_BUG(24) ? 1 : 0);
    qc_replica_notice(replica, QC_NOTICE_INFO, "a checkpoint is installed");
    r = qc_core_installed(&replica->core);
    return r != 0 ? r : qc_replica_begin_with_checkpoint(replica, index);
}

/* Tells all who may have it that they must take another. Who does not hear it
 * offers the same again, and hears it then. */
static int complain(struct qc_replica *replica)
{
    const Qc__Peer__Manifest *manifest = manifest_of(replica);
    Qc__Peer__FetchPart message = QC__PEER__FETCH_PART__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    uint64_t ids[QC_SERVERS_MAX + 1];
    size_t n = sources(replica, ids);
    int r = 0;

    message.index = manifest->index;
    message.file = manifest->files[0]->name;
    message.size = 1;
    message.damaged = true;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART;
    request.fetch_part = &message;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = qc_wire_send(&replica->options.network, ids[i], QC_CHANNEL_EXCHANGE,
                         &request.base);
    }
    return r;
}

/* That a peer's copy is damaged is no fault of this node. */
int qc_replica_installed(struct qc_replica *replica, bool good)
{
    struct qc_fetch *fetch = &replica->fetch;

    assert(fetch->stage == QC_FETCH_INSTALL);

    if (good) {
        return installed(replica);
    }
    fetch->n_failures++;
    qc_replica_notice(replica, QC_NOTICE_WARNING,
                      "a checkpoint was fetched that is not what its manifest "
                      "says");
    fetch->stage = QC_FETCH_NONE;
    return fetch->n_failures >= QC_FETCH_FAILURES_MAX ? complain(replica) : 0;
}
