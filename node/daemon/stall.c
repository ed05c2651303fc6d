#include "daemon/stall.h"

struct qc_stall_warning qc_stall_turn(struct qc_stall *stall,
                                      uint64_t now_us,
                                      uint64_t idle_us)
{
    struct qc_stall_warning warning = {.n = 0};
    uint64_t waited_us = idle_us - stall->idle_us;
    uint64_t passed_us = now_us - stall->last_us;
    uint64_t busy_us = passed_us > waited_us ? passed_us - waited_us : 0;
    bool first = stall->last_us == 0;

    stall->last_us = now_us;
    stall->idle_us = idle_us;
    if (first) {
        stall->warned_us = now_us;
        return warning;
    }
    if (busy_us > stall->max_us) {
        stall->max_us = busy_us;
    }
    if (busy_us > QC_STALL_WARN_US) {
        stall->n_quiet++;
        if (busy_us > stall->quiet_max_us) {
            stall->quiet_max_us = busy_us;
        }
    }
    if (stall->n_quiet > 0 && now_us - stall->warned_us >= QC_STALL_QUIET_US) {
        warning.n = stall->n_quiet;
        warning.max_us = stall->quiet_max_us;
        stall->n_quiet = 0;
        stall->quiet_max_us = 0;
        stall->warned_us = now_us;
    }
    return warning;
}
