/*
 * qcctl cluster recover, snapshot restore, snapshot inspect, config check and
 * dump: what is done to files, whether or not a node runs on them.
 *
 * The daemon does the work, for it alone knows its directory; here the user is
 * shown first what it will do, and asked.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/confirm.h"
#include "cli/daemon_program.h"
#include "cli/manifest.h"
#include "cli/words.h"

enum {
    QUESTION_SIZE = PATH_MAX + 200,
};

/* Reads the words, and finds the daemon. */
static enum qc_exit begin(const struct qc_verb *verb,
                          const struct qc_options *options,
                          size_t n_bare,
                          struct qc_words *words,
                          const char **daemon_out,
                          char path[PATH_MAX])
{
    if (!qc_words_read(verb, options, n_bare, n_bare, words)) {
        return QC_EXIT_USAGE;
    }
    *daemon_out = qc_daemon_find(words->daemon, path);
    return *daemon_out != NULL ? QC_EXIT_OK : QC_EXIT_USAGE;
}

/* Says that the node's configuration is missing. */
static enum qc_exit without_config(const struct qc_verb *verb)
{
    fprintf(stderr, "qcctl: --config is missing: the node's quorumcalld.yaml\n"
                    "\n");
    qc_verb_explain(stderr, verb);
    return QC_EXIT_USAGE;
}

enum qc_exit qc_cluster_recover(const struct qc_verb *verb,
                                const struct qc_options *options)
{
    char path[PATH_MAX];
    char question[QUESTION_SIZE];
    struct qc_words words;
    const char *daemon;
    enum qc_exit exit = begin(verb, options, 0, &words, &daemon, path);

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (words.config == NULL) {
        return without_config(verb);
    }
    if (words.dry_run || !words.yes) {
        const char *const arguments[] = {daemon,      "-c",        words.config,
                                         "--recover", "--dry-run", NULL};

        exit = qc_daemon_run(arguments, false);
        if (exit != QC_EXIT_OK || words.dry_run) {
            return exit;
        }
    }
    snprintf(question, sizeof(question),
             "The node of %s becomes the only voter; what only the other nodes "
             "have is lost, and they must never run again",
             words.config);
    exit = qc_confirm(&words, question);
    if (exit == QC_EXIT_OK) {
        const char *const arguments[] = {daemon, "-c", words.config,
                                         "--recover", NULL};

        exit = qc_daemon_run(arguments, false);
    }
    return exit;
}

enum qc_exit qc_snapshot_restore(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    char path[PATH_MAX];
    char question[QUESTION_SIZE];
    struct qc_words words;
    const char *daemon;
    enum qc_exit exit = begin(verb, options, 1, &words, &daemon, path);

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (words.config == NULL) {
        return without_config(verb);
    }
    if (words.dry_run || !words.yes) {
        const char *const arguments[] = {daemon, "--inspect", words.bare[0],
                                         NULL};

        exit = qc_daemon_run(arguments, false);
        if (exit != QC_EXIT_OK || words.dry_run) {
            return exit;
        }
    }
    snprintf(question, sizeof(question),
             "The backup becomes the state of the new node of %s",
             words.config);
    exit = qc_confirm(&words, question);
    if (exit == QC_EXIT_OK) {
        const char *const arguments[] = {
            daemon, "-c", words.config, "--restore", words.bare[0], NULL};

        exit = qc_daemon_run(arguments, false);
        if (exit == QC_EXIT_OK) {
            fprintf(stderr, "Do the same, with the same file, for all other "
                            "initial_members; then start them.\n");
        }
    }
    return exit;
}

/* Prints what a backup is of that was found good. */
static enum qc_exit print_backup(const char *path,
                                 const struct qc_options *options)
{
    const Qc__Peer__Manifest *manifest;
    struct qc_arena arena;

    qc_arena_init(&arena, QC_MANIFEST_ARENA_SIZE_MAX);
    manifest = qc_manifest_of_backup(path, &arena);
    if (manifest != NULL) {
        qc_manifest_print(manifest, path, options);
    }
    qc_arena_done(&arena);
    return manifest != NULL ? QC_EXIT_OK : QC_EXIT_FAILED;
}

enum qc_exit qc_snapshot_inspect(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    char path[PATH_MAX];
    struct qc_words words;
    const char *daemon;
    enum qc_exit exit = begin(verb, options, 1, &words, &daemon, path);

    if (exit == QC_EXIT_OK) {
        const char *const arguments[] = {daemon, "--inspect", words.bare[0],
                                         NULL};
        bool for_scripts = options->json || options->raw;

        exit = qc_daemon_run(arguments, for_scripts);
        if (exit == QC_EXIT_OK && for_scripts) {
            exit = print_backup(words.bare[0], options);
        }
    }
    return exit;
}

enum qc_exit qc_config_check(const struct qc_verb *verb,
                             const struct qc_options *options)
{
    char path[PATH_MAX];
    struct qc_words words;
    const char *daemon;
    enum qc_exit exit = begin(verb, options, 0, &words, &daemon, path);

    if (exit == QC_EXIT_OK) {
        const char *const arguments[] = {daemon, "-c", words.config,
                                         "--check-config", NULL};

        exit = words.config != NULL ? qc_daemon_run(arguments, false)
                                    : without_config(verb);
    }
    return exit;
}

enum qc_exit qc_config_dump(const struct qc_verb *verb,
                            const struct qc_options *options)
{
    char path[PATH_MAX];
    struct qc_words words;
    const char *daemon;
    enum qc_exit exit = begin(verb, options, 0, &words, &daemon, path);

    if (exit == QC_EXIT_OK) {
        const char *format = options->json || options->raw ? "json" : "table";
        const char *const arguments[] = {daemon,          "-c",   words.config,
                                         "--dump-config", format, NULL};

        exit = words.config != NULL ? qc_daemon_run(arguments, false)
                                    : without_config(verb);
    }
    return exit;
}
