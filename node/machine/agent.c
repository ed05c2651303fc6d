#include "machine/agent.h"

#include <stddef.h>
#include <string.h>

#include "machine/media.h"
#include "machine/principal.h"
#include "machine/rosters.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/session.h"
#include "machine/skill.h"
#include "machine/store.h"
#include "machine/text.h"
#include "quorumcall/v1/tenant.pb-c.h"

enum {
    UNITS = 100, /* When nothing else is said. */
};

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__AgentRow *agent_row = row;
    const Qc__V1__Agent *agent = agent_row->agent;

    for (size_t i = 0; i < agent->n_skills; i++) {
        qc_skill_derive_level(txn, qc_key_tenant(key), agent->skills[i], how);
    }
}

static void enlist(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__AgentRow *of = row;
    const Qc__V1__Agent *agent = of->agent;
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_agent_facts facts = {
        .index = of->index,
        .disabled = agent->disabled,
        .units = agent->units,
        .n_skills = of->n_levels,
        .n_queues = agent->n_queues,
    };

    (void)key;
    if (roster == NULL) {
        return;
    }
    if (how == QC_DERIVE_TAKE) {
        qc_roster_agent_gone(roster, of->index);
        return;
    }
    if (of->n_levels > QC_AGENT_SKILLS_MAX ||
        agent->n_queues > QC_AGENT_QUEUES_MAX || agent->media_caps == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    for (size_t i = 0; i < of->n_levels; i++) {
        facts.skills[i].skill = of->levels[i]->skill;
        facts.skills[i].level = of->levels[i]->level;
    }
    for (size_t i = 0; i < agent->n_queues; i++) {
        facts.queues[i] = agent->queues[i];
    }
    qc_media_read(agent->media_caps, facts.caps);
    if (!qc_roster_agent(roster, &facts)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
}

/* Whether |row| says of a skill by its number what the agent does. */
static bool is_resolved(const Qc__State__AgentRow *row,
                        const Qc__V1__AgentSkill *has,
                        uint32_t skill)
{
    for (size_t i = 0; i < row->n_levels; i++) {
        if (row->levels[i]->skill == skill) {
            return row->levels[i]->level == has->level;
        }
    }
    return false;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__AgentRow *agent = row;

    (void)key;
    for (size_t i = 0; i < agent->agent->n_skills; i++) {
        const Qc__V1__AgentSkill *has = agent->agent->skills[i];
        const Qc__State__SkillRow *skill = qc_skill_get(txn, has->skill);

        if (skill == NULL || has->level > skill->skill->level_max) {
            return "it has a skill that is not there, or not so high";
        }
        if (!is_resolved(agent, has, skill->index)) {
            return "it has a skill that its levels do not say";
        }
    }
    for (size_t i = 1; i < agent->n_levels; i++) {
        if (agent->levels[i]->skill <= agent->levels[i - 1]->skill) {
            return "its levels are not in order";
        }
    }
    if (agent->n_levels != agent->agent->n_skills) {
        return "it has not as many levels as skills";
    }
    return agent->index < qc_entity_count(txn, &qc_agent_entity)
               ? NULL
               : "its index is not below the number of agents";
}

const struct qc_entity qc_agent_entity = {
    .name = "agent",
    .space = QC_SPACE_AGENT,
    .type = &qc__state__agent_row__descriptor,
    .counted = true,
    .derive = derive,
    .enlist = enlist,
    .verify = verify,
};

static int invalid(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

static int check_keys(const char *const *keys,
                      size_t n,
                      const char *field,
                      struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i < n; i++) {
        if (!qc_config_is_key(keys[i])) {
            return invalid(detail, field);
        }
    }
    return 0;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Agent *agent = object;
    int r;

    if (agent->n_skills > QC_AGENT_SKILLS_MAX) {
        return invalid(detail, "agent.skills");
    }
    if (agent->n_queues > QC_AGENT_QUEUES_MAX) {
        return invalid(detail, "agent.queues");
    }
    r = check_keys(agent->groups, agent->n_groups, "agent.groups", detail);
    if (r == 0) {
        r = check_keys(agent->queues, agent->n_queues, "agent.queues", detail);
    }
    for (size_t i = 0; r == 0 && i < agent->n_skills; i++) {
        r = check_keys(&agent->skills[i]->skill, 1, "agent.skills.skill",
                       detail);
    }
    return r;
}

/* Refuses because of an element of a list: "agent.skills[2].level". */
static int refuse(struct qc_txn *txn,
                  enum qc_refusal refusal,
                  const char *list,
                  size_t nth,
                  const char *field)
{
    const char *const parts[] = {"agent.", list, "[",
                                 qc_text_decimal(txn, (int64_t)nth), field};

    return qc_refuse(txn, refusal, qc_text_join(txn, parts, 5));
}

/* Refuses what a list names twice. Lists are short. */
static int once(struct qc_txn *txn,
                const char *const *keys,
                size_t n,
                const char *list)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(keys[i], keys[j]) == 0) {
                return refuse(txn, QC_REFUSED_INVALID, list, i, "]");
            }
        }
    }
    return 0;
}

static int admit_skills(struct qc_txn *txn, const Qc__V1__Agent *agent)
{
    for (size_t i = 0; i < agent->n_skills; i++) {
        const Qc__V1__AgentSkill *has = agent->skills[i];
        const Qc__State__SkillRow *skill = qc_skill_get(txn, has->skill);

        if (skill == NULL) {
            return refuse(txn, QC_REFUSED_SKILL_UNKNOWN, "skills", i,
                          "].skill");
        }
        if (has->level > skill->skill->level_max) {
            return refuse(txn, QC_REFUSED_INVALID, "skills", i, "].level");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(agent->skills[j]->skill, has->skill) == 0) {
                return refuse(txn, QC_REFUSED_INVALID, "skills", i, "].skill");
            }
        }
    }
    return 0;
}

/* An agent without queues serves every one. Who is bound to no line of business
 * is spared the look at all of them. */
static bool serves_line(struct qc_txn *txn, const Qc__V1__Agent *agent)
{
    if (agent->n_queues == 0 || qc_principal_sees(txn, "")) {
        return true;
    }
    for (size_t i = 0; i < agent->n_queues; i++) {
        if (qc_principal_sees(txn, agent->queues[i])) {
            return true;
        }
    }
    return false;
}

bool qc_agent_is_seen(struct qc_txn *txn, const char *agent)
{
    const Qc__State__AgentRow *row;

    if (strcmp(txn->principal, agent) == 0 || qc_principal_sees(txn, "")) {
        return true;
    }
    row = qc_agent_get(txn, agent);
    return row == NULL || serves_line(txn, row->agent);
}

static int admit(struct qc_txn *txn, const void *was, const void *object)
{
    const Qc__V1__Agent *agent = object;
    int r = once(txn, agent->groups, agent->n_groups, "groups");

    if (was != NULL && !serves_line(txn, was)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "agent.key");
    }
    if (!serves_line(txn, agent)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "agent.queues");
    }
    if (r == 0) {
        r = once(txn, agent->queues, agent->n_queues, "queues");
    }
    return r == 0 ? admit_skills(txn, agent) : r;
}

/* As proto/quorumcall/v1/agent.proto says. */
static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__PerMedia caps = QC__V1__PER_MEDIA__INIT;
    Qc__V1__Agent *agent = object;

    (void)was;
    caps.voice = caps.outbound_voice = caps.callback_voice = 1;
    caps.chat = 4;
    caps.message = caps.sms = 6;
    caps.email = 5;
    caps.workitem = 10;
    agent->media_caps = qc_media_fill(txn, agent->media_caps, &caps);
    if (agent->units == 0) {
        agent->units = UNITS;
    }
}

static int resolve(struct qc_txn *txn, void *row)
{
    Qc__State__AgentRow *of = row;
    const Qc__V1__Agent *agent = of->agent;

    of->n_levels = 0;
    of->levels =
        qc_alloc(txn, (agent->n_skills + 1) * sizeof(Qc__State__AgentLevel *));
    for (size_t i = 0; i < agent->n_skills && of->levels != NULL; i++) {
        const Qc__State__SkillRow *skill =
            qc_skill_get(txn, agent->skills[i]->skill);
        Qc__State__AgentLevel *one =
            qc_row_new(txn, &qc__state__agent_level__descriptor);
        size_t at = of->n_levels;

        if (skill == NULL || one == NULL) {
            return txn->fault;
        }
        one->skill = skill->index;
        one->level = agent->skills[i]->level;
        for (; at > 0 && of->levels[at - 1]->skill > one->skill; at--) {
            of->levels[at] = of->levels[at - 1];
        }
        of->levels[at] = one;
        of->n_levels++;
    }
    return txn->fault;
}

/* None is ever deleted, so none is given twice. */
static void begin(struct qc_txn *txn, void *row)
{
    Qc__State__AgentRow *agent = row;

    agent->index = (uint32_t)qc_entity_count(txn, &qc_agent_entity);
}

const struct qc_config_kind qc_agent_kind = {
    .entity = &qc_agent_entity,
    .key_field = "agent.key",
    .unknown = QC_REFUSED_NOT_FOUND,
    .quota = offsetof(Qc__V1__Quotas, agents),
    .many = true,
    .check = check,
    .complete = complete,
    .admit = admit,
    .resolve = resolve,
    .begin = begin,
};

const Qc__State__AgentRow *qc_agent_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_agent_kind, key);
}

int qc_agent_put(struct qc_txn *txn,
                 const Qc__V1__Agent *agent,
                 uint64_t if_rev,
                 enum qc_change *change_out)
{
    int r =
        qc_config_put(txn, &qc_agent_kind, &agent->base, if_rev, change_out);

    if (r == 0 && txn->draft == NULL) {
        qc_session_agent_changed(txn, agent);
        qc_routing_feed(txn, agent->key);
    }
    return r;
}
