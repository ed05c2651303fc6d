/* TCP ports of this machine: who has them. */
#ifndef QC_CLI_PORT_H
#define QC_CLI_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum {
    QC_PROGRAM_NAME_SIZE = 64,
};

struct qc_port_holder {
    pid_t pid;
    char program[QC_PROGRAM_NAME_SIZE];
};

/* Whether one may listen on the port of 127.0.0.1. */
bool qc_port_is_free(uint16_t port);

/* Who listens on it. False when nobody does, or when /proc does not tell:
 * other users' sockets have no owner there, unless one is root. */
QC_MUST_CHECK bool qc_port_find_holder(uint16_t port,
                                       struct qc_port_holder *holder_out);

/* Whether it is free; if not, a message on stderr says who has it. */
QC_MUST_CHECK bool qc_port_claim(uint16_t port);

#endif
