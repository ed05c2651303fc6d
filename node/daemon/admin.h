/*
 * The admin port: pages (pages.h) over plain HTTP/1.1, by GET and HEAD.
 *
 * libmicrohttpd parses, on the node's own loop and without a thread: what it
 * waits for is one descriptor. It has a bounded number of connections, of
 * little memory each, and closes those that are slow. It speaks no TLS and asks
 * nobody who they are, so it is of loopback unless the configuration says
 * otherwise.
 */
#ifndef QC_DAEMON_ADMIN_H
#define QC_DAEMON_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"

struct qc_admin;
struct qc_node;

/* Listens on |host| and |port|. Gives; closed by qc_admin_close(). On failure
 * |text_out| says why. */
QC_MUST_CHECK bool qc_admin_open(struct qc_node *node,
                                 const char *host,
                                 uint16_t port,
                                 struct qc_admin **admin_out,
                                 char *text_out,
                                 size_t text_size);

/* Ends all connections; freed when the loop has let go of it. NULL is fine. */
void qc_admin_close(struct qc_admin *admin);

#endif
