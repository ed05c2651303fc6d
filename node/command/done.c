#include "command/done.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "command/table.h"
#include "machine/machine.h"

/* The digest tells it from one with the same id that was refused and of which
 * no answer is stored. */
static bool is_of(const Qc__State__StoredAnswer *answer,
                  const struct qc_command *command)
{
    return answer->tenant == command->tenant &&
           answer->digest.len == QC_DIGEST_SIZE &&
           memcmp(answer->digest.data, command->digest, QC_DIGEST_SIZE) == 0 &&
           strcmp(answer->client_id, command->client_id) == 0 &&
           strcmp(answer->request_id, command->request_id) == 0;
}

/* Answers stand in the order in which their commands were run, so one walk over
 * both finds them; a command that is passed over was not run by this entry. */
static int join(const struct qc_entry *entry,
                const Qc__State__AnswersRow *row,
                struct qc_done *done,
                size_t *n)
{
    size_t next = 0;

    for (size_t i = 0; i < entry->n_commands && next < row->n_answers; i++) {
        const struct qc_command *command = &entry->commands[i];
        const Qc__State__StoredAnswer *answer = row->answers[next];

        if (!is_of(answer, command)) {
            continue;
        }
        next++;
        if (answer->refusal != 0) {
            continue;
        }
        done[*n] = (struct qc_done){
            .ordinal = (uint32_t)i + 1,
            .command = command,
            .method = qc_method_of_id(command->id),
            .response = {answer->response.data, answer->response.len},
        };
        if (done[(*n)++].method == NULL) {
            return QC_E_NEWER;
        }
    }
    return next == row->n_answers ? 0 : QC_E_CORRUPT;
}

int qc_entry_done(const struct qc_machine *machine,
                  uint64_t log_index,
                  const struct qc_entry *entry,
                  struct qc_arena *arena,
                  struct qc_done **done_out,
                  size_t *n_out)
{
    const Qc__State__AnswersRow *row;
    struct qc_done *done;
    struct qc_txn txn;
    bool forgotten;
    int r;

    *n_out = 0;
    qc_machine_view(machine, arena, &txn);
    row = qc_answers_of(&txn, log_index);
    forgotten = row == NULL && entry->n_commands > 0 &&
                qc_answers_may_be_evicted(&txn, log_index, entry->at_ms);
    r = qc_txn_answer(&txn, 0);
    if (r != 0 || row == NULL) {
        return r == 0 && forgotten ? QC_DONE_FORGOTTEN : r;
    }
    done = qc_arena_alloc(arena, entry->n_commands * sizeof(*done));
    if (done == NULL) {
        return QC_E_NOMEM;
    }
    *done_out = done;
    return join(entry, row, done, n_out);
}
