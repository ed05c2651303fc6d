/*
 * The verbs that call an RPC and print its answer.
 *
 * A list is asked for page by page and printed whole, unless the caller asks
 * for one page of it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/arguments.h"
#include "cli/cell.h"
#include "cli/events.h"
#include "cli/explanation.h"
#include "cli/inquiry.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "codec/message.h"

enum {
    REQUEST_ARENA_SIZE_MAX = 4 * 1024 * 1024,
    PAGE_ARENA_SIZE_MAX = 64 * 1024 * 1024,
};

static const ProtobufCFieldDescriptor *field_called(
    const ProtobufCMessage *message,
    const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
                                                           name);
}

/* A list that is being printed. */
struct listing {
    struct qc_table *table; /* NULL: as JSON. */
    bool begun;
    size_t n_printed;
};

static bool print_page(struct listing *listing, const ProtobufCMessage *page)
{
    const ProtobufCFieldDescriptor *items = field_called(page, "items");

    if (listing->table == NULL && !listing->begun) {
        fputs("{\"items\":[", stdout);
    }
    listing->begun = true;
    for (size_t i = 0; i < qc_message_count(page, items); i++) {
        const ProtobufCMessage *item = qc_cell_message(page, items, i);

        if (listing->table != NULL) {
            qc_table_message(listing->table, item);
            continue;
        }
        fputs(listing->n_printed > 0 ? ",\n" : "", stdout);
        if (!qc_print_json(item)) {
            return false;
        }
        listing->n_printed++;
    }
    return true;
}

/* Where to go on; NULL behind the last page. */
static const char *next_token(const ProtobufCMessage *page)
{
    const ProtobufCFieldDescriptor *field = field_called(page, "next_token");

    return field != NULL && qc_message_has(page, field)
               ? *(const char *const *)qc_message_at(page, field)
               : NULL;
}

/* Prints |page| and those that follow it. */
static enum qc_exit print_pages(const struct qc_verb *verb,
                                struct qc_inquiry *inquiry,
                                ProtobufCMessage *request,
                                struct listing *listing)
{
    const ProtobufCFieldDescriptor *token = field_called(request, "page_token");
    const ProtobufCFieldDescriptor *size = field_called(request, "page_size");
    bool one_page = token == NULL || qc_message_has(request, token) ||
                    (size != NULL && qc_message_has(request, size));
    struct qc_arena arenas[2];
    enum qc_exit exit = QC_EXIT_OK;
    const char *next = "";

    /* A page's token is needed until the next page is there. */
    qc_arena_init(&arenas[0], PAGE_ARENA_SIZE_MAX);
    qc_arena_init(&arenas[1], PAGE_ARENA_SIZE_MAX);
    for (unsigned page = 0; exit == QC_EXIT_OK && next != NULL; page++) {
        struct qc_arena *arena = &arenas[page % 2];
        struct qc_client_answer answer;

        qc_arena_done(arena);
        qc_arena_init(arena, PAGE_ARENA_SIZE_MAX);
        exit = qc_inquiry_ask(inquiry, verb->rpc, request, arena, &answer);
        if (exit == QC_EXIT_OK && !print_page(listing, answer.response)) {
            exit = QC_EXIT_FAILED;
        }
        next = exit == QC_EXIT_OK && !one_page ? next_token(answer.response)
                                               : NULL;
        if (next != NULL) {
            *(const char **)((uint8_t *)request + token->offset) = next;
        }
    }
    qc_arena_done(&arenas[0]);
    qc_arena_done(&arenas[1]);
    return exit;
}

static enum qc_exit print_list(const struct qc_verb *verb,
                               const struct qc_options *options,
                               struct qc_inquiry *inquiry,
                               ProtobufCMessage *request)
{
    struct listing listing = {.table = NULL};
    enum qc_exit exit;

    if (!options->json) {
        listing.table = qc_table_new(verb->columns, options->raw);
        if (listing.table == NULL) {
            return QC_EXIT_FAILED;
        }
    }
    exit = print_pages(verb, inquiry, request, &listing);
    if (listing.table != NULL) {
        qc_table_print(listing.table);
    } else if (listing.begun) {
        puts("]}");
    }
    return exit;
}

static enum qc_exit print_one(const struct qc_verb *verb,
                              const struct qc_options *options,
                              struct qc_inquiry *inquiry,
                              const ProtobufCMessage *request)
{
    struct qc_client_answer answer;
    struct qc_arena arena;
    enum qc_exit exit;

    qc_arena_init(&arena, PAGE_ARENA_SIZE_MAX);
    exit = qc_inquiry_ask(inquiry, verb->rpc, request, &arena, &answer);
    if (exit == QC_EXIT_OK && options->json) {
        exit = qc_print_json(answer.response) ? QC_EXIT_OK : QC_EXIT_FAILED;
        putchar('\n');
    } else if (exit == QC_EXIT_OK && !options->raw &&
               verb->rpc == &qc_rpc_simulate_route) {
        qc_explanation_print_simulated(
            (const Qc__V1__SimulateRouteResponse *)answer.response);
    } else if (exit == QC_EXIT_OK) {
        qc_print_fields(answer.response, options->raw);
    }
    qc_arena_done(&arena);
    return exit;
}

/* A list has columns; a stream is known by its RPC. */
static enum qc_exit print_answers(const struct qc_verb *verb,
                                  const struct qc_options *options,
                                  struct qc_inquiry *inquiry,
                                  ProtobufCMessage *request)
{
    if (qc_events_are_of(verb->rpc)) {
        return qc_events_print(inquiry, options, verb->rpc, request);
    }
    return verb->columns[0] != '\0'
               ? print_list(verb, options, inquiry, request)
               : print_one(verb, options, inquiry, request);
}

enum qc_exit qc_rpc_verb(const struct qc_verb *verb,
                         const struct qc_options *options)
{
    struct qc_request_shape shape = {
        .type = verb->rpc->request,
        .positional = verb->positional,
        .defaults = verb->defaults,
    };
    struct qc_usage_error error;
    struct qc_inquiry inquiry;
    struct qc_arena arena;
    ProtobufCMessage *request;
    enum qc_exit exit = QC_EXIT_USAGE;

    qc_arena_init(&arena, REQUEST_ARENA_SIZE_MAX);
    if (!qc_arguments_read(&shape, options, &arena, &request, &error)) {
        fprintf(stderr, "qcctl: %s\n", error.text);
    } else if (qc_inquiry_open(&inquiry, options)) {
        exit = print_answers(verb, options, &inquiry, request);
        qc_inquiry_close(&inquiry);
    }
    qc_arena_done(&arena);
    return exit;
}
