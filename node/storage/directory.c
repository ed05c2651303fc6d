#include "storage/directory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/rocks.h"
#include "storage/sealed_file.h"
#include "storage/text.h"
#include "storage/tree.h"

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

#define IDENTITY   "identity"
#define LOCK       "lock"
#define UNFINISHED "unfinished"

enum {
    INNER_SIZE = 64, /* Of what stands in the directory, with its slash. */
};

struct qc_directory {
    struct qc_identity identity;
    int lock;
    char path[PATH_MAX - INNER_SIZE];
    char log[PATH_MAX];
    char rows[PATH_MAX];
    char checkpoints[PATH_MAX];
    char reserve[PATH_MAX];
};

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

/* --- making one ----------------------------------------------------------- */

static bool exists(const char *path, const char *name)
{
    char file[PATH_MAX];

    return snprintf(file, sizeof(file), "%s/%s", path, name) <
               (int)sizeof(file) &&
           access(file, F_OK) == 0;
}

static int refuse(const char *path, const char *name, struct qc_text text)
{
    return qc_say(text, QC_E_IO,
                  "%s: is not empty (it holds \"%s\"), and a node is made in "
                  "an empty directory only: if it holds a node, start "
                  "quorumcalld without --init; else name another directory",
                  path, name);
}

/* A directory, seen name by name. */
struct walk {
    const char *path;
    struct qc_text text;
};

static int refuse_name(void *ctx, const char *name)
{
    const struct walk *walk = ctx;

    return refuse(walk->path, name, walk->text);
}

/* Takes |path| when it is empty, or what was begun in it can be done again: it
 * says "unfinished" then, and never holds an identity. */
static int claim(const char *path, struct qc_text text)
{
    struct walk walk = {path, text};
    char file[PATH_MAX];
    int fd;
    int r = qc_tree_make(path, text);

    if (r == 0 && exists(path, IDENTITY)) {
        r = refuse(path, IDENTITY, text);
    }
    if (r == 0 && !exists(path, UNFINISHED)) {
        r = qc_tree_each(path, refuse_name, &walk, text);
    }
    if (r == 0) {
        r = qc_tree_join(file, path, UNFINISHED, text);
    }
    if (r != 0) {
        return r;
    }
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || close(fd) != 0 || chmod(path, 0700) != 0 ||
        qc_sync_directory_of(file) != 0) {
        return qc_say(text, QC_E_IO, "%s: cannot be prepared: %s", path,
                      strerror(errno));
    }
    return 0;
}

/* Removes what an attempt before this one has left. */
static int clear_name(void *ctx, const char *name)
{
    const struct walk *walk = ctx;
    char path[PATH_MAX];
    int r;

    if (strcmp(name, UNFINISHED) == 0 || strcmp(name, LOCK) == 0) {
        return 0;
    }
    r = qc_tree_join(path, walk->path, name, walk->text);
    return r != 0 ? r : qc_tree_remove(path, walk->text);
}

static int lock(const char *path, int *lock_out, struct qc_text text)
{
    char file[PATH_MAX];
    int r = qc_tree_join(file, path, LOCK, text);
    int fd;

    if (r != 0) {
        return r;
    }
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return qc_say(text, QC_E_IO, "%s: cannot be opened: %s", file,
                      strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        r = errno == EWOULDBLOCK
                ? qc_say(text, QC_E_IO,
                         "%s: held by another process: a node runs in this "
                         "directory; stop it first",
                         file)
                : qc_say(text, QC_E_IO, "%s: cannot be locked: %s", file,
                         strerror(errno));
        (void)close(fd);
        return r;
    }
    *lock_out = fd;
    return 0;
}

/* Gives one that knows its paths, and has nothing yet. */
static int directory_new(const char *path,
                         struct qc_directory **directory_out,
                         struct qc_text text)
{
    struct qc_directory *directory = calloc(1, sizeof(*directory));
    int size;

    if (directory == NULL) {
        (void)qc_say(text, QC_E_NOMEM, "%s: out of memory", path);
        return QC_E_NOMEM;
    }
    directory->lock = -1;
    size = snprintf(directory->path, sizeof(directory->path), "%s", path);
    if (size >= (int)sizeof(directory->path)) {
        qc_directory_close(directory);
        (void)qc_say(text, QC_E_IO, "%.256s...: the path is too long", path);
        return QC_E_IO;
    }
    (void)snprintf(directory->log, PATH_MAX, "%s/log", directory->path);
    (void)snprintf(directory->rows, PATH_MAX, "%s/rows", directory->path);
    (void)snprintf(directory->checkpoints, PATH_MAX, "%s/checkpoints",
                   directory->path);
    (void)snprintf(directory->reserve, PATH_MAX, "%s/reserve", directory->path);
    *directory_out = directory;
    return 0;
}

int qc_directory_prepare(const char *path,
                         const struct qc_identity *identity,
                         struct qc_directory **directory_out,
                         char *text_out,
                         size_t text_size)
{
    struct qc_directory *directory;
    struct qc_text text = qc_text_of(text_out, text_size);
    const char *flaw = flaw_of(identity);
    struct walk walk;
    int r;

    if (flaw != NULL) {
        return qc_say(text, QC_E_IO,
                      "%s: no node was made: %s: mend the configuration", path,
                      flaw);
    }
    r = directory_new(path, &directory, text);
    if (r != 0) {
        return r;
    }
    walk = (struct walk){directory->path, text};
    directory->identity = *identity;
    r = claim(directory->path, text);
    if (r == 0) {
        r = lock(directory->path, &directory->lock, text);
    }
    /* Another process may have been quicker, and nothing of its node may go. */
    if (r == 0 && exists(directory->path, IDENTITY)) {
        r = refuse(directory->path, IDENTITY, text);
    }
    if (r == 0) {
        r = qc_tree_each(directory->path, clear_name, &walk, text);
    }
    if (r != 0) {
        qc_directory_close(directory);
        return r;
    }
    *directory_out = directory;
    return 0;
}

/* Without it the directory is taken for what it is: one that holds a node. */
static void finish(const struct qc_directory *directory)
{
    char file[PATH_MAX];

    (void)snprintf(file, sizeof(file), "%s/" UNFINISHED, directory->path);
    (void)unlink(file);
}

int qc_directory_seal(struct qc_directory *directory,
                      char *text_out,
                      size_t text_size)
{
    char content[IDENTITY_TEXT_SIZE];
    char file[PATH_MAX];

    text_of(&directory->identity, content);
    (void)snprintf(file, sizeof(file), "%s/" IDENTITY, directory->path);
    if (qc_sealed_file_write(file, content) != 0) {
        (void)snprintf(text_out, text_size,
                       "%s: cannot be written: %s: mend the cause and make the "
                       "node again",
                       file, strerror(errno));
        return QC_E_IO;
    }
    finish(directory);
    return 0;
}

/* --- opening one ---------------------------------------------------------- */

static int read_identity(const char *path,
                         struct qc_identity *identity_out,
                         struct qc_text text)
{
    char content[IDENTITY_TEXT_SIZE + 64]; /* And the seal. */
    char file[PATH_MAX];
    int r = qc_tree_join(file, path, IDENTITY, text);

    if (r != 0) {
        return r;
    }
    r = qc_sealed_file_read(file, content, sizeof(content));
    if (r == QC_E_IO && errno == ENOENT) {
        return exists(path, UNFINISHED)
                   ? qc_say(text, r,
                            "%s: a node was being made here, and is not "
                            "finished: run again what was making it",
                            path)
                   : qc_say(text, r,
                            "%s: holds no node: run quorumcalld --init once, "
                            "with the configuration of a new cluster; if there "
                            "was a node, it is lost: let a new one join under "
                            "a new id",
                            path);
    }
    if (r == QC_E_IO) {
        return qc_say(text, r, "%s: cannot be read: %s", file, strerror(errno));
    }
    if (r != 0 || !parse(content, identity_out)) {
        return qc_say(text, QC_E_CORRUPT, "%s: damaged: " QC_REPLACE_NODE,
                      file);
    }
    return 0;
}

int qc_directory_open(const char *path,
                      struct qc_directory **directory_out,
                      char *text_out,
                      size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    struct qc_directory *directory;
    int r;

    r = directory_new(path, &directory, text);
    if (r != 0) {
        return r;
    }
    /* Before the lock, whose file would else be made in a foreign place. */
    r = read_identity(path, &directory->identity, text);
    if (r == 0) {
        r = lock(path, &directory->lock, text);
    }
    if (r != 0) {
        qc_directory_close(directory);
        return r;
    }
    finish(directory);
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

const char *qc_directory_checkpoints(const struct qc_directory *directory)
{
    return directory->checkpoints;
}

const char *qc_directory_reserve(const struct qc_directory *directory)
{
    return directory->reserve;
}

void qc_directory_generation(const struct qc_directory *directory,
                             uint64_t generation,
                             char path_out[PATH_MAX])
{
    (void)snprintf(path_out, PATH_MAX, "%s/rows/%" PRIu64, directory->path,
                   generation);
}

/* --- what a crash may have left ------------------------------------------- */

/* One directory to be tidied, and the name that stays in it. */
struct tidying {
    const char *path;
    char kept[INNER_SIZE];
    struct qc_text text;
};

static int remove_name(const struct tidying *tidying, const char *name)
{
    char path[PATH_MAX];
    int r = qc_tree_join(path, tidying->path, name, tidying->text);

    return r != 0 ? r : qc_tree_remove(path, tidying->text);
}

static int tidy_rows(void *ctx, const char *name)
{
    const struct tidying *tidying = ctx;

    if (name[strspn(name, "0123456789")] != '\0' ||
        strcmp(name, tidying->kept) == 0) {
        return 0;
    }
    return remove_name(tidying, name);
}

static int tidy_checkpoints(void *ctx, const char *name)
{
    const char *dot = strchr(name, '.');
    const char *last = strrchr(name, '.');

    if (dot == NULL ||
        (strncmp(dot, ".part", 5) != 0 && strcmp(last, ".drop") != 0)) {
        return 0;
    }
    return remove_name(ctx, name);
}

/* Before there were generations, the rows stood where these now stand. */
static int move_old_rows(const struct qc_directory *directory,
                         struct qc_text text)
{
    char moving[PATH_MAX];
    char first[PATH_MAX];
    int r = 0;

    (void)snprintf(moving, sizeof(moving), "%s/rows.moving", directory->path);
    if (exists(directory->rows, "CURRENT")) {
        r = qc_tree_rename(directory->rows, moving, text);
    }
    if (r == 0) {
        r = qc_tree_make(directory->rows, text);
    }
    if (r == 0 && exists(directory->path, "rows.moving")) {
        qc_directory_generation(directory, 1, first);
        r = qc_tree_rename(moving, first, text);
    }
    return r;
}

int qc_directory_tidy(const struct qc_directory *directory,
                      uint64_t generation,
                      char *text_out,
                      size_t text_size)
{
    struct tidying tidying = {.path = directory->rows};
    int r;

    tidying.text = qc_text_of(text_out, text_size);
    (void)snprintf(tidying.kept, sizeof(tidying.kept), "%" PRIu64, generation);
    r = move_old_rows(directory, tidying.text);
    if (r == 0) {
        r = qc_tree_each(directory->rows, tidy_rows, &tidying, tidying.text);
    }
    if (r == 0) {
        r = qc_tree_make(directory->checkpoints, tidying.text);
    }
    tidying.path = directory->checkpoints;
    return r != 0 ? r
                  : qc_tree_each(directory->checkpoints, tidy_checkpoints,
                                 &tidying, tidying.text);
}
