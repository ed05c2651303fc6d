#include "daemon/process.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    US_PER_S = 1000 * 1000,
    LINE_SIZE = 128,
    MIB = 1024 * 1024,
    MEMORY_STEP = 4 * MIB,   /* That the kernel is asked for at a time. */
    MEMORY_SPARE = 64 * MIB, /* That it is not given back. */
};

void qc_process_keep_memory(void)
{
    (void)mallopt(M_TOP_PAD, MEMORY_STEP);
    (void)mallopt(M_TRIM_THRESHOLD, MEMORY_SPARE);
    (void)mallopt(M_MMAP_THRESHOLD, MEMORY_STEP);
}

static uint64_t us_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * US_PER_S + (uint64_t)time->tv_usec;
}

static uint64_t resident_size(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[LINE_SIZE] = ""; /* "total resident ...", in pages. */
    const char *resident;

    if (file != NULL) {
        if (fgets(line, sizeof(line), file) == NULL) {
            line[0] = '\0';
        }
        fclose(file);
    }
    resident = strchr(line, ' ');
    return resident != NULL
               ? strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE)
               : 0;
}

/* Newer kernels tell it as the size of the directory. */
static uint64_t open_files(void)
{
    static const char path[] = "/proc/self/fd";
    struct stat stat_of;
    uint64_t n = 0;
    DIR *directory;

    if (stat(path, &stat_of) == 0 && stat_of.st_size > 0) {
        return (uint64_t)stat_of.st_size;
    }
    directory = opendir(path);
    if (directory != NULL) {
        while (readdir(directory) != NULL) {
            n++;
        }
        closedir(directory);
    }
    return n > 3 ? n - 3 : 0; /* ".", ".." and itself. */
}

/* The directory of a process is as old as the process; it is looked at once,
 * for the kernel may forget and make it again. */
static uint64_t started_us(void)
{
    static uint64_t started;
    struct stat stat_of;

    if (started == 0 && stat("/proc/self", &stat_of) == 0) {
        started = (uint64_t)stat_of.st_ctim.tv_sec * US_PER_S +
                  (uint64_t)stat_of.st_ctim.tv_nsec / 1000;
    }
    return started;
}

void qc_process_read(struct qc_process *process_out)
{
    struct rusage usage = {.ru_maxrss = 0};
    struct rlimit files = {.rlim_cur = 0};

    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    *process_out = (struct qc_process){
        .cpu_us = us_of(&usage.ru_utime) + us_of(&usage.ru_stime),
        .resident_size = resident_size(),
        .open_files = open_files(),
        .open_files_max = files.rlim_cur,
        .started_us = started_us(),
    };
}
