#include "command/test/shop.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "quorumcall/v1/agent_service.pb-c.h"

enum {
    LAST_CALLS = 24, /* To which something may happen. */
};

struct qc_shop qc_shop;

void qc_shop_open(unsigned n_agents, uint64_t seed)
{
    assert_true(n_agents <= QC_SHOP_AGENTS_MAX);
    qc_shop = (struct qc_shop){.n_agents = n_agents, .seed = seed};
    qc_world_open_alone(&qc_shop.world);
}

uint32_t qc_shop_draw(uint32_t below)
{
    assert(below > 0);
    qc_shop.seed = qc_shop.seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(qc_shop.seed >> 33) % below;
}

void qc_shop_do_some(struct qc_shop_step *steps, size_t n)
{
    unsigned sum = 0;
    unsigned at;
    size_t i = 0;

    for (size_t k = 0; k < n; k++) {
        sum += steps[k].weight;
    }
    for (at = qc_shop_draw(sum); at >= steps[i].weight; i++) {
        at -= steps[i].weight;
    }
    steps[i].n_done += steps[i].step(qc_shop_draw(qc_shop.n_agents)) ? 1 : 0;
}

void qc_shop_did_all(const struct qc_shop_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (steps[i].n_done == 0) {
            fail_msg("nobody could %s", steps[i].name);
        }
    }
}

bool qc_shop_log_in(unsigned agent)
{
    const Qc__V1__LoginResponse *response;

    if (!QC_ASK("Login agent=agent%u ready=true", agent)) {
        return false;
    }
    response = (const Qc__V1__LoginResponse *)qc_shop.reply.response;
    snprintf(qc_shop.sessions[agent], QC_SHOP_ID_SIZE, "%s",
             response->session_id);
    return true;
}

bool qc_shop_not_ready(unsigned agent)
{
    return QC_ASK("SetNotReady session_id=%s reason=lunch",
                  qc_shop.sessions[agent]);
}

bool qc_shop_set_ready(unsigned agent)
{
    return QC_ASK("SetReady session_id=%s", qc_shop.sessions[agent]);
}

bool qc_shop_find_work(unsigned agent,
                       Qc__V1__WorkPhase phase,
                       char interaction[QC_SHOP_ID_SIZE],
                       char offer[QC_SHOP_ID_SIZE])
{
    const Qc__V1__GetDesktopResponse *desk;

    if (!QC_ASK("GetDesktop agent=agent%u", agent)) {
        return false;
    }
    desk = (const Qc__V1__GetDesktopResponse *)qc_shop.reply.response;
    for (size_t i = 0; i < desk->presence->n_work; i++) {
        const Qc__V1__Work *work = desk->presence->work[i];

        if (work->phase == phase) {
            snprintf(interaction, QC_SHOP_ID_SIZE, "%s", work->interaction_id);
            snprintf(offer, QC_SHOP_ID_SIZE, "%s", work->offer_id);
            return true;
        }
    }
    return false;
}

static bool answer(unsigned agent, const char *method)
{
    char interaction[QC_SHOP_ID_SIZE];
    char offer[QC_SHOP_ID_SIZE];

    return qc_shop_find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_OFFERED,
                             interaction, offer) &&
           QC_ASK("%s offer_id=%s session_id=%s", method, offer,
                  qc_shop.sessions[agent]);
}

bool qc_shop_accept(unsigned agent)
{
    return answer(agent, "AcceptOffer");
}

bool qc_shop_reject(unsigned agent)
{
    return answer(agent, "RejectOffer");
}

bool qc_shop_happen(const char *event)
{
    unsigned n = qc_shop.n_calls;

    return n > 0 &&
           QC_ASK("ReportCallEvent connector=pbx ext_ref=c%u "
                  "event=CALL_EVENT_%s event_seq=%u",
                  n - 1 - qc_shop_draw(n < LAST_CALLS ? n : LAST_CALLS), event,
                  ++qc_shop.event_seq);
}

bool qc_shop_end_call(unsigned agent)
{
    (void)agent;
    return qc_shop_happen("ENDED");
}
