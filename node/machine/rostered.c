#include <stdlib.h>
#include <string.h>

#include "machine/roster.h"
#include "machine/roster_parts.h"

/* What a roster knows of one agent. */

void qc_rostered_forget(struct qc_rostered *agent)
{
    for (size_t i = 0; i < agent->n_queues; i++) {
        free(agent->queues[i]);
    }
    free(agent->queues);
    free(agent->skills);
    *agent = (struct qc_rostered){.now = agent->now,
                                  .standing = agent->standing,
                                  .classes = agent->classes,
                                  .n_class_words = agent->n_class_words,
                                  .draining_for = agent->draining_for};
}

bool qc_rostered_take(struct qc_rostered *agent,
                      const struct qc_agent_facts *facts)
{
    agent->known = true;
    agent->disabled = facts->disabled;
    agent->units = facts->units;
    memcpy(agent->caps, facts->caps, sizeof(agent->caps));
    agent->skills = calloc(facts->n_skills + 1, sizeof(*agent->skills));
    agent->queues = calloc(facts->n_queues + 1, sizeof(*agent->queues));
    if (agent->skills == NULL || agent->queues == NULL) {
        return false;
    }
    for (size_t i = 0; i < facts->n_skills; i++) {
        agent->skills[i].skill = facts->skills[i].skill;
        agent->skills[i].level = facts->skills[i].level;
    }
    agent->n_skills = facts->n_skills;
    for (size_t i = 0; i < facts->n_queues; i++) {
        agent->queues[i] = strdup(facts->queues[i]);
        if (agent->queues[i] == NULL) {
            return false;
        }
        agent->n_queues++;
    }
    return true;
}
