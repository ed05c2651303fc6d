/*
 * Context rules: what is known of a contact changes how it is routed (domain
 * model B.3).
 *
 * The rules of a subject are looked at once, when an interaction is created for
 * it: what they add to the priority is summed up, what they ask for is asked
 * for at every step that it will ever wait at, and the first that names another
 * subject changes the subject, whose own rules are not looked at.
 */
#ifndef QC_MACHINE_CONTEXT_RULE_H
#define QC_MACHINE_CONTEXT_RULE_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/context.h"
#include "machine/place.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/subject.pb-c.h"
#include "quorumcall/v1/allocation.pb-c.h"

struct qc_txn;

enum {
    QC_CONTEXT_RULES_MAX = 64,
    /* What rules may ask for of one interaction: the first so many skills. */
    QC_RULE_SKILLS_MAX = 4,
};

/* What is known of a contact: what rules are evaluated over. Text is borrowed.
 */
struct qc_contact {
    struct qc_context context;
    const char *language;  /* "": not known. */
    Qc__V1__Origin origin; /* UNSPECIFIED: not known. */
    bool is_placed;
    struct qc_place place;
    const char *region; /* Of the place; "": none. */
};

/* The contact is there, and in the region of that place. */
void qc_contact_place(struct qc_txn *txn,
                      struct qc_contact *contact,
                      struct qc_place place);

/* Of the rules of |row|'s subject: fills in what they add, by index. Refuses:
 * INVALID, SKILL_UNKNOWN, NOT_FOUND for regions; the field says where. */
QC_MUST_CHECK int qc_context_rules_resolve(struct qc_txn *txn,
                                           Qc__State__SubjectRow *row);

/* Whether the subjects that its rules name are there. Refuses: SUBJECT_UNKNOWN.
 */
QC_MUST_CHECK int qc_context_rules_lead(struct qc_txn *txn,
                                        const Qc__V1__Subject *subject);

/* The subject that a contact is for which has come for |subject|. Gives what
 * the rules came to, NULL where there are none. NULL is a fault. */
const Qc__State__SubjectRow *qc_context_rules_look(
    struct qc_txn *txn,
    const Qc__State__SubjectRow *subject,
    const struct qc_contact *contact,
    Qc__State__RulesHeld **rules_out);

/* The steps of |route|, and what |rules| ask for as well; both may be NULL, and
 * so may be what comes of it: whoever serves the queue. */
Qc__State__Route *qc_context_rules_route(struct qc_txn *txn,
                                         const Qc__State__RulesHeld *rules,
                                         Qc__State__Route *route);

/* The next ones change |row|, and write nothing of it. */

/* It keeps to what qc_context_rules_look() gave: |rules|, which may be NULL,
 * and that it is for |subject|. */
void qc_context_rules_bind(Qc__State__InteractionRow *row,
                           Qc__State__RulesHeld *rules,
                           const Qc__State__SubjectRow *subject);

/* Its steps ask as well for what its rules add. So long as too many different
 * things are waited for, that does not count. */
void qc_context_rules_narrow(struct qc_txn *txn,
                             Qc__State__InteractionRow *row);

/* What its rules add to steps counts no more. */
void qc_context_rules_lift(struct qc_txn *txn, Qc__State__InteractionRow *row);

#endif
