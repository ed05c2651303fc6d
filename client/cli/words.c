#include "cli/words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_DEFAULT_MS = 5 * 60 * 1000,
    NODE_ID_MAX = 1000000, /* As the nodes have it. */
};

enum kind {
    FLAG,
    TEXT,
    NUMBER,
    WAIT, /* Alone, or with how long. */
};

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
} WORDS[] = {
    {"--yes", FLAG, offsetof(struct qc_words, yes)},
    {"--dry-run", FLAG, offsetof(struct qc_words, dry_run)},
    {"--effective", FLAG, offsetof(struct qc_words, effective)},
    {"--standby", FLAG, offsetof(struct qc_words, standby)},
    {"--wait", WAIT, offsetof(struct qc_words, wait)},
    {"--id", NUMBER, offsetof(struct qc_words, id)},
    {"--to", NUMBER, offsetof(struct qc_words, to)},
    {"--version", NUMBER, offsetof(struct qc_words, version)},
    {"--config", TEXT, offsetof(struct qc_words, config)},
    {"--daemon", TEXT, offsetof(struct qc_words, daemon)},
    {"--endpoint", TEXT, offsetof(struct qc_words, endpoint)},
    {"--from", TEXT, offsetof(struct qc_words, from)},
    {"--agent", TEXT, offsetof(struct qc_words, agent)},
};

enum {
    N_WORDS = sizeof(WORDS) / sizeof(WORDS[0]),
};

bool qc_node_id_read(const char *text, uint64_t *id_out)
{
    char *end;
    unsigned long id;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    id = strtoul(text, &end, 10);
    if (*end != '\0' || id == 0 || id > NODE_ID_MAX) {
        return false;
    }
    *id_out = id;
    return true;
}

/* Whether |usage| names the option, and not only one that begins like it. */
static bool takes(const char *usage, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strstr(usage, name); at != NULL;
         at = strstr(at + 1, name)) {
        if (strchr(" []=", at[size]) != NULL) { /* Or at its end. */
            return true;
        }
    }
    return false;
}

/* Sets what WORDS[i] says. False when |value| cannot be that. */
static bool set(struct qc_words *words, size_t i, const char *value)
{
    uint8_t *at = (uint8_t *)words + WORDS[i].offset;

    switch (WORDS[i].kind) {
    case FLAG:
        *(bool *)at = true;
        return value == NULL;
    case TEXT:
        *(const char **)(void *)at = value;
        return value != NULL && value[0] != '\0';
    case NUMBER:
        return value != NULL && qc_node_id_read(value, (uint64_t *)(void *)at);
    case WAIT:
    default:
        words->wait = true;
        return value == NULL || qc_duration_read(value, &words->wait_ms);
    }
}

/* Reads the option at word |*at|. False when it is none that |usage| names, or
 * its value is not right. */
static bool option_read(const char *usage,
                        const struct qc_options *options,
                        size_t *at,
                        struct qc_words *words)
{
    const char *word = options->words[*at];
    size_t size = strcspn(word, "=");

    for (size_t i = 0; i < N_WORDS; i++) {
        const char *value = word[size] == '=' ? word + size + 1 : NULL;

        if (strlen(WORDS[i].name) != size ||
            strncmp(word, WORDS[i].name, size) != 0 ||
            !takes(usage, WORDS[i].name)) {
            continue;
        }
        *at += 1;
        if (value == NULL && *at < options->n_words &&
            (WORDS[i].kind == TEXT || WORDS[i].kind == NUMBER)) {
            value = options->words[(*at)++];
        }
        return set(words, i, value);
    }
    return false;
}

bool qc_words_read(const struct qc_verb *verb,
                   const struct qc_options *options,
                   size_t n_min,
                   size_t n_max,
                   struct qc_words *words)
{
    assert(n_max <= QC_BARE_WORDS_MAX);
    *words = (struct qc_words){.wait_ms = WAIT_DEFAULT_MS};
    for (size_t at = 0; at < options->n_words;) {
        const char *word = options->words[at];
        bool ok;

        if (strncmp(word, "--", 2) == 0) {
            ok = option_read(verb->usage, options, &at, words);
        } else {
            ok = words->n_bare < n_max;
            if (ok) {
                words->bare[words->n_bare++] = word;
            }
            at++;
        }
        if (!ok) {
            fprintf(stderr, "qcctl: %s: not possible here\n\n", word);
            qc_verb_explain(stderr, verb);
            return false;
        }
    }
    if (words->n_bare < n_min) {
        qc_verb_explain(stderr, verb);
        return false;
    }
    return true;
}
