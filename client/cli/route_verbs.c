/* qcctl route explain: what was decided about a contact, and why. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/explanation.h"
#include "cli/inquiry.h"
#include "cli/output.h"
#include "cli/words.h"

enum {
    ARENA_SIZE_MAX = 4 * 1024 * 1024,
};

/* What |id| is the id of says its prefix. */
static void name(Qc__V1__ExplainDecisionRequest *request, const char *id)
{
    if (strncmp(id, "dc_", 3) == 0) {
        request->decision_id = id;
    } else if (strncmp(id, "al_", 3) == 0) {
        request->allocation_id = id;
    } else {
        request->interaction_id = id;
    }
}

static enum qc_exit print(const struct qc_options *options,
                          const Qc__V1__ExplainDecisionResponse *told)
{
    if (options->json) {
        bool printed = qc_print_json(&told->base);

        putchar('\n');
        return printed ? QC_EXIT_OK : QC_EXIT_FAILED;
    }
    if (options->raw) {
        qc_print_fields(&told->base, true);
    } else {
        qc_explanation_print(told);
    }
    return QC_EXIT_OK;
}

enum qc_exit qc_route_explain(const struct qc_verb *verb,
                              const struct qc_options *options)
{
    Qc__V1__ExplainDecisionRequest request =
        QC__V1__EXPLAIN_DECISION_REQUEST__INIT;
    struct qc_client_answer answer = {.status = QC_STATUS_OK};
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 1, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    name(&request, words.bare[0]);
    request.agent = words.agent != NULL ? words.agent : "";
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit = qc_inquiry_ask_once(options, options->endpoints,
                               &qc_rpc_explain_decision, &request.base, &arena,
                               &answer);
    if (exit == QC_EXIT_OK) {
        exit = print(options,
                     (const Qc__V1__ExplainDecisionResponse *)answer.response);
    } else if (answer.status == QC_STATUS_NOT_FOUND) {
        fprintf(stderr, "qcctl: 'interaction list' and 'allocation list' show "
                        "what there is, 'agent list' who\n");
    }
    qc_arena_done(&arena);
    return exit;
}
