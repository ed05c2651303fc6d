#include "cluster-tests/bench/processor_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields 14 and 15 of /proc/PID/stat, in ticks; the 2nd is the program's name
 * in brackets, and may hold anything. */
static bool ticks_read(long pid, uint64_t *ticks_out)
{
    unsigned long user;
    unsigned long system;
    char line[1024];
    char path[32];
    const char *behind_name;
    FILE *stream;
    bool ok;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    stream = fopen(path, "r");
    if (stream == NULL) {
        return false;
    }
    ok = fgets(line, sizeof(line), stream) != NULL;
    fclose(stream);
    behind_name = ok ? strrchr(line, ')') : NULL;
    if (behind_name == NULL) {
        return false;
    }
    /* NOLINTNEXTLINE(cert-err34-c): the kernel writes it. */
    if (sscanf(behind_name + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2) {
        return false;
    }
    *ticks_out = (uint64_t)user + system;
    return true;
}

bool qc_processor_time(const char *pids, uint64_t *us_out)
{
    uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t total = 0;

    while (*pids != '\0') {
        char *end;
        long pid = strtol(pids, &end, 10);
        uint64_t ticks;

        if (end == pids || !ticks_read(pid, &ticks)) {
            return false;
        }
        total += ticks;
        pids = end + (*end == ',' ? 1 : 0);
    }
    *us_out = total * 1000000 / per_second;
    return true;
}
