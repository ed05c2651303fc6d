#include "cli/dev_directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/cert_maker.h"
#include "codec/limits.h"
#include "codec/yaml.h"
#include "quorumcall/config/v1/node.pb-c.h"

#define LOCK_FILE "dev.lock"
#define CLUSTER   "dev"

enum {
    CONFIG_SIZE_MAX = 16 * 1024,
    CONFIG_ARENA_SIZE_MAX = 1024 * 1024,
    CERTIFICATE_DAYS = 365,
};

/* Makes |path| and what is missing above it. */
static bool make_directories(const char *path)
{
    char part[PATH_MAX];
    size_t size = strlen(path);

    if (size == 0 || size >= sizeof(part)) {
        return false;
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0700) != 0 && errno != EEXIST) {
                return false;
            }
        }
    }
    return true;
}

/* Where state belongs that a user may throw away. */
static bool default_path(char path_out[PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int size;

    if (state != NULL && state[0] == '/') {
        size = snprintf(path_out, PATH_MAX, "%s/quorumcall-dev", state);
    } else if (home != NULL) {
        size = snprintf(path_out, PATH_MAX, "%s/.local/state/quorumcall-dev",
                        home);
    } else {
        return false;
    }
    return size < PATH_MAX;
}

bool qc_dev_enter(const char *path, bool make)
{
    char chosen[PATH_MAX];

    if (path == NULL) {
        if (!default_path(chosen)) {
            fprintf(stderr, "qcctl: HOME is not set: say --dir\n");
            return false;
        }
        path = chosen;
    }
    if ((make && !make_directories(path)) || chdir(path) != 0) {
        fprintf(stderr, "qcctl: %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

static void node_init(struct qc_dev_node *node, unsigned id)
{
    snprintf(node->name, sizeof(node->name), "node%u", id);
    snprintf(node->config, sizeof(node->config), "node%u/quorumcalld.yaml", id);
}

/* Puts the addresses of all nodes in a row. */
static void join_endpoints(struct qc_dev *dev)
{
    size_t used = 0;

    dev->endpoints[0] = '\0';
    for (unsigned i = 0; i < dev->n_nodes && used < sizeof(dev->endpoints);
         i++) {
        used += (size_t)snprintf(dev->endpoints + used,
                                 sizeof(dev->endpoints) - used, "%s%s",
                                 i > 0 ? "," : "", dev->nodes[i].address);
    }
}

/* Where the node answers, and whether by TLS, from its file. */
static bool address_read(struct qc_dev *dev,
                         struct qc_dev_node *node,
                         struct qc_bytes text,
                         struct qc_arena *arena)
{
    const Qc__Config__NodeConfig *config;
    struct qc_yaml_error error;
    ProtobufCMessage *message;
    const char *colon;

    if (!qc_limits_load() ||
        !qc_yaml_read(&qc__config__node_config__descriptor, node->config, text,
                      arena, &message, &error)) {
        fprintf(stderr, "qcctl: %s\n", error.text);
        return false;
    }
    config = (const Qc__Config__NodeConfig *)message;
    colon = strrchr(config->listen, ':');
    if (colon == NULL || strlen(config->listen) >= sizeof(node->address)) {
        fprintf(stderr, "qcctl: %s: not an address\n", config->listen);
        return false;
    }
    dev->tls = config->tls != NULL && config->tls->certificate[0] != '\0';
    node->joins = true;
    for (size_t i = 0; i < config->n_initial_members; i++) {
        node->joins =
            node->joins && config->initial_members[i]->id != config->node_id;
    }
    snprintf(node->address, sizeof(node->address), "%s", config->listen);
    node->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    return true;
}

static bool node_load(struct qc_dev *dev,
                      struct qc_dev_node *node,
                      FILE *stream)
{
    uint8_t text[CONFIG_SIZE_MAX];
    struct qc_bytes bytes = {text, fread(text, 1, sizeof(text), stream)};
    struct qc_arena arena;
    bool ok;

    qc_arena_init(&arena, CONFIG_ARENA_SIZE_MAX);
    ok = address_read(dev, node, bytes, &arena);
    qc_arena_done(&arena);
    return ok;
}

bool qc_dev_load(struct qc_dev *dev)
{
    bool ok = true;

    *dev = (struct qc_dev){.n_nodes = 0};
    while (ok && dev->n_nodes < QC_DEV_NODES_MAX) {
        struct qc_dev_node *node = &dev->nodes[dev->n_nodes];
        FILE *stream;

        node_init(node, dev->n_nodes + 1);
        stream = fopen(node->config, "r");
        if (stream == NULL) {
            break;
        }
        ok = node_load(dev, node, stream);
        fclose(stream);
        dev->n_nodes++;
    }
    join_endpoints(dev);
    return ok;
}

/* Writes the file of the node at |i|, of which the first |n_members| are the
 * cluster. */
static bool node_write(const struct qc_dev *dev, unsigned i, unsigned n_members)
{
    const struct qc_dev_node *node = &dev->nodes[i];
    char directory[PATH_MAX];
    FILE *stream;
    bool ok;

    if (getcwd(directory, sizeof(directory)) == NULL ||
        (mkdir(node->name, 0700) != 0 && errno != EEXIST)) {
        return false;
    }
    stream = fopen(node->config, "w");
    if (stream == NULL) {
        return false;
    }
    fprintf(stream,
            "cluster_id: " CLUSTER "\n"
            "node_id: %u\n"
            "data_dir: '%s/%s/data'\n"
            "listen: %s\n"
            "admin:\n"
            "  listen: 127.0.0.1:%u\n"
            "initial_members:\n",
            i + 1, directory, node->name, node->address,
            (unsigned)node->port + QC_DEV_ADMIN_PORT_OFFSET);
    for (unsigned k = 0; k < n_members; k++) {
        fprintf(stream, "  - {id: %u, address: '%s'}\n", k + 1,
                dev->nodes[k].address);
    }
    if (dev->tls) {
        fprintf(stream,
                "tls:\n"
                "  certificate: '%s/certs/node-%u.pem'\n"
                "  key: '%s/certs/node-%u-key.pem'\n"
                "  node_ca: '%s/certs/node-ca.pem'\n"
                "  client_ca: '%s/certs/client-ca.pem'\n",
                directory, i + 1, directory, i + 1, directory, directory);
    }
    ok = !ferror(stream);
    return fclose(stream) == 0 && ok;
}

static bool cannot_write(const struct qc_dev_node *node)
{
    fprintf(stderr, "qcctl: %s: %s\n", node->config, strerror(errno));
    return false;
}

/* Gives the node its name and its place. */
static void node_place(struct qc_dev_node *node, unsigned id, unsigned port)
{
    node_init(node, id);
    node->port = (uint16_t)port;
    snprintf(node->address, sizeof(node->address), "127.0.0.1:%u", node->port);
}

/* Makes the certificate of the node at |i|, unless it is there. */
static bool certificates_make(unsigned i)
{
    char name[QC_DEV_PATH_SIZE];
    char uri[QC_DEV_PATH_SIZE];
    char certificate[QC_DEV_PATH_SIZE];
    char key[QC_DEV_PATH_SIZE];

    snprintf(name, sizeof(name), "node-%u", i + 1);
    snprintf(uri, sizeof(uri), "quorumcall://" CLUSTER "/%u", i + 1);
    snprintf(certificate, sizeof(certificate), "certs/node-%u.pem", i + 1);
    snprintf(key, sizeof(key), "certs/node-%u-key.pem", i + 1);
    return (access(certificate, F_OK) == 0) ||
           qc_cert_make(&(struct qc_cert_order){
               .name = name,
               .uri = uri,
               .certificate = certificate,
               .key = key,
               .ca = "certs/node-ca.pem",
               .ca_key = "certs/node-ca-key.pem",
               .hosts = {"localhost", "127.0.0.1", "::1"},
               .n_hosts = 3,
               .days = CERTIFICATE_DAYS,
               .serves = true,
           });
}

/* Makes both authorities and an operator, unless they are there. */
static bool authorities_make(void)
{
    static const struct qc_cert_order orders[] = {
        {
            .name = "quorumcall dev node authority",
            .certificate = "certs/node-ca.pem",
            .key = "certs/node-ca-key.pem",
            .days = CERTIFICATE_DAYS,
            .authority = true,
        },
        {
            .name = "quorumcall dev client authority",
            .certificate = "certs/client-ca.pem",
            .key = "certs/client-ca-key.pem",
            .days = CERTIFICATE_DAYS,
            .authority = true,
        },
        {
            .name = "operator/dev",
            .uri = "quorumcall://operator/dev",
            .certificate = QC_DEV_CERT,
            .key = QC_DEV_KEY,
            .ca = "certs/client-ca.pem",
            .ca_key = "certs/client-ca-key.pem",
            .days = CERTIFICATE_DAYS,
        },
    };
    bool made = mkdir("certs", 0700) == 0 || errno == EEXIST;

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        made = made && (access(orders[i].certificate, F_OK) == 0 ||
                        qc_cert_make(&orders[i]));
    }
    return made;
}

bool qc_dev_credentials(const struct qc_dev *dev,
                        struct qc_credentials *credentials)
{
    static const struct qc_credential_words words = {
        .cacert = QC_DEV_CACERT,
        .cert = QC_DEV_CERT,
        .key = QC_DEV_KEY,
    };
    static const struct qc_credential_words none = {.cacert = NULL};

    return qc_credentials_load(credentials, dev->tls ? &words : &none,
                               dev->endpoints);
}

bool qc_dev_make(struct qc_dev *dev,
                 unsigned n_nodes,
                 uint16_t base_port,
                 bool tls)
{
    *dev = (struct qc_dev){.n_nodes = n_nodes, .tls = tls};
    for (unsigned i = 0; i < n_nodes; i++) {
        struct qc_dev_node *node = &dev->nodes[i];

        node_place(node, i + 1, base_port + i * QC_DEV_PORT_STEP);
    }
    join_endpoints(dev);
    if (tls && !authorities_make()) {
        return false;
    }
    for (unsigned i = 0; i < n_nodes; i++) {
        if (tls && !certificates_make(i)) {
            return false;
        }
        if (!node_write(dev, i, n_nodes)) {
            return cannot_write(&dev->nodes[i]);
        }
    }
    return true;
}

uint16_t qc_dev_next_port(const struct qc_dev *dev)
{
    assert(dev->n_nodes > 0);

    return (uint16_t)(dev->nodes[dev->n_nodes - 1].port + QC_DEV_PORT_STEP);
}

bool qc_dev_add(struct qc_dev *dev)
{
    struct qc_dev_node *node = &dev->nodes[dev->n_nodes];

    if (dev->n_nodes == 0 || dev->n_nodes == QC_DEV_NODES_MAX) {
        fprintf(stderr, "qcctl: there are %u nodes; at most %d are possible\n",
                dev->n_nodes, QC_DEV_NODES_MAX);
        return false;
    }
    node_place(node, dev->n_nodes + 1, qc_dev_next_port(dev));
    node->joins = true;
    if (dev->tls && !certificates_make(dev->n_nodes)) {
        return false;
    }
    if (!node_write(dev, dev->n_nodes, dev->n_nodes)) {
        return cannot_write(node);
    }
    dev->n_nodes++;
    join_endpoints(dev);
    return true;
}

bool qc_dev_is_initialised(const struct qc_dev_node *node)
{
    char path[QC_DEV_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/data/identity", node->name);
    return access(path, F_OK) == 0;
}

bool qc_dev_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    /* The lock goes with the process, and so does the descriptor. */
    return fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0;
}

pid_t qc_dev_supervisor(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(LOCK_FILE, O_RDWR | O_CLOEXEC);
    pid_t pid = 0;

    if (fd >= 0) {
        if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
            pid = lock.l_pid;
        }
        close(fd);
    }
    return pid;
}

/* Removes what is in directory |name| of |parent|, and the directory. What
 * cannot be removed is left: rmdir() of what holds it fails then. */
static void remove_tree(int parent, const char *name)
{
    int fd =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 &&
            unlinkat(fd, entry->d_name, 0) != 0) {
            remove_tree(fd, entry->d_name);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void qc_dev_purge(const struct qc_dev *dev)
{
    char directory[PATH_MAX];

    for (unsigned i = 0; i < dev->n_nodes; i++) {
        remove_tree(AT_FDCWD, dev->nodes[i].name);
    }
    remove_tree(AT_FDCWD, "certs");
    unlink(LOCK_FILE);
    unlink(QC_DEV_SOCKET);
    unlink(QC_DEV_LOG);
    if (getcwd(directory, sizeof(directory)) != NULL && chdir("/") == 0) {
        rmdir(directory);
    }
}
