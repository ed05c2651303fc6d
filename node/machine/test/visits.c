#include "machine/test/visits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/call_event.h"
#include "machine/interaction.h"
#include "machine/match.h"
#include "machine/text.h"

int visits_setup(void **state)
{
    struct fixture *f;

    assert_int_equal(fixture_setup(state), 0);
    f = *state;
    fixture_pool(f, "visitors", DNIS);
    fixture_pool(f, "shared", DNIS_ANI);
    fixture_pool(f, "codes", ACCESS_CODE);
    fixture_number(f, NUMBER_A, "visitors");
    fixture_next(f, 1);
    fixture_number(f, NUMBER_B, "visitors");
    fixture_number(f, SHARED, "shared");
    fixture_number(f, ACCESS, "codes");
    fixture_next(f, 1);
    return 0;
}

int visits_allocate(struct fixture *f,
                    const char *phone,
                    Qc__V1__MatchMode mode,
                    struct qc_grant *grant_out)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    Qc__V1__AllocateNumberRequest__ContextEntry pair =
        QC__V1__ALLOCATE_NUMBER_REQUEST__CONTEXT_ENTRY__INIT;
    Qc__V1__AllocateNumberRequest__ContextEntry *pairs[] = {&pair};

    /* A command of its own, in an entry with dice of its own. */
    f->txn.n_random = 0;
    f->txn.ordinal++;
    memcpy(f->txn.entropy, &f->txn.log_index, sizeof(f->txn.log_index));
    pair.key = "basket";
    pair.value = "42";
    request.subject = "subject1";
    request.page_url = "https://shop.example/sale?id=1";
    request.customer_phone = phone;
    request.origin = QC__V1__ORIGIN__ORIGIN_WEB;
    request.mode = mode;
    request.context = pairs;
    request.n_context = 1;
    return qc_allocate(&f->txn, &request, grant_out);
}

Qc__State__AllocationRow *visits_granted(struct fixture *f,
                                         const char *phone,
                                         Qc__V1__MatchMode mode)
{
    struct qc_grant grant;

    fixture_done(f, visits_allocate(f, phone, mode, &grant));
    assert_non_null(grant.allocation);
    return grant.allocation;
}

Qc__State__InteractionRow *visits_call(struct fixture *f,
                                       const char *dnis,
                                       const char *ani,
                                       const char *code)
{
    static int64_t n_calls;
    Qc__V1__MatchCallRequest request = QC__V1__MATCH_CALL_REQUEST__INIT;
    Qc__State__InteractionRow *row = NULL;

    request.dnis = dnis;
    request.ani = ani;
    request.code = code;
    request.connector = "pbx";
    request.ext_ref = qc_text_decimal(&f->txn, ++n_calls);
    return qc_match_call(&f->txn, &request, &row) == 0 ? row : NULL;
}

void visits_hang_up(struct fixture *f, const char *ext_ref)
{
    Qc__State__InteractionRow *row =
        qc_interaction_of_call(&f->txn, "pbx", ext_ref);
    Qc__V1__ReportCallEventRequest request =
        QC__V1__REPORT_CALL_EVENT_REQUEST__INIT;
    bool late;

    if (row != NULL) {
        request.event = QC__V1__CALL_EVENT__CALL_EVENT_CALLER_HUNG_UP;
        request.event_seq = row->event_seq + 1;
        assert_true(qc_call_event(&f->txn, row, &request, &late) <= 0);
    }
}
