/*
 * qcctl principal create, rotate, enable, disable.
 *
 * A key is made here, from the kernel's dice, printed once, and sent to nobody:
 * the cluster gets its hash.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/base64.h"
#include "cli/arguments.h"
#include "cli/inquiry.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "cli/words.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    ARENA_SIZE_MAX = 4 * 1024 * 1024,
    SECRET_SIZE = 32,
    PREFIX_SIZE = 3,
    LETTERS = 43, /* Without the one of padding. */
    KEY_TEXT_SIZE = PREFIX_SIZE + LETTERS + 2,
};

static const char PREFIX[] = "qc_";

struct api_key {
    char text[KEY_TEXT_SIZE];
    uint8_t hash[SHA256_DIGEST_LENGTH];
};

/* "qc_" and 43 letters of the alphabet for URLs, unpadded. */
static bool api_key_make(struct api_key *key)
{
    uint8_t secret[SECRET_SIZE];
    char *letters = key->text + PREFIX_SIZE;

    if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret)) {
        fprintf(stderr, "qcctl: the system gives no random bytes\n");
        return false;
    }
    memcpy(key->text, PREFIX, PREFIX_SIZE);
    qc_base64_write((struct qc_bytes){secret, sizeof(secret)}, letters);
    letters[LETTERS] = '\0';
    for (char *c = letters; *c != '\0'; c++) {
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
    SHA256((const uint8_t *)key->text, strlen(key->text), key->hash);
    return true;
}

/* Prints the key: there is no second time. */
static enum qc_exit tell_key(const struct api_key *key)
{
    if (puts(key->text) != EOF && fflush(stdout) == 0) {
        return QC_EXIT_OK;
    }
    fprintf(stderr, "qcctl: it was done; this is the key: %s\n", key->text);
    return QC_EXIT_FAILED;
}

/* Puts |request|, with the key in |key| unless that is NULL, and prints what
 * came of it: the key alone, or the principal. */
static enum qc_exit put(struct qc_inquiry *inquiry,
                        const struct qc_options *options,
                        Qc__V1__PutPrincipalRequest *request,
                        struct api_key *key,
                        struct qc_arena *arena)
{
    struct qc_client_answer answer = {.reason = ""};
    enum qc_exit exit;

    if (key != NULL) {
        request->api_key_hash =
            (ProtobufCBinaryData){sizeof(key->hash), key->hash};
    }
    exit = qc_inquiry_ask(inquiry, &qc_rpc_put_principal, &request->base, arena,
                          &answer);
    if (exit == QC_EXIT_OK && key != NULL) {
        exit = tell_key(key);
    } else if (exit == QC_EXIT_OK && options->json) {
        exit = qc_print_json(answer.response) ? QC_EXIT_OK : QC_EXIT_FAILED;
        putchar('\n');
    } else if (exit == QC_EXIT_OK) {
        qc_print_fields(answer.response, options->raw);
    } else if (key != NULL && strcmp(answer.reason, "UNKNOWN_OUTCOME") == 0) {
        fprintf(stderr, "qcctl: if it was done, this is the key: %s\n",
                key->text);
    }
    return exit;
}

/* The principal |name| as it is; NULL when there is none, which is said. */
static Qc__V1__Principal *get(struct qc_inquiry *inquiry,
                              const char *name,
                              struct qc_arena *arena,
                              enum qc_exit *exit_out)
{
    Qc__V1__GetPrincipalRequest request = QC__V1__GET_PRINCIPAL_REQUEST__INIT;
    struct qc_client_answer answer;

    request.key = name;
    *exit_out = qc_inquiry_ask(inquiry, &qc_rpc_get_principal, &request.base,
                               arena, &answer);
    return *exit_out == QC_EXIT_OK
               ? ((Qc__V1__GetPrincipalResponse *)answer.response)->principal
               : NULL;
}

/* Whether nobody is called |name| yet; what else goes wrong is said when it is
 * put. */
static bool is_free(struct qc_inquiry *inquiry,
                    const char *name,
                    struct qc_arena *arena)
{
    Qc__V1__GetPrincipalRequest request = QC__V1__GET_PRINCIPAL_REQUEST__INIT;
    struct qc_client_answer answer;

    request.key = name;
    if (!qc_client_ask(inquiry->client, &qc_rpc_get_principal, &request.base,
                       inquiry->timeout_ms, arena, &answer) ||
        answer.status != QC_STATUS_OK) {
        return true;
    }
    fprintf(stderr, "qcctl: there is a %s: give it another key with rotate\n",
            name);
    return false;
}

enum qc_exit qc_principal_create(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    const struct qc_request_shape shape = {
        .type = &qc__v1__principal__descriptor,
        .positional = "key",
        .defaults = "",
    };
    Qc__V1__PutPrincipalRequest request = QC__V1__PUT_PRINCIPAL_REQUEST__INIT;
    enum qc_exit exit = QC_EXIT_USAGE;
    struct qc_usage_error error;
    struct qc_inquiry inquiry;
    ProtobufCMessage *message;
    struct qc_arena arena;
    struct api_key key;

    qc_arena_init(&arena, ARENA_SIZE_MAX);
    if (!qc_arguments_read(&shape, options, &arena, &message, &error)) {
        fprintf(stderr, "qcctl: %s\n\n", error.text);
        qc_verb_explain(stderr, verb);
    } else if (!api_key_make(&key) || !qc_inquiry_open(&inquiry, options)) {
        exit = QC_EXIT_FAILED;
    } else {
        request.principal = (Qc__V1__Principal *)message;
        exit = is_free(&inquiry, request.principal->key, &arena)
                   ? put(&inquiry, options, &request, &key, &arena)
                   : QC_EXIT_FAILED;
        qc_inquiry_close(&inquiry);
    }
    qc_arena_done(&arena);
    return exit;
}

/* Puts the principal that the verb names again, in |state| unless that is
 * UNSPECIFIED, and with |key| unless that is NULL. */
static enum qc_exit change(const struct qc_verb *verb,
                           const struct qc_options *options,
                           Qc__V1__PrincipalState state,
                           struct api_key *key)
{
    Qc__V1__PutPrincipalRequest request = QC__V1__PUT_PRINCIPAL_REQUEST__INIT;
    struct qc_inquiry inquiry;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 1, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    if (!qc_inquiry_open(&inquiry, options)) {
        return QC_EXIT_FAILED;
    }
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    request.principal = get(&inquiry, words.bare[0], &arena, &exit);
    if (request.principal != NULL) {
        request.if_rev = request.principal->rev;
        if (state != QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_UNSPECIFIED) {
            request.principal->state = state;
        }
        exit = put(&inquiry, options, &request, key, &arena);
    }
    qc_inquiry_close(&inquiry);
    qc_arena_done(&arena);
    return exit;
}

enum qc_exit qc_principal_rotate(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    struct api_key key;

    return api_key_make(&key)
               ? change(verb, options,
                        QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_UNSPECIFIED,
                        &key)
               : QC_EXIT_FAILED;
}

enum qc_exit qc_principal_enable(const struct qc_verb *verb,
                                 const struct qc_options *options)
{
    return change(verb, options,
                  QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_ACTIVE, NULL);
}

enum qc_exit qc_principal_disable(const struct qc_verb *verb,
                                  const struct qc_options *options)
{
    return change(verb, options,
                  QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_DISABLED, NULL);
}
