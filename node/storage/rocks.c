#include "storage/rocks.h"

#include <stdio.h>
#include <string.h>

enum {
    INFO_LOG_FATAL = 4, /* InfoLogLevel::FATAL_LEVEL */
    INFO_LOGS_KEPT = 4,
};

rocksdb_options_t *qc_rocks_options(void)
{
    rocksdb_options_t *options = rocksdb_options_create();

    /* There is one writer. What lets several write at a time only costs it. */
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    rocksdb_options_set_enable_write_thread_adaptive_yield(options, 0);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);

    /* RocksDB keeps a diary, too: as little as it can be told to. What matters
     * of it comes back as a status; and when a line of it has not found room
     * on a full disk, the next one ends the process by an assertion, before we
     * could say what to do. So there is none once it is open. */
    rocksdb_options_set_info_log_level(options, INFO_LOG_FATAL);
    rocksdb_options_set_keep_log_file_num(options, INFO_LOGS_KEPT);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    return options;
}

int qc_rocks_fault(char *error,
                   const char *path,
                   char *text_out,
                   size_t text_size)
{
    static const char corruption[] = "Corruption";
    int r;

    if (error == NULL) {
        return 0;
    }
    /* The C interface gives a status as its text alone. */
    r = strncmp(error, corruption, sizeof(corruption) - 1) == 0 ? QC_E_CORRUPT
                                                                : QC_E_IO;
    (void)snprintf(text_out, text_size, "%s: RocksDB says: %s: %s", path, error,
                   r == QC_E_CORRUPT ? QC_REPLACE_NODE
                                     : "mend the cause and start again; if a "
                                       "file is lost, " QC_REPLACE_NODE);
    rocksdb_free(error);
    return r;
}
