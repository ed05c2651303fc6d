/* Folders for tests, and what may befall the files in them. */
#ifndef QC_STORAGE_TEST_FOLDER_H
#define QC_STORAGE_TEST_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Makes an empty folder for the test. Asserts that it could. */
void qc_folder_make(char path_out[PATH_MAX]);

/* With all that is in it. */
void qc_folder_remove(const char *path);

/* Copies |from|, as it is now and with all that is in it, to |to|, which must
 * not be there: so a crash would leave it. Files that vanish meanwhile are left
 * out. */
void qc_folder_copy(const char *from, const char *to);

/* |path| and |name| joined. */
void qc_folder_path(const char *path, const char *name, char out[PATH_MAX]);

/* Finds a file of |path| that is not empty and whose name ends in |suffix|. */
bool qc_folder_find(const char *path, const char *suffix, char out[PATH_MAX]);

size_t qc_file_size(const char *file);
void qc_file_flip(const char *file, size_t at);
void qc_file_cut(const char *file, size_t size);
void qc_file_delete(const char *file);

#endif
