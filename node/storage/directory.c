#include "storage/directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/rocks.h"
#include "storage/sealed_file.h"

enum {
    /* Head, id lines, and for each member its id, address and the words. */
    IDENTITY_TEXT_SIZE =
        128 + QC_CLUSTER_ID_SIZE + QC_MEMBERS_MAX * (QC_ADDRESS_SIZE + 32),
};

/* Scan fields of bounded width, each the size of its array less the NUL. */
static_assert(QC_CLUSTER_ID_SIZE == 64 + 1, "see CLUSTER_ID_SCAN");
static_assert(QC_ADDRESS_SIZE == 262 + 1, "see MEMBER_SCAN");
#define HEAD_SCAN   "quorumcall node 1\ncluster %64[^\n]\nnode %" SCNu64 "%n"
#define MEMBER_SCAN "\nmember %" SCNu64 " %262[^\n]%n"

struct qc_directory {
    struct qc_identity identity;
    int lock;
    char log[PATH_MAX];
    char rows[PATH_MAX];
};

/* Where to put what is said of a fault. */
struct text {
    char *out;
    size_t size;
};

__attribute__((format(printf, 3, 4))) static int say(struct text text,
                                                     int fault,
                                                     const char *format,
                                                     ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text.out, text.size, format, arguments);
    va_end(arguments);
    return fault;
}

static int join(char path_out[PATH_MAX],
                const char *path,
                const char *name,
                struct text text)
{
    if (snprintf(path_out, PATH_MAX, "%s/%s", path, name) >= PATH_MAX) {
        return say(text, QC_E_IO, "%.256s...: the path is too long", path);
    }
    return 0;
}

/* A word that can stand in a line of the file. */
static bool is_word(const char *word, size_t size)
{
    size_t length = strnlen(word, size);

    return length > 0 && length < size && strpbrk(word, " \t\r\n") == NULL;
}

static const char *flaw_of(const struct qc_identity *identity)
{
    if (!is_word(identity->cluster_id, QC_CLUSTER_ID_SIZE)) {
        return "the cluster id is not a word of 1 to 64 bytes";
    }
    if (identity->node_id == 0) {
        return "the node id is 0";
    }
    if (identity->n_members > QC_MEMBERS_MAX) {
        return "there are more than 16 members";
    }
    for (unsigned i = 0; i < identity->n_members; i++) {
        const struct qc_directory_member *member = &identity->members[i];

        if (member->id == 0 || !is_word(member->address, QC_ADDRESS_SIZE)) {
            return "a member has no id, or no address of 1 to 262 bytes";
        }
        for (unsigned j = 0; j < i; j++) {
            if (identity->members[j].id == member->id) {
                return "two members have the same id";
            }
        }
    }
    return NULL;
}

static void text_of(const struct qc_identity *identity,
                    char text[IDENTITY_TEXT_SIZE])
{
    size_t used =
        (size_t)snprintf(text, IDENTITY_TEXT_SIZE,
                         "quorumcall node 1\ncluster %s\nnode %" PRIu64 "\n",
                         identity->cluster_id, identity->node_id);

    for (unsigned i = 0; i < identity->n_members; i++) {
        used += (size_t)snprintf(
            text + used, IDENTITY_TEXT_SIZE - used, "member %" PRIu64 " %s\n",
            identity->members[i].id, identity->members[i].address);
    }
}

/* Takes only what text_of() would write, to the byte: so it does not matter
 * what sscanf() takes for a number. */
static bool parse(const char *text, struct qc_identity *identity_out)
{
    struct qc_identity identity = {.n_members = 0};
    char again[IDENTITY_TEXT_SIZE];
    const char *at = text;
    int used = 0;

    /* NOLINTNEXTLINE(cert-err34-c) */
    if (sscanf(at, HEAD_SCAN, identity.cluster_id, &identity.node_id, &used) !=
        2) {
        return false;
    }
    at += used;
    while (identity.n_members < QC_MEMBERS_MAX) {
        struct qc_directory_member *member =
            &identity.members[identity.n_members];

        /* NOLINTNEXTLINE(cert-err34-c) */
        if (sscanf(at, MEMBER_SCAN, &member->id, member->address, &used) != 2) {
            break;
        }
        at += used;
        identity.n_members++;
    }
    if (flaw_of(&identity) != NULL) {
        return false;
    }
    text_of(&identity, again);
    if (strcmp(text, again) != 0) {
        return false;
    }
    *identity_out = identity;
    return true;
}

/* Reads the first name in |path| that is not "." or "..". */
static int first_name(const char *path,
                      char name_out[NAME_MAX + 1],
                      struct text text)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    name_out[0] = '\0';
    if (directory == NULL) {
        return say(text, QC_E_IO, "%s: cannot be read: %s", path,
                   strerror(errno));
    }
    /* One thread reads this stream, which is all that readdir() asks. */
    do {
        entry = readdir(directory); /* NOLINT(concurrency-mt-unsafe) */
    } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 ||
                               strcmp(entry->d_name, "..") == 0));
    if (entry != NULL) {
        (void)snprintf(name_out, NAME_MAX + 1, "%s", entry->d_name);
    }
    (void)closedir(directory);
    return 0;
}

/* Makes |path|, or takes it when it is there and empty. */
static int claim(const char *path, struct text text)
{
    char name[NAME_MAX + 1];
    int r;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return say(text, QC_E_IO, "%s: cannot be made: %s", path,
                   strerror(errno));
    }
    r = first_name(path, name, text);
    if (r != 0) {
        return r;
    }
    if (strcmp(name, "") != 0) {
        return say(text, QC_E_IO,
                   "%s: is not empty (it holds \"%s\"), and a node is made in "
                   "an empty directory only: if it holds a node, start "
                   "quorumcalld without --init; if an --init did not finish, "
                   "empty it and try again; else name another directory",
                   path, name);
    }
    if (chmod(path, 0700) != 0 || qc_sync_directory_of(path) != 0) {
        return say(text, QC_E_IO, "%s: cannot be prepared: %s", path,
                   strerror(errno));
    }
    return 0;
}

int qc_directory_init(const char *path,
                      const struct qc_identity *identity,
                      char *text_out,
                      size_t text_size)
{
    struct text text;
    char content[IDENTITY_TEXT_SIZE];
    char file[PATH_MAX];
    const char *flaw = flaw_of(identity);
    int r;

    text.out = text_out;
    text.size = text_size;
    if (flaw != NULL) {
        return say(text, QC_E_IO,
                   "%s: no node was made: %s: mend the configuration", path,
                   flaw);
    }
    r = join(file, path, "identity", text);
    if (r == 0) {
        r = claim(path, text);
    }
    if (r != 0) {
        return r;
    }
    text_of(identity, content);
    if (qc_sealed_file_write(file, content) != 0) {
        return say(text, QC_E_IO,
                   "%s: cannot be written: %s: mend the cause, empty the "
                   "directory and run quorumcalld --init again",
                   file, strerror(errno));
    }
    return 0;
}

static int read_identity(const char *path,
                         struct qc_identity *identity_out,
                         struct text text)
{
    char content[IDENTITY_TEXT_SIZE + 64]; /* And the seal. */
    char file[PATH_MAX];
    int r = join(file, path, "identity", text);

    if (r != 0) {
        return r;
    }
    r = qc_sealed_file_read(file, content, sizeof(content));
    if (r == QC_E_IO && errno == ENOENT) {
        return say(text, r,
                   "%s: holds no node: run quorumcalld --init once, with the "
                   "configuration of a new cluster; if there was a node, it "
                   "is lost: let a new one join under a new id",
                   path);
    }
    if (r == QC_E_IO) {
        return say(text, r, "%s: cannot be read: %s", file, strerror(errno));
    }
    if (r != 0 || !parse(content, identity_out)) {
        return say(text, QC_E_CORRUPT, "%s: damaged: " QC_REPLACE_NODE, file);
    }
    return 0;
}

static int lock(const char *path, int *lock_out, struct text text)
{
    char file[PATH_MAX];
    int r = join(file, path, "lock", text);
    int fd;

    if (r != 0) {
        return r;
    }
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return say(text, QC_E_IO, "%s: cannot be opened: %s", file,
                   strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        r = errno == EWOULDBLOCK
                ? say(text, QC_E_IO,
                      "%s: held by another process: a node runs in this "
                      "directory; stop it first",
                      file)
                : say(text, QC_E_IO, "%s: cannot be locked: %s", file,
                      strerror(errno));
        (void)close(fd);
        return r;
    }
    *lock_out = fd;
    return 0;
}

int qc_directory_open(const char *path,
                      struct qc_directory **directory_out,
                      char *text_out,
                      size_t text_size)
{
    struct text text;
    struct qc_directory *directory = calloc(1, sizeof(*directory));
    int r;

    text.out = text_out;
    text.size = text_size;
    if (directory == NULL) {
        return say(text, QC_E_NOMEM, "%s: out of memory", path);
    }
    directory->lock = -1;
    r = join(directory->log, path, "log", text);
    if (r == 0) {
        r = join(directory->rows, path, "rows", text);
    }
    /* Before the lock, whose file would else be made in a foreign place. */
    if (r == 0) {
        r = read_identity(path, &directory->identity, text);
    }
    if (r == 0) {
        r = lock(path, &directory->lock, text);
    }
    if (r != 0) {
        qc_directory_close(directory);
        return r;
    }
    *directory_out = directory;
    return 0;
}

void qc_directory_close(struct qc_directory *directory)
{
    if (directory == NULL) {
        return;
    }
    if (directory->lock >= 0) {
        (void)close(directory->lock);
    }
    free(directory);
}

const struct qc_identity *qc_directory_identity(
    const struct qc_directory *directory)
{
    return &directory->identity;
}

const char *qc_directory_log(const struct qc_directory *directory)
{
    return directory->log;
}

const char *qc_directory_rows(const struct qc_directory *directory)
{
    return directory->rows;
}
