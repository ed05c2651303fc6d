#include "daemon/config_dump.h"

#include <jansson.h>
#include <string.h>

enum {
    VALUE_SIZE = 8192,
    SOURCE_SIZE = 2048,
    WIDTH_MAX = 40,
};

static const char *source(const struct qc_config *config,
                          unsigned key,
                          char text_out[SOURCE_SIZE])
{
    const struct qc_config_origin *origin = &config->origins[key];

    if (origin->line > 0) {
        snprintf(text_out, SOURCE_SIZE, "%s:%u", origin->name, origin->line);
    } else {
        snprintf(text_out, SOURCE_SIZE, "%s", origin->name);
    }
    return text_out;
}

static int width(size_t have, size_t need)
{
    return (int)(need > have ? need : have);
}

static int written(FILE *out)
{
    return fflush(out) == 0 && ferror(out) == 0 ? 0 : 1;
}

int qc_config_dump_table(const struct qc_config *config, FILE *out)
{
    char value[VALUE_SIZE];
    char from[SOURCE_SIZE];
    int of_keys = 3;
    int of_values = 5;

    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        size_t n = strlen(qc_config_value(config, key, value, sizeof(value)));

        of_keys = width((size_t)of_keys, strlen(qc_config_path(key)));
        of_values = n <= WIDTH_MAX ? width((size_t)of_values, n) : of_values;
    }
    fprintf(out, "%-*s  %-*s  %s\n", of_keys, "KEY", of_values, "VALUE",
            "SOURCE");
    for (unsigned key = 0; key < QC_CONFIG_KEYS; key++) {
        fprintf(out, "%-*s  %-*s  %s\n", of_keys, qc_config_path(key),
                of_values, qc_config_value(config, key, value, sizeof(value)),
                source(config, key, from));
    }
    return written(out);
}

int qc_config_dump_json(const struct qc_config *config, FILE *out)
{
    json_t *keys = json_array();
    char value[VALUE_SIZE];
    char from[SOURCE_SIZE];
    bool good = keys != NULL;

    for (unsigned key = 0; good && key < QC_CONFIG_KEYS; key++) {
        qc_config_value(config, key, value, sizeof(value));
        good = json_array_append_new(
                   keys, json_pack("{s:s, s:s, s:s}", "key",
                                   qc_config_path(key), "value", value,
                                   "source", source(config, key, from))) == 0;
    }
    good = good && json_dumpf(keys, out, JSON_INDENT(2)) == 0;
    json_decref(keys);
    fputc('\n', out);
    return good ? written(out) : 1;
}
