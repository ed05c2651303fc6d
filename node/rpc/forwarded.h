/*
 * What another node says that a caller of its has asked.
 *
 * The edge that a command came through has checked it; but that edge is the
 * other node's, and what stands in the log every node does, without asking
 * again whether it may.
 */
#ifndef QC_RPC_FORWARDED_H
#define QC_RPC_FORWARDED_H

#include <stdbool.h>

#include "command/entry.h"

/* Whether |command| may stand in the log: it is one of the table, its body is
 * canonical and within its limits, and it says nothing that no edge would let
 * through. qc_limits_load() comes before. */
bool qc_forwarded_is_sound(const struct qc_command *command);

#endif
