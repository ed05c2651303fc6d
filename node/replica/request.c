#include "replica/request.h"

#include <stdlib.h>
#include <string.h>

/* Copies |size| bytes to |*at| and moves it on. */
static void *put(uint8_t **at, const void *from, size_t size)
{
    void *to = *at;

    if (size > 0) {
        memcpy(to, from, size);
    }
    *at += size;
    return to;
}

struct qc_request *qc_request_new(const struct qc_command *command,
                                  uint64_t origin)
{
    size_t principal_size = strlen(command->principal) + 1;
    size_t client_id_size = strlen(command->client_id) + 1;
    size_t request_id_size = strlen(command->request_id) + 1;
    struct qc_request *request =
        calloc(1, sizeof(*request) + principal_size + client_id_size +
                      request_id_size + command->body.size);
    uint8_t *at;

    if (request == NULL) {
        return NULL;
    }
    at = request->bytes;
    TAILQ_INIT(&request->waiters);
    request->origin = origin;
    request->size = qc_command_size(command);
    request->command = *command;
    request->command.principal = put(&at, command->principal, principal_size);
    request->command.client_id = put(&at, command->client_id, client_id_size);
    request->command.request_id =
        put(&at, command->request_id, request_id_size);
    request->command.body.data =
        put(&at, command->body.data, command->body.size);
    return request;
}

void qc_request_free(struct qc_request *request)
{
    free(request);
}

int qc_request_compare_id(const struct qc_command *a,
                          const struct qc_command *b)
{
    int order;

    if (a->tenant != b->tenant) {
        return a->tenant < b->tenant ? -1 : 1;
    }
    order = strcmp(a->client_id, b->client_id);
    return order != 0 ? order : strcmp(a->request_id, b->request_id);
}

int qc_request_compare(const struct qc_request *a, const struct qc_request *b)
{
    int order = qc_request_compare_id(&a->command, &b->command);

    return order != 0 ? order
                      : memcmp(a->command.digest, b->command.digest,
                               sizeof(a->command.digest));
}
