#include "cli/zone_file.h"

#include <string.h>

#define DAY_S  INT64_C(86400)
#define LAST_S INT64_C(4102444800) /* 2100-01-01 */

enum {
    HEADER_SIZE = 44,
    HOUR_S = 3600,
    TYPE_SIZE = 6,          /* Of a local time: offset, and two bytes more. */
    OFFSET_MAX_S = 86399,   /* That the cluster takes. */
    RULE_OFFSET_MAX_H = 24, /* Of a footer. */
    RULE_TIME_MAX_H = 167,
    FIRST_YEAR = 1969, /* It says how 1970 began. */
    LAST_YEAR = 2099,
};

/* --- changes ------------------------------------------------------------
 */

/* Adds one, which is not before the last one; false when there are too many.
 * Of all up to 1970 the last one counts. */
static bool add(struct qc_zone_file *zone, int64_t at_s, int32_t offset_s)
{
    struct qc_zone_change *last = &zone->changes[zone->n - 1];

    if (at_s > LAST_S) {
        return true;
    }
    if (at_s <= last->at_s) {
        last->offset_s = offset_s;
        if (zone->n > 1 && last[-1].offset_s == offset_s) {
            zone->n--;
        }
        return true;
    }
    if (offset_s == last->offset_s) {
        return true;
    }
    if (zone->n == QC_ZONE_CHANGES_MAX) {
        return false;
    }
    zone->changes[zone->n++] = (struct qc_zone_change){at_s, offset_s};
    return true;
}

/* --- the rule at the end ------------------------------------------------
 */

/* When a year's summer or winter time begins. */
struct moment {
    enum {
        DAY_OF_YEAR, /* |day| from 0, February 29th counted; */
        JULIAN,      /* |day| from 1, February 29th never counted; */
        WEEKDAY,     /* |day| 0 to 6, the |week|th of |month|; 5: the last. */
    } kind;
    int32_t day;
    int32_t month;
    int32_t week;
    int32_t time_s; /* Local time, after or before midnight. */
};

/* As "CET-1CEST,M3.5.0,M10.5.0/3". */
struct rule {
    int32_t winter_s; /* Ahead of UTC. */
    int32_t summer_s;
    bool changes; /* Whether there is a summer. */
    struct moment summer;
    struct moment winter;
};

static bool take(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    (*text)++;
    return true;
}

static bool take_number(const char **text, int32_t max, int32_t *number_out)
{
    int32_t number = 0;
    const char *start = *text;

    while (**text >= '0' && **text <= '9' && number <= max) {
        number = number * 10 + (*(*text)++ - '0');
    }
    *number_out = number;
    return *text != start && number <= max;
}

/* Letters, or anything in angle brackets: what clocks call it. */
static bool take_name(const char **text)
{
    bool quoted = take(text, '<');
    const char *start = *text;

    while (**text != '\0' && (quoted ? **text != '>'
                                     : (**text >= 'A' && **text <= 'Z') ||
                                           (**text >= 'a' && **text <= 'z'))) {
        (*text)++;
    }
    return *text != start && (!quoted || take(text, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **text, int32_t max_h, int32_t *time_s_out)
{
    bool negative = take(text, '-');
    int32_t hours;
    int32_t minutes = 0;
    int32_t seconds = 0;

    if (!negative) {
        (void)take(text, '+');
    }
    if (!take_number(text, max_h, &hours) ||
        (take(text, ':') &&
         (!take_number(text, 59, &minutes) ||
          (take(text, ':') && !take_number(text, 59, &seconds))))) {
        return false;
    }
    *time_s_out =
        (hours * HOUR_S + minutes * 60 + seconds) * (negative ? -1 : 1);
    return true;
}

/* A footer counts westwards. */
static bool take_offset(const char **text, int32_t *offset_s_out)
{
    int32_t west_s;

    if (!take_time(text, RULE_OFFSET_MAX_H, &west_s) || west_s > OFFSET_MAX_S ||
        west_s < -OFFSET_MAX_S) {
        return false;
    }
    *offset_s_out = -west_s;
    return true;
}

static bool take_moment(const char **text, struct moment *moment)
{
    *moment = (struct moment){.kind = DAY_OF_YEAR, .time_s = 2 * HOUR_S};
    if (!take(text, ',')) {
        return false;
    }
    if (take(text, 'M')) {
        moment->kind = WEEKDAY;
        if (!take_number(text, 12, &moment->month) || moment->month < 1 ||
            !take(text, '.') || !take_number(text, 5, &moment->week) ||
            moment->week < 1 || !take(text, '.') ||
            !take_number(text, 6, &moment->day)) {
            return false;
        }
    } else {
        moment->kind = take(text, 'J') ? JULIAN : DAY_OF_YEAR;
        if (!take_number(text, 365, &moment->day) ||
            (moment->kind == JULIAN && moment->day < 1)) {
            return false;
        }
    }
    return !take(text, '/') ||
           take_time(text, RULE_TIME_MAX_H, &moment->time_s);
}

static bool read_rule(const char *text, struct rule *rule)
{
    *rule = (struct rule){.changes = false};
    if (!take_name(&text) || !take_offset(&text, &rule->winter_s)) {
        return false;
    }
    if (*text == '\0') {
        return true;
    }
    rule->changes = true;
    if (!take_name(&text)) {
        return false;
    }
    rule->summer_s = rule->winter_s + HOUR_S;
    if (*text != ',' && !take_offset(&text, &rule->summer_s)) {
        return false;
    }
    return take_moment(&text, &rule->summer) &&
           take_moment(&text, &rule->winter) && *text == '\0';
}

static bool leaps(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970 to the first of January. */
static int64_t days_before(int32_t year)
{
    int64_t past = year - 1;

    return (past * 365 + past / 4 - past / 100 + past / 400) - 719162;
}

/* Days from the first of January to that of |month|. */
static int32_t days_before_month(int32_t year, int32_t month)
{
    static const int32_t before[] = {0,   31,  59,  90,  120, 151, 181,
                                     212, 243, 273, 304, 334, 365};

    return before[month - 1] + (leaps(year) && month > 2 ? 1 : 0);
}

/* Which day of |year|, from 0. */
static int32_t day_of(const struct moment *moment, int32_t year)
{
    int32_t first =
        moment->kind == WEEKDAY ? days_before_month(year, moment->month) : 0;
    int32_t next;
    int32_t day;

    switch (moment->kind) {
    case DAY_OF_YEAR:
        return moment->day;
    case JULIAN:
        return moment->day - 1 + (leaps(year) && moment->day > 59 ? 1 : 0);
    case WEEKDAY:
        break;
    }
    next = days_before_month(year, moment->month + 1);
    /* The first day of 1970 was a Thursday. */
    day =
        first +
        (int32_t)((moment->day - (days_before(year) + first + 4) % 7 + 7) % 7) +
        7 * (moment->week - 1);
    return day < next ? day : day - 7;
}

static int64_t time_of(const struct moment *moment,
                       int32_t year,
                       int32_t offset_s)
{
    return (days_before(year) + day_of(moment, year)) * DAY_S + moment->time_s -
           offset_s;
}

/* Adds what |rule| says, behind |after_s|. */
static bool add_by_rule(struct qc_zone_file *zone,
                        const struct rule *rule,
                        int64_t after_s)
{
    if (!rule->changes) {
        return true;
    }
    for (int32_t year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        struct qc_zone_change both[] = {
            {time_of(&rule->summer, year, rule->winter_s), rule->summer_s},
            {time_of(&rule->winter, year, rule->summer_s), rule->winter_s},
        };
        size_t first = both[0].at_s <= both[1].at_s ? 0 : 1;

        for (size_t i = 0; i < 2; i++) {
            const struct qc_zone_change *change = &both[i ^ first];

            if (change->at_s > after_s &&
                !add(zone, change->at_s, change->offset_s)) {
                return false;
            }
        }
    }
    return true;
}

/* --- the file ------------------------------------------------------------
 */

static int64_t integer(const uint8_t *bytes, size_t size)
{
    uint64_t value = bytes[0] >= 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return (int64_t)value;
}

/* A block of a file: its header, and where its data stands. */
struct block {
    size_t n_times;
    size_t n_types;
    size_t size; /* Of the data. */
    const uint8_t *times;
    const uint8_t *types_of_times;
    const uint8_t *types;
};

/* Reads the block at the start of |rest|, whose times have |time_size| bytes,
 * and moves |rest| behind it. */
static bool take_block(struct qc_bytes *rest,
                       size_t time_size,
                       struct block *block)
{
    enum {
        ISUT,
        ISSTD,
        LEAPS,
        TIMES,
        TYPES,
        CHARS,
        N_COUNTS
    };
    size_t counts[N_COUNTS];
    const uint8_t *at = rest->data;

    if (rest->size < HEADER_SIZE || memcmp(at, "TZif", 4) != 0 || at[4] < '2') {
        return false;
    }
    for (size_t i = 0; i < N_COUNTS; i++) {
        int64_t count = integer(&at[20 + 4 * i], 4);

        if (count < 0) {
            return false;
        }
        counts[i] = (size_t)count;
    }
    block->n_times = counts[TIMES];
    block->n_types = counts[TYPES];
    block->size = counts[TIMES] * (time_size + 1) + counts[TYPES] * TYPE_SIZE +
                  counts[CHARS] + counts[LEAPS] * (time_size + 4) +
                  counts[ISSTD] + counts[ISUT];
    if (block->n_types == 0 || block->size > rest->size - HEADER_SIZE) {
        return false;
    }
    block->times = at + HEADER_SIZE;
    block->types_of_times = block->times + block->n_times * time_size;
    block->types = block->types_of_times + block->n_times;
    rest->data += HEADER_SIZE + block->size;
    rest->size -= HEADER_SIZE + block->size;
    return true;
}

/* The rule, between two line feeds; "" when there is none. */
static bool read_footer(struct qc_bytes rest, char *text, size_t size)
{
    const uint8_t *end;
    size_t length;

    if (rest.size < 2 || rest.data[0] != '\n') {
        return false;
    }
    end = memchr(&rest.data[1], '\n', rest.size - 1);
    if (end == NULL) {
        return false;
    }
    length = (size_t)(end - &rest.data[1]);
    if (length >= size) {
        return false;
    }
    memcpy(text, &rest.data[1], length);
    text[length] = '\0';
    return true;
}

static int32_t offset_of(const struct block *block, size_t type)
{
    return (int32_t)integer(&block->types[type * TYPE_SIZE], 4);
}

static bool is_sound(const struct block *block)
{
    for (size_t i = 0; i < block->n_types; i++) {
        int32_t offset_s = offset_of(block, i);

        if (offset_s < -OFFSET_MAX_S || offset_s > OFFSET_MAX_S) {
            return false;
        }
    }
    for (size_t i = 0; i < block->n_times; i++) {
        if (block->types_of_times[i] >= block->n_types ||
            (i > 0 && integer(&block->times[8 * i], 8) <=
                          integer(&block->times[8 * (i - 1)], 8))) {
            return false;
        }
    }
    return true;
}

/* What |block| says, and behind its last time |rule|. */
static bool read_changes(const struct block *block,
                         const struct rule *rule,
                         struct qc_zone_file *zone)
{
    int64_t last_s = INT64_MIN;

    zone->changes[0] = (struct qc_zone_change){0, offset_of(block, 0)};
    zone->n = 1;
    for (size_t i = 0; i < block->n_times; i++) {
        last_s = integer(&block->times[8 * i], 8);
        if (!add(zone, last_s, offset_of(block, block->types_of_times[i]))) {
            return false;
        }
    }
    return add_by_rule(zone, rule, last_s);
}

bool qc_zone_file_read(struct qc_bytes file,
                       struct qc_zone_file *zone,
                       const char **wrong_out)
{
    struct rule rule = {.changes = false};
    char footer[128];
    struct block block;

    *wrong_out = "no file of a time zone, of version 2 or above";
    if (!take_block(&file, 4, &block) || !take_block(&file, 8, &block) ||
        !read_footer(file, footer, sizeof(footer)) || !is_sound(&block)) {
        return false;
    }
    if (footer[0] != '\0' && !read_rule(footer, &rule)) {
        *wrong_out = "its rule for the time to come is none";
        return false;
    }
    if (!read_changes(&block, &rule, zone)) {
        *wrong_out = "its clocks are changed more often than can be kept";
        return false;
    }
    return true;
}
