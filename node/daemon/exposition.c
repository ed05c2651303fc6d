#include "daemon/exposition.h"

#include <inttypes.h>
#include <string.h>

enum {
    BOUND_FIRST = 6, /* 64 us */
    BOUND_LAST = 24, /* 16.8 s */
    US_PER_S = 1000 * 1000,
};

static const char PREFIX[] = "quorumcall_";

void qc_expose_head(FILE *out,
                    enum qc_metric kind,
                    const char *name,
                    const char *help)
{
    static const char *const kinds[] = {
        [QC_COUNTER] = "counter",
        [QC_GAUGE] = "gauge",
        [QC_HISTOGRAM] = "histogram",
    };

    fprintf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", PREFIX, name, help, PREFIX,
            name, kinds[kind]);
}

static void name_write(FILE *out,
                       const char *name,
                       const char *end,
                       const char *labels)
{
    fprintf(out, "%s%s%s", PREFIX, name, end);
    if (labels[0] != '\0') {
        fprintf(out, "{%s}", labels);
    }
    fputc(' ', out);
}

static void seconds_write(FILE *out, uint64_t us)
{
    fprintf(out, "%" PRIu64 ".%06" PRIu64, us / US_PER_S, us % US_PER_S);
}

void qc_expose(FILE *out, const char *name, const char *labels, uint64_t value)
{
    name_write(out, name, "", labels);
    fprintf(out, "%" PRIu64 "\n", value);
}

void qc_expose_us(FILE *out, const char *name, const char *labels, uint64_t us)
{
    name_write(out, name, "", labels);
    seconds_write(out, us);
    fputc('\n', out);
}

void qc_expose_one(FILE *out,
                   enum qc_metric kind,
                   const char *name,
                   const char *help,
                   uint64_t value)
{
    qc_expose_head(out, kind, name, help);
    qc_expose(out, name, "", value);
}

void qc_expose_one_us(FILE *out,
                      enum qc_metric kind,
                      const char *name,
                      const char *help,
                      uint64_t us)
{
    qc_expose_head(out, kind, name, help);
    qc_expose_us(out, name, "", us);
}

void qc_expose_histogram(FILE *out,
                         const char *name,
                         const char *labels,
                         const struct qc_histogram *histogram,
                         unsigned doublings)
{
    const char *comma = labels[0] != '\0' ? "," : "";
    uint64_t count = qc_histogram_count(histogram);

    for (unsigned bit = BOUND_FIRST; bit <= BOUND_LAST; bit += doublings) {
        uint64_t us = UINT64_C(1) << bit;
        uint64_t n = qc_histogram_count_to(histogram, us);

        fprintf(out, "%s%s_bucket{%s%sle=\"", PREFIX, name, labels, comma);
        seconds_write(out, us);
        /* What was added since the count was taken is for the next time. */
        fprintf(out, "\"} %" PRIu64 "\n", n < count ? n : count);
    }
    fprintf(out, "%s%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", PREFIX, name,
            labels, comma, count);
    name_write(out, name, "_sum", labels);
    seconds_write(out, qc_histogram_sum_us(histogram));
    fputc('\n', out);
    name_write(out, name, "_count", labels);
    fprintf(out, "%" PRIu64 "\n", count);
}

const char *qc_label(char *label_out,
                     size_t size,
                     const char *name,
                     const char *text)
{
    size_t n = (size_t)snprintf(label_out, size, "%s=\"", name);

    /* Room for an escaped letter, the quote and the end. */
    for (; *text != '\0' && n + 4 <= size; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n') {
            label_out[n++] = '\\';
        }
        label_out[n++] = *text == '\n' ? 'n' : *text;
    }
    label_out[n++] = '"';
    label_out[n] = '\0';
    return label_out;
}
