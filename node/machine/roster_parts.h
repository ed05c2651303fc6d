/* What a roster is made of: for roster.c, which derives it, target.c, which
 * says whom a step means, tally.c, which counts them, and choice.c, front.c and
 * spare.c, which ask it. */
#ifndef QC_MACHINE_ROSTER_PARTS_H
#define QC_MACHINE_ROSTER_PARTS_H

#include <bsd/sys/tree.h>
#include <sys/queue.h>

#include "machine/roster.h"

enum {
    QC_STEP_AGENTS_MAX = 16,
    /* Queue with its NUL, how many of both there are, requirements, agents. */
    QC_TARGET_KEY_MAX =
        65 + 2 + QC_REQUIREMENTS_MAX * 4 + QC_STEP_AGENTS_MAX * 4,
};

/* The agents of a step. */
struct qc_target {
    RB_ENTRY(qc_target) link;
    uint64_t *members;             /* By index. */
    uint32_t refs;                 /* Classes. */
    uint32_t number;               /* As classes name it. */
    LIST_HEAD(, qc_class) classes; /* Of which it is the first target. */
    size_t n_requirements;
    struct {
        uint32_t skill;
        uint32_t min_level;
        uint32_t max_level;
    } requirements[QC_REQUIREMENTS_MAX];
    size_t n_agents; /* 0: all. */
    uint32_t agents[QC_STEP_AGENTS_MAX];
    size_t key_size;
    uint8_t key[QC_TARGET_KEY_MAX]; /* Begins with the queue. */
};

struct qc_class_name {
    uint32_t media;
    uint32_t held;                  /* 1: for its one agent, before all else. */
    uint32_t targets[QC_STEPS_MAX]; /* Their numbers; 0: there is none. */
};

struct qc_class {
    RB_ENTRY(qc_class) link;
    struct qc_class_name name;
    size_t slot;
    size_t n_targets;
    struct qc_target *targets[QC_STEPS_MAX];
    LIST_ENTRY(qc_class) in_target; /* The first. */
    struct qc_line *line;
    struct qc_line *wanting; /* Of these, who want an agent kept free. */
    uint32_t reserve;        /* What its queue keeps for those who call. */
};

RB_HEAD(qc_targets, qc_target);
RB_HEAD(qc_class_tree, qc_class);
SLIST_HEAD(qc_reserves, qc_reserve);

/* What an agent counts for in his classes. */
struct qc_standing {
    bool there;
    bool ready;
    uint32_t able; /* 1 << Media, joined. */
    uint64_t handled_ms;
};

/* The agents of a class: how many are meant, and of these signed in, ready and
 * able. Kept as they change, for they are asked for more often. */
struct qc_tally {
    uint32_t media; /* Of the class. */
    uint32_t meant;
    uint32_t there;
    uint32_t ready;
    uint32_t able;
    uint64_t handled_ms; /* By those who are ready. */
};

struct qc_rostered {
    bool known;
    bool disabled;
    uint32_t units;
    uint16_t caps[QC_MEDIA_N];
    size_t n_skills;
    struct qc_level {
        uint32_t skill;
        uint32_t level;
    } * skills;
    size_t n_queues;
    char **queues;
    struct qc_presence_facts now;
    struct qc_standing standing;
    uint64_t *classes; /* By slot, as far as he was ever of any. */
    size_t n_class_words;
    uint64_t draining_for; /* An interaction; 0: none. */
};

struct qc_roster {
    struct qc_terms_of_work terms;
    struct qc_reserves reserves; /* Of queues that keep some. */

    size_t n_agents; /* Room for so many, a multiple of 64. */
    size_t n_words;  /* Of a bitmap of agents. */
    struct qc_rostered *agents;
    uint64_t *logged_in;
    uint64_t *ready;
    uint64_t *able[QC_MEDIA_N];
    size_t n_skills;
    uint64_t **skilled;  /* Who has each skill; NULL: nobody ever had. */
    uint64_t *drainable; /* Ready, at no call, and kept free for none. */

    struct qc_targets targets;
    uint32_t last_target;

    struct qc_class_tree class_tree;
    size_t n_slots;            /* Room for so many classes, a multiple of 64. */
    struct qc_class **classes; /* By slot; */
    struct qc_tally *tallies;  /* and of them. */
    size_t n_classes;
    size_t swept;         /* Slots looked at for classes to give up. */
    size_t n_waited_for;  /* Classes in which somebody waits, */
    uint64_t *waited_for; /* by slot; */
    uint64_t *wanted_by;  /* those in which an agent is to be kept free. */
};

static inline bool qc_bit(const uint64_t *words, size_t n)
{
    return (words[n / 64] >> (n % 64) & 1) != 0;
}

static inline void qc_bit_set(uint64_t *words, size_t n, bool on)
{
    uint64_t mask = (uint64_t)1 << (n % 64);

    words[n / 64] = on ? words[n / 64] | mask : words[n / 64] & ~mask;
}

/* The agents of |class|, whatever their step, in word |w| of a bitmap. */
static inline uint64_t qc_class_word(const struct qc_class *class, size_t w)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < class->n_targets; i++) {
        bits |= class->targets[i]->members[w];
    }
    return bits;
}

/* A walk over the classes of an agent. */
struct qc_walk {
    const uint64_t *classes;
    const uint64_t *among;
    size_t n_words;
    size_t n_looked_at;
    uint64_t bits; /* Of the word before, what is left. */
};

/* Over those of |agent| that are in the bitmap |among|, too; NULL: over all. */
static inline struct qc_walk qc_walk_of(const struct qc_roster *roster,
                                        uint32_t agent,
                                        const uint64_t *among)
{
    return (struct qc_walk){
        .classes = roster->agents[agent].classes,
        .among = among,
        .n_words = roster->agents[agent].n_class_words,
    };
}

/* Gives the slots of the classes, in their order; false: there are no more. */
static inline bool qc_walk_next(struct qc_walk *walk, size_t *slot_out)
{
    while (walk->bits == 0) {
        size_t w = walk->n_looked_at;

        if (w == walk->n_words) {
            return false;
        }
        walk->bits = walk->among != NULL ? walk->classes[w] & walk->among[w]
                                         : walk->classes[w];
        walk->n_looked_at++;
    }
    *slot_out =
        (walk->n_looked_at - 1) * 64 + (size_t)__builtin_ctzll(walk->bits);
    walk->bits &= walk->bits - 1;
    return true;
}

/* |agent| is as |facts| say; what he did before stays. False: no memory. */
bool qc_rostered_take(struct qc_rostered *agent,
                      const struct qc_agent_facts *facts);

/* |agent| can do nothing; what he is at stays. */
void qc_rostered_forget(struct qc_rostered *agent);

/* What |agent| has to do, in units, by the telephone or else. */
uint32_t qc_roster_units(const struct qc_roster *roster,
                         const struct qc_rostered *agent,
                         bool voice);

/* The first of |line| that is not withheld; NULL: there is none. */
const struct qc_rank *qc_roster_head(const struct qc_line *line,
                                     qc_withheld_fn withheld,
                                     void *ctx);

/* The first among heads of several classes. */
struct qc_front {
    const struct qc_class_name *in;
    const struct qc_rank *rank; /* NULL: there is none yet. */
};

/* |head|, of the class |in|, is the one if it comes before. */
void qc_front_meet(struct qc_front *front,
                   const struct qc_roster *roster,
                   const struct qc_class_name *in,
                   const struct qc_rank *head);

/* 0: there is none. */
uint64_t qc_front_id(const struct qc_front *front);

/* What |step| asks for in |queue|, without its members. What is more than fits
 * is not there: rows keep to the limits. */
void qc_target_read(struct qc_target *target,
                    const char *queue,
                    const Qc__State__RouteStep *step);

/* Whether |agent|, of this index, is one of it. */
bool qc_target_takes(const struct qc_target *target,
                     const struct qc_rostered *agent,
                     uint32_t index);

/* Finds the members of |target|, which has none yet. */
void qc_target_fill(struct qc_target *target, const struct qc_roster *roster);

/* Notes that |agent| has his skills, and that he has none. */
bool qc_roster_skill(struct qc_roster *roster, uint32_t agent);
void qc_roster_unskill(struct qc_roster *roster, uint32_t agent);

/* Whether |agent| serves |queue|. */
bool qc_roster_serves(const struct qc_rostered *agent, const char *queue);

/* Which media |agent| could take something by now: 1 << Media, joined. */
uint32_t qc_roster_media_of(const struct qc_roster *roster, uint32_t agent);

/* The first target of |queue|, and the next one of the same queue; NULL at the
 * end. */
const struct qc_target *qc_roster_targets_of(struct qc_roster *roster,
                                             const char *queue);
const struct qc_target *qc_roster_next_target(const struct qc_target *target);

/* Counts |standing| in |tally| |by| times more: 1 or -1. */
void qc_tally_add(struct qc_tally *tally,
                  const struct qc_standing *standing,
                  int by);

/* The same in each of |agent|'s classes, of what he stands for. */
void qc_roster_tally(struct qc_roster *roster, uint32_t agent, int by);

/* What |agent| stands for from now on. Returns whether that is new. */
bool qc_roster_stand(struct qc_roster *roster,
                     uint32_t agent,
                     const struct qc_standing *standing);

/* Whether |class| is counted as it is. */
bool qc_tally_is_true(const struct qc_roster *roster,
                      const struct qc_class *class);

/* The class of |waiting|, made if there is none yet. Lives until the next one
 * is made. NULL when memory is short. */
struct qc_class *qc_roster_class(struct qc_roster *roster,
                                 const struct qc_waiting *waiting);

#endif
