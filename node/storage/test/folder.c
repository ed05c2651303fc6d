#include "storage/test/folder.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void qc_folder_make(char path_out[PATH_MAX])
{
    const char *made;

    (void)snprintf(path_out, PATH_MAX, "/tmp/quorumcall-test-XXXXXX");
    made = mkdtemp(path_out);
    assert(made != NULL);
}

void qc_folder_path(const char *path, const char *name, char out[PATH_MAX])
{
    int size = snprintf(out, PATH_MAX, "%s/%s", path, name);

    assert(size < PATH_MAX);
}

void qc_folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    char file[PATH_MAX];

    if (folder == NULL) {
        (void)unlink(path);
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            qc_folder_path(path, entry->d_name, file);
            qc_folder_remove(file);
        }
    }
    (void)closedir(folder);
    (void)rmdir(path);
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "r");
    FILE *out;
    size_t n;

    if (in == NULL) {
        return;
    }
    out = fopen(to, "w");
    assert(out != NULL);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        size_t written = fwrite(bytes, 1, n, out);

        assert(written == n);
    }
    (void)fclose(out);
    (void)fclose(in);
}

void qc_folder_copy(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    const struct dirent *entry;
    char in[PATH_MAX];
    char out[PATH_MAX];
    int failed;

    if (folder == NULL) {
        copy_file(from, to);
        return;
    }
    failed = mkdir(to, 0700);
    assert(failed == 0);
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            qc_folder_path(from, entry->d_name, in);
            qc_folder_path(to, entry->d_name, out);
            qc_folder_copy(in, out);
        }
    }
    (void)closedir(folder);
}

bool qc_folder_find(const char *path, const char *suffix, char out[PATH_MAX])
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool found = false;

    assert(folder != NULL);
    while (!found && (entry = readdir(folder)) != NULL) {
        size_t size = strlen(entry->d_name);
        size_t tail = strlen(suffix);

        qc_folder_path(path, entry->d_name, out);
        found = size >= tail &&
                strcmp(entry->d_name + size - tail, suffix) == 0 &&
                qc_file_size(out) > 0;
    }
    (void)closedir(folder);
    return found;
}

size_t qc_file_size(const char *file)
{
    struct stat stat_of;
    int failed = stat(file, &stat_of);

    assert(failed == 0);
    return (size_t)stat_of.st_size;
}

void qc_file_flip(const char *file, size_t at)
{
    FILE *stream = fopen(file, "r+");
    int byte;

    assert(stream != NULL);
    (void)fseek(stream, (long)at, SEEK_SET);
    byte = fgetc(stream);
    assert(byte != EOF);
    (void)fseek(stream, (long)at, SEEK_SET);
    (void)fputc(byte ^ 0x20, stream);
    (void)fclose(stream);
}

void qc_file_cut(const char *file, size_t size)
{
    int failed = truncate(file, (off_t)size);

    assert(failed == 0);
}

void qc_file_delete(const char *file)
{
    int failed = unlink(file);

    assert(failed == 0);
}
