/* qcctl alarm list, disarm. */
#include "cli/alarms.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "cli/enum_name.h"
#include "cli/inquiry.h"
#include "cli/output.h"
#include "cli/words.h"

enum {
    ARENA_SIZE_MAX = 1024 * 1024,
    NUMBER_SIZE = 24,
    KIND_SIZE = 32,
    TIME_SIZE = 32,
};

const char *qc_alarm_next_step(Qc__V1__AlarmKind kind)
{
    switch (kind) {
    case QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE:
        return "make room on its disk: then the alarm goes by itself";
    case QC__V1__ALARM_KIND__ALARM_KIND_STATE_DIFFERS:
        return "keep its data directory for whoever looks into it, add a new "
               "node, remove this one, then disarm";
    case QC__V1__ALARM_KIND__ALARM_KIND_UNSPECIFIED:
    case _QC__V1__ALARM_KIND_IS_INT_SIZE:
    default:
        return "a newer qcctl knows";
    }
}

/* "2026-11-25T10:00:00Z" */
static void time_text(int64_t at_ms, char text_out[TIME_SIZE])
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm parts;

    if (gmtime_r(&at, &parts) == NULL ||
        strftime(text_out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        text_out[0] = '\0';
    }
}

static void row(struct qc_table *table, const Qc__V1__Alarm *alarm)
{
    char kind[KIND_SIZE];
    char node[NUMBER_SIZE];
    char since[TIME_SIZE];
    char index[NUMBER_SIZE];
    const char *const cells[] = {kind, node, since, index,
                                 qc_alarm_next_step(alarm->kind)};
    uint64_t at = alarm->differs_at != 0 ? alarm->differs_at : alarm->log_index;

    qc_enum_short_name(&qc__v1__alarm_kind__descriptor, (int)alarm->kind, kind,
                       sizeof(kind));
    snprintf(node, sizeof(node), "%" PRIu64, alarm->node_id);
    snprintf(index, sizeof(index), "%" PRIu64, at);
    time_text(alarm->raised_ms, since);
    qc_table_row(table, cells, 5);
}

enum qc_exit qc_alarm_list_verb(const struct qc_verb *verb,
                                const struct qc_options *options)
{
    Qc__V1__ListAlarmsRequest request = QC__V1__LIST_ALARMS_REQUEST__INIT;
    const Qc__V1__ListAlarmsResponse *list;
    struct qc_client_answer answer;
    struct qc_table *table;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 0, &words)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit = qc_inquiry_ask_once(options, options->endpoints, &qc_rpc_list_alarms,
                               &request.base, &arena, &answer);
    if (exit == QC_EXIT_OK && options->json) {
        exit = qc_print_json(answer.response) ? QC_EXIT_OK : QC_EXIT_FAILED;
        putchar('\n');
    } else if (exit == QC_EXIT_OK) {
        list = (const Qc__V1__ListAlarmsResponse *)answer.response;
        table = qc_table_new("kind,node,since,index,next", options->raw);
        for (size_t i = 0; table != NULL && i < list->n_alarms; i++) {
            row(table, list->alarms[i]);
        }
        if (table != NULL) {
            qc_table_print(table);
        }
        if (list->n_alarms == 0) {
            fprintf(stderr, "no alarms\n");
        }
    }
    qc_arena_done(&arena);
    return exit;
}

/* The kind that |text| means; false when it means none. */
static bool kind_read(const char *text, Qc__V1__AlarmKind *kind_out)
{
    const char *name = qc_enum_full_name(&qc__v1__alarm_kind__descriptor, text);
    const ProtobufCEnumValue *value =
        name != NULL ? protobuf_c_enum_descriptor_get_value_by_name(
                           &qc__v1__alarm_kind__descriptor, name)
                     : NULL;

    if (value == NULL || value->value == 0) {
        return false;
    }
    *kind_out = (Qc__V1__AlarmKind)value->value;
    return true;
}

enum qc_exit qc_alarm_disarm_verb(const struct qc_verb *verb,
                                  const struct qc_options *options)
{
    Qc__V1__DisarmAlarmRequest request = QC__V1__DISARM_ALARM_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 2, 2, &words)) {
        return QC_EXIT_USAGE;
    }
    if (!kind_read(words.bare[0], &request.kind) ||
        !qc_node_id_read(words.bare[1], &request.node_id)) {
        fprintf(stderr, "qcctl: %s %s: not a kind of alarm and a node\n\n",
                words.bare[0], words.bare[1]);
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit =
        qc_inquiry_ask_once(options, options->endpoints, &qc_rpc_disarm_alarm,
                            &request.base, &arena, &answer);
    qc_arena_done(&arena);
    return exit;
}
