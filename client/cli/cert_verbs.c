/*
 * qcctl cert: the certificates of a cluster, made by two authorities.
 *
 *   node-ca.pem, node-ca-key.pem        who makes nodes
 *   client-ca.pem, client-ca-key.pem    who makes clients
 *   node-N.pem, node-N-key.pem          node N of the cluster
 *   client-NAME.pem, client-NAME-key.pem
 *
 * A node needs its own two files, and of the authorities only the certificates;
 * their keys are best kept where no node runs.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cert_maker.h"
#include "cli/verb.h"
#include "cli/words.h"

enum {
    CA_DAYS = 3650,
    LEAF_DAYS = 365,
    NAME_SIZE = 65,
    URI_SIZE = 256,
};

/* What the words of these verbs say. */
struct wish {
    const char *dir;
    const char *bare; /* NULL: not said. */
    const char *cluster;
    uint64_t id;
    unsigned days; /* 0: not said. */
    const char *hosts[QC_CERT_HOSTS_MAX];
    unsigned n_hosts;
};

/* The files of something that is made, and of who makes it. */
struct paths {
    char certificate[PATH_MAX];
    char key[PATH_MAX];
    char ca[PATH_MAX];
    char ca_key[PATH_MAX];
};

/* Letters, digits, and what names of hosts and of ours have between them. */
static bool is_plain(const char *text, const char *between)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(LETTERS, *c) == NULL && strchr(between, *c) == NULL) {
            return false;
        }
    }
    return text[0] != '\0';
}

static bool host_add(struct wish *wish, const char *host)
{
    if (host == NULL || wish->n_hosts == QC_CERT_HOSTS_MAX ||
        strlen(host) > 253 || !is_plain(host, ".-:*")) {
        return false;
    }
    wish->hosts[wish->n_hosts++] = host;
    return true;
}

static bool days_read(const char *text, unsigned *days_out)
{
    char *end = NULL;
    unsigned long days = text != NULL ? strtoul(text, &end, 10) : 0;

    if (days == 0 || days > QC_CERT_DAYS_MAX || *end != '\0') {
        return false;
    }
    *days_out = (unsigned)days;
    return true;
}

/* Reads the words that the verb's usage names. */
static bool wish_read(const struct qc_verb *verb,
                      const struct qc_options *options,
                      struct wish *wish)
{
    bool of_node = strcmp(verb->name, "create-node") == 0;
    size_t at = 0;
    bool good = true;

    *wish = (struct wish){.dir = "."};
    while (good && at < options->n_words) {
        const char *value;

        if (qc_options_word(options, &at, "--dir", &wish->dir)) {
            good = wish->dir != NULL;
        } else if (qc_options_word(options, &at, "--days", &value)) {
            good = days_read(value, &wish->days);
        } else if (of_node &&
                   qc_options_word(options, &at, "--cluster", &wish->cluster)) {
            good = wish->cluster != NULL;
        } else if (of_node && qc_options_word(options, &at, "--id", &value)) {
            good = value != NULL && qc_node_id_read(value, &wish->id);
        } else if (of_node && qc_options_word(options, &at, "--host", &value)) {
            good = host_add(wish, value);
        } else {
            good =
                !of_node && wish->bare == NULL && options->words[at][0] != '-';
            wish->bare = options->words[at++];
        }
    }
    return good;
}

static enum qc_exit usage(const struct qc_verb *verb)
{
    qc_verb_explain(stderr, verb);
    return QC_EXIT_USAGE;
}

static bool path_make(char path_out[PATH_MAX],
                      const struct wish *wish,
                      const char *name,
                      const char *end)
{
    return snprintf(path_out, PATH_MAX, "%s/%s%s", wish->dir, name, end) <
           PATH_MAX;
}

/* |maker| is NULL for what signs itself. */
static bool paths_make(struct paths *paths,
                       const struct wish *wish,
                       const char *name,
                       const char *maker)
{
    return path_make(paths->certificate, wish, name, ".pem") &&
           path_make(paths->key, wish, name, "-key.pem") &&
           (maker == NULL ||
            (path_make(paths->ca, wish, maker, ".pem") &&
             path_make(paths->ca_key, wish, maker, "-key.pem")));
}

static enum qc_exit make(const struct paths *paths,
                         const struct qc_cert_order *order)
{
    if (!qc_cert_make(order)) {
        return QC_EXIT_FAILED;
    }
    printf("%s\n%s\n", paths->certificate, paths->key);
    return QC_EXIT_OK;
}

enum qc_exit qc_cert_create_ca(const struct qc_verb *verb,
                               const struct qc_options *options)
{
    struct paths paths;
    struct wish wish;
    char name[NAME_SIZE];
    char file[NAME_SIZE];

    if (!wish_read(verb, options, &wish) || wish.bare == NULL ||
        (strcmp(wish.bare, "node") != 0 && strcmp(wish.bare, "client") != 0)) {
        return usage(verb);
    }
    snprintf(name, sizeof(name), "quorumcall %s authority", wish.bare);
    snprintf(file, sizeof(file), "%s-ca", wish.bare);
    if (!paths_make(&paths, &wish, file, NULL)) {
        return usage(verb);
    }
    if (mkdir(wish.dir, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr, "qcctl: %s: %s\n", wish.dir, strerror(errno));
        return QC_EXIT_FAILED;
    }
    return make(&paths, &(struct qc_cert_order){
                            .name = name,
                            .certificate = paths.certificate,
                            .key = paths.key,
                            .days = wish.days > 0 ? wish.days : CA_DAYS,
                            .authority = true,
                        });
}

enum qc_exit qc_cert_create_node(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    struct qc_cert_order order = {.authority = false, .serves = true};
    struct paths paths;
    struct wish wish;
    char name[NAME_SIZE];
    char uri[URI_SIZE];

    if (!wish_read(verb, options, &wish) || wish.cluster == NULL ||
        strlen(wish.cluster) >= NAME_SIZE || !is_plain(wish.cluster, "._:-") ||
        wish.id == 0 || wish.n_hosts == 0) {
        return usage(verb);
    }
    snprintf(name, sizeof(name), "node-%llu", (unsigned long long)wish.id);
    snprintf(uri, sizeof(uri), "quorumcall://%s/%llu", wish.cluster,
             (unsigned long long)wish.id);
    if (!paths_make(&paths, &wish, name, "node-ca")) {
        return usage(verb);
    }
    order.name = name;
    order.uri = uri;
    order.certificate = paths.certificate;
    order.key = paths.key;
    order.ca = paths.ca;
    order.ca_key = paths.ca_key;
    order.days = wish.days > 0 ? wish.days : LEAF_DAYS;
    order.n_hosts = wish.n_hosts;
    memcpy(order.hosts, wish.hosts, sizeof(order.hosts));
    return make(&paths, &order);
}

enum qc_exit qc_cert_create_client(const struct qc_verb *verb,
                                   const struct qc_options *options)
{
    struct paths paths;
    struct wish wish;
    const char *slash;
    char name[NAME_SIZE];
    char file[NAME_SIZE + 8];
    char uri[URI_SIZE];

    if (!wish_read(verb, options, &wish) || wish.bare == NULL ||
        strlen(wish.bare) >= sizeof(name)) {
        return usage(verb);
    }
    slash = strchr(wish.bare, '/');
    if (slash == NULL || slash == wish.bare || slash[1] == '\0' ||
        strchr(slash + 1, '/') != NULL || !is_plain(wish.bare, "/._:-")) {
        return usage(verb);
    }
    snprintf(name, sizeof(name), "%s", wish.bare);
    snprintf(uri, sizeof(uri), "quorumcall://%s", name);
    snprintf(file, sizeof(file), "client-%.*s-%s", (int)(slash - wish.bare),
             wish.bare, slash + 1);
    if (!paths_make(&paths, &wish, file, "client-ca")) {
        return usage(verb);
    }
    return make(&paths, &(struct qc_cert_order){
                            .name = name,
                            .uri = uri,
                            .certificate = paths.certificate,
                            .key = paths.key,
                            .ca = paths.ca,
                            .ca_key = paths.ca_key,
                            .days = wish.days > 0 ? wish.days : LEAF_DAYS,
                        });
}
