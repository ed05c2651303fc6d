#include "http2/test/tls_files.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char TEMPLATE[] = "/tmp/quorumcall-tls-XXXXXX";
static char directory[sizeof(TEMPLATE)];
struct authority nodes;
struct authority clients;
struct authority strangers;

const struct qc_tls_files NODE_1 = {
    .certificate = "node1.pem",
    .key = "node1-key.pem",
    .client_ca = "clients.pem",
    .node_ca = "nodes.pem",
};
const struct qc_tls_files NODE_2 = {
    .certificate = "node2.pem",
    .key = "node2-key.pem",
    .client_ca = "clients.pem",
    .node_ca = "nodes.pem",
};
const struct qc_tls_files NOBODY = {.node_ca = "nodes.pem"};

void issue(const struct authority *authority,
           const char *name,
           const struct wanted *wanted)
{
    char certificate[64];
    char key[64];

    snprintf(certificate, sizeof(certificate), "%s.pem", name);
    snprintf(key, sizeof(key), "%s-key.pem", name);
    authority_issue(authority, wanted, certificate, key);
}

int tls_files_enter(void **state)
{
    (void)state;
    memcpy(directory, TEMPLATE, sizeof(TEMPLATE));
    if (mkdtemp(directory) == NULL || chdir(directory) != 0) {
        return -1;
    }
    authority_make(&nodes, "nodes");
    authority_make(&clients, "clients");
    authority_make(&strangers, "strangers");
    return 0;
}

int tls_files_leave(void **state)
{
    DIR *files = opendir(directory);
    struct dirent *file;

    (void)state;
    authority_done(&nodes);
    authority_done(&clients);
    authority_done(&strangers);
    assert_non_null(files);
    while ((file = readdir(files)) != NULL) {
        unlink(file->d_name);
    }
    closedir(files);
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

int tls_files_write(void **state)
{
    (void)state;
    authority_write(&nodes, "nodes.pem");
    authority_write(&clients, "clients.pem");
    issue(&nodes, "node1",
          &(struct wanted){.names = "URI:" CLUSTER "1,DNS:localhost,"
                                    "IP:127.0.0.1"});
    issue(&nodes, "node2", &(struct wanted){.names = "URI:" CLUSTER "2"});
    issue(&clients, "alice",
          &(struct wanted){.names = "URI:quorumcall://demo/alice",
                           .usage = "clientAuth"});
    return 0;
}

struct qc_tls *tls_new(const struct qc_tls_files *files)
{
    char text[512] = "";
    struct qc_tls *tls = NULL;

    if (!qc_tls_new(files, &tls, text, sizeof(text))) {
        fail_msg("%s", text);
    }
    return tls;
}

struct qc_tls *tls_of(const char *name)
{
    char certificate[64];
    char key[64];
    const struct qc_tls_files files = {
        .certificate = certificate,
        .key = key,
        .node_ca = "nodes.pem",
    };

    snprintf(certificate, sizeof(certificate), "%s.pem", name);
    snprintf(key, sizeof(key), "%s-key.pem", name);
    return tls_new(&files);
}
