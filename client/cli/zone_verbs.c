/*
 * qcctl zones install: the time zones of this machine become the cluster's.
 *
 * Only those are sent that the cluster does not have as they are here, some in
 * each call; a call is done whole or not at all, and doing it again changes
 * nothing, so after an interruption one installs again.
 */
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/inquiry.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "cli/words.h"
#include "cli/zone_directory.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    ARENA_SIZE_MAX = 64 * 1024 * 1024,
    PAGE_ARENA_SIZE_MAX = 4 * 1024 * 1024,
    PAGE_SIZE = 500,
    PART_MAX = 50,      /* Zones of one call: some 250 KiB. */
    KNOWN_MAX = 8192,   /* More than a cluster has. */
    CHANGE_SIZE = 8 + 4 /* Of what is digested. */
};

struct known {
    const char *name; /* In the arena. */
    uint8_t digest[SHA256_DIGEST_LENGTH];
};

struct install {
    struct qc_inquiry *inquiry;
    struct qc_arena arena; /* What is known, and gathered. */
    struct known *known;   /* In the order of their names. */
    size_t n_known;
    Qc__V1__TimeZone *part[PART_MAX];
    size_t n_part;
    uint32_t created;
    uint32_t updated;
    uint32_t unchanged;
    enum qc_exit exit;
};

static bool fail(struct install *install, const char *why)
{
    fprintf(stderr, "qcctl: %s\n", why);
    install->exit = QC_EXIT_FAILED;
    return false;
}

/* NULL when memory is short. */
static const char *copy_text(struct qc_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = qc_arena_alloc(arena, size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* --- what the cluster has -------------------------------------------------
 */

static bool remember(struct install *install,
                     const Qc__V1__TimeZoneSummary *zone)
{
    struct known *known = &install->known[install->n_known];
    const char *name = copy_text(&install->arena, zone->name);

    if (install->n_known == KNOWN_MAX || name == NULL) {
        return fail(install, "the cluster has too many time zones");
    }
    known->name = name;
    if (zone->digest.len == sizeof(known->digest)) {
        memcpy(known->digest, zone->digest.data, sizeof(known->digest));
    }
    install->n_known++;
    return true;
}

/* Reads one page, and where the next begins: in |token|, "" at the end. */
static bool read_page(struct install *install, const char **token)
{
    Qc__V1__ListTimeZonesRequest request =
        QC__V1__LIST_TIME_ZONES_REQUEST__INIT;
    const Qc__V1__ListTimeZonesResponse *page;
    struct qc_client_answer answer;
    struct qc_arena arena;
    bool ok = true;

    qc_arena_init(&arena, PAGE_ARENA_SIZE_MAX);
    request.page_size = PAGE_SIZE;
    request.page_token = *token;
    install->exit = qc_inquiry_ask(install->inquiry, &qc_rpc_list_time_zones,
                                   &request.base, &arena, &answer);
    if (install->exit != QC_EXIT_OK) {
        qc_arena_done(&arena);
        return false;
    }
    page = (const Qc__V1__ListTimeZonesResponse *)answer.response;
    for (size_t i = 0; ok && i < page->n_items; i++) {
        ok = remember(install, page->items[i]);
    }
    *token = copy_text(&install->arena, page->next_token);
    qc_arena_done(&arena);
    return ok && (*token != NULL || fail(install, "out of memory"));
}

static bool read_known(struct install *install)
{
    const char *token = "";

    install->known =
        qc_arena_alloc(&install->arena, KNOWN_MAX * sizeof(*install->known));
    if (install->known == NULL) {
        return fail(install, "out of memory");
    }
    do {
        if (!read_page(install, &token)) {
            return false;
        }
    } while (token[0] != '\0');
    return true;
}

static int compare_known(const void *name, const void *known)
{
    return strcmp(name, ((const struct known *)known)->name);
}

/* --- what is sent --------------------------------------------------------- */

static bool flush(struct install *install)
{
    Qc__V1__InstallTimeZonesRequest request =
        QC__V1__INSTALL_TIME_ZONES_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_arena arena;

    if (install->n_part == 0) {
        return true;
    }
    qc_arena_init(&arena, PAGE_ARENA_SIZE_MAX);
    request.zones = install->part;
    request.n_zones = install->n_part;
    install->exit = qc_inquiry_ask(install->inquiry, &qc_rpc_install_time_zones,
                                   &request.base, &arena, &answer);
    if (install->exit == QC_EXIT_OK) {
        const Qc__V1__InstallTimeZonesResponse *done =
            (const Qc__V1__InstallTimeZonesResponse *)answer.response;

        install->created += done->created;
        install->updated += done->updated;
        install->unchanged += done->unchanged;
        if (isatty(STDERR_FILENO) != 0) {
            fprintf(stderr, "qcctl: %s, and all before it\n",
                    install->part[install->n_part - 1]->name);
        }
    }
    install->n_part = 0;
    qc_arena_done(&arena);
    return install->exit == QC_EXIT_OK;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

/* As proto/quorumcall/v1/zone.proto says. */
static void digest(const struct qc_zone_file *zone,
                   uint8_t digest_out[SHA256_DIGEST_LENGTH])
{
    uint8_t bytes[QC_ZONE_CHANGES_MAX * CHANGE_SIZE];

    for (size_t i = 0; i < zone->n; i++) {
        put(&bytes[i * CHANGE_SIZE], (uint64_t)zone->changes[i].at_s, 8);
        put(&bytes[i * CHANGE_SIZE + 8], (uint32_t)zone->changes[i].offset_s,
            4);
    }
    SHA256(bytes, zone->n * CHANGE_SIZE, digest_out);
}

/* NULL when memory is short. */
static Qc__V1__TimeZone *message_of(struct qc_arena *arena,
                                    const char *name,
                                    const struct qc_zone_file *file)
{
    Qc__V1__TimeZone *zone = qc_arena_alloc(arena, sizeof(*zone));
    Qc__V1__ZoneTransition *transitions =
        qc_arena_alloc(arena, file->n * sizeof(*transitions));
    Qc__V1__ZoneTransition **pointers =
        qc_arena_alloc(arena, file->n * sizeof(*pointers));
    const char *copy = copy_text(arena, name);

    if (zone == NULL || transitions == NULL || pointers == NULL ||
        copy == NULL) {
        return NULL;
    }
    qc__v1__time_zone__init(zone);
    zone->name = copy;
    for (size_t i = 0; i < file->n; i++) {
        qc__v1__zone_transition__init(&transitions[i]);
        transitions[i].at_s = file->changes[i].at_s;
        transitions[i].offset_s = file->changes[i].offset_s;
        pointers[i] = &transitions[i];
    }
    zone->transitions = pointers;
    zone->n_transitions = file->n;
    return zone;
}

static bool offer(void *ctx, const char *name, const struct qc_zone_file *file)
{
    struct install *install = ctx;
    const struct known *known = bsearch(name, install->known, install->n_known,
                                        sizeof(*known), compare_known);
    uint8_t here[SHA256_DIGEST_LENGTH];
    Qc__V1__TimeZone *zone;

    digest(file, here);
    if (known != NULL && memcmp(known->digest, here, sizeof(here)) == 0) {
        install->unchanged++;
        return true;
    }
    zone = message_of(&install->arena, name, file);
    if (zone == NULL) {
        return fail(install, "out of memory");
    }
    install->part[install->n_part++] = zone;
    return install->n_part < PART_MAX || flush(install);
}

/* --- the verb ------------------------------------------------------------- */

static void print(const struct install *install,
                  const struct qc_options *options)
{
    const uint32_t counts[] = {install->created, install->updated,
                               install->unchanged};
    const char *cells[3];
    struct qc_table *table;
    char texts[3][16];

    if (options->json) {
        printf("{\"created\":%" PRIu32 ",\"updated\":%" PRIu32
               ",\"unchanged\":%" PRIu32 "}\n",
               counts[0], counts[1], counts[2]);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%" PRIu32, counts[i]);
        cells[i] = texts[i];
    }
    table = qc_table_new("created,updated,unchanged", options->raw);
    if (table != NULL) {
        qc_table_row(table, cells, 3);
        qc_table_print(table);
    }
}

enum qc_exit qc_zones_install(const struct qc_verb *verb,
                              const struct qc_options *options)
{
    struct install install = {.exit = QC_EXIT_OK};
    struct qc_inquiry inquiry;
    struct qc_words words;
    const char *from;

    if (!qc_words_read(verb, options, 0, 0, &words)) {
        return QC_EXIT_USAGE;
    }
    if (!qc_inquiry_open(&inquiry, options)) {
        return QC_EXIT_FAILED;
    }
    qc_arena_init(&install.arena, ARENA_SIZE_MAX);
    install.inquiry = &inquiry;
    from = words.from != NULL ? words.from : QC_ZONE_DIRECTORY;
    if (read_known(&install) && qc_zone_directory_walk(from, offer, &install) &&
        flush(&install)) {
        print(&install, options);
    } else if (install.exit == QC_EXIT_OK) {
        install.exit = QC_EXIT_FAILED; /* The walk has said why. */
    }
    qc_arena_done(&install.arena);
    qc_inquiry_close(&inquiry);
    return install.exit;
}
