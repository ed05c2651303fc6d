#include "command/glue.h"
#include "machine/interaction.h"
#include "machine/rates.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

/* RoutingService: what came of what waited. */

enum {
    PPM = 1000000,
};

int qc_get_rates_check(const Qc__V1__GetRatesRequest *request,
                       struct qc_refusal_detail *detail)
{
    bool by_queue = request->queue[0] != '\0';

    if (by_queue == (request->subject[0] != '\0')) {
        detail->field = by_queue ? "subject" : "queue";
        return QC_REFUSED_INVALID;
    }
    if (request->media > QC__V1__MEDIA__MEDIA_WORKITEM) {
        detail->field = "media";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

/* Where a bridge that failed took back an answer of more than an hour ago. */
static uint64_t at_least_none(int64_t n)
{
    return n > 0 ? (uint64_t)n : 0;
}

/* NULL when it is a share of nothing, or on a fault. */
static Qc__V1__Share *share(struct qc_txn *txn, int64_t part, int64_t whole)
{
    Qc__V1__Share *one =
        whole > 0 ? qc_row_new(txn, &qc__v1__share__descriptor) : NULL;

    if (one != NULL) {
        uint64_t ppm = at_least_none(part) * PPM / (uint64_t)whole;

        one->ppm = ppm < PPM ? (uint32_t)ppm : PPM;
    }
    return one;
}

static int64_t mean(int64_t sum, int64_t n)
{
    return n > 0 && sum > 0 ? sum / n : 0;
}

static void show(struct qc_txn *txn,
                 const Qc__State__RatesRow *sum,
                 Qc__V1__GetRatesResponse *response)
{
    response->from_ms = sum->slot_ms > 0 ? sum->slot_ms : 0;
    response->to_ms = txn->now_ms;
    response->offered = at_least_none(sum->offered);
    response->answered = at_least_none(sum->answered);
    response->answered_in_time = at_least_none(sum->answered_in_time);
    response->abandoned = at_least_none(sum->abandoned);
    response->short_abandoned = at_least_none(sum->short_abandoned);
    response->transferred_in = at_least_none(sum->transferred_in);
    response->handled = at_least_none(sum->handled);
    response->service_level =
        share(txn, sum->answered_in_time,
              sum->answered + sum->abandoned - sum->short_abandoned);
    response->abandon_rate = share(txn, sum->abandoned - sum->short_abandoned,
                                   sum->offered - sum->short_abandoned);
    response->asa_ms = mean(sum->waited_ms, sum->answered);
    response->aht_ms = mean(sum->handle_ms, sum->handled);
}

int qc_get_rates_run(struct qc_txn *txn,
                     const Qc__V1__GetRatesRequest *request,
                     Qc__V1__GetRatesResponse *response)
{
    bool by_queue = request->queue[0] != '\0';
    Qc__V1__Media media = request->media != QC__V1__MEDIA__MEDIA_UNSPECIFIED
                              ? request->media
                              : QC__V1__MEDIA__MEDIA_VOICE;
    Qc__State__RatesRow sum;

    if (!by_queue && qc_subject_get(txn, request->subject) == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    sum = qc_rates_sum(txn, by_queue ? QC_RATES_OF_QUEUE : QC_RATES_OF_SUBJECT,
                       by_queue ? request->queue : request->subject, media);
    show(txn, &sum, response);
    if (by_queue) {
        response->waiting = qc_interactions_waiting_in(txn, request->queue);
    }
    return txn->fault;
}
