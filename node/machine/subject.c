#include "machine/subject.h"

#include <stddef.h>
#include <string.h>

#include "machine/context_rule.h"
#include "machine/index.h"
#include "machine/roster.h"
#include "machine/route.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/tenant.h"

enum {
    PATTERN_SIZE_MAX = 256,
};

/* How much of a pattern stands before its first star. */
static size_t literal_size(const char *pattern)
{
    const char *star = strchr(pattern, '*');

    return star != NULL ? (size_t)(star - pattern) : strlen(pattern);
}

/*
 * The index of page rules is in the order in which they win: the longest
 * literal prefix first, then the lowest subject; within a subject the earlier
 * rule. So the first that matches is the answer, and no row is read.
 */
static struct qc_key page_rule_key(uint32_t tenant,
                                   const char *subject,
                                   size_t nth,
                                   const char *pattern)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_PAGE_RULE);
    qc_key_put_u32(&key, (uint32_t)(PATTERN_SIZE_MAX - literal_size(pattern)));
    qc_key_put_str(&key, subject);
    qc_key_put_u8(&key, (uint8_t)nth);
    qc_key_put_str(&key, pattern);
    return key;
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__SubjectRow *subject_row = row;
    const Qc__V1__Subject *subject = subject_row->subject;

    if (subject->disabled) {
        return;
    }
    for (size_t i = 0; i < subject->n_page_rules; i++) {
        struct qc_key rule = page_rule_key(qc_key_tenant(key), subject->key, i,
                                           subject->page_rules[i]->pattern);

        qc_entity_derive_key(txn, &rule, 0, how);
    }
}

const struct qc_entity qc_subject_entity = {
    .name = "subject",
    .space = QC_SPACE_SUBJECT,
    .type = &qc__state__subject_row__descriptor,
    .counted = true,
    .derive = derive,
};

static int invalid(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

/* Only the last step may last for ever. */
static int check_steps(const Qc__V1__Subject *subject,
                       struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i + 1 < subject->n_steps; i++) {
        if (subject->steps[i]->timeout_ms == 0) {
            return invalid(detail, "subject.steps.timeout_ms");
        }
    }
    return subject->n_steps > QC_STEPS_MAX ? invalid(detail, "subject.steps")
                                           : 0;
}

static int check_thresholds(const Qc__V1__Subject *subject,
                            struct qc_refusal_detail *detail)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < subject->n_thresholds; i++) {
        Qc__V1__Media media = subject->thresholds[i]->media;

        if (media == QC__V1__MEDIA__MEDIA_UNSPECIFIED ||
            (uint32_t)media >= QC_MEDIA_N || (seen >> media & 1) != 0) {
            return invalid(detail, "subject.thresholds.media");
        }
        seen |= (uint32_t)1 << media;
    }
    return 0;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Subject *subject = object;
    int r;

    if (subject->queue[0] != '\0' && !qc_config_is_key(subject->queue)) {
        return invalid(detail, "subject.queue");
    }
    if (subject->overflow_number[0] != '\0' &&
        !qc_config_is_e164(subject->overflow_number)) {
        detail->field = "subject.overflow_number";
        return QC_REFUSED_INVALID_PHONE;
    }
    if (subject->n_page_rules > UINT8_MAX) {
        return invalid(detail, "subject.page_rules");
    }
    for (size_t i = 0; i < subject->n_page_rules; i++) {
        const char *pattern = subject->page_rules[i]->pattern;

        if (strlen(pattern) > PATTERN_SIZE_MAX ||
            (pattern[0] != '/' && pattern[0] != '*')) {
            return invalid(detail, "subject.page_rules.pattern");
        }
    }
    r = check_thresholds(subject, detail);
    return r != 0 ? r : check_steps(subject, detail);
}

static void default_priority(uint32_t *priority, uint32_t otherwise)
{
    if (*priority == 0) {
        *priority = otherwise;
    }
}

static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__Subject *subject = object;
    Qc__V1__Priorities *priorities =
        subject->priorities != NULL
            ? qc_row_copy(txn, subject->priorities)
            : qc_row_new(txn, &qc__v1__priorities__descriptor);

    (void)was;
    if (priorities == NULL) {
        return;
    }
    default_priority(&priorities->initial, 100);
    default_priority(&priorities->overflow, 150);
    default_priority(&priorities->rona, 200);
    subject->priorities = priorities;
}

static int resolve(struct qc_txn *txn, void *row)
{
    Qc__State__SubjectRow *of = row;
    const Qc__V1__Subject *subject = of->subject;
    int refusal = 0;

    of->route = NULL;
    if (subject->n_steps > 0) {
        of->route =
            qc_route_make(txn, subject->steps, subject->n_steps,
                          subject->steps_replace, "subject.steps", &refusal);
    }
    return refusal != 0 ? refusal : qc_context_rules_resolve(txn, of);
}

const struct qc_config_kind qc_subject_kind = {
    .entity = &qc_subject_entity,
    .key_field = "subject.key",
    .unknown = QC_REFUSED_SUBJECT_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, subjects),
    .check = check,
    .complete = complete,
    .resolve = resolve,
};

const Qc__State__SubjectRow *qc_subject_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_subject_kind, key);
}

void qc_subject_seed(struct qc_txn *txn, const char *key)
{
    Qc__V1__Subject subject = QC__V1__SUBJECT__INIT;

    subject.key = key;
    subject.label = key;
    subject.queue = "default";
    qc_config_seed(txn, &qc_subject_kind, &subject.base);
}

int qc_subject_put(struct qc_txn *txn,
                   const Qc__V1__Subject *subject,
                   uint64_t if_rev,
                   enum qc_change *change_out)
{
    int r = qc_context_rules_lead(txn, subject);

    return r != 0 ? r
                  : qc_config_put(txn, &qc_subject_kind, &subject->base, if_rev,
                                  change_out);
}

/* The path of a URL: what follows scheme and host, up to query and fragment. */
static struct qc_bytes path_of(const char *url)
{
    const char *at = url;
    const char *host = strchr(url, ':');

    if (url[0] != '/' && host != NULL && strncmp(host, "://", 3) == 0) {
        at = host + 3;
        while (*at != '\0' && strchr("/?#", *at) == NULL) {
            at++;
        }
    }
    if (*at != '/') {
        return (struct qc_bytes){(const uint8_t *)"/", 1};
    }
    url = at;
    while (*at != '\0' && strchr("?#", *at) == NULL) {
        at++;
    }
    return (struct qc_bytes){(const uint8_t *)url, (size_t)(at - url)};
}

const char *qc_subject_path(struct qc_txn *txn, const char *page_url)
{
    struct qc_bytes path = path_of(page_url);
    char *text = qc_alloc(txn, path.size + 1);

    if (text == NULL) {
        return "";
    }
    memcpy(text, path.data, path.size);
    return text;
}

/*
 * Whether |pattern| is all of |path|, a star standing for any characters. Only
 * the last star is ever tried again: what an earlier one took, a later one
 * could take as well. So the work is bounded by the product of the sizes.
 */
static bool matches(const char *pattern, struct qc_bytes path)
{
    const char *after_star = NULL;
    size_t taken = 0;
    size_t at = 0;

    while (at < path.size) {
        if (*pattern == '*') {
            after_star = ++pattern;
            taken = at;
        } else if (*pattern == (char)path.data[at]) {
            pattern++;
            at++;
        } else if (after_star != NULL) {
            pattern = after_star;
            at = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

const char *qc_subject_of_page(struct qc_txn *txn, const char *page_url)
{
    struct qc_bytes path = path_of(page_url);
    const Qc__State__TenantRow *tenant;
    struct qc_key prefix;
    struct qc_key key;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_PAGE_RULE);
    key = prefix;
    while (qc_index_next(txn, &prefix, &key, NULL)) {
        size_t at = QC_KEY_PREFIX_SIZE + sizeof(uint32_t);
        const char *subject = qc_key_read_str(&key, &at);

        at++; /* Which rule of the subject it is. */
        if (matches(qc_key_read_str(&key, &at), path)) {
            return qc_copy(txn, subject);
        }
    }
    tenant = qc_tenant_get(txn, txn->tenant);
    return tenant != NULL ? tenant->tenant->default_subject : "";
}
