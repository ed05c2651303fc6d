#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "machine/roster.h"
#include "machine/roster_parts.h"

/* Who is of a target. */

static uint32_t level_of(const struct qc_rostered *agent, uint32_t skill)
{
    size_t low = 0;
    size_t high = agent->n_skills;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (agent->skills[middle].skill == skill) {
            return agent->skills[middle].level + 1;
        }
        if (agent->skills[middle].skill < skill) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

bool qc_roster_serves(const struct qc_rostered *agent, const char *queue)
{
    for (size_t i = 0; i < agent->n_queues; i++) {
        if (strcmp(agent->queues[i], queue) == 0) {
            return true;
        }
    }
    return agent->n_queues == 0;
}

static bool is_named(const struct qc_target *target, uint32_t index)
{
    for (size_t i = 0; i < target->n_agents; i++) {
        if (target->agents[i] == index) {
            return true;
        }
    }
    return target->n_agents == 0;
}

bool qc_target_takes(const struct qc_target *target,
                     const struct qc_rostered *agent,
                     uint32_t index)
{
    if (!agent->known || agent->disabled || !is_named(target, index)) {
        return false;
    }
    for (size_t i = 0; i < target->n_requirements; i++) {
        uint32_t level = level_of(agent, target->requirements[i].skill);
        uint32_t max = target->requirements[i].max_level;

        if (level == 0 || level - 1 < target->requirements[i].min_level ||
            (max > 0 && level - 1 > max)) {
            return false;
        }
    }
    return qc_roster_serves(agent, (const char *)target->key);
}

/* Those who have all skills that |target| asks for, at any level, in word |w|
 * of a bitmap. Skills tell most agents apart, and are looked at 64 at a time.
 */
static uint64_t skilled_word(const struct qc_roster *roster,
                             const struct qc_target *target,
                             size_t w)
{
    uint64_t bits = ~(uint64_t)0;

    for (size_t i = 0; i < target->n_requirements; i++) {
        uint32_t skill = target->requirements[i].skill;

        bits &= skill < roster->n_skills && roster->skilled[skill] != NULL
                    ? roster->skilled[skill][w]
                    : 0;
    }
    return bits;
}

static void add_member(struct qc_target *target,
                       const struct qc_roster *roster,
                       uint32_t agent)
{
    if (agent < roster->n_agents &&
        qc_target_takes(target, &roster->agents[agent], agent)) {
        qc_bit_set(target->members, agent, true);
    }
}

void qc_target_fill(struct qc_target *target, const struct qc_roster *roster)
{
    for (size_t i = 0; i < target->n_agents; i++) {
        add_member(target, roster, target->agents[i]);
    }
    for (size_t w = 0; target->n_agents == 0 && w < roster->n_words; w++) {
        uint64_t bits = skilled_word(roster, target, w);

        for (; bits != 0; bits &= bits - 1) {
            add_member(target, roster,
                       (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits));
        }
    }
}

/* Room for who has |skill|. */
static bool make_room_for_skill(struct qc_roster *roster, uint32_t skill)
{
    if (skill >= roster->n_skills) {
        uint64_t **skilled =
            realloc(roster->skilled, ((size_t)skill + 1) * sizeof(uint64_t *));

        if (skilled == NULL) {
            return false;
        }
        while (roster->n_skills <= skill) {
            skilled[roster->n_skills++] = NULL;
        }
        roster->skilled = skilled;
    }
    if (roster->skilled[skill] == NULL) {
        roster->skilled[skill] = calloc(roster->n_words, sizeof(uint64_t));
    }
    return roster->skilled[skill] != NULL;
}

bool qc_roster_skill(struct qc_roster *roster, uint32_t agent)
{
    const struct qc_rostered *who = &roster->agents[agent];

    for (size_t i = 0; i < who->n_skills; i++) {
        if (!make_room_for_skill(roster, who->skills[i].skill)) {
            return false;
        }
        qc_bit_set(roster->skilled[who->skills[i].skill], agent, true);
    }
    return true;
}

void qc_roster_unskill(struct qc_roster *roster, uint32_t agent)
{
    const struct qc_rostered *who = &roster->agents[agent];

    for (size_t i = 0; i < who->n_skills; i++) {
        qc_bit_set(roster->skilled[who->skills[i].skill], agent, false);
    }
}

static void put_u32(struct qc_target *target, uint32_t value)
{
    memcpy(target->key + target->key_size, &value, sizeof(value));
    target->key_size += sizeof(value);
}

void qc_target_read(struct qc_target *target,
                    const char *queue,
                    const Qc__State__RouteStep *step)
{
    size_t size = strlen(queue) + 1;

    *target = (struct qc_target){.key_size = size};
    assert(size <= 65);
    memcpy(target->key, queue, size);
    for (size_t i = 0; i < step->n_requirements && i < QC_REQUIREMENTS_MAX;
         i++) {
        const Qc__State__RouteRequirement *wanted = step->requirements[i];

        target->requirements[i].skill = wanted->skill;
        target->requirements[i].min_level = wanted->min_level;
        target->requirements[i].max_level = wanted->max_level;
        target->n_requirements++;
        put_u32(target, wanted->skill << 16 | wanted->min_level << 8 |
                            wanted->max_level);
    }
    target->key[target->key_size++] = (uint8_t)target->n_requirements;
    for (size_t i = 0; i < step->n_agents && i < QC_STEP_AGENTS_MAX; i++) {
        target->agents[target->n_agents++] = step->agents[i];
        put_u32(target, step->agents[i]);
    }
}

bool qc_roster_meets(const struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     uint32_t agent,
                     bool skilled)
{
    struct qc_target target;

    if (agent >= roster->n_agents) {
        return false;
    }
    if (!skilled) {
        return roster->agents[agent].known &&
               qc_roster_serves(&roster->agents[agent], waiting->queue);
    }
    for (size_t i = 0; i < waiting->route->n_steps; i++) {
        qc_target_read(&target, waiting->queue, waiting->route->steps[i]);
        if (qc_target_takes(&target, &roster->agents[agent], agent)) {
            return true;
        }
    }
    return false;
}
