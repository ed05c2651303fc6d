/*
 * qcfuzz: plays the inputs that are kept, without libFuzzer.
 *
 *   qcfuzz                    every file of corpus/ and regressions/
 *   qcfuzz TARGET FILE...     these
 *   qcfuzz --list             the names of the targets
 *   qcfuzz --limit TARGET     how long its inputs are at most
 *   qcfuzz --seeds TARGET DIR writes its seeds into DIR
 *
 * To be run from where the sources are. Each target plays in a process of its
 * own, so that one which dies is counted and the next files are played.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cluster-tests/fuzz/target.h"

#define HOME "cluster-tests/fuzz"

enum {
    EXIT_USAGE = 2,
    PATH_SIZE = 1024,
    FILE_SIZE_MAX = 64 * 1024,
    TARGET_SECONDS_MAX = 60,
};

struct files {
    char **paths;
    size_t n;
};

struct totals {
    size_t n_passed;
    size_t n_failed;
};

static void add_path(struct files *files, const char *path)
{
    files->paths =
        realloc(files->paths, (files->n + 1) * sizeof(*files->paths));
    FUZZ_MUST(files->paths != NULL);
    files->paths[files->n] = strdup(path);
    FUZZ_MUST(files->paths[files->n] != NULL);
    files->n++;
}

static void add_folder(struct files *files, const char *kind, const char *name)
{
    const struct dirent *entry;
    char path[PATH_SIZE];
    DIR *folder;

    snprintf(path, sizeof(path), HOME "/%s/%s", kind, name);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), HOME "/%s/%s/%s", kind, name,
                     entry->d_name);
            add_path(files, path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static void files_done(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        free(files->paths[i]);
    }
    free(files->paths);
}

static void run_file(const struct fuzz_target *target, const char *path)
{
    static uint8_t bytes[FILE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    size_t size;

    FUZZ_MUST(file != NULL);
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    fuzz_run(target, (struct qc_bytes){bytes, size});
}

/* Plays the files from |first| on in a child, which says of each that it
 * begins; |*at_out| is the last of them. */
static bool child(const struct fuzz_target *target,
                  const struct files *files,
                  size_t first,
                  size_t *at_out)
{
    int ends[2];
    int status = 0;
    pid_t pid;

    FUZZ_MUST(pipe(ends) == 0);
    fflush(NULL);
    pid = fork();
    FUZZ_MUST(pid >= 0);
    if (pid == 0) {
        alarm(TARGET_SECONDS_MAX);
        for (size_t i = first; i < files->n; i++) {
            FUZZ_MUST(write(ends[1], &i, sizeof(i)) == sizeof(i));
            run_file(target, files->paths[i]);
        }
        _exit(0);
    }
    close(ends[1]);
    *at_out = first;
    while (read(ends[0], at_out, sizeof(*at_out)) == sizeof(*at_out)) {
    }
    close(ends[0]);
    FUZZ_MUST(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void play(const struct fuzz_target *target,
                 const struct files *files,
                 struct totals *totals)
{
    size_t first = 0;
    size_t at;

    while (first < files->n && !child(target, files, first, &at)) {
        printf("%s: dies of %s\n", target->name, files->paths[at]);
        totals->n_failed++;
        totals->n_passed += at - first;
        first = at + 1;
    }
    totals->n_passed += files->n - first;
}

static void play_all(struct totals *totals)
{
    size_t n;
    const struct fuzz_target *targets = fuzz_targets(&n);

    for (size_t i = 0; i < n; i++) {
        struct files files = {NULL, 0};

        add_folder(&files, "corpus", targets[i].name);
        if (files.n == 0) {
            printf("%s: has no corpus\n", targets[i].name);
            totals->n_failed++;
        }
        add_folder(&files, "regressions", targets[i].name);
        play(&targets[i], &files, totals);
        files_done(&files);
    }
}

/* --- seeds ---------------------------------------------------------------- */

struct folder {
    const char *path;
    unsigned n;
};

static void write_seed(void *ctx, struct qc_bytes seed)
{
    struct folder *folder = ctx;
    char path[PATH_SIZE];
    FILE *file;

    snprintf(path, sizeof(path), "%s/seed-%05u", folder->path, folder->n++);
    file = fopen(path, "wb");
    FUZZ_MUST(file != NULL);
    FUZZ_MUST(fwrite(seed.data, 1, seed.size, file) == seed.size);
    FUZZ_MUST(fclose(file) == 0);
}

static int usage(void)
{
    fputs("usage: qcfuzz [TARGET FILE... | --list | --limit TARGET | "
          "--seeds TARGET DIR]\n",
          stderr);
    return EXIT_USAGE;
}

static int list(void)
{
    size_t n;
    const struct fuzz_target *targets = fuzz_targets(&n);

    for (size_t i = 0; i < n; i++) {
        puts(targets[i].name);
    }
    return 0;
}

static int with_target(char **words, int n)
{
    bool is_option = strncmp(words[0], "--", 2) == 0;
    const struct fuzz_target *target =
        fuzz_target_called(is_option ? words[1] : words[0]);

    if (target == NULL) {
        return usage();
    }
    if (n == 2 && strcmp(words[0], "--limit") == 0) {
        printf("%zu\n", target->size_max);
    } else if (n == 3 && strcmp(words[0], "--seeds") == 0) {
        struct folder folder = {words[2], 0};

        target->seed(&(struct fuzz_seeds){write_seed, &folder});
    } else if (!is_option) {
        for (int i = 1; i < n; i++) {
            run_file(target, words[i]);
        }
    } else {
        return usage();
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct totals totals = {0, 0};

    fuzz_begin();
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (argc == 2) {
        return usage();
    }
    if (argc > 2) {
        return with_target(argv + 1, argc - 1);
    }
    play_all(&totals);
    printf("%zu passed, %zu failed\n", totals.n_passed, totals.n_failed);
    return totals.n_failed > 0 || totals.n_passed == 0;
}
