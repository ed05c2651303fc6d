/*
 * The roster: who can take what, and what waits for whom (domain model D.1).
 *
 * A *target* is the agents of one step: those who meet its requirements and
 * serve the queue. A *class* is what waits for the same targets by the same
 * medium; it has a line. All of it is in memory, one roster for each tenant,
 * derived from the rows of agents, presences, interactions and the tenant by
 * the same transitions that change them (entity.h), so that what is asked
 * below costs no look at a row:
 *
 *   - for an interaction: the best agent of its targets who can take it;
 *   - for an agent: the first interaction of his classes;
 *   - for a newcomer: how many are served before.
 *
 * Sets of agents are bitmaps by the agents' indexes: a target, those who have a
 * skill, who are ready and have capacity for a medium; and each agent has one
 * of his classes. How many agents of a class are ready is counted as they
 * change (tally.c).
 *
 * Nothing here writes rows. Lack of memory is told by false or NULL.
 */
#ifndef QC_MACHINE_ROSTER_H
#define QC_MACHINE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/line.h"
#include "quorumcall/state/v1/route.pb-c.h"
#include "quorumcall/v1/media.pb-c.h"
#include "quorumcall/v1/queue.pb-c.h"

enum {
    QC_MEDIA_N = 9, /* Media count from 1. */
    QC_AGENT_SKILLS_MAX = 64,
    QC_AGENT_QUEUES_MAX = 64,
    QC_STEPS_MAX = 3,
    /* Of a step: four of its own, and four that context rules may add. */
    QC_REQUIREMENTS_MAX = 8,
    QC_CANDIDATES_MAX = 8,
    /* Classes in which somebody waits, in a tenant; more than one of them each
     * does not come of its subjects. */
    QC_CLASSES_MAX = 4096,
};

/* Whether |media| is one of the telephone. */
bool qc_media_is_voice(uint32_t media);

/* What a tenant says of capacity and order. */
struct qc_terms_of_work {
    struct qc_ordering ordering;
    uint16_t costs[QC_MEDIA_N];
    uint32_t voice_over_units;
    bool blend_over_voice;
};

/* An agent, as configured. What is pointed to is copied. */
struct qc_agent_facts {
    uint32_t index;
    bool disabled;
    uint32_t units;
    uint16_t caps[QC_MEDIA_N];
    size_t n_skills; /* Sorted by skill. */
    struct {
        uint32_t skill;
        uint32_t level;
    } skills[QC_AGENT_SKILLS_MAX];
    size_t n_queues; /* 0: all of them. */
    const char *queues[QC_AGENT_QUEUES_MAX];
};

/* An agent, as he is now. */
struct qc_presence_facts {
    uint32_t index;
    bool logged_in;
    bool ready;
    uint16_t loads[QC_MEDIA_N]; /* Offers count like work. */
    int64_t ready_since_ms;
    uint32_t occupancy_ppm;
    uint64_t handled_ms; /* In the last hour, as of when it was written. */
};

/* Something that waits. */
struct qc_waiting {
    Qc__V1__Media media;
    const char *queue;
    const Qc__State__Route *route;
    uint32_t step; /* From 1. */
    struct qc_rank rank;
    bool guarded;     /* Not everybody who could take it may be asked. */
    bool held;        /* |route| is an agent who takes it before all else. */
    bool wants_drain; /* An agent should be kept free for it, and is not. */
    uint32_t drained; /* The index of the one who is, plus 1; 0: none. */
};

struct qc_roster;

struct qc_roster *qc_roster_new(void);
void qc_roster_free(struct qc_roster *roster);

/* What differs between two rosters, for verification: a static sentence; NULL
 * when nothing does. */
const char *qc_roster_difference(struct qc_roster *a, struct qc_roster *b);

/* --- what is derived: each is told, and taken back, by its row --- */

bool qc_roster_terms(struct qc_roster *roster,
                     const struct qc_terms_of_work *terms);
/* An offer of a call that a campaign made, and that waits in |queue|, leaves
 * |n| agents of its steps so far who could take one that comes in; 0: it need
 * not. */
bool qc_roster_reserve(struct qc_roster *roster, const char *queue, uint32_t n);
bool qc_roster_agent(struct qc_roster *roster,
                     const struct qc_agent_facts *facts);
void qc_roster_agent_gone(struct qc_roster *roster, uint32_t index);
bool qc_roster_presence(struct qc_roster *roster,
                        const struct qc_presence_facts *facts);
void qc_roster_presence_gone(struct qc_roster *roster, uint32_t index);
bool qc_roster_wait(struct qc_roster *roster, const struct qc_waiting *waiting);
/* False as well if it did not wait. */
bool qc_roster_leave(struct qc_roster *roster,
                     const struct qc_waiting *waiting);

/* --- what is asked --- */

/* Whether what is like |waiting| may join: there are not too many classes. */
bool qc_roster_has_room(struct qc_roster *roster,
                        const struct qc_waiting *waiting);

/* How agents of the same step are told apart (domain model D.3). */
enum qc_selection {
    QC_SELECT_LONGEST_IDLE,
    QC_SELECT_LEAST_OCCUPIED,
    QC_SELECT_MOST_SKILLED,
    QC_SELECT_ROUND_ROBIN,
};

/* SELECTION_UNSPECIFIED is LONGEST_IDLE. */
enum qc_selection qc_selection_of(Qc__V1__Selection selection);

/* Why an agent is not the one: as rows have it, and as PassedOver of
 * proto/quorumcall/v1/decision.proto tells it. */
enum qc_passed_over {
    QC_PASSED_NOT = 0, /* He is the one. */
    QC_PASSED_NOT_READY = 1,
    QC_PASSED_NO_CAPACITY = 2,
    QC_PASSED_VOICE_OVER_UNITS = 3,
    QC_PASSED_EXCLUDED = 4, /* He did not take it just now. */
    QC_PASSED_LOWER_RANK = 5,
    QC_PASSED_DRAINING = 7, /* Is kept free for a call. */
    QC_PASSED_RESERVED_INBOUND = 8,
};

struct qc_candidate {
    uint32_t agent;
    uint32_t step;
    uint64_t rank; /* The less the better, in its step. */
    enum qc_passed_over why;
};

/* What such a rank says; what it does not is 0. */
struct qc_merit {
    int64_t idle_since_ms;
    uint32_t units; /* LONGEST_IDLE, of media that are not voice. */
    uint32_t occupancy_ppm;
    uint32_t skill;
    uint32_t distance; /* ROUND_ROBIN: from who was asked last. */
};

struct qc_merit qc_merit_of(enum qc_selection selection, uint64_t rank);

/* Whom to ask. */
struct qc_choice {
    bool found;
    uint32_t agent;
    uint32_t n_meant; /* How many the steps so far ask for; of these */
    uint32_t n_there; /* are signed in, */
    uint32_t n_ready; /* ready, */
    uint32_t n_able;  /* and have capacity. */
    /* The best first; then those who were passed over, the nearest first. */
    size_t n_candidates;
    struct qc_candidate candidates[QC_CANDIDATES_MAX];
};

/* Whether |agent| may not be asked now. */
typedef bool (*qc_excluded_fn)(void *ctx, uint32_t agent);

/* How to choose. */
struct qc_search {
    enum qc_selection selection;
    uint32_t cursor;         /* ROUND_ROBIN: the index of who was asked last. */
    qc_excluded_fn excluded; /* NULL: nobody is. */
    void *ctx;               /* Of that. */
};

/* Of the agents of |waiting|'s targets who can take it and are not excluded,
 * the best; those of an earlier step first. */
void qc_roster_choose(struct qc_roster *roster,
                      const struct qc_waiting *waiting,
                      const struct qc_search *how,
                      struct qc_choice *choice_out);

/* The choice that has fallen on |agent| because it is he who has become able:
 * how it was with the others. */
void qc_roster_confirm(struct qc_roster *roster,
                       const struct qc_waiting *waiting,
                       const struct qc_search *how,
                       uint32_t agent,
                       struct qc_choice *choice_out);

/* Whether |agent| is of the targets of |waiting|; the lowest step, or 0. */
uint32_t qc_roster_step_of(struct qc_roster *roster,
                           const struct qc_waiting *waiting,
                           uint32_t agent);

/* Whether |agent| serves the queue and meets any step of |waiting|; if not
 * |skilled|, what steps ask for does not count. */
bool qc_roster_meets(const struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     uint32_t agent,
                     bool skilled);

/* The first of what is held for |agent|; 0: nothing is. */
uint64_t qc_roster_held_for(const struct qc_roster *roster, uint32_t agent);

/* Agents who are ready and serve the queue of |waiting|, whom its steps so far
 * do not ask for: the first |max| of them. Looks at every agent. */
size_t qc_roster_others(struct qc_roster *roster,
                        const struct qc_waiting *waiting,
                        uint32_t *agents_out,
                        size_t max);

/* Whether |agent| is ready and has capacity; else why not. */
enum qc_passed_over qc_roster_can_take(const struct qc_roster *roster,
                                       uint32_t agent,
                                       Qc__V1__Media media);

/* Whether |agent| is kept for those who call, and so not for |waiting|. */
bool qc_roster_keeps(struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     uint32_t agent);

/* That |agent| has become able may mean that another need not be kept for those
 * who call: the first such one from the index |from| on; false: there is none.
 */
bool qc_roster_set_free_by(const struct qc_roster *roster,
                           uint32_t agent,
                           uint32_t from,
                           uint32_t *other_out);

/* The first agent from the index |from| on who has capacity for any medium, or
 * could be kept free for a call; false: there is none, or nothing waits. */
bool qc_roster_next_able(const struct qc_roster *roster,
                         uint32_t from,
                         uint32_t *agent_out);

/* Whether an interaction may not be offered to the agent who is asked for. */
typedef bool (*qc_withheld_fn)(void *ctx, uint64_t interaction);

/* The first, of all that waits in classes of |agent|, that he can take and that
 * is not |withheld| (asked only about what is guarded). 0: there is none. */
uint64_t qc_roster_next_for(struct qc_roster *roster,
                            uint32_t agent,
                            qc_withheld_fn withheld,
                            void *ctx);

/* --- draining: an agent is kept free of messages for a call (domain model
 * D.3, exclusion 3) --- */

/* Of the agents of |waiting| who are ready, are at no call and are kept free
 * for none, the one with the least to do, who could take it with less. False:
 * there is none. */
bool qc_roster_drainable(struct qc_roster *roster,
                         const struct qc_waiting *waiting,
                         const struct qc_search *how,
                         uint32_t *agent_out);

/* The first interaction that wants an agent to be kept free, and |agent| could
 * be the one; 0: there is none. */
uint64_t qc_roster_wants_drain(const struct qc_roster *roster,
                               uint32_t agent,
                               qc_withheld_fn withheld,
                               void *ctx);

/* The interaction that |agent| is kept free for; 0: none. */
uint64_t qc_roster_drains_for(const struct qc_roster *roster, uint32_t agent);

/* What an estimate of the wait is made of (domain model D.4), for a newcomer or
 * one that waits. */
struct qc_prospect {
    uint64_t before;             /* How many are served before it. */
    uint32_t able[QC_STEPS_MAX]; /* Who could take it now, by step. */
    uint32_t active;             /* Logged in, and not NOT_READY. */
    uint64_t handled_ms;         /* What these handled in the last hour. */
};

bool qc_roster_prospect(struct qc_roster *roster,
                        const struct qc_waiting *waiting,
                        struct qc_prospect *prospect_out);

/* What is counted on: |n| of those who could take |waiting| at its last step.
 */
struct qc_claim {
    struct qc_waiting waiting;
    uint32_t n;
};

/* How many agents could take |waiting| at its last step that no claim needs.
 * Each claim is given who could not take |waiting| before who could; never more
 * are left than there are, however claims might have been given others. */
bool qc_roster_spare(struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     const struct qc_claim *claims,
                     size_t n_claims,
                     uint32_t *spare_out);

#endif
