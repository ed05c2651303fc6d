#include "cluster-tests/bench/centre/centre.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/interaction.h"
#include "machine/session.h"
#include "machine/store.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    STEPS = 3,
    SKILLS_OF_AGENT = 5,
    QUEUES_OF_AGENT = 16,
    SERVES_ALL_EVERY = 10, /* So many agents one has no list of queues. */
    LEVEL_MAX = 10,
    LOGINS_AT_ONCE = 64,
    WAITING_MAX = 1000000,
    LONG_MS = 600000, /* Nobody is too slow to answer here, or to wrap up. */
};

uint32_t centre_draw(struct centre *centre, uint32_t below)
{
    centre->seed = centre->seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(centre->seed >> 33) % below;
}

/* --- keys ----------------------------------------------------------------- */

static void key_of(const char *kind, uint32_t n, char key_out[CENTRE_KEY_SIZE])
{
    snprintf(key_out, CENTRE_KEY_SIZE, "%s%05u", kind, n);
}

void centre_agent_key(uint32_t n, char key_out[CENTRE_KEY_SIZE])
{
    key_of("agent", n, key_out);
}

void centre_queue_key(uint32_t n, char key_out[CENTRE_KEY_SIZE])
{
    key_of("queue", n, key_out);
}

void centre_subject_key(uint32_t n, char key_out[CENTRE_KEY_SIZE])
{
    key_of("topic", n, key_out);
}

uint32_t centre_agent_of_key(const char *key)
{
    return (uint32_t)strtoul(key + strlen("agent"), NULL, 10);
}

/* --- configuration -------------------------------------------------------- */

/* No time passes, so that nobody has to be heard of meanwhile. */
static void put(struct centre *centre,
                const char *path,
                ProtobufCMessage *request,
                struct centre_times *times)
{
    centre_log_begin(&centre->log, 0);
    centre_log_add(&centre->log, path, request);
    centre_log_apply(&centre->log, times);
}

void centre_put_tenant(struct centre *centre,
                       Qc__V1__Ordering ordering,
                       struct centre_times *times)
{
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;

    quotas.subjects = centre->size.skills + 4; /* Four are seeded. */
    quotas.queues = centre->size.queues + 1;
    quotas.agents = centre->size.agents;
    quotas.waiting_interactions = WAITING_MAX;
    tenant.key = "centre";
    tenant.quotas = &quotas;
    tenant.ordering = ordering;
    request.tenant = &tenant;
    put(centre, "/quorumcall.v1.AdminService/PutTenant", &request.base, times);
}

static void put_skill(struct centre *centre, uint32_t n)
{
    Qc__V1__PutSkillRequest request = QC__V1__PUT_SKILL_REQUEST__INIT;
    Qc__V1__Skill skill = QC__V1__SKILL__INIT;
    char key[CENTRE_KEY_SIZE];

    key_of("skill", n, key);
    skill.key = key;
    request.skill = &skill;
    put(centre, "/quorumcall.v1.AdminService/PutSkill", &request.base, NULL);
}

void centre_put_queue(struct centre *centre,
                      uint32_t n,
                      Qc__V1__Selection selection,
                      struct centre_times *times)
{
    Qc__V1__PutQueueRequest request = QC__V1__PUT_QUEUE_REQUEST__INIT;
    Qc__V1__Queue queue = QC__V1__QUEUE__INIT;
    char key[CENTRE_KEY_SIZE];

    centre_queue_key(n, key);
    queue.key = key;
    queue.selection = selection;
    queue.max_waiting = WAITING_MAX;
    request.queue = &queue;
    put(centre, "/quorumcall.v1.AdminService/PutQueue", &request.base, times);
}

void centre_put_subject(struct centre *centre,
                        uint32_t n,
                        uint32_t first_level,
                        struct centre_times *times)
{
    const uint32_t levels[STEPS] = {first_level, 4, 1};
    Qc__V1__PutSubjectRequest request = QC__V1__PUT_SUBJECT_REQUEST__INIT;
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;
    Qc__V1__Requirement needed[STEPS];
    Qc__V1__Requirement *needs[STEPS];
    Qc__V1__TargetStep steps[STEPS];
    Qc__V1__TargetStep *all[STEPS];
    char skill[CENTRE_KEY_SIZE];
    char queue[CENTRE_KEY_SIZE];
    char key[CENTRE_KEY_SIZE];

    key_of("skill", n, skill);
    centre_queue_key(n, queue);
    centre_subject_key(n, key);
    for (size_t i = 0; i < STEPS; i++) {
        needed[i] = (Qc__V1__Requirement)QC__V1__REQUIREMENT__INIT;
        needed[i].skill = skill;
        needed[i].min_level = levels[i];
        needs[i] = &needed[i];
        steps[i] = (Qc__V1__TargetStep)QC__V1__TARGET_STEP__INIT;
        steps[i].requirements = &needs[i];
        steps[i].n_requirements = 1;
        steps[i].timeout_ms = i + 1 < STEPS ? CENTRE_STEPS_MS / (STEPS - 1) : 0;
        all[i] = &steps[i];
    }
    subject.key = key;
    subject.queue = queue;
    subject.steps = all;
    subject.n_steps = STEPS;
    subject.acw_ms = LONG_MS;
    subject.offer_timeout_ms = LONG_MS;
    request.subject = &subject;
    put(centre, "/quorumcall.v1.AdminService/PutSubject", &request.base, times);
}

/* The skill that is the |i|th of the agent |n|. */
static uint32_t skill_of(const struct centre *centre, uint32_t n, uint32_t i)
{
    return (n + i * (centre->size.skills / SKILLS_OF_AGENT + 1)) %
           centre->size.skills;
}

/* Queues for which he has the skill: gives how many. */
static size_t draw_queues(struct centre *centre,
                          uint32_t n,
                          char keys[QUEUES_OF_AGENT][CENTRE_KEY_SIZE])
{
    uint32_t skills = centre->size.skills;
    uint32_t queues; /* Of a skill. */
    uint32_t from;

    assert(skills > 0);
    queues = centre->size.queues / skills;
    from = queues > 0 ? centre_draw(centre, queues) : 0;
    if (n % SERVES_ALL_EVERY == 0 || skills < SKILLS_OF_AGENT ||
        queues * SKILLS_OF_AGENT < QUEUES_OF_AGENT) {
        return 0;
    }
    for (uint32_t i = 0; i < QUEUES_OF_AGENT; i++) {
        uint32_t nth = (from + i / SKILLS_OF_AGENT) % queues;

        centre_queue_key(
            nth * skills + skill_of(centre, n, i % SKILLS_OF_AGENT), keys[i]);
    }
    return QUEUES_OF_AGENT;
}

void centre_put_agent(struct centre *centre,
                      uint32_t n,
                      uint32_t turn,
                      struct centre_times *times)
{
    uint32_t n_skills = centre->size.skills < SKILLS_OF_AGENT
                            ? centre->size.skills
                            : SKILLS_OF_AGENT;
    Qc__V1__PutAgentRequest request = QC__V1__PUT_AGENT_REQUEST__INIT;
    Qc__V1__Agent agent = QC__V1__AGENT__INIT;
    Qc__V1__AgentSkill skills[SKILLS_OF_AGENT];
    Qc__V1__AgentSkill *has[SKILLS_OF_AGENT];
    char skill_keys[SKILLS_OF_AGENT][CENTRE_KEY_SIZE];
    char queue_keys[QUEUES_OF_AGENT][CENTRE_KEY_SIZE];
    const char *queues[QUEUES_OF_AGENT];
    char key[CENTRE_KEY_SIZE];

    for (uint32_t i = 0; i < n_skills; i++) {
        key_of("skill", skill_of(centre, n + turn, i), skill_keys[i]);
        skills[i] = (Qc__V1__AgentSkill)QC__V1__AGENT_SKILL__INIT;
        skills[i].skill = skill_keys[i];
        skills[i].level = 1 + (n * 7 + i * 3 + turn) % LEVEL_MAX;
        has[i] = &skills[i];
    }
    agent.n_queues = draw_queues(centre, n + turn, queue_keys);
    for (size_t i = 0; i < agent.n_queues; i++) {
        queues[i] = queue_keys[i];
    }
    centre_agent_key(n, key);
    agent.key = key;
    agent.skills = has;
    agent.n_skills = n_skills;
    agent.queues = queues;
    agent.contact = "sip:somebody@example.com";
    request.agent = &agent;
    put(centre, "/quorumcall.v1.AdminService/PutAgent", &request.base, times);
}

/* --- people --------------------------------------------------------------- */

static void log_in(struct centre *centre, uint32_t from)
{
    uint32_t to = from + LOGINS_AT_ONCE < centre->size.agents
                      ? from + LOGINS_AT_ONCE
                      : centre->size.agents;

    centre_log_begin(&centre->log, 1);
    for (uint32_t i = from; i < to; i++) {
        Qc__V1__LoginRequest request = QC__V1__LOGIN_REQUEST__INIT;
        char key[CENTRE_KEY_SIZE];

        centre_agent_key(i, key);
        request.agent = key;
        request.ready = true;
        centre_log_add(&centre->log, "/quorumcall.v1.AgentService/Login",
                       &request.base);
    }
    centre_log_apply(&centre->log, NULL);
    for (uint32_t i = from; i < to; i++) {
        const Qc__V1__LoginResponse *response =
            centre_log_answer(&centre->log, i - from);

        snprintf(centre->sessions[i], CENTRE_ID_SIZE, "%s",
                 response->session_id);
    }
}

void centre_begin(struct centre *centre, int64_t later_ms)
{
    /* Each is heard of twice as often as need be. */
    uint64_t turn = QC_HEARTBEAT_MS / 2;

    centre_log_begin(&centre->log, later_ms);
    centre->heartbeats_due += (uint64_t)later_ms * centre->size.agents;
    for (; centre->heartbeats_due >= turn; centre->heartbeats_due -= turn) {
        Qc__V1__HeartbeatRequest request = QC__V1__HEARTBEAT_REQUEST__INIT;

        request.session_id = centre->sessions[centre->next_heartbeat];
        centre_log_add(&centre->log, "/quorumcall.v1.AgentService/Heartbeat",
                       &request.base);
        centre->next_heartbeat =
            (centre->next_heartbeat + 1) % centre->size.agents;
    }
}

void centre_open(struct centre *centre, const struct centre_size *size)
{
    *centre = (struct centre){.size = *size, .seed = 7};
    centre->sessions = calloc(size->agents, sizeof(*centre->sessions));
    assert(centre->sessions != NULL);
    centre_log_open(&centre->log);
    centre_log_found(&centre->log);
    centre_put_tenant(centre, QC__V1__ORDERING__ORDERING_STRICT, NULL);
    for (uint32_t i = 0; i < size->skills; i++) {
        put_skill(centre, i);
        centre_put_subject(centre, i, 7, NULL);
    }
    for (uint32_t i = 0; i < size->queues; i++) {
        centre_put_queue(centre, i, QC__V1__SELECTION__SELECTION_LONGEST_IDLE,
                         NULL);
    }
    for (uint32_t i = 0; i < size->agents; i++) {
        centre_put_agent(centre, i, 0, NULL);
    }
    for (uint32_t i = 0; i < size->agents; i += LOGINS_AT_ONCE) {
        log_in(centre, i);
    }
}

void centre_close(struct centre *centre)
{
    centre_log_close(&centre->log);
    free(centre->sessions);
}

/* --- looking -------------------------------------------------------------- */

uint64_t centre_n_waiting(struct centre *centre)
{
    struct qc_txn txn;

    qc_machine_view(&centre->log.machine, &centre->log.arena, &txn);
    txn.tenant = CENTRE_TENANT;
    return qc_interactions_waiting(&txn);
}

void centre_estimate(struct centre *centre,
                     uint32_t n,
                     struct centre_times *times)
{
    Qc__V1__GetEstimatedWaitRequest request =
        QC__V1__GET_ESTIMATED_WAIT_REQUEST__INIT;
    char subject[CENTRE_KEY_SIZE];
    uint64_t began_ns;

    centre_log_begin(&centre->log, 0);
    centre_subject_key(n, subject);
    request.subject = subject;
    request.channel = QC__V1__MEDIA__MEDIA_VOICE;
    began_ns = centre_times_now_ns();
    centre_log_query(&centre->log,
                     "/quorumcall.v1.NumberService/GetEstimatedWait",
                     &request.base);
    centre_times_add(times, centre_times_now_ns() - began_ns, 1);
}

void centre_verify(struct centre *centre)
{
    char text[256] = "";

    if (qc_machine_verify(&centre->log.machine, text, sizeof(text)) != 0) {
        centre_fail("verify", text);
    }
}
