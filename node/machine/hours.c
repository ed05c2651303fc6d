#include "machine/hours.h"

#include <stddef.h>
#include <string.h>

#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"
#include "machine/zone.h"
#include "quorumcall/v1/tenant.pb-c.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

enum {
    DAYS_AHEAD = 8,
    SPANS_OF_DAY_MAX = 8,
    WEEKLY_MAX = 56,
    SPECIAL_MAX = 366,
    MINUTES_OF_DAY = 1440,
};

/* --- the calendar, in days since 1970-01-01 ------------------------------ */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* From 1, Monday, to 7. */
static uint32_t weekday_of(int64_t day)
{
    int64_t since_monday = day + 3; /* The first day was a Thursday. */

    return (uint32_t)(since_monday - 7 * floor_div(since_monday, 7)) + 1;
}

/* As 20261225. Years are counted from March, so that the day that not every
 * year has is the last; 400 of them have 146 097 days. */
static uint32_t date_of(int64_t day)
{
    int64_t since_march = day + 719468;
    int64_t era = floor_div(since_march, 146097);
    int64_t of_era = since_march - era * 146097;
    int64_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * of_year + 2) / 153; /* From 0, March. */
    int64_t day_of_month = of_year - (153 * month + 2) / 5 + 1;
    int64_t year = year_of_era + era * 400 + (month >= 10 ? 1 : 0);

    month = month < 10 ? month + 3 : month - 9;
    return (uint32_t)(year * 10000 + month * 100 + day_of_month);
}

static bool is_date(uint32_t date)
{
    static const uint32_t lengths[] = {31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31};
    uint32_t year = date / 10000;
    uint32_t month = date / 100 % 100;
    uint32_t day = date % 100;
    bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return year >= 1970 && year < 3000 && month >= 1 && month <= 12 &&
           day >= 1 && day <= lengths[month - 1] + (leaps && month == 2);
}

/* --- the object ---------------------------------------------------------- */

const struct qc_entity qc_hours_entity = {
    .name = "hours",
    .space = QC_SPACE_HOURS,
    .type = &qc__state__hours_row__descriptor,
    .counted = true,
};

static bool is_span(uint32_t from_min, uint32_t to_min)
{
    return from_min < to_min && to_min <= MINUTES_OF_DAY;
}

/* Whether a span before the |nth| is partly at the same time, or there are too
 * many of its day. */
static bool collides(const Qc__V1__Hours *hours, size_t nth)
{
    const Qc__V1__WeeklySpan *span = hours->weekly[nth];
    size_t n_of_day = 0;

    for (size_t i = 0; i < nth; i++) {
        const Qc__V1__WeeklySpan *other = hours->weekly[i];

        if (other->day != span->day) {
            continue;
        }
        n_of_day++;
        if (other->from_min < span->to_min && span->from_min < other->to_min) {
            return true;
        }
    }
    return n_of_day >= SPANS_OF_DAY_MAX;
}

static bool is_twice(const Qc__V1__Hours *hours, size_t nth)
{
    for (size_t i = 0; i < nth; i++) {
        if (hours->special_days[i]->date == hours->special_days[nth]->date) {
            return true;
        }
    }
    return false;
}

static int refuse(struct qc_txn *txn,
                  const char *list,
                  size_t nth,
                  const char *field)
{
    const char *const parts[] = {list, qc_text_decimal(txn, (int64_t)nth),
                                 field};

    return qc_refuse(txn, QC_REFUSED_INVALID, qc_text_join(txn, parts, 3));
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Hours *hours = object;

    if (hours->n_weekly > WEEKLY_MAX) {
        detail->field = "hours.weekly";
        return QC_REFUSED_INVALID;
    }
    if (hours->n_special_days > SPECIAL_MAX) {
        detail->field = "hours.special_days";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__Hours *hours = object;

    (void)txn;
    (void)was;
    if (hours->time_zone[0] == '\0') {
        hours->time_zone = "UTC";
    }
}

static int admit_weekly(struct qc_txn *txn, const Qc__V1__Hours *hours)
{
    for (size_t i = 0; i < hours->n_weekly; i++) {
        const Qc__V1__WeeklySpan *span = hours->weekly[i];

        if (span->day < 1 || span->day > 7) {
            return refuse(txn, "hours.weekly[", i, "].day");
        }
        if (!is_span(span->from_min, span->to_min)) {
            return refuse(txn, "hours.weekly[", i, "].to_min");
        }
        if (collides(hours, i)) {
            return refuse(txn, "hours.weekly[", i, "]");
        }
    }
    return 0;
}

static int admit_special(struct qc_txn *txn, const Qc__V1__Hours *hours)
{
    for (size_t i = 0; i < hours->n_special_days; i++) {
        const Qc__V1__SpecialDay *day = hours->special_days[i];

        if (!is_date(day->date) || is_twice(hours, i)) {
            return refuse(txn, "hours.special_days[", i, "].date");
        }
        if ((day->from_min != 0 || day->to_min != 0) &&
            !is_span(day->from_min, day->to_min)) {
            return refuse(txn, "hours.special_days[", i, "].to_min");
        }
    }
    return 0;
}

static int admit(struct qc_txn *txn, const void *was, const void *object)
{
    const Qc__V1__Hours *hours = object;
    struct qc_zone zone;
    int r = admit_weekly(txn, hours);

    (void)was;
    if (r == 0) {
        r = admit_special(txn, hours);
    }
    if (r == 0 && !qc_zone_find(txn, hours->time_zone, &zone)) {
        r = qc_refuse(txn, QC_REFUSED_ZONE_UNKNOWN, "hours.time_zone");
    }
    return r;
}

const struct qc_config_kind qc_hours_kind = {
    .entity = &qc_hours_entity,
    .key_field = "hours.key",
    .unknown = QC_REFUSED_HOURS_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, hours),
    .check = check,
    .complete = complete,
    .admit = admit,
};

const Qc__State__HoursRow *qc_hours_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_hours_kind, key);
}

int qc_hours_put(struct qc_txn *txn,
                 const Qc__V1__Hours *hours,
                 uint64_t if_rev,
                 enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_hours_kind, &hours->base, if_rev, change_out);
}

/* --- open or not ---------------------------------------------------------- */

/* A part of a local day in which nothing changes. */
struct stretch {
    bool open;
    int64_t end_ms; /* Since midnight. */
};

/* What a span of the day says of the stretch that begins at |ms|. */
static void regard(struct stretch *stretch,
                   int64_t ms,
                   uint32_t from_min,
                   uint32_t to_min)
{
    int64_t from_ms = from_min * MINUTE_MS;
    int64_t to_ms = to_min * MINUTE_MS;

    if (from_ms <= ms && ms < to_ms) {
        stretch->open = true;
        stretch->end_ms = to_ms;
    } else if (ms < from_ms && from_ms < stretch->end_ms) {
        stretch->end_ms = from_ms;
    }
}

/* The stretch of |day| that holds |ms|, counted from midnight. */
static struct stretch stretch_at(const Qc__V1__Hours *hours,
                                 int64_t day,
                                 int64_t ms)
{
    struct stretch stretch = {.open = false, .end_ms = DAY_MS};
    uint32_t weekday = weekday_of(day);
    uint32_t date = date_of(day);

    for (size_t i = 0; i < hours->n_special_days; i++) {
        const Qc__V1__SpecialDay *special = hours->special_days[i];

        if (special->date == date) {
            regard(&stretch, ms, special->from_min, special->to_min);
            return stretch;
        }
    }
    for (size_t i = 0; i < hours->n_weekly; i++) {
        const Qc__V1__WeeklySpan *span = hours->weekly[i];

        if (span->day == weekday) {
            regard(&stretch, ms, span->from_min, span->to_min);
        }
    }
    return stretch;
}

/* Whether it is open at |at_ms|, and how long that is certain: to the end of
 * the stretch by the local clock, or until that clock is changed. */
static bool look(const Qc__V1__Hours *hours,
                 const struct qc_zone *zone,
                 int64_t at_ms,
                 int64_t *until_ms_out)
{
    int64_t changed_s;
    int64_t offset_ms =
        INT64_C(1000) *
        qc_zone_offset_s(zone, floor_div(at_ms, 1000), &changed_s);
    int64_t local_ms = at_ms + offset_ms;
    int64_t day = floor_div(local_ms, DAY_MS);
    int64_t midnight_ms = day * DAY_MS;
    struct stretch stretch = stretch_at(hours, day, local_ms - midnight_ms);
    int64_t end_ms = midnight_ms + stretch.end_ms - offset_ms;

    if (changed_s < floor_div(end_ms, 1000)) {
        end_ms = changed_s * 1000;
    }
    *until_ms_out = end_ms;
    return stretch.open;
}

bool qc_hours_open(struct qc_txn *txn,
                   const char *key,
                   int64_t at_ms,
                   int64_t *until_ms_out)
{
    const Qc__State__HoursRow *row = qc_hours_get(txn, key);
    int64_t last_ms = at_ms + DAYS_AHEAD * DAY_MS;
    int64_t end_ms;
    struct qc_zone zone;
    bool open;

    *until_ms_out = last_ms;
    if (row == NULL || !qc_zone_find(txn, row->hours->time_zone, &zone)) {
        (void)qc_txn_fail(txn, QC_E_CORRUPT);
        return false;
    }
    open = look(row->hours, &zone, at_ms, &end_ms);
    while (end_ms < last_ms) {
        int64_t next_ms = end_ms;

        if (look(row->hours, &zone, next_ms, &end_ms) != open) {
            *until_ms_out = next_ms;
            break;
        }
    }
    return open;
}
