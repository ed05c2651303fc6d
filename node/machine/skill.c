#include "machine/skill.h"

#include <stddef.h>

#include "machine/index.h"
#include "machine/store.h"
#include "quorumcall/v1/tenant.pb-c.h"

enum {
    LEVEL_MAX = 10, /* When nothing else is said. */
    LEVEL_MAX_MAX = 100,
};

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__SkillRow *skill = row;

    (void)key;
    return skill->index < qc_entity_count(txn, &qc_skill_entity)
               ? NULL
               : "its index is not below the number of skills";
}

const struct qc_entity qc_skill_entity = {
    .name = "skill",
    .space = QC_SPACE_SKILL,
    .type = &qc__state__skill_row__descriptor,
    .counted = true,
    .verify = verify,
};

static struct qc_key level_key(uint32_t tenant,
                               const char *skill,
                               uint32_t level)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_SKILL_LEVEL);
    qc_key_put_str(&key, skill);
    qc_key_put_u8(&key, (uint8_t)level);
    return key;
}

void qc_skill_derive_level(struct qc_txn *txn,
                           uint32_t tenant,
                           const Qc__V1__AgentSkill *skill,
                           enum qc_derive how)
{
    struct qc_key key = level_key(tenant, skill->skill, skill->level);

    qc_index_add(txn, &key, how);
}

/* Whether an agent has |skill| at a level above |low|. */
static bool is_held_above(struct qc_txn *txn,
                          const Qc__V1__Skill *skill,
                          uint32_t low)
{
    for (uint32_t level = low + 1; level <= skill->level_max; level++) {
        struct qc_key key = level_key(txn->tenant, skill->key, level);

        if (qc_index_gauge(txn, &key) > 0) {
            return true;
        }
    }
    return false;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Skill *skill = object;

    if (skill->level_max > LEVEL_MAX_MAX) {
        detail->field = "skill.level_max";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__Skill *skill = object;

    (void)txn;
    (void)was;
    if (skill->level_max == 0) {
        skill->level_max = LEVEL_MAX;
    }
}

static int admit(struct qc_txn *txn, const void *was, const void *object)
{
    const Qc__V1__Skill *skill = object;

    if (was != NULL && is_held_above(txn, was, skill->level_max)) {
        return qc_refuse(txn, QC_REFUSED_IN_USE, "skill.level_max");
    }
    return 0;
}

/* None is ever deleted, so none is given twice. */
static void begin(struct qc_txn *txn, void *row)
{
    Qc__State__SkillRow *skill = row;

    skill->index = (uint32_t)qc_entity_count(txn, &qc_skill_entity);
}

const struct qc_config_kind qc_skill_kind = {
    .entity = &qc_skill_entity,
    .key_field = "skill.key",
    .unknown = QC_REFUSED_SKILL_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, skills),
    .check = check,
    .complete = complete,
    .admit = admit,
    .begin = begin,
};

const Qc__State__SkillRow *qc_skill_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_skill_kind, key);
}

int qc_skill_put(struct qc_txn *txn,
                 const Qc__V1__Skill *skill,
                 uint64_t if_rev,
                 enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_skill_kind, &skill->base, if_rev, change_out);
}
