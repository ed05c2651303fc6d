#include "machine/prompt.h"

#include <assert.h>

#include "machine/pool.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

enum {
    PROMPTS_MAX = 2,
};

/* What is played to a call before it is ended. */
static const struct {
    Qc__V1__EndReason reason;
    const char *name;
} farewells[] = {
    {QC__V1__END_REASON__END_REASON_CODE_FAILED, "code_failed"},
    {QC__V1__END_REASON__END_REASON_NO_ROUTE, "closed"},
    {QC__V1__END_REASON__END_REASON_OUT_OF_HOURS, "closed"},
    {QC__V1__END_REASON__END_REASON_NO_AGENTS, "closed"},
    {QC__V1__END_REASON__END_REASON_REJECTED_FULL, "busy"},
};

/* Prompts as they are gathered. */
struct prompts {
    struct qc_txn *txn;
    Qc__V1__Prompt **list;
    size_t n;
};

/* NULL is a fault. */
static Qc__V1__Prompt *add(struct prompts *prompts,
                           Qc__V1__PromptAction action,
                           const char *name)
{
    Qc__V1__Prompt *prompt =
        qc_row_new(prompts->txn, &qc__v1__prompt__descriptor);

    assert(prompts->n < PROMPTS_MAX);

    if (prompt != NULL) {
        prompt->action = action;
        prompt->name = name;
        prompts->list[prompts->n++] = prompt;
    }
    return prompt;
}

static void add_collect(struct prompts *prompts,
                        const Qc__State__InteractionRow *row)
{
    const Qc__State__PoolRow *pool = qc_pool_get(prompts->txn, row->pool);
    Qc__V1__Prompt *prompt;

    if (row->interaction->attempts > 0) {
        add(prompts, QC__V1__PROMPT_ACTION__PROMPT_ACTION_PLAY, "try_again");
    }
    prompt = add(prompts, QC__V1__PROMPT_ACTION__PROMPT_ACTION_COLLECT, "code");
    if (prompt != NULL && pool != NULL) {
        prompt->digits = pool->pool->code_length;
        prompt->timeout_ms = pool->pool->code_digits_timeout_ms;
    }
}

static void add_transfer(struct prompts *prompts, const char *subject)
{
    const Qc__State__SubjectRow *row = qc_subject_get(prompts->txn, subject);
    Qc__V1__Prompt *prompt = add(
        prompts, QC__V1__PROMPT_ACTION__PROMPT_ACTION_TRANSFER_EXTERNAL, "");

    if (prompt != NULL && row != NULL) {
        prompt->number = row->subject->overflow_number;
    }
}

static void add_farewell(struct prompts *prompts, Qc__V1__EndReason reason)
{
    for (size_t i = 0; i < sizeof(farewells) / sizeof(farewells[0]); i++) {
        if (farewells[i].reason == reason) {
            add(prompts, QC__V1__PROMPT_ACTION__PROMPT_ACTION_PLAY,
                farewells[i].name);
            add(prompts, QC__V1__PROMPT_ACTION__PROMPT_ACTION_DISCONNECT, "");
        }
    }
}

size_t qc_prompts(struct qc_txn *txn,
                  const Qc__State__InteractionRow *row,
                  Qc__V1__Prompt ***prompts_out)
{
    const Qc__V1__Interaction *x = row->interaction;
    struct prompts prompts = {.txn = txn};

    prompts.list = qc_alloc(txn, PROMPTS_MAX * sizeof(Qc__V1__Prompt *));
    if (prompts.list == NULL) {
        return 0;
    }
    if (x->state == QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING) {
        add_collect(&prompts, row);
    } else if (x->end_reason ==
               QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL) {
        add_transfer(&prompts, x->subject);
    } else {
        add_farewell(&prompts, x->end_reason);
    }
    *prompts_out = prompts.list;
    return prompts.n;
}
