#include "command/test/story.h"

#include <ctype.h>
#include <inttypes.h>
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/message.h"
#include "command/test/fields.h"
#include "command/test/world.h"

enum {
    LINE_SIZE = 4096,
    LABELS_MAX = 64,
    NAMES_MAX = 256,
    NAME_SIZE = 64,
    WORDS_MAX = 64,
};

#define DAY_MS       INT64_C(86400000)
#define DAY_BEGIN_MS (INT64_C(20454) * DAY_MS) /* 2026-01-01, 00:00 UTC. */

struct label {
    char name[NAME_SIZE];
    const ProtobufCMessage *answer;
};

/* What an id or a token is called in the text. */
struct name {
    char raw[NAME_SIZE];
    char shown[NAME_SIZE];
};

struct story {
    const char *path;
    unsigned line; /* Of the story, or of what it includes. */
    struct qc_world world;
    char caller[NAME_SIZE];
    struct label labels[LABELS_MAX];
    size_t n_labels;
    struct name names[NAMES_MAX];
    size_t n_names;
    FILE *results; /* Of the block that is being played. */
};

__attribute__((format(printf, 2, 3))) static _Noreturn void fail_here(
    const struct story *story,
    const char *format,
    ...)
{
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fail_msg("%s:%u: %s", story->path, story->line, text);
    abort();
}

/* --- what is told ----------------------------------------------------------
 */

static const char *name_of(struct story *story,
                           const char *kind,
                           const char *raw)
{
    unsigned n = 1;
    struct name *name;

    for (size_t i = 0; i < story->n_names; i++) {
        if (strcmp(story->names[i].raw, raw) == 0) {
            return story->names[i].shown;
        }
        n += strncmp(story->names[i].shown, kind, strlen(kind)) == 0;
    }
    assert_true(story->n_names < NAMES_MAX);
    name = &story->names[story->n_names++];
    snprintf(name->raw, sizeof(name->raw), "%s", raw);
    snprintf(name->shown, sizeof(name->shown), "%s%u", kind, n);
    return name->shown;
}

static bool ends_in(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static void tell_time(FILE *out, int64_t ms)
{
    int64_t in_day_ms = (ms - DAY_BEGIN_MS) % DAY_MS;
    int64_t days = (ms - DAY_BEGIN_MS) / DAY_MS;

    if (days != 0) {
        fprintf(out, "%+" PRId64 "d ", days);
    }
    fprintf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, in_day_ms / 3600000,
            in_day_ms / 60000 % 60, in_day_ms / 1000 % 60);
    if (in_day_ms % 1000 != 0) {
        fprintf(out, ".%03" PRId64, in_day_ms % 1000);
    }
}

static void tell_value(struct story *story, const char *path, const char *text)
{
    FILE *out = story->results;
    char id[NAME_SIZE];

    if (strncmp(text, "al_", 3) == 0 || strncmp(text, "ix_", 3) == 0 ||
        strncmp(text, "au_", 3) == 0 || strncmp(text, "ef_", 3) == 0 ||
        strncmp(text, "av_", 3) == 0 || strncmp(text, "of_", 3) == 0 ||
        strncmp(text, "se_", 3) == 0) {
        snprintf(id, sizeof(id), "%.3s", text);
        fputs(name_of(story, id, text), out);
    } else if (strncmp(text, "dc_", 3) == 0 && strchr(text, '.') != NULL) {
        snprintf(id, sizeof(id), "%.*s", (int)strcspn(text + 3, "."), text + 3);
        fprintf(out, "dc_%s%s",
                name_of(story, id[0] == 'a' ? "al_" : "ix_", id),
                strchr(text, '.'));
    } else if (ends_in(path, "visit_token") || ends_in(path, ".token")) {
        fputs(name_of(story, "token_", text), out);
    } else if (ends_in(path, "_ms") &&
               strtoll(text, NULL, 10) >= DAY_BEGIN_MS) {
        tell_time(out, strtoll(text, NULL, 10));
    } else {
        fprintf(out, strchr(text, ' ') != NULL ? "\"%s\"" : "%s", text);
    }
}

/* Which fields of an answer are told. */
struct telling {
    struct story *story;
    char *const *wanted; /* NULL: all that do not change with every edit. */
};

static bool is_wanted(const struct telling *telling, const char *path)
{
    for (size_t i = 0; telling->wanted != NULL && telling->wanted[i] != NULL;
         i++) {
        const char *wanted = telling->wanted[i];

        if (strncmp(path, wanted, strlen(wanted)) == 0 &&
            strchr(".", path[strlen(wanted)]) != NULL) {
            return true;
        }
    }
    return telling->wanted == NULL && !ends_in(path, "rev") &&
           !ends_in(path, "created_ms") && !ends_in(path, "updated_ms");
}

static void tell_field(void *ctx, const char *path, const char *text)
{
    const struct telling *telling = ctx;

    if (is_wanted(telling, path)) {
        fprintf(telling->story->results, " %s=", path);
        tell_value(telling->story, path, text);
    }
}

static void tell(struct telling *telling, const struct qc_reply *reply)
{
    FILE *out = telling->story->results;

    fputs(reply->replayed ? "again " : "", out);
    if (reply->refusal == 0) {
        fputs("done", out);
        qc_fields_walk(reply->response, tell_field, telling);
    } else {
        fprintf(out, "refused %s", qc_refusal_name(reply->refusal));
        if (reply->detail.field != NULL) {
            fprintf(out, " field=%s", reply->detail.field);
        }
        if (reply->detail.retry_after_ms != 0) {
            fprintf(out, " retry_after_ms=%" PRId64,
                    reply->detail.retry_after_ms);
        }
    }
    fputc('\n', out);
}

/* --- what is done ----------------------------------------------------------
 */

/* A field that is looked for in an answer. */
struct seeking {
    const char *path;
    char text[LINE_SIZE];
    bool found;
};

static void seek_field(void *ctx, const char *path, const char *text)
{
    struct seeking *seeking = ctx;

    if (strcmp(path, seeking->path) == 0) {
        snprintf(seeking->text, sizeof(seeking->text), "%s", text);
        seeking->found = true;
    }
}

/* "$ann.number" -> what her answer says. */
static void look_up(const struct story *story,
                    const char *reference,
                    struct seeking *seeking)
{
    size_t size = strcspn(reference, ".");

    *seeking = (struct seeking){.path = reference + size + 1};
    for (size_t i = story->n_labels; i > 0 && !seeking->found; i--) {
        const struct label *label = &story->labels[i - 1];

        if (label->answer != NULL && strlen(label->name) == size &&
            strncmp(label->name, reference, size) == 0) {
            qc_fields_walk(label->answer, seek_field, seeking);
            break;
        }
    }
    if (!seeking->found) {
        fail_here(story, "there is no $%s", reference);
    }
}

static int64_t span_of(const struct story *story, const char *text)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", DAY_MS},
    };
    char *unit;
    int64_t n = strtoll(text, &unit, 10);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].unit) == 0) {
            return n * units[i].ms;
        }
    }
    fail_here(story, "%s is no span of time", text);
}

static void set_field(struct story *story,
                      ProtobufCMessage *request,
                      char *pair)
{
    char *text = strchr(pair, '=');
    struct seeking seeking;

    if (text == NULL) {
        fail_here(story, "%s has no value", pair);
    }
    *text++ = '\0';
    if (*text == '$') {
        look_up(story, text + 1, &seeking);
        text = seeking.text;
    } else if (*text == '+' && ends_in(pair, "_ms")) {
        snprintf(seeking.text, sizeof(seeking.text), "%" PRId64,
                 story->world.now_ms + span_of(story, text + 1));
        text = seeking.text;
    }
    if (!qc_fields_set(request, &story->world.arena, pair, text)) {
        fail_here(story, "%s cannot be %s", pair, text);
    }
}

/* "AllocateNumber" is called allocate_number. */
static bool is_snake_of(const char *snake, const char *name)
{
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (isupper((unsigned char)name[i]) && i > 0 && *snake++ != '_') {
            return false;
        }
        if (*snake++ != tolower((unsigned char)name[i])) {
            return false;
        }
    }
    return *snake == '\0';
}

static const struct qc_method *method_of(const struct story *story,
                                         const char *snake)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    for (size_t i = 0; i < n; i++) {
        if (is_snake_of(snake, methods[i].name)) {
            return &methods[i];
        }
    }
    fail_here(story, "there is no %s", snake);
}

/* Splits at spaces that do not stand in quotes, and drops the quotes. NULL is
 * the end of the words. */
static void split(char *line, char *words[WORDS_MAX])
{
    char *to = line;
    size_t n = 0;

    for (char *from = line + strspn(line, " ");
         *from != '\0' && n < WORDS_MAX - 1; from += strspn(from, " ")) {
        bool quoted = false;

        words[n++] = to;
        for (; *from != '\0' && (quoted || *from != ' '); from++) {
            quoted ^= *from == '"';
            if (*from != '"') {
                *to++ = *from;
            }
        }
        from += *from == ' ';
        *to++ = '\0';
    }
    words[n] = NULL;
}

/* The answer; NULL when it was refused. */
static const ProtobufCMessage *ask(struct story *story, char *const *words)
{
    struct telling telling = {.story = story};
    const struct qc_method *method;
    ProtobufCMessage *request;
    const char *request_id;
    struct qc_reply reply;
    char now[32];

    if (words[0] == NULL) {
        fail_here(story, "nothing is asked");
    }
    method = method_of(story, words[0]);
    request = qc_message_new(method->request, &story->world.arena);
    assert_non_null(request);
    snprintf(now, sizeof(now), "%" PRId64, story->world.now_ms);
    qc_fields_set(request, &story->world.arena, "client_ts_ms", now);
    for (size_t i = 1; words[i] != NULL; i++) {
        if (strcmp(words[i], "->") == 0) {
            telling.wanted = words + i + 1;
            break;
        }
        set_field(story, request, words[i]);
    }
    request_id = qc_message_string(request, 100);
    qc_world_ask(&story->world, method, request,
                 request_id[0] != '\0' ? request_id : NULL, &reply);
    tell(&telling, &reply);
    qc_world_verify(&story->world);
    return reply.response;
}

static void name_answer(struct story *story,
                        const char *name,
                        const ProtobufCMessage *answer)
{
    struct label *label;

    assert_true(story->n_labels < LABELS_MAX);
    label = &story->labels[story->n_labels++];
    snprintf(label->name, sizeof(label->name), "%s", name);
    label->answer = answer;
}

static int64_t clock_of(const struct story *story, const char *text)
{
    int64_t seconds = 0;
    const char *at = text;

    for (unsigned i = 0; i < 3; i++) {
        char *end;

        seconds = seconds * 60 + strtol(at, &end, 10);
        if (end == at || *end != (i < 2 ? ':' : '\0')) {
            fail_here(story, "%s is no time", text);
        }
        at = end + 1;
    }
    return DAY_BEGIN_MS + seconds * 1000;
}

/* "1" is a voter, "4?" a standby. */
static void configure(struct story *story, char *const *words)
{
    struct qc_member members[QC_MEMBERS_MAX];
    char addresses[QC_MEMBERS_MAX][NAME_SIZE];
    size_t n = 0;

    for (; words[n] != NULL; n++) {
        char *end;

        assert_true(n < QC_MEMBERS_MAX);
        members[n] = (struct qc_member){
            .node_id = strtoull(words[n], &end, 10),
            .address = addresses[n],
            .voter = *end != '?',
        };
        snprintf(addresses[n], NAME_SIZE, "node%" PRIu64 ":7400",
                 members[n].node_id);
    }
    qc_world_configure(&story->world, members, n);
    qc_world_verify(&story->world);
}

/* An effect, as the machine's own transitions write it. */
static const ProtobufCMessage *add_effect(struct story *story,
                                          char *const *words)
{
    struct qc_arena *arena = &story->world.arena;
    ProtobufCMessage *effect =
        qc_message_new(&qc__v1__effect__descriptor, arena);

    assert_non_null(effect);
    for (size_t i = 0; words[i] != NULL; i++) {
        set_field(story, effect, words[i]);
    }
    qc_world_effect(&story->world, (Qc__V1__Effect *)effect);
    qc_world_verify(&story->world);
    return effect;
}

static void play_setup(struct story *story, const char *name);

static void play_line(struct story *story, char *line)
{
    char *words[WORDS_MAX];

    split(line, words);
    if (words[0] == NULL || words[0][0] == '#') {
        return;
    }
    if (words[0][0] == '+') {
        qc_world_pass(&story->world,
                      story->world.now_ms + span_of(story, words[0] + 1));
        return;
    }
    if (words[1] != NULL && strcmp(words[0], "at") == 0) {
        qc_world_pass(&story->world, clock_of(story, words[1]));
        return;
    }
    if (words[1] != NULL && strcmp(words[0], "outage") == 0) {
        story->world.now_ms += span_of(story, words[1]);
        return;
    }
    if (strcmp(words[0], "configure") == 0) {
        configure(story, words + 1);
        return;
    }
    if (words[1] != NULL && strcmp(words[0], "as") == 0) {
        snprintf(story->caller, sizeof(story->caller), "%s", words[1]);
        story->world.caller = story->caller;
        story->world.names_tenant = words[2] != NULL;
        return;
    }
    if (words[1] != NULL && strcmp(words[0], "include") == 0) {
        play_setup(story, words[1]);
        return;
    }
    if (ends_in(words[0], ":")) {
        bool written = words[1] != NULL && strcmp(words[1], "effect") == 0;

        words[0][strlen(words[0]) - 1] = '\0';
        name_answer(story, words[0],
                    written ? add_effect(story, words + 2)
                            : ask(story, words + 1));
    } else {
        ask(story, words);
    }
}

/* Reads a line without its end. */
static bool read_line(FILE *file, char line[LINE_SIZE])
{
    if (fgets(line, LINE_SIZE, file) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* Everything in it must be done. */
static void play_setup(struct story *story, const char *name)
{
    struct story here = *story;
    char line[LINE_SIZE];
    char folder[256];
    char path[512];
    char *told = NULL;
    size_t size = 0;
    FILE *file;

    snprintf(folder, sizeof(folder), "%s", story->path);
    snprintf(path, sizeof(path), "%s/%s.setup", dirname(folder), name);
    file = fopen(path, "r");
    if (file == NULL) {
        fail_here(story, "cannot read %s", path);
    }
    story->results = open_memstream(&told, &size);
    story->path = path;
    story->line = 0;
    while (read_line(file, line)) {
        story->line++;
        play_line(story, line);
        fflush(story->results);
        if (told != NULL && strstr(told, "refused") != NULL) {
            fail_here(story, "%s", told);
        }
    }
    fclose(file);
    fclose(story->results);
    free(told);
    story->results = here.results;
    story->path = here.path;
    story->line = here.line;
}

/* --- the text --------------------------------------------------------------
 */

/* Writes what the block has come to, if it has come to anything. */
static void end_block(struct story *story, FILE *out, char **told, size_t *size)
{
    if (story->results != NULL) {
        fclose(story->results);
    }
    if (*size > 0) {
        fprintf(out, "----\n%s", *told);
    }
    free(*told);
    *told = NULL;
    *size = 0;
    story->results = open_memstream(told, size);
    assert_non_null(story->results);
}

/* Plays |file|, and writes to |out| how it should be told. */
static void play(struct story *story, FILE *file, FILE *out)
{
    char line[LINE_SIZE];
    bool expected = false;
    char *told = NULL;
    size_t size = 0;

    end_block(story, out, &told, &size);
    while (read_line(file, line)) {
        story->line++;
        if (line[0] == '\0') {
            end_block(story, out, &told, &size);
            expected = false;
        } else if (strcmp(line, "----") == 0) {
            expected = true;
        }
        if (expected) {
            continue;
        }
        fprintf(out, "%s\n", line);
        play_line(story, line);
    }
    end_block(story, out, &told, &size);
    fclose(story->results);
    free(told);
}

static char *read_all(FILE *file)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    int c;

    assert_non_null(to);
    while ((c = fgetc(file)) != EOF) {
        fputc(c, to);
    }
    fclose(to);
    return text;
}

/* Says which line is the first to differ. */
static void compare(struct story *story, const char *says, const char *is)
{
    story->line = 1;
    while (*says != '\0' || *is != '\0') {
        size_t says_size = strcspn(says, "\n");
        size_t is_size = strcspn(is, "\n");

        if (says_size != is_size || strncmp(says, is, is_size) != 0) {
            fail_here(story, "expected\n  %.*s\nbut it is\n  %.*s",
                      (int)says_size, says, (int)is_size, is);
        }
        says += says_size + (says[says_size] == '\n');
        is += is_size + (is[is_size] == '\n');
        story->line++;
    }
}

void qc_story_play(const char *path, bool bless)
{
    static struct story story;
    FILE *file = fopen(path, "r");
    char *says;
    char *is = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&is, &size);

    assert_non_null(file);
    assert_non_null(out);
    says = read_all(file);
    rewind(file);
    story = (struct story){.path = path};
    qc_world_open(&story.world, DAY_BEGIN_MS + INT64_C(10) * 3600000);
    play(&story, file, out);
    fclose(file);
    fclose(out);
    qc_world_close(&story.world);
    if (bless) {
        file = fopen(path, "w");
        assert_non_null(file);
        fputs(is, file);
        assert_int_equal(fclose(file), 0);
    } else {
        compare(&story, says, is);
    }
    free(says);
    free(is);
}
