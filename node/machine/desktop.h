/*
 * Desktops: what an agent is at, with all that they are to be shown of it
 * (domain model B.7, B.12; C.3).
 *
 * It is read from rows, never kept. Whoever shows desktops that live is told
 * whose may have changed.
 *
 * All functions are about the tenant of the transaction. What they give lives
 * in the arena.
 */
#ifndef QC_MACHINE_DESKTOP_H
#define QC_MACHINE_DESKTOP_H

#include <stdint.h>

#include "base/error.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"

struct qc_txn;

/* Who wants to know. Told while an entry is applied, before it is committed:
 * what has changed is to be read afterwards. No part of the state. */
struct qc_desktop_listener {
    /* The desktop of |agent| may have changed; NULL: any of any tenant may. */
    void (*changed)(void *ctx, uint32_t tenant, const char *agent);
    void *ctx;
};

/* What is shown with an interaction, by whoever may see it; NULL is a fault. */
Qc__V1__ScreenPop *qc_desktop_screen_pop(struct qc_txn *txn,
                                         const Qc__State__InteractionRow *row);

/* Fills |desktop|. Refuses: ROLE when the caller is another agent, LOB when
 * none of the agent's queues is of the caller's line of business, NOT_FOUND
 * when the agent never logged in. */
QC_MUST_CHECK int qc_desktop_show(struct qc_txn *txn,
                                  const char *agent,
                                  Qc__V1__GetDesktopResponse *desktop);

/* Both tell the listener, if there is one: of an agent's own row; of a row
 * that is shown to whoever is at it, or kept free for it, and stood as |was|
 * before; NULL: not at all. */
void qc_desktop_changed(const struct qc_txn *txn, const char *agent);
void qc_desktop_shows(struct qc_txn *txn,
                      const Qc__State__InteractionRow *was,
                      const Qc__State__InteractionRow *row);

#endif
