#include <string.h>

#include "machine/planted.h"
#include "machine/reserve.h"
#include "machine/roster.h"
#include "machine/roster_parts.h"

/* Who is asked for what: over the roster as it is (domain model C.3, D.3). */

enum {
    WORD = 64,
    SINCE_BITS = 44, /* Of a rank: a time until the year 2527. */
};

bool qc_media_is_voice(uint32_t media)
{
    return media == QC__V1__MEDIA__MEDIA_VOICE ||
           media == QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE ||
           media == QC__V1__MEDIA__MEDIA_CALLBACK_VOICE;
}

uint32_t qc_roster_units(const struct qc_roster *roster,
                         const struct qc_rostered *agent,
                         bool voice)
{
    uint32_t units = 0;

    for (uint32_t m = 1; m < QC_MEDIA_N; m++) {
        if (qc_media_is_voice(m) == voice) {
            units += (uint32_t)agent->now.loads[m] * roster->terms.costs[m];
        }
    }
    return units;
}

static bool is_ready(const struct qc_rostered *who)
{
    return who->known && !who->disabled && who->now.ready;
}

/* Of one who is ready, and has so much to do. */
static enum qc_passed_over judge(const struct qc_terms_of_work *terms,
                                 const struct qc_rostered *who,
                                 uint32_t media,
                                 uint32_t voice,
                                 uint32_t rest)
{
    if (who->now.loads[media] >=
        who->caps[media] + (QC_PLANTED_BUG(15) ? 1 : 0)) {
        return QC_PASSED_NO_CAPACITY;
    }
    if (qc_media_is_voice(media)) {
        if (voice + terms->costs[media] > who->units) {
            return QC_PASSED_NO_CAPACITY;
        }
        return rest > terms->voice_over_units ? QC_PASSED_VOICE_OVER_UNITS
                                              : QC_PASSED_NOT;
    }
    if (who->draining_for != 0) {
        return QC_PASSED_DRAINING;
    }
    voice = terms->blend_over_voice ? 0 : voice;
    return voice + rest + terms->costs[media] > who->units
               ? QC_PASSED_NO_CAPACITY
               : QC_PASSED_NOT;
}

enum qc_passed_over qc_roster_can_take(const struct qc_roster *roster,
                                       uint32_t agent,
                                       Qc__V1__Media media)
{
    const struct qc_rostered *who = &roster->agents[agent];

    return is_ready(who) ? judge(&roster->terms, who, media,
                                 qc_roster_units(roster, who, true),
                                 qc_roster_units(roster, who, false))
                         : QC_PASSED_NOT_READY;
}

uint32_t qc_roster_media_of(const struct qc_roster *roster, uint32_t agent)
{
    const struct qc_rostered *who = &roster->agents[agent];
    uint32_t voice;
    uint32_t rest;
    uint32_t able = 0;

    if (!is_ready(who)) {
        return 0;
    }
    voice = qc_roster_units(roster, who, true);
    rest = qc_roster_units(roster, who, false);
    for (uint32_t m = 1; m < QC_MEDIA_N; m++) {
        if (judge(&roster->terms, who, m, voice, rest) == QC_PASSED_NOT) {
            able |= 1U << m;
        }
    }
    return able;
}

/* --- for an interaction --------------------------------------------------- */

/* One who is looked for. */
struct search {
    struct qc_roster *roster;
    const struct qc_waiting *waiting;
    const struct qc_search *how;
    struct qc_choice *choice;
    uint32_t first; /* The step of its class's first target. */
    bool reserved;  /* Who could take a call that comes in is kept for it. */
};

static bool is_excluded(const struct search *search, uint32_t agent)
{
    return search->how->excluded != NULL &&
           search->how->excluded(search->how->ctx, agent);
}

static bool is_kept(const struct search *search, uint32_t agent)
{
    return search->reserved &&
           qc_bit(search->roster->able[QC__V1__MEDIA__MEDIA_VOICE], agent);
}

static uint32_t skill_of(const struct qc_target *target,
                         const struct qc_rostered *agent)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < target->n_requirements; i++) {
        for (size_t k = 0; k < agent->n_skills; k++) {
            if (agent->skills[k].skill == target->requirements[i].skill) {
                sum += agent->skills[k].level;
            }
        }
    }
    return sum;
}

enum qc_selection qc_selection_of(Qc__V1__Selection selection)
{
    static const enum qc_selection selections[] = {
        [QC__V1__SELECTION__SELECTION_UNSPECIFIED] = QC_SELECT_LONGEST_IDLE,
        [QC__V1__SELECTION__SELECTION_LONGEST_IDLE] = QC_SELECT_LONGEST_IDLE,
        [QC__V1__SELECTION__SELECTION_LEAST_OCCUPIED] =
            QC_SELECT_LEAST_OCCUPIED,
        [QC__V1__SELECTION__SELECTION_MOST_SKILLED] = QC_SELECT_MOST_SKILLED,
        [QC__V1__SELECTION__SELECTION_ROUND_ROBIN] = QC_SELECT_ROUND_ROBIN,
    };

    return selections[selection];
}

/* The less the better. */
static uint64_t rank_of(const struct search *search,
                        const struct qc_target *target,
                        uint32_t index)
{
    const struct qc_rostered *agent = &search->roster->agents[index];
    uint64_t since = (uint64_t)agent->now.ready_since_ms;
    uint64_t first = 0;

    switch (search->how->selection) {
    case QC_SELECT_ROUND_ROBIN:
        return index - search->how->cursor - 1U;
    case QC_SELECT_LEAST_OCCUPIED:
        first = agent->now.occupancy_ppm;
        break;
    case QC_SELECT_MOST_SKILLED:
        first = UINT16_MAX - skill_of(target, agent);
        break;
    case QC_SELECT_LONGEST_IDLE:
        if (!qc_media_is_voice(search->waiting->media)) {
            first = qc_roster_units(search->roster, agent, true) +
                    qc_roster_units(search->roster, agent, false);
        }
        break;
    }
    return first << SINCE_BITS | since;
}

struct qc_merit qc_merit_of(enum qc_selection selection, uint64_t rank)
{
    uint32_t first = (uint32_t)(rank >> SINCE_BITS);
    struct qc_merit merit = {
        .idle_since_ms = (int64_t)(rank & (((uint64_t)1 << SINCE_BITS) - 1)),
    };

    switch (selection) {
    case QC_SELECT_ROUND_ROBIN:
        return (struct qc_merit){.distance = (uint32_t)rank + 1};
    case QC_SELECT_LEAST_OCCUPIED:
        merit.occupancy_ppm = first;
        break;
    case QC_SELECT_MOST_SKILLED:
        merit.skill = UINT16_MAX - first;
        break;
    case QC_SELECT_LONGEST_IDLE:
        merit.units = first;
        break;
    }
    return merit;
}

static bool comes_before(const struct qc_candidate *a,
                         const struct qc_candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->agent < b->agent;
}

/* Keeps the best; of one step, in order. */
static void consider(struct qc_choice *choice,
                     const struct qc_candidate *candidate)
{
    size_t at = choice->n_candidates;

    if (at == QC_CANDIDATES_MAX) {
        if (!comes_before(candidate, &choice->candidates[at - 1])) {
            return;
        }
        at--;
    } else {
        choice->n_candidates++;
    }
    for (; at > 0 && comes_before(candidate, &choice->candidates[at - 1]);
         at--) {
        choice->candidates[at] = choice->candidates[at - 1];
    }
    choice->candidates[at] = *candidate;
}

static void search_step(struct search *search,
                        const struct qc_target *target,
                        uint32_t step)
{
    const uint64_t *able = search->roster->able[search->waiting->media];

    for (size_t w = 0; w < search->roster->n_words; w++) {
        uint64_t bits = target->members[w] & able[w];

        for (; bits != 0; bits &= bits - 1) {
            struct qc_candidate candidate = {
                .agent = (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits),
                .step = step,
                .why = QC_PASSED_LOWER_RANK,
            };

            if (is_excluded(search, candidate.agent) ||
                is_kept(search, candidate.agent)) {
                continue;
            }
            candidate.rank = rank_of(search, target, candidate.agent);
            consider(search->choice, &candidate);
        }
    }
}

/* The agents of target |i| whom no target before it has, in word |w|. */
static uint64_t of_target(const struct qc_class *class, size_t i, size_t w)
{
    uint64_t bits = class->targets[i]->members[w];

    for (size_t k = 0; k < i; k++) {
        bits &= ~class->targets[k]->members[w];
    }
    return bits;
}

/* What speaks against |agent|, who has not been asked; NOT when it is told
 * already. */
static enum qc_passed_over against(const struct search *search,
                                   uint32_t agent,
                                   uint32_t step)
{
    const struct qc_choice *choice = search->choice;
    enum qc_passed_over why =
        qc_roster_can_take(search->roster, agent, search->waiting->media);

    if (why == QC_PASSED_NOT && is_excluded(search, agent)) {
        return QC_PASSED_EXCLUDED;
    }
    if (why == QC_PASSED_NOT && is_kept(search, agent)) {
        return QC_PASSED_RESERVED_INBOUND;
    }
    if (why == QC_PASSED_NOT && choice->found &&
        step > choice->candidates[0].step) {
        return QC_PASSED_LOWER_RANK;
    }
    return why;
}

/* Adds, as far as there is room, those of |of| who are not of |but| (NULL:
 * whoever it is). */
static void add_passed_over(struct search *search,
                            const struct qc_class *class,
                            const uint64_t *of,
                            const uint64_t *but)
{
    struct qc_choice *choice = search->choice;

    for (size_t i = 0; i < class->n_targets; i++) {
        uint32_t step = search->first + (uint32_t)i;

        for (size_t w = 0; w < search->roster->n_words &&
                           choice->n_candidates < QC_CANDIDATES_MAX;
             w++) {
            uint64_t bits = of_target(class, i, w) & of[w];

            bits &= but != NULL ? ~but[w] : ~(uint64_t)0;
            for (; bits != 0 && choice->n_candidates < QC_CANDIDATES_MAX;
                 bits &= bits - 1) {
                uint32_t agent =
                    (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits);
                struct qc_candidate candidate = {
                    .agent = agent,
                    .step = step,
                    .why = against(search, agent, step),
                };

                if (candidate.why == QC_PASSED_LOWER_RANK) {
                    candidate.rank = rank_of(search, class->targets[i], agent);
                }
                if (candidate.why != QC_PASSED_NOT) {
                    choice->candidates[choice->n_candidates++] = candidate;
                }
            }
        }
    }
}

/* How many there are, and what spoke against those who were not asked: first
 * those who were nearest to it. */
static void look_around(struct search *search, const struct qc_class *class)
{
    const struct qc_roster *roster = search->roster;
    const uint64_t *able = roster->able[search->waiting->media];
    const struct qc_tally *tally = &roster->tallies[class->slot];
    struct qc_choice *choice = search->choice;

    choice->n_meant = tally->meant;
    choice->n_there = tally->there;
    choice->n_ready = tally->ready;
    choice->n_able = tally->able;
    add_passed_over(search, class, able, NULL);
    add_passed_over(search, class, roster->ready, able);
    add_passed_over(search, class, roster->logged_in, roster->ready);
}

void qc_roster_choose(struct qc_roster *roster,
                      const struct qc_waiting *waiting,
                      const struct qc_search *how,
                      struct qc_choice *choice_out)
{
    const struct qc_class *class = qc_roster_class(roster, waiting);
    struct search search = {
        .roster = roster,
        .waiting = waiting,
        .how = how,
        .choice = choice_out,
        .first = waiting->route->replace ? waiting->step : 1,
        .reserved = class != NULL && qc_reserve_binds(roster, class),
    };

    *choice_out = (struct qc_choice){.found = false};
    for (uint32_t i = 0; class != NULL && i < class->n_targets; i++) {
        search_step(&search, class->targets[i], search.first + i);
        if (choice_out->n_candidates > 0) {
            choice_out->found = true;
            choice_out->candidates[0].why = QC_PASSED_NOT;
            choice_out->agent = choice_out->candidates[0].agent;
            break;
        }
    }
    if (class != NULL) {
        look_around(&search, class);
    }
}

void qc_roster_confirm(struct qc_roster *roster,
                       const struct qc_waiting *waiting,
                       const struct qc_search *how,
                       uint32_t agent,
                       struct qc_choice *choice_out)
{
    const struct qc_class *class = qc_roster_class(roster, waiting);
    struct search search = {
        .roster = roster,
        .waiting = waiting,
        .how = how,
        .choice = choice_out,
        .first = waiting->route->replace ? waiting->step : 1,
        .reserved = class != NULL && qc_reserve_binds(roster, class),
    };

    *choice_out = (struct qc_choice){
        .found = true,
        .agent = agent,
        .n_candidates = 1,
        .candidates = {{.agent = agent, .step = search.first}},
    };
    if (class == NULL) {
        return;
    }
    choice_out->candidates[0].step = qc_roster_step_of(roster, waiting, agent);
    look_around(&search, class);
}

uint32_t qc_roster_step_of(struct qc_roster *roster,
                           const struct qc_waiting *waiting,
                           uint32_t agent)
{
    const struct qc_class *class = qc_roster_class(roster, waiting);
    uint32_t first = waiting->route->replace ? waiting->step : 1;

    for (uint32_t i = 0; class != NULL && i < class->n_targets; i++) {
        if (agent < roster->n_agents &&
            qc_bit(class->targets[i]->members, agent)) {
            return first + i;
        }
    }
    return 0;
}

size_t qc_roster_others(struct qc_roster *roster,
                        const struct qc_waiting *waiting,
                        uint32_t *agents_out,
                        size_t max)
{
    const struct qc_class *class = qc_roster_class(roster, waiting);
    size_t n = 0;

    for (size_t w = 0; class != NULL && w < roster->n_words; w++) {
        uint64_t bits = roster->ready[w] & ~qc_class_word(class, w);

        for (; bits != 0 && n < max; bits &= bits - 1) {
            uint32_t agent =
                (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits);

            if (qc_roster_serves(&roster->agents[agent], waiting->queue)) {
                agents_out[n++] = agent;
            }
        }
    }
    return n;
}

/* --- for a newcomer ------------------------------------------------------- */

static bool have_an_agent_in_common(const struct qc_roster *roster,
                                    const struct qc_class *a,
                                    const struct qc_class *b)
{
    for (size_t w = 0; w < roster->n_words; w++) {
        if ((qc_class_word(a, w) & qc_class_word(b, w)) != 0) {
            return true;
        }
    }
    return false;
}

static uint64_t count_before(struct qc_roster *roster,
                             const struct qc_class *of,
                             const struct qc_waiting *waiting)
{
    const struct qc_target *target =
        qc_roster_targets_of(roster, waiting->queue);
    uint64_t before = 0;

    for (; target != NULL; target = qc_roster_next_target(target)) {
        const struct qc_class *class;

        LIST_FOREACH(class, &target->classes, in_target)
        {
            if (class->name.media == of->name.media &&
                qc_line_length(class->line) > 0 &&
                have_an_agent_in_common(roster, of, class)) {
                before += qc_line_before(class->line, &waiting->rank);
            }
        }
    }
    return before;
}

bool qc_roster_prospect(struct qc_roster *roster,
                        const struct qc_waiting *waiting,
                        struct qc_prospect *prospect_out)
{
    const struct qc_class *class = NULL;
    struct qc_waiting at = *waiting;

    *prospect_out = (struct qc_prospect){.before = 0};
    for (size_t i = 0; i < waiting->route->n_steps && i < QC_STEPS_MAX; i++) {
        at.step = (uint32_t)i + 1;
        class = qc_roster_class(roster, &at);
        if (class == NULL) {
            return false;
        }
        prospect_out->able[i] = roster->tallies[class->slot].able;
    }
    if (class != NULL) {
        prospect_out->active = roster->tallies[class->slot].ready;
        prospect_out->handled_ms = roster->tallies[class->slot].handled_ms;
        prospect_out->before = count_before(roster, class, waiting);
    }
    return class != NULL;
}
