#include "command/glue.h"
#include "machine/gate.h"
#include "machine/roster.h"
#include "machine/route.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"

/* NumberService: what a page may offer, and how long it would take. */

static bool are_media(const Qc__V1__Media *media, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((uint32_t)media[i] >= QC_MEDIA_N) {
            return false;
        }
    }
    return true;
}

static Qc__V1__Media or_voice(Qc__V1__Media media)
{
    return media != QC__V1__MEDIA__MEDIA_UNSPECIFIED
               ? media
               : QC__V1__MEDIA__MEDIA_VOICE;
}

int qc_get_channel_availability_check(
    const Qc__V1__GetChannelAvailabilityRequest *request,
    struct qc_refusal_detail *detail)
{
    if (request->subject[0] == '\0' && request->page_url[0] == '\0') {
        detail->field = "subject";
        return QC_REFUSED_INVALID;
    }
    if (!are_media(request->channels, request->n_channels)) {
        detail->field = "channels";
        return QC_REFUSED_INVALID;
    }
    if (!are_media(request->was_disabled, request->n_was_disabled)) {
        detail->field = "was_disabled";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static bool was_disabled(const Qc__V1__GetChannelAvailabilityRequest *request,
                         Qc__V1__Media channel)
{
    for (size_t i = 0; i < request->n_was_disabled; i++) {
        if (or_voice(request->was_disabled[i]) == channel) {
            return true;
        }
    }
    return false;
}

static Qc__V1__ChannelAvailability *judge(
    struct qc_txn *txn,
    const Qc__V1__GetChannelAvailabilityRequest *request,
    const Qc__State__SubjectRow *subject,
    Qc__V1__Media channel)
{
    Qc__V1__ChannelAvailability *one =
        qc_row_new(txn, &qc__v1__channel_availability__descriptor);
    struct qc_gate gate;

    if (one == NULL) {
        return NULL;
    }
    qc_gate_judge(txn, subject, channel, NULL, &gate);
    if (gate.why == QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED &&
        was_disabled(request, channel) && qc_gate_stays_shut(&gate)) {
        gate.why = QC__V1__UNAVAILABLE__UNAVAILABLE_EWT_ABOVE_THRESHOLD;
    }
    one->channel = channel;
    one->enabled = gate.why == QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED;
    one->reason = gate.why;
    one->wait = qc_gate_show(txn, subject, &gate.estimate);
    one->open_until_ms = gate.until_ms;
    return one;
}

int qc_get_channel_availability_run(
    struct qc_txn *txn,
    const Qc__V1__GetChannelAvailabilityRequest *request,
    Qc__V1__GetChannelAvailabilityResponse *response)
{
    bool by_page = request->subject[0] == '\0';
    const char *key =
        by_page ? qc_subject_of_page(txn, request->page_url) : request->subject;
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, key);
    size_t n = request->n_channels > 0 ? request->n_channels : 1;

    if (subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN,
                         by_page ? "page_url" : "subject");
    }
    response->subject = subject->subject->key;
    response->channels =
        qc_alloc(txn, n * sizeof(Qc__V1__ChannelAvailability *));
    for (size_t i = 0; i < n && txn->fault == 0; i++) {
        Qc__V1__Media channel = or_voice(
            request->n_channels > 0 ? request->channels[i]
                                    : QC__V1__MEDIA__MEDIA_UNSPECIFIED);

        response->channels[i] = judge(txn, request, subject, channel);
        response->n_channels = i + 1;
    }
    return txn->fault;
}

int qc_get_estimated_wait_check(const Qc__V1__GetEstimatedWaitRequest *request,
                                struct qc_refusal_detail *detail)
{
    if (!are_media(&request->channel, 1)) {
        detail->field = "channel";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

/* One step, of the |requirements| of a request; NULL: there are none, or a
 * refusal, or a fault. */
static Qc__State__Route *route_of(
    struct qc_txn *txn,
    const Qc__V1__GetEstimatedWaitRequest *request,
    int *refusal_out)
{
    Qc__V1__TargetStep step = QC__V1__TARGET_STEP__INIT;
    Qc__V1__TargetStep *steps[] = {&step};

    *refusal_out = 0;
    if (request->n_requirements == 0) {
        return NULL;
    }
    step.n_requirements = request->n_requirements;
    step.requirements = request->requirements;
    return qc_route_make(txn, steps, 1, false, "requirements", refusal_out);
}

int qc_get_estimated_wait_run(struct qc_txn *txn,
                              const Qc__V1__GetEstimatedWaitRequest *request,
                              Qc__V1__GetEstimatedWaitResponse *response)
{
    const Qc__State__SubjectRow *subject =
        qc_subject_get(txn, request->subject);
    struct qc_gate gate;
    Qc__State__Route *route;
    int refusal;

    if (subject == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "subject");
    }
    route = route_of(txn, request, &refusal);
    if (refusal != 0) {
        return refusal;
    }
    qc_gate_judge(txn, subject, or_voice(request->channel), route, &gate);
    response->wait = qc_gate_show(txn, subject, &gate.estimate);
    response->gated = gate.gated;
    response->threshold_ms = gate.threshold_ms;
    response->within_threshold =
        gate.why == QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED;
    response->reason = gate.why;
    response->asof_index = txn->log_index;
    return txn->fault;
}
