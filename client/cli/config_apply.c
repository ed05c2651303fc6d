/*
 * qcctl config apply: a tenant becomes as its file says.
 *
 * What the file does not name is left alone. Objects go in the order in which
 * they refer to one another, each kind in imports of its own; an import is
 * done whole or not at all, and doing it again changes nothing, so after an
 * interruption one applies the file again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/cell.h"
#include "cli/inquiry.h"
#include "cli/number_block.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/yaml.h"
#include "quorumcall/config/v1/tenant_file.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    FILE_SIZE_MAX = 8 * 1024 * 1024,
    FILE_ARENA_SIZE_MAX = 256 * 1024 * 1024,
    ANSWER_ARENA_SIZE_MAX = 1024 * 1024,
    ITEMS_MAX = 500, /* Of one import. */
};

/* What was done to the objects of one kind. */
struct tally {
    uint64_t created;
    uint64_t updated;
    uint64_t unchanged;
};

/* The objects of one kind, gathered until there are enough for an import. */
struct import {
    struct qc_inquiry *inquiry;
    struct tally tally;
    Qc__V1__ConfigItem items[ITEMS_MAX];
    Qc__V1__ConfigItem *item_pointers[ITEMS_MAX];
    Qc__V1__Number numbers[ITEMS_MAX];
    char number_texts[ITEMS_MAX][QC_BLOCK_NUMBER_SIZE];
    size_t n_items;
    size_t items_max; /* From which on they are enough. */
};

static enum qc_exit import_flush(struct import *import)
{
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_arena arena;
    enum qc_exit exit;

    if (import->n_items == 0) {
        return QC_EXIT_OK;
    }
    qc_arena_init(&arena, ANSWER_ARENA_SIZE_MAX);
    request.items = import->item_pointers;
    request.n_items = import->n_items;
    exit = qc_inquiry_ask(import->inquiry, &qc_rpc_import_config, &request.base,
                          &arena, &answer);
    if (exit == QC_EXIT_OK) {
        const Qc__V1__ImportConfigResponse *done =
            (const Qc__V1__ImportConfigResponse *)answer.response;

        import->tally.created += done->created;
        import->tally.updated += done->updated;
        import->tally.unchanged += done->unchanged;
    }
    import->n_items = 0;
    qc_arena_done(&arena);
    return exit;
}

/* A place for one more object; sends those that are there when it is full. */
static enum qc_exit import_item(struct import *import,
                                Qc__V1__ConfigItem **item_out)
{
    enum qc_exit exit = QC_EXIT_OK;
    size_t i;

    if (import->n_items == import->items_max) {
        exit = import_flush(import);
    }
    i = import->n_items++;
    qc__v1__config_item__init(&import->items[i]);
    import->item_pointers[i] = &import->items[i];
    *item_out = &import->items[i];
    return exit;
}

static enum qc_exit import_block(struct import *import,
                                 const Qc__Config__NumberBlock *block)
{
    enum qc_exit exit = QC_EXIT_OK;

    for (uint32_t i = 0; exit == QC_EXIT_OK && i < qc_number_block_count(block);
         i++) {
        Qc__V1__ConfigItem *item;
        Qc__V1__Number *number;
        char *text;

        exit = import_item(import, &item);
        number = &import->numbers[item - import->items];
        text = import->number_texts[item - import->items];
        if (!qc_number_block_at(block, i, text)) {
            fprintf(stderr,
                    "qcctl: numbers: %s: not the first of %" PRIu32
                    " numbers in E.164\n",
                    block->first, block->count);
            return QC_EXIT_USAGE;
        }
        qc__v1__number__init(number);
        number->number = text;
        number->kind = block->kind;
        number->pool = block->pool;
        number->subject = block->subject;
        item->item_case = QC__V1__CONFIG_ITEM__ITEM_NUMBER;
        item->number = number;
    }
    return exit;
}

static enum qc_exit import_numbers(struct import *import,
                                   const Qc__Config__TenantFile *file)
{
    enum qc_exit exit = QC_EXIT_OK;

    for (size_t i = 0; exit == QC_EXIT_OK && i < file->n_numbers; i++) {
        exit = import_block(import, file->numbers[i]);
    }
    return exit;
}

/* All objects of the file's list |kind|, as items of this kind. */
static enum qc_exit import_objects(struct import *import,
                                   const Qc__Config__TenantFile *file,
                                   const char *kind,
                                   Qc__V1__ConfigItem__ItemCase item_case)
{
    const ProtobufCFieldDescriptor *list =
        protobuf_c_message_descriptor_get_field_by_name(file->base.descriptor,
                                                        kind);
    const ProtobufCFieldDescriptor *place =
        qc_message_field(&qc__v1__config_item__descriptor, item_case);
    enum qc_exit exit = QC_EXIT_OK;

    for (size_t i = 0;
         exit == QC_EXIT_OK && i < qc_message_count(&file->base, list); i++) {
        const ProtobufCMessage *object = qc_cell_message(&file->base, list, i);
        Qc__V1__ConfigItem *item;

        exit = import_item(import, &item);
        item->item_case = item_case;
        memcpy((uint8_t *)item + place->offset, &object, sizeof(object));
    }
    return exit;
}

/* The revision the tenant has now; 0 when there is none of this key. */
static enum qc_exit tenant_rev(struct qc_inquiry *inquiry,
                               const char *key,
                               struct qc_arena *arena,
                               uint64_t *rev_out)
{
    Qc__V1__GetTenantRequest request = QC__V1__GET_TENANT_REQUEST__INIT;
    struct qc_client_answer answer;

    request.key = key;
    if (!qc_client_ask(inquiry->client, &qc_rpc_get_tenant, &request.base,
                       inquiry->timeout_ms, arena, &answer)) {
        fprintf(stderr, "qcctl: out of memory\n");
        return QC_EXIT_FAILED;
    }
    *rev_out = 0;
    if (answer.status == QC_STATUS_NOT_FOUND) {
        return QC_EXIT_OK;
    }
    if (answer.status != QC_STATUS_OK) {
        return qc_inquiry_complain(&answer);
    }
    *rev_out =
        ((const Qc__V1__GetTenantResponse *)answer.response)->tenant->rev;
    return QC_EXIT_OK;
}

static enum qc_exit put_tenant(struct qc_inquiry *inquiry,
                               Qc__V1__Tenant *tenant,
                               struct tally *tally)
{
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_arena arena;
    enum qc_exit exit;
    uint64_t before;

    qc_arena_init(&arena, ANSWER_ARENA_SIZE_MAX);
    request.tenant = tenant;
    exit = tenant_rev(inquiry, tenant->key, &arena, &before);
    if (exit == QC_EXIT_OK) {
        exit = qc_inquiry_ask(inquiry, &qc_rpc_put_tenant, &request.base,
                              &arena, &answer);
    }
    if (exit == QC_EXIT_OK) {
        const Qc__V1__PutTenantResponse *done =
            (const Qc__V1__PutTenantResponse *)answer.response;
        bool changed = done->tenant->rev != before;

        tally->created = before == 0 ? 1 : 0;
        tally->updated = before != 0 && changed ? 1 : 0;
        tally->unchanged = changed ? 0 : 1;
    }
    qc_arena_done(&arena);
    return exit;
}

#define ITEM(name) QC__V1__CONFIG_ITEM__ITEM_##name

/* In the order in which objects refer to one another. So many of the largest
 * fit in an import. */
static const struct {
    const char *kind;
    Qc__V1__ConfigItem__ItemCase item_case;
    size_t items_max;
} KINDS[] = {
    {"hours", ITEM(HOURS), 50},
    {"queues", ITEM(QUEUE), ITEMS_MAX},
    {"skills", ITEM(SKILL), ITEMS_MAX},
    {"agents", ITEM(AGENT), 64},
    {"regions", ITEM(REGION), ITEMS_MAX},
    {"subjects", ITEM(SUBJECT), ITEMS_MAX},
    {"pools", ITEM(POOL), ITEMS_MAX},
    {"numbers", ITEM(NUMBER), ITEMS_MAX},
    {"branches", ITEM(BRANCH), ITEMS_MAX},
    {"reasons", ITEM(REASON), ITEMS_MAX},
    {"disposition_sets", ITEM(DISPOSITION_SET), 20},
};

enum {
    N_KINDS = sizeof(KINDS) / sizeof(KINDS[0]),
};

static void print_table(const struct tally tallies[1 + N_KINDS], bool raw)
{
    struct qc_table *table =
        qc_table_new("object,created,updated,unchanged", raw);

    for (size_t i = 0; table != NULL && i <= N_KINDS; i++) {
        char texts[3][24];
        const char *const cells[] = {i == 0 ? "tenant" : KINDS[i - 1].kind,
                                     texts[0], texts[1], texts[2]};

        snprintf(texts[0], sizeof(texts[0]), "%" PRIu64, tallies[i].created);
        snprintf(texts[1], sizeof(texts[1]), "%" PRIu64, tallies[i].updated);
        snprintf(texts[2], sizeof(texts[2]), "%" PRIu64, tallies[i].unchanged);
        qc_table_row(table, cells, 4);
    }
    if (table != NULL) {
        qc_table_print(table);
    }
}

static void print_json(const struct tally tallies[1 + N_KINDS])
{
    for (size_t i = 0; i <= N_KINDS; i++) {
        printf("%s\"%s\":{\"created\":%" PRIu64 ",\"updated\":%" PRIu64
               ",\"unchanged\":%" PRIu64 "}",
               i == 0 ? "{" : ",", i == 0 ? "tenant" : KINDS[i - 1].kind,
               tallies[i].created, tallies[i].updated, tallies[i].unchanged);
    }
    puts("}");
}

static enum qc_exit apply(struct qc_inquiry *inquiry,
                          const Qc__Config__TenantFile *file,
                          struct tally tallies[1 + N_KINDS])
{
    struct import *import = calloc(1, sizeof(*import));
    enum qc_exit exit;

    if (import == NULL) {
        fprintf(stderr, "qcctl: out of memory\n");
        return QC_EXIT_FAILED;
    }
    import->inquiry = inquiry;
    exit = put_tenant(inquiry, file->tenant, &tallies[0]);
    for (size_t i = 0; exit == QC_EXIT_OK && i < N_KINDS; i++) {
        import->tally = (struct tally){0};
        import->items_max = KINDS[i].items_max;
        exit = KINDS[i].item_case == ITEM(NUMBER)
                   ? import_numbers(import, file)
                   : import_objects(import, file, KINDS[i].kind,
                                    KINDS[i].item_case);
        if (exit == QC_EXIT_OK) {
            exit = import_flush(import);
        }
        tallies[i + 1] = import->tally;
    }
    free(import);
    return exit;
}

/* The text of |path|, in |arena|. Says on stderr why there is none. */
static bool file_read(const char *path,
                      struct qc_arena *arena,
                      struct qc_bytes *text_out)
{
    uint8_t *text = qc_arena_alloc(arena, FILE_SIZE_MAX + 1);
    FILE *stream = fopen(path, "r");
    size_t size = 0;

    if (stream == NULL || text == NULL) {
        perror(path);
    } else {
        size = fread(text, 1, FILE_SIZE_MAX + 1, stream);
        if (ferror(stream)) {
            perror(path);
        } else if (size > FILE_SIZE_MAX) {
            fprintf(stderr, "qcctl: %s: longer than %d bytes\n", path,
                    FILE_SIZE_MAX);
        } else {
            *text_out = (struct qc_bytes){text, size};
            fclose(stream);
            return true;
        }
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return false;
}

static bool tenant_file_read(const char *path,
                             struct qc_arena *arena,
                             ProtobufCMessage **file_out)
{
    struct qc_yaml_error error;
    struct qc_bytes text;

    if (!file_read(path, arena, &text)) {
        return false;
    }
    if (!qc_limits_load() ||
        !qc_yaml_read(&qc__config__tenant_file__descriptor, path, text, arena,
                      file_out, &error)) {
        fprintf(stderr, "qcctl: %s\n", error.text);
        return false;
    }
    return true;
}

enum qc_exit qc_config_apply(const struct qc_verb *verb,
                             const struct qc_options *options)
{
    struct tally tallies[1 + N_KINDS] = {{0}};
    struct qc_options inquiry_options = *options;
    const Qc__Config__TenantFile *file;
    struct qc_inquiry inquiry;
    ProtobufCMessage *message;
    struct qc_arena arena;
    enum qc_exit exit = QC_EXIT_USAGE;

    if (options->n_words != 1) {
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, FILE_ARENA_SIZE_MAX);
    if (tenant_file_read(options->words[0], &arena, &message)) {
        file = (const Qc__Config__TenantFile *)message;
        inquiry_options.tenant = file->tenant->key;
        if (qc_inquiry_open(&inquiry, &inquiry_options)) {
            exit = apply(&inquiry, file, tallies);
            qc_inquiry_close(&inquiry);
        }
    }
    if (exit == QC_EXIT_OK && options->json) {
        print_json(tallies);
    } else if (exit == QC_EXIT_OK) {
        print_table(tallies, options->raw);
    }
    qc_arena_done(&arena);
    return exit;
}
