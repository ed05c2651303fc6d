#include "cluster-tests/sim/shop.h"

#include <stdio.h>

#include "cluster-tests/sim/visits.h"
#include "quorumcall/v1/admin_service.pb-c.h"

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

enum {
    ADMIN = 0, /* The client that sets up the shop. */
    N_MODES = 3,
    N_SKILLS = 2,
    LEVEL_MAX = 10,
    KEY_SIZE = 16,
    DICE = 2000, /* The first part of the dice of the steps. */
};

static const Qc__V1__MatchMode modes[] = {DNIS, DNIS_ANI, ACCESS_CODE};
static const char *const pools[] = {"one", "many", "codes"};
static const char *const skills[] = {"talk", "write"};

/* Each has a queue of its own name. */
static const char *const subjects[] = {
    [SIM_SHOP_SALES] = "sales",
    [SIM_SHOP_CHAT] = "chat",
    [SIM_SHOP_HELP] = "help",
};

const char *sim_shop_subject(unsigned which)
{
    return subjects[which];
}

static bool coin(struct sim_random *random)
{
    return sim_random_below(random, 2) == 0;
}

/* --- the tenant ----------------------------------------------------------- */

static struct sim_request *put_tenant(struct sim_world *world,
                                      const Qc__V1__Tenant *like,
                                      uint64_t client)
{
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;
    Qc__V1__Tenant tenant = *like;

    quotas.subjects = 16;
    quotas.waiting_interactions = 1000000;
    tenant.key = "shop";
    tenant.default_country = "GB";
    tenant.quotas = &quotas;
    tenant.access_code_enabled = true;
    tenant.no_phone_limit = true;
    tenant.no_ip_limit = true;
    tenant.runtime_retention_ms = world->plan.retention_ms;
    tenant.prio_step_ms = 1000;
    request.tenant = &tenant;
    return sim_requests_add(world, "AdminService/PutTenant", &request.base,
                            client);
}

/* What agents are to do, and how much of it, is said anew. */
static struct sim_request *change_tenant(struct sim_world *world,
                                         struct sim_random *random,
                                         uint64_t client)
{
    Qc__V1__PerMedia costs = QC__V1__PER_MEDIA__INIT;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;

    costs.chat = (uint32_t)sim_random_between(random, 10, 50);
    costs.message = (uint32_t)sim_random_between(random, 5, 50);
    costs.email = (uint32_t)sim_random_between(random, 5, 100);
    tenant.unit_costs = &costs;
    tenant.voice_over_units = (uint32_t)sim_random_between(random, 1, 100);
    tenant.blend_over_voice = coin(random);
    tenant.ordering = coin(random) ? QC__V1__ORDERING__ORDERING_LINEAR
                                   : QC__V1__ORDERING__ORDERING_STRICT;
    tenant.ready_after_reject = coin(random);
    tenant.ready_on_login = coin(random);
    tenant.unready_after_unset = coin(random);
    return put_tenant(world, &tenant, client);
}

/* --- subjects and queues -------------------------------------------------- */

static struct sim_request *put_queue(struct sim_world *world,
                                     struct sim_random *random,
                                     unsigned which,
                                     uint64_t client)
{
    Qc__V1__PutQueueRequest request = QC__V1__PUT_QUEUE_REQUEST__INIT;
    Qc__V1__Queue queue = QC__V1__QUEUE__INIT;

    queue.key = subjects[which];
    queue.selection = (Qc__V1__Selection)(1 + sim_random_below(random, 4));
    queue.max_waiting = 1000000;
    queue.last_agent_mode =
        (Qc__V1__LastAgentMode)(1 + sim_random_below(random, 3));
    queue.last_agent_wait_ms = sim_random_log(random, 500, 30000);
    request.queue = &queue;
    return sim_requests_add(world, "AdminService/PutQueue", &request.base,
                            client);
}

/* Steps in which less and less is asked for. */
struct steps {
    Qc__V1__Requirement requirements[3];
    Qc__V1__Requirement *lists[3];
    Qc__V1__TargetStep steps[3];
    Qc__V1__TargetStep *list[3];
};

static void make_steps(struct sim_random *random,
                       const struct sim_plan *plan,
                       unsigned which,
                       struct steps *steps)
{
    for (unsigned i = 0; i < 3; i++) {
        Qc__V1__Requirement *requirement = &steps->requirements[i];
        Qc__V1__TargetStep *step = &steps->steps[i];

        qc__v1__requirement__init(requirement);
        qc__v1__target_step__init(step);
        requirement->skill = skills[which == SIM_SHOP_CHAT ? 1 : 0];
        requirement->min_level =
            (uint32_t)sim_random_below(random, (uint64_t)(LEVEL_MAX - 3 * i));
        requirement->max_level =
            sim_random_below(random, 4) == 0 ? LEVEL_MAX : 0;
        steps->lists[i] = requirement;
        step->requirements = &steps->lists[i];
        step->n_requirements = i == 2 && coin(random) ? 0 : 1;
        step->timeout_ms = i < 2 ? plan->step_ms : 0;
        steps->list[i] = step;
    }
}

static struct sim_request *put_subject(struct sim_world *world,
                                       struct sim_random *random,
                                       unsigned which,
                                       uint64_t client)
{
    Qc__V1__PutSubjectRequest request = QC__V1__PUT_SUBJECT_REQUEST__INIT;
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;
    const struct sim_plan *plan = &world->plan;
    struct steps steps;

    subject.key = subjects[which];
    subject.queue = subjects[which];
    request.subject = &subject;
    if (plan->agents > 0) {
        make_steps(random, plan, which, &steps);
        subject.steps = steps.list;
        subject.n_steps = 1 + sim_random_below(random, 3);
        steps.steps[subject.n_steps - 1].timeout_ms =
            which == SIM_SHOP_HELP ? 2 * plan->step_ms : 0;
        subject.steps_replace = sim_random_below(random, 4) == 0;
        subject.acw_ms = plan->acw_ms;
        subject.no_acw = sim_random_below(random, 4) == 0;
        subject.offer_timeout_ms = plan->offer_ms;
        subject.disposition_optional = coin(random);
    }
    if (which == SIM_SHOP_HELP) {
        subject.transfer_resets_age = coin(random);
        subject.max_wait_ms = coin(random) ? 5 * plan->step_ms : 0;
        subject.overflow_number = coin(random) ? "+442079460001" : "";
    }
    return sim_requests_add(world, "AdminService/PutSubject", &request.base,
                            client);
}

/* --- agents --------------------------------------------------------------- */

static struct sim_request *put_skill(struct sim_world *world, unsigned which)
{
    Qc__V1__PutSkillRequest request = QC__V1__PUT_SKILL_REQUEST__INIT;
    Qc__V1__Skill skill = QC__V1__SKILL__INIT;

    skill.key = skills[which];
    skill.level_max = LEVEL_MAX;
    request.skill = &skill;
    return sim_requests_add(world, "AdminService/PutSkill", &request.base,
                            ADMIN);
}

static void make_caps(struct sim_random *random, Qc__V1__PerMedia *caps)
{
    caps->voice = 1 + (uint32_t)sim_random_below(random, 2);
    caps->chat = 1 + (uint32_t)sim_random_below(random, 4);
    caps->message = 1 + (uint32_t)sim_random_below(random, 6);
    caps->email = 1 + (uint32_t)sim_random_below(random, 3);
    caps->workitem = 1;
}

/* He can do this and that; now and then he is not to work any more, but most of
 * them are. */
static struct sim_request *put_agent(struct sim_world *world,
                                     struct sim_random *random,
                                     unsigned i,
                                     uint64_t client)
{
    Qc__V1__PutAgentRequest request = QC__V1__PUT_AGENT_REQUEST__INIT;
    Qc__V1__PerMedia caps = QC__V1__PER_MEDIA__INIT;
    Qc__V1__Agent agent = QC__V1__AGENT__INIT;
    Qc__V1__AgentSkill has[N_SKILLS];
    Qc__V1__AgentSkill *list[N_SKILLS];
    const char *queues[2] = {"sales", coin(random) ? "chat" : "help"};
    char key[KEY_SIZE];

    (void)snprintf(key, sizeof(key), "agent%u", i);
    make_caps(random, &caps);
    for (unsigned k = 0; k < N_SKILLS; k++) {
        qc__v1__agent_skill__init(&has[k]);
        has[k].skill = skills[k];
        has[k].level = (uint32_t)sim_random_below(random, LEVEL_MAX + 1);
        list[k] = &has[k];
    }
    agent.key = key;
    agent.skills = list;
    agent.n_skills = 1 + sim_random_below(random, N_SKILLS);
    agent.queues = queues;
    agent.n_queues = sim_random_below(random, 4) == 0 ? 2 : 0;
    agent.units = coin(random) ? 100 : 200;
    agent.media_caps = &caps;
    agent.disabled = client != ADMIN && sim_random_below(random, 10) == 0;
    request.agent = &agent;
    return sim_requests_add(world, "AdminService/PutAgent", &request.base,
                            client);
}

/* --- pools and numbers ---------------------------------------------------- */

static struct sim_request *put_pool(struct sim_world *world, unsigned which)
{
    Qc__V1__PutPoolRequest request = QC__V1__PUT_POOL_REQUEST__INIT;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;

    pool.key = pools[which];
    pool.subject = "sales";
    pool.match_mode = modes[which];
    pool.reserve_ttl_ms = world->plan.ttl_ms;
    pool.quarantine_ms = world->plan.quarantine_ms;
    pool.grace_ms = world->plan.grace_ms;
    pool.code_length = 6;
    request.pool = &pool;
    return sim_requests_add(world, "AdminService/PutPool", &request.base,
                            ADMIN);
}

static struct sim_request *put_number(struct sim_world *world,
                                      unsigned which,
                                      unsigned i)
{
    Qc__V1__PutNumberRequest request = QC__V1__PUT_NUMBER_REQUEST__INIT;
    Qc__V1__Number number = QC__V1__NUMBER__INIT;
    char text[SIM_NUMBER_SIZE];

    sim_visits_number(text, modes[which], i);
    number.number = text;
    number.pool = pools[which];
    number.kind = modes[which] == ACCESS_CODE
                      ? QC__V1__NUMBER_KIND__NUMBER_KIND_ACCESS
                      : QC__V1__NUMBER_KIND__NUMBER_KIND_POOL;
    request.number = &number;
    return sim_requests_add(world, "AdminService/PutNumber", &request.base,
                            ADMIN);
}

/* --- all of it ------------------------------------------------------------ */

/* What desks need, in its order; NULL after the last. */
static struct sim_request *set_up_desks(struct sim_world *world, unsigned step)
{
    struct sim_random random;

    sim_random_seed(&random, world->plan.seed, DICE + step);
    if (step < N_SKILLS) {
        return put_skill(world, step);
    }
    step -= N_SKILLS;
    if (step < SIM_SHOP_SUBJECTS) {
        return put_queue(world, &random, step, ADMIN);
    }
    step -= SIM_SHOP_SUBJECTS;
    if (step < SIM_SHOP_SUBJECTS) {
        return put_subject(world, &random, step, ADMIN);
    }
    step -= SIM_SHOP_SUBJECTS;
    return step < world->plan.agents ? put_agent(world, &random, step, ADMIN)
                                     : NULL;
}

struct sim_request *sim_shop_of_setup(struct sim_world *world, unsigned step)
{
    Qc__V1__Tenant plain = QC__V1__TENANT__INIT;
    unsigned n = (unsigned)world->plan.numbers;

    if (step == 0) {
        plain.ordering = world->plan.linear != 0
                             ? QC__V1__ORDERING__ORDERING_LINEAR
                             : QC__V1__ORDERING__ORDERING_STRICT;
        return put_tenant(world, &plain, ADMIN);
    }
    step--;
    if (world->plan.agents == 0) {
        if (step == 0) {
            return put_subject(world, NULL, SIM_SHOP_SALES, ADMIN);
        }
        step--;
    } else {
        unsigned desks =
            N_SKILLS + 2 * SIM_SHOP_SUBJECTS + (unsigned)world->plan.agents;

        if (step < desks) {
            return set_up_desks(world, step);
        }
        step -= desks;
    }
    if (step < N_MODES) {
        return put_pool(world, step);
    }
    step -= N_MODES;
    if (step < 2 * n) {
        return put_number(world, step / n, step % n);
    }
    return step == 2 * n ? put_number(world, 2, 0) : NULL;
}

struct sim_request *sim_shop_change(struct sim_world *world,
                                    struct sim_random *random,
                                    uint64_t client)
{
    unsigned which = (unsigned)sim_random_below(random, SIM_SHOP_SUBJECTS);

    switch (sim_random_below(random, 8)) {
    case 0:
        return change_tenant(world, random, client);
    case 1:
        return put_queue(world, random, which, client);
    case 2:
        return put_subject(world, random, which, client);
    default:
        return put_agent(
            world, random,
            (unsigned)sim_random_below(random, (uint64_t)world->plan.agents),
            client);
    }
}
