#include "machine/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "machine/reserve.h"
#include "machine/roster_parts.h"

#define STATIC_UNUSED static __attribute__((unused))

enum {
    WORD = 64,
    ROOM = 64, /* Agents and classes at first; doubled as often as needed. */
    SWEEP_MAX = 4, /* Classes looked at for each that comes. */
};

static int target_compare(const struct qc_target *a, const struct qc_target *b)
{
    size_t shorter = a->key_size < b->key_size ? a->key_size : b->key_size;
    int order = memcmp(a->key, b->key, shorter);

    return order != 0
               ? order
               : (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

static int class_compare(const struct qc_class *a, const struct qc_class *b)
{
    return memcmp(&a->name, &b->name, sizeof(a->name));
}

RB_GENERATE_INTERNAL(qc_targets, qc_target, link, target_compare, STATIC_UNUSED)
RB_GENERATE_INTERNAL(qc_class_tree,
                     qc_class,
                     link,
                     class_compare,
                     STATIC_UNUSED)

/* --- room ----------------------------------------------------------------- */

static bool widen(uint64_t **words, size_t from, size_t to)
{
    uint64_t *wider = realloc(*words, to * sizeof(*wider));

    if (wider == NULL) {
        return false;
    }
    memset(wider + from, 0, (to - from) * sizeof(*wider));
    *words = wider;
    return true;
}

static size_t room_for(size_t index, size_t now)
{
    size_t room = now > 0 ? now : ROOM;

    while (room <= index) {
        room *= 2;
    }
    return room;
}

/* Room for the class |slot| among those of |agent|. Each agent has only as much
 * as he ever needed: to widen all of them at once would take an entry's time.
 */
static bool make_room_for_bit(struct qc_rostered *agent, size_t slot)
{
    size_t had = agent->n_class_words;
    size_t words = room_for(slot, had * WORD) / WORD;

    if (words > had && !widen(&agent->classes, had, words)) {
        return false;
    }
    agent->n_class_words = words;
    return true;
}

static bool widen_bitmaps(struct qc_roster *roster, size_t words)
{
    size_t had = roster->n_words;
    struct qc_target *target;

    if (!widen(&roster->logged_in, had, words) ||
        !widen(&roster->ready, had, words) ||
        !widen(&roster->drainable, had, words)) {
        return false;
    }
    for (size_t m = 1; m < QC_MEDIA_N; m++) {
        if (!widen(&roster->able[m], had, words)) {
            return false;
        }
    }
    RB_FOREACH(target, qc_targets, &roster->targets)
    {
        if (!widen(&target->members, had, words)) {
            return false;
        }
    }
    for (size_t i = 0; i < roster->n_skills; i++) {
        if (roster->skilled[i] != NULL &&
            !widen(&roster->skilled[i], had, words)) {
            return false;
        }
    }
    return true;
}

static bool make_room_for_agent(struct qc_roster *roster, uint32_t index)
{
    size_t room = room_for(index, roster->n_agents);
    struct qc_rostered *agents;

    if (room == roster->n_agents) {
        return true;
    }
    if (!widen_bitmaps(roster, room / WORD)) {
        return false;
    }
    agents = realloc(roster->agents, room * sizeof(*agents));
    if (agents == NULL) {
        return false;
    }
    memset(agents + roster->n_agents, 0,
           (room - roster->n_agents) * sizeof(*agents));
    roster->agents = agents;
    roster->n_agents = room;
    roster->n_words = room / WORD;
    return true;
}

static bool make_room_for_class(struct qc_roster *roster)
{
    size_t room = room_for(roster->n_classes, roster->n_slots);
    struct qc_class **classes;
    struct qc_tally *tallies;

    if (room == roster->n_slots) {
        return true;
    }
    tallies = realloc(roster->tallies, room * sizeof(*tallies));
    if (tallies == NULL) {
        return false;
    }
    roster->tallies = tallies;
    classes = realloc(roster->classes, room * sizeof(struct qc_class *));
    if (classes == NULL) {
        return false;
    }
    memset(classes + roster->n_slots, 0,
           (room - roster->n_slots) * sizeof(struct qc_class *));
    roster->classes = classes;
    if (!widen(&roster->waited_for, roster->n_slots / WORD, room / WORD) ||
        !widen(&roster->wanted_by, roster->n_slots / WORD, room / WORD)) {
        return false;
    }
    roster->n_slots = room;
    return true;
}

struct qc_roster *qc_roster_new(void)
{
    struct qc_roster *roster = calloc(1, sizeof(*roster));

    if (roster != NULL &&
        (!make_room_for_class(roster) || !make_room_for_agent(roster, 0))) {
        qc_roster_free(roster);
        return NULL;
    }
    return roster;
}

/* --- targets -------------------------------------------------------------- */

/* What each step asks for, and the targets that are there: NULL where there is
 * none. Returns how many steps count. */
static size_t find_targets(struct qc_roster *roster,
                           const struct qc_waiting *waiting,
                           struct qc_target *found[QC_STEPS_MAX],
                           struct qc_target asked[QC_STEPS_MAX])
{
    size_t first = waiting->route->replace ? waiting->step - 1 : 0;
    size_t n = 0;

    for (size_t i = first;
         i < waiting->step && i < waiting->route->n_steps && n < QC_STEPS_MAX;
         i++) {
        qc_target_read(&asked[n], waiting->queue, waiting->route->steps[i]);
        found[n] = RB_FIND(qc_targets, &roster->targets, &asked[n]);
        n++;
    }
    return n;
}

static struct qc_target *add_target(struct qc_roster *roster,
                                    const struct qc_target *asked)
{
    struct qc_target *target = malloc(sizeof(*target));

    if (target == NULL) {
        return NULL;
    }
    *target = *asked;
    target->members = calloc(roster->n_words, sizeof(*target->members));
    if (target->members == NULL) {
        free(target);
        return NULL;
    }
    qc_target_fill(target, roster);
    target->number = ++roster->last_target;
    RB_INSERT(qc_targets, &roster->targets, target);
    return target;
}

/* Keys begin with the queue, and the NUL behind it is not above anything. */
const struct qc_target *qc_roster_targets_of(struct qc_roster *roster,
                                             const char *queue)
{
    struct qc_target wanted = {.key_size = strlen(queue) + 1};
    const struct qc_target *first;

    assert(wanted.key_size <= sizeof(wanted.key));
    memcpy(wanted.key, queue, wanted.key_size);
    first = RB_NFIND(qc_targets, &roster->targets, &wanted);
    return first != NULL && strcmp((const char *)first->key, queue) == 0 ? first
                                                                         : NULL;
}

const struct qc_target *qc_roster_next_target(const struct qc_target *target)
{
    /* tree.h does not say that it changes nothing. */
    const struct qc_target *next =
        qc_targets_RB_NEXT((struct qc_target *)(uintptr_t)target);

    return next != NULL && strcmp((const char *)next->key,
                                  (const char *)target->key) == 0
               ? next
               : NULL;
}

static void let_target_go(struct qc_roster *roster, struct qc_target *target)
{
    if (--target->refs == 0) {
        RB_REMOVE(qc_targets, &roster->targets, target);
        free(target->members);
        free(target);
    }
}

/* --- classes -------------------------------------------------------------- */

static bool class_has(const struct qc_class *class, uint32_t agent)
{
    for (size_t i = 0; i < class->n_targets; i++) {
        if (qc_bit(class->targets[i]->members, agent)) {
            return true;
        }
    }
    return false;
}

/* Tells each agent of |class| that it is, or is no more, one of his. */
static void tell_agents(struct qc_roster *roster,
                        const struct qc_class *class,
                        bool on)
{
    for (size_t w = 0; w < roster->n_words; w++) {
        uint64_t bits = qc_class_word(class, w);

        for (; bits != 0; bits &= bits - 1) {
            struct qc_rostered *agent =
                &roster->agents[w * WORD + (size_t)__builtin_ctzll(bits)];

            qc_bit_set(agent->classes, class->slot, on);
            qc_tally_add(&roster->tallies[class->slot], &agent->standing,
                         on ? 1 : -1);
        }
    }
}

/* So that they can be told. */
static bool make_room_in_agents(struct qc_roster *roster,
                                const struct qc_class *class)
{
    for (size_t w = 0; w < roster->n_words; w++) {
        uint64_t bits = qc_class_word(class, w);

        for (; bits != 0; bits &= bits - 1) {
            size_t agent = w * WORD + (size_t)__builtin_ctzll(bits);

            if (!make_room_for_bit(&roster->agents[agent], class->slot)) {
                return false;
            }
        }
    }
    return true;
}

static void free_class(struct qc_roster *roster, struct qc_class *class)
{
    tell_agents(roster, class, false);
    RB_REMOVE(qc_class_tree, &roster->class_tree, class);
    LIST_REMOVE(class, in_target);
    for (size_t i = 0; i < class->n_targets; i++) {
        let_target_go(roster, class->targets[i]);
    }
    roster->classes[class->slot] = NULL;
    roster->n_classes--;
    qc_line_free(class->line);
    qc_line_free(class->wanting);
    free(class);
}

/* A class in which nobody waits is kept, for it will be needed again. When
 * there are many, some go for each that comes: all at once would take an
 * entry's time. */
static void sweep(struct qc_roster *roster)
{
    for (size_t i = 0; i < SWEEP_MAX; i++) {
        struct qc_class *class =
            roster->classes[roster->swept % roster->n_slots];

        roster->swept++;
        if (class != NULL && qc_line_length(class->line) == 0) {
            free_class(roster, class);
        }
    }
}

static size_t free_slot(const struct qc_roster *roster)
{
    size_t slot = 0;

    while (roster->classes[slot] != NULL) {
        slot++;
    }
    return slot;
}

/* |class| has its targets; takes it. */
static bool add_class(struct qc_roster *roster, struct qc_class *class)
{
    bool ready = false;

    class->line = qc_line_new(&roster->terms.ordering);
    class->wanting = qc_line_new(&roster->terms.ordering);
    if (class->line != NULL && class->wanting != NULL &&
        make_room_for_class(roster)) {
        class->slot = free_slot(roster);
        ready = make_room_in_agents(roster, class);
    }
    if (!ready) {
        qc_line_free(class->line);
        qc_line_free(class->wanting);
        return false;
    }
    for (size_t i = 0; i < class->n_targets; i++) {
        class->targets[i]->refs++;
    }
    roster->classes[class->slot] = class;
    roster->tallies[class->slot] =
        (struct qc_tally){.media = class->name.media};
    roster->n_classes++;
    RB_INSERT(qc_class_tree, &roster->class_tree, class);
    LIST_INSERT_HEAD(&class->targets[0]->classes, class, in_target);
    tell_agents(roster, class, true);
    return true;
}

static void name_class(struct qc_class *class, uint32_t media, uint32_t held)
{
    memset(&class->name, 0, sizeof(class->name));
    class->name.media = media;
    class->name.held = held;
    for (size_t i = 0; i < class->n_targets; i++) {
        class->name.targets[i] = class->targets[i]->number;
    }
}

static struct qc_class *find_class(struct qc_roster *roster,
                                   const struct qc_waiting *waiting)
{
    struct qc_target asked[QC_STEPS_MAX];
    struct qc_class probe = {.slot = 0};

    probe.n_targets = find_targets(roster, waiting, probe.targets, asked);
    for (size_t i = 0; i < probe.n_targets; i++) {
        if (probe.targets[i] == NULL) {
            return NULL;
        }
    }
    name_class(&probe, waiting->media, waiting->held);
    return RB_FIND(qc_class_tree, &roster->class_tree, &probe);
}

static struct qc_class *make_class(struct qc_roster *roster,
                                   const struct qc_waiting *waiting)
{
    struct qc_target asked[QC_STEPS_MAX];
    struct qc_class *class = calloc(1, sizeof(*class));

    if (class == NULL) {
        return NULL;
    }
    class->n_targets = find_targets(roster, waiting, class->targets, asked);
    for (size_t i = 0; i < class->n_targets; i++) {
        /* Once more: the step before may ask for the same. */
        class->targets[i] = RB_FIND(qc_targets, &roster->targets, &asked[i]);
        if (class->targets[i] == NULL) {
            class->targets[i] = add_target(roster, &asked[i]);
        }
        if (class->targets[i] == NULL) {
            free(class);
            return NULL;
        }
    }
    name_class(class, waiting->media, waiting->held);
    class->reserve = qc_reserve_of(roster, waiting->queue);
    if (!add_class(roster, class)) {
        free(class);
        return NULL;
    }
    return class;
}

struct qc_class *qc_roster_class(struct qc_roster *roster,
                                 const struct qc_waiting *waiting)
{
    struct qc_class *class = find_class(roster, waiting);

    if (class != NULL) {
        return class;
    }
    if (roster->n_classes >= (size_t)2 * QC_CLASSES_MAX) {
        sweep(roster);
    }
    return make_class(roster, waiting);
}

bool qc_roster_has_room(struct qc_roster *roster,
                        const struct qc_waiting *waiting)
{
    const struct qc_class *class;

    if (roster->n_waited_for < QC_CLASSES_MAX) {
        return true;
    }
    class = find_class(roster, waiting);
    return class != NULL && qc_line_length(class->line) > 0;
}

static bool is_drainable(const struct qc_roster *roster, uint32_t index)
{
    const struct qc_rostered *agent = &roster->agents[index];

    return agent->known && !agent->disabled && agent->now.ready &&
           agent->draining_for == 0 &&
           qc_roster_units(roster, agent, true) == 0;
}

/* After a change of |index|'s presence, his limits or the tenant's terms. */
static void refresh(struct qc_roster *roster, uint32_t index)
{
    const struct qc_presence_facts *now = &roster->agents[index].now;
    struct qc_standing standing = {
        .there = now->logged_in,
        .ready = now->ready,
        .able = qc_roster_media_of(roster, index),
        .handled_ms = now->handled_ms,
    };

    qc_bit_set(roster->drainable, index, is_drainable(roster, index));
    if (!qc_roster_stand(roster, index, &standing)) {
        return;
    }
    qc_bit_set(roster->logged_in, index, standing.there);
    qc_bit_set(roster->ready, index, standing.ready);
    for (uint32_t m = 1; m < QC_MEDIA_N; m++) {
        qc_bit_set(roster->able[m], index, (standing.able >> m & 1) != 0);
    }
}

/* |agent| is kept free for |interaction|; 0: for none. */
static bool drain(struct qc_roster *roster,
                  uint32_t agent,
                  uint64_t interaction)
{
    if (!make_room_for_agent(roster, agent)) {
        return false;
    }
    roster->agents[agent].draining_for = interaction;
    refresh(roster, agent);
    return true;
}

bool qc_roster_wait(struct qc_roster *roster, const struct qc_waiting *waiting)
{
    struct qc_class *class = qc_roster_class(roster, waiting);

    if (class == NULL ||
        !qc_line_join(class->line, &waiting->rank, waiting->guarded)) {
        return false;
    }
    if (qc_line_length(class->line) == 1) {
        roster->n_waited_for++;
        qc_bit_set(roster->waited_for, class->slot, true);
    }
    if (waiting->wants_drain) {
        qc_bit_set(roster->wanted_by, class->slot, true);
        return qc_line_join(class->wanting, &waiting->rank, waiting->guarded);
    }
    return waiting->drained == 0 ||
           drain(roster, waiting->drained - 1, waiting->rank.id);
}

bool qc_roster_leave(struct qc_roster *roster, const struct qc_waiting *waiting)
{
    struct qc_class *class = find_class(roster, waiting);

    if (class == NULL || !qc_line_leave(class->line, &waiting->rank)) {
        return false;
    }
    if (qc_line_length(class->line) == 0) {
        roster->n_waited_for--;
        qc_bit_set(roster->waited_for, class->slot, false);
    }
    if (waiting->wants_drain) {
        bool was_there = qc_line_leave(class->wanting, &waiting->rank);

        qc_bit_set(roster->wanted_by, class->slot,
                   qc_line_length(class->wanting) > 0);
        return was_there;
    }
    return waiting->drained == 0 || drain(roster, waiting->drained - 1, 0);
}

/* --- agents --------------------------------------------------------------- */

static bool join(struct qc_rostered *agent, size_t slot, bool is_meant)
{
    if (!is_meant && slot >= agent->n_class_words * WORD) {
        return true;
    }
    if (!make_room_for_bit(agent, slot)) {
        return false;
    }
    qc_bit_set(agent->classes, slot, is_meant);
    return true;
}

/* After a change of what |index| can do. */
static bool enlist(struct qc_roster *roster, uint32_t index)
{
    struct qc_rostered *agent = &roster->agents[index];
    struct qc_target *target;

    qc_roster_tally(roster, index, -1);
    RB_FOREACH(target, qc_targets, &roster->targets)
    {
        qc_bit_set(target->members, index,
                   qc_target_takes(target, agent, index));
    }
    for (size_t slot = 0; slot < roster->n_slots; slot++) {
        if (roster->classes[slot] != NULL &&
            !join(agent, slot, class_has(roster->classes[slot], index))) {
            return false;
        }
    }
    qc_roster_tally(roster, index, 1);
    refresh(roster, index);
    return true;
}

bool qc_roster_agent(struct qc_roster *roster,
                     const struct qc_agent_facts *facts)
{
    struct qc_rostered *agent;

    if (!make_room_for_agent(roster, facts->index)) {
        return false;
    }
    agent = &roster->agents[facts->index];
    qc_roster_unskill(roster, facts->index);
    qc_rostered_forget(agent);
    if (!qc_rostered_take(agent, facts) ||
        !qc_roster_skill(roster, facts->index)) {
        return false;
    }
    return enlist(roster, facts->index);
}

void qc_roster_agent_gone(struct qc_roster *roster, uint32_t index)
{
    if (index < roster->n_agents) {
        qc_roster_unskill(roster, index);
        qc_rostered_forget(&roster->agents[index]);
        (void)enlist(roster, index); /* Who is of no class needs no room. */
    }
}

bool qc_roster_presence(struct qc_roster *roster,
                        const struct qc_presence_facts *facts)
{
    if (!make_room_for_agent(roster, facts->index)) {
        return false;
    }
    roster->agents[facts->index].now = *facts;
    refresh(roster, facts->index);
    return true;
}

void qc_roster_presence_gone(struct qc_roster *roster, uint32_t index)
{
    if (index < roster->n_agents) {
        roster->agents[index].now = (struct qc_presence_facts){.index = 0};
        refresh(roster, index);
    }
}

static bool are_same_terms(const struct qc_terms_of_work *a,
                           const struct qc_terms_of_work *b)
{
    return a->ordering.prio_step_ms == b->ordering.prio_step_ms &&
           memcmp(a->costs, b->costs, sizeof(a->costs)) == 0 &&
           a->voice_over_units == b->voice_over_units &&
           a->blend_over_voice == b->blend_over_voice;
}

bool qc_roster_terms(struct qc_roster *roster,
                     const struct qc_terms_of_work *terms)
{
    bool reordered =
        roster->terms.ordering.prio_step_ms != terms->ordering.prio_step_ms;

    if (are_same_terms(&roster->terms, terms)) {
        return true;
    }
    roster->terms = *terms;
    for (size_t slot = 0; slot < roster->n_slots && reordered; slot++) {
        if (roster->classes[slot] != NULL) {
            qc_line_sort(roster->classes[slot]->line);
            qc_line_sort(roster->classes[slot]->wanting);
        }
    }
    for (uint32_t i = 0; i < roster->n_agents; i++) {
        refresh(roster, i);
    }
    return true;
}

void qc_roster_free(struct qc_roster *roster)
{
    if (roster == NULL) {
        return;
    }
    for (size_t slot = 0; slot < roster->n_slots; slot++) {
        if (roster->classes[slot] != NULL) {
            free_class(roster, roster->classes[slot]);
        }
    }
    for (size_t i = 0; i < roster->n_agents; i++) {
        qc_rostered_forget(&roster->agents[i]);
        free(roster->agents[i].classes);
    }
    for (size_t m = 0; m < QC_MEDIA_N; m++) {
        free(roster->able[m]);
    }
    for (size_t i = 0; i < roster->n_skills; i++) {
        free(roster->skilled[i]);
    }
    free(roster->skilled);
    qc_reserve_free(roster);
    free(roster->agents);
    free(roster->logged_in);
    free(roster->ready);
    free(roster->drainable);
    free(roster->classes);
    free(roster->tallies);
    free(roster->waited_for);
    free(roster->wanted_by);
    free(roster);
}

/* --- verification --------------------------------------------------------- */

/* Bits above the room of the narrower one are not set in the other. */
static bool same_bits(const uint64_t *a,
                      size_t n_a,
                      const uint64_t *b,
                      size_t n_b)
{
    for (size_t i = 0; i < n_a || i < n_b; i++) {
        if ((i < n_a ? a[i] : 0) != (i < n_b ? b[i] : 0)) {
            return false;
        }
    }
    return true;
}

static const struct qc_class *same_class(struct qc_roster *in,
                                         const struct qc_class *class)
{
    struct qc_class probe = {.n_targets = class->n_targets};

    for (size_t i = 0; i < class->n_targets; i++) {
        probe.targets[i] = RB_FIND(qc_targets, &in->targets, class->targets[i]);
        if (probe.targets[i] == NULL) {
            return NULL;
        }
    }
    name_class(&probe, class->name.media, class->name.held);
    return RB_FIND(qc_class_tree, &in->class_tree, &probe);
}

static bool is_same_rank(const struct qc_rank *a, const struct qc_rank *b)
{
    return a->priority == b->priority && a->since_ms == b->since_ms &&
           a->id == b->id;
}

/* Of a line, and one in another roster; NULL: there is none. */
static const char *line_difference(const struct qc_line *a,
                                   const struct qc_line *b)
{
    const struct qc_wait *x = qc_line_first(a);
    const struct qc_wait *y = b != NULL ? qc_line_first(b) : NULL;

    for (; x != NULL && y != NULL;
         x = qc_line_next(a, x), y = qc_line_next(b, y)) {
        if (!is_same_rank(qc_wait_rank(x), qc_wait_rank(y)) ||
            qc_wait_is_guarded(x) != qc_wait_is_guarded(y)) {
            return "others wait";
        }
    }
    return x != NULL || y != NULL ? "more wait" : NULL;
}

static const char *class_difference(const struct qc_roster *a,
                                    const struct qc_class *in_a,
                                    const struct qc_roster *b,
                                    const struct qc_class *in_b)
{
    const char *wrong =
        line_difference(in_a->line, in_b != NULL ? in_b->line : NULL);

    if (wrong == NULL) {
        wrong =
            line_difference(in_a->wanting, in_b != NULL ? in_b->wanting : NULL);
    }
    for (size_t i = 0; wrong == NULL && in_b != NULL && i < in_a->n_targets;
         i++) {
        if (!same_bits(in_a->targets[i]->members, a->n_words,
                       in_b->targets[i]->members, b->n_words)) {
            return "other agents are meant";
        }
    }
    if (wrong == NULL && !qc_tally_is_true(a, in_a)) {
        return "its agents are counted wrongly";
    }
    return wrong;
}

const char *qc_roster_difference(struct qc_roster *a, struct qc_roster *b)
{
    if (a->n_waited_for != b->n_waited_for) {
        return "in more classes somebody waits";
    }
    if (!same_bits(a->logged_in, a->n_words, b->logged_in, b->n_words) ||
        !same_bits(a->ready, a->n_words, b->ready, b->n_words)) {
        return "other agents are there";
    }
    if (!same_bits(a->drainable, a->n_words, b->drainable, b->n_words)) {
        return "other agents are kept free";
    }
    for (size_t m = 1; m < QC_MEDIA_N; m++) {
        if (!same_bits(a->able[m], a->n_words, b->able[m], b->n_words)) {
            return "other agents have capacity";
        }
    }
    if (!qc_reserve_is_same(a, b)) {
        return "others are kept for those who call";
    }
    for (size_t slot = 0; slot < a->n_slots; slot++) {
        const struct qc_class *class = a->classes[slot];
        const char *wrong;

        if (class == NULL) {
            continue;
        }
        wrong = class_difference(a, class, b, same_class(b, class));
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}
