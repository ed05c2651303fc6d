#include "daemon/files.h"

#include <sys/resource.h>

enum {
    /* Of the rest: RocksDB keeps all its tables open, of 16 MiB each. */
    CONNECTIONS_PARTS = 2,
};

uint64_t qc_files_raise(void)
{
    struct rlimit limit;
    struct rlimit raised;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    raised = limit;
    raised.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur
                                                  : limit.rlim_cur;
}

uint32_t qc_files_connections(uint64_t files, uint32_t wanted)
{
    uint64_t most = files / CONNECTIONS_PARTS;

    if (files == 0 || most >= wanted) {
        return wanted;
    }
    return most > 0 ? (uint32_t)most : 1;
}
