#include "daemon/admin.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/inside.h"
#include "daemon/pages.h"

enum {
    CONNECTIONS_MAX = 32,
    CONNECTION_MEMORY = 16 * 1024, /* Headers above it are refused, by 431. */
    TIMEOUT_S = 10,
    PORT_SIZE = 8,
    RUN_EVERY_MS = 1000,
};

struct qc_admin {
    struct qc_node *node;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned n_handles; /* That the loop still has. */
};

/* --- answers -------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection,
                              unsigned status,
                              const char *content_type,
                              struct MHD_Response *response)
{
    enum MHD_Result result;

    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, "content-type", content_type);
    MHD_add_response_header(response, "cache-control", "no-store");
    MHD_add_response_header(response, "x-content-type-options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(response, "allow", "GET, HEAD");
    }
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection,
                                   unsigned status,
                                   char *text)
{
    return answer(connection, status, "text/plain; charset=utf-8",
                  MHD_create_response_from_buffer(strlen(text), text,
                                                  MHD_RESPMEM_PERSISTENT));
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature. */
static enum MHD_Result on_request(void *ctx,
                                  struct MHD_Connection *connection,
                                  const char *url,
                                  const char *method,
                                  const char *version,
                                  const char *upload,
                                  size_t *upload_size,
                                  void **target)
{
    static char wrong_method[] = "only GET and HEAD are answered here\n";
    static char no_memory[] = "the node is short of memory\n";
    const struct qc_admin *admin = ctx;
    struct qc_web_page page;

    (void)url;
    (void)version;
    (void)upload;
    *upload_size = 0;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
        strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                           wrong_method);
    }
    if (*target == NULL) {
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                           no_memory);
    }
    qc_web_page_make(admin->node, *target, &page);
    if (page.body == NULL) {
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                           no_memory);
    }
    return answer(connection, page.status, page.content_type,
                  MHD_create_response_from_buffer(page.size, page.body,
                                                  MHD_RESPMEM_MUST_FREE));
}

/* What stands in the request line, kept for on_request(). */
static void *on_target(void *ctx,
                       const char *target,
                       struct MHD_Connection *connection)
{
    (void)ctx;
    (void)connection;
    return strdup(target);
}

static void on_completed(void *ctx,
                         struct MHD_Connection *connection,
                         void **target,
                         enum MHD_RequestTerminationCode why)
{
    (void)ctx;
    (void)connection;
    (void)why;
    free(*target);
    *target = NULL;
}

/* --- the loop ------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

/* At its limit of connections the library listens no more, and begins again
 * when it is next run, which no event may bring about: hence at least so often.
 */
static void run(struct qc_admin *admin)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    (void)MHD_run(admin->daemon);
    if (MHD_get_timeout(admin->daemon, &timeout_ms) != MHD_YES ||
        timeout_ms > RUN_EVERY_MS) {
        timeout_ms = RUN_EVERY_MS;
    }
    uv_timer_start(&admin->timer, on_timer, timeout_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_closed(uv_handle_t *handle)
{
    struct qc_admin *admin = handle->data;

    admin->n_handles--;
    if (admin->n_handles == 0) {
        free(admin);
    }
}

static bool watch(struct qc_admin *admin)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (info == NULL ||
        uv_poll_init(&admin->node->loop, &admin->poll, info->epoll_fd) != 0) {
        return false;
    }
    uv_timer_init(&admin->node->loop, &admin->timer);
    admin->poll.data = admin;
    admin->timer.data = admin;
    admin->n_handles = 2;
    uv_poll_start(&admin->poll, UV_READABLE, on_poll);
    return true;
}

/* --- life ----------------------------------------------------------------- */

static struct MHD_Daemon *start(struct qc_admin *admin,
                                const struct sockaddr *address)
{
    unsigned flags = MHD_USE_EPOLL;

    if (address->sa_family == AF_INET6) {
        flags |= MHD_USE_IPv6;
    }
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, admin, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

bool qc_admin_open(struct qc_node *node,
                   const char *host,
                   uint16_t port,
                   struct qc_admin **admin_out,
                   char *text_out,
                   size_t text_size)
{
    const struct addrinfo hints = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct qc_admin *admin = calloc(1, sizeof(*admin));
    struct addrinfo *found = NULL;
    char service[PORT_SIZE];
    int r;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    r = getaddrinfo(host, service, &hints, &found);
    if (r != 0 || admin == NULL) {
        snprintf(text_out, text_size, "%s",
                 r != 0 ? gai_strerror(r) : "out of memory");
    } else {
        admin->node = node;
        errno = 0;
        admin->daemon = start(admin, found->ai_addr);
        snprintf(text_out, text_size, "%s", strerror(errno));
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    if (admin == NULL || admin->daemon == NULL) {
        free(admin);
        return false;
    }
    if (!watch(admin)) {
        MHD_stop_daemon(admin->daemon);
        free(admin);
        snprintf(text_out, text_size, "it cannot be watched");
        return false;
    }
    *admin_out = admin;
    return true;
}

void qc_admin_close(struct qc_admin *admin)
{
    if (admin == NULL) {
        return;
    }
    uv_poll_stop(&admin->poll);
    MHD_stop_daemon(admin->daemon);
    uv_close((uv_handle_t *)&admin->poll, on_closed);
    uv_close((uv_handle_t *)&admin->timer, on_closed);
}
