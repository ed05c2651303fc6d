#include "cli/daemon_program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAEMON "quorumcalld"

enum {
    USAGE_STATUS = 2, /* Of the daemon. */
};

/* Beside this program, or else wherever PATH has it. */
static const char *beside_us(char path_out[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", path_out, PATH_MAX - 1);
    char *name;

    path_out[size > 0 ? size : 0] = '\0';
    name = strrchr(path_out, '/');
    if (name == NULL ||
        (size_t)(name + 1 - path_out) + sizeof(DAEMON) > PATH_MAX) {
        return DAEMON;
    }
    memcpy(name + 1, DAEMON, sizeof(DAEMON));
    return access(path_out, X_OK) == 0 ? path_out : DAEMON;
}

const char *qc_daemon_find(const char *said, char path_out[PATH_MAX])
{
    size_t size;

    if (said == NULL) {
        return beside_us(path_out);
    }
    if (said[0] == '/') {
        return said;
    }
    if (getcwd(path_out, PATH_MAX) != NULL) {
        size = strlen(path_out);
        if (snprintf(path_out + size, PATH_MAX - size, "/%s", said) <
            (int)(PATH_MAX - size)) {
            return path_out;
        }
    }
    fprintf(stderr, "qcctl: %s: not a path\n", said);
    return NULL;
}

/* Starts |arguments|. 0, or why not, as errno has it. */
static int spawn(const char *const *arguments, bool quiet, pid_t *pid_out)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    int r = posix_spawn_file_actions_init(&actions);

    if (r != 0) {
        return r;
    }
    if (quiet) {
        r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                             "/dev/null", O_WRONLY, 0);
    }
    if (r == 0) {
        /* It only reads them, as execvp() does. */
        r = posix_spawnp(pid_out, arguments[0], &actions, NULL,
                         (char *const *)(uintptr_t)arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

enum qc_exit qc_daemon_run(const char *const *arguments, bool quiet)
{
    int status;
    pid_t pid;
    int r;

    fflush(stdout);
    r = spawn(arguments, quiet, &pid);
    if (r != 0) {
        fprintf(stderr, "qcctl: %s: %s\n", arguments[0], strerror(r));
        return QC_EXIT_FAILED;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("qcctl");
            return QC_EXIT_FAILED;
        }
    }
    if (!WIFEXITED(status)) {
        fprintf(stderr, "qcctl: %s ended by signal %d\n", arguments[0],
                WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        return QC_EXIT_FAILED;
    }
    return WEXITSTATUS(status) == 0              ? QC_EXIT_OK
           : WEXITSTATUS(status) == USAGE_STATUS ? QC_EXIT_USAGE
                                                 : QC_EXIT_FAILED;
}
