#include "cli/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http2/tls.h"

enum {
    TEXT_SIZE = 512,
};

/* What can stand in a header: printable ASCII without spaces. */
static bool is_key(const char *text)
{
    size_t n = 0;

    while (text[n] > ' ' && text[n] <= '~') {
        n++;
    }
    return n > 0 && text[n] == '\0';
}

static bool api_key_take(struct qc_credentials *credentials,
                         const char *from,
                         const char *key)
{
    size_t size = strlen(key) + 1;

    if (!is_key(key) || size > sizeof(credentials->api_key)) {
        fprintf(stderr, "qcctl: %s: it holds no API key\n", from);
        return false;
    }
    memcpy(credentials->api_key, key, size);
    return true;
}

/* The file's first line is the key. */
static bool api_key_read(struct qc_credentials *credentials, const char *path)
{
    char line[QC_API_KEY_SIZE + 1] = "";
    FILE *stream = fopen(path, "r");

    if (stream == NULL) {
        fprintf(stderr, "qcctl: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (fgets(line, sizeof(line), stream) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
    }
    fclose(stream);
    return api_key_take(credentials, path, line);
}

static bool wants_tls(const struct qc_credential_words *words,
                      const char *endpoints)
{
    return words->cacert != NULL || words->cert != NULL || words->key != NULL ||
           strstr(endpoints, "https://") != NULL;
}

bool qc_credentials_load(struct qc_credentials *credentials,
                         const struct qc_credential_words *words,
                         const char *endpoints)
{
    const struct qc_tls_files files = {
        .certificate = words->cert,
        .key = words->key,
        .node_ca = words->cacert,
    };
    char text[TEXT_SIZE];

    *credentials = (struct qc_credentials){.tls = NULL};
    if (words->api_key_file != NULL) {
        if (!api_key_read(credentials, words->api_key_file)) {
            return false;
        }
    } else if (words->api_key != NULL &&
               !api_key_take(credentials, "QUORUMCALL_API_KEY",
                             words->api_key)) {
        return false;
    }
    if (wants_tls(words, endpoints) &&
        !qc_tls_new(&files, &credentials->tls, text, sizeof(text))) {
        fprintf(stderr, "qcctl: %s\n", text);
        return false;
    }
    return true;
}

void qc_credentials_refuse(const char *endpoints)
{
    fprintf(stderr,
            "qcctl: \"%s\": not a list of host:port, or an API key would be "
            "sent there in clear: give --cacert, or write http://host:port if "
            "that may be\n",
            endpoints);
}

void qc_credentials_done(struct qc_credentials *credentials)
{
    qc_tls_free(credentials->tls);
    credentials->tls = NULL;
}
