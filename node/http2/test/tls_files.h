/* The files of a cluster for tests: node 1, node 2, and Alice, who is a client;
 * in a directory of their own, which is the current one. */
#ifndef QC_HTTP2_TEST_TLS_FILES_H
#define QC_HTTP2_TEST_TLS_FILES_H

#include "http2/test/authority.h"
#include "http2/tls.h"

#define CLUSTER "quorumcall://c1/"

extern struct authority nodes;
extern struct authority clients;
extern struct authority strangers; /* Of whom no file tells. */

extern const struct qc_tls_files NODE_1; /* It is at localhost. */
extern const struct qc_tls_files NODE_2;
extern const struct qc_tls_files NOBODY; /* Who believes in nodes. */

/* Of a group of tests: makes the directory and the authorities; removes them.
 */
int tls_files_enter(void **state);
int tls_files_leave(void **state);

/* Of each test: writes good files, which it may spoil. */
int tls_files_write(void **state);

/* Has |authority| make |name|.pem and its key. */
void issue(const struct authority *authority,
           const char *name,
           const struct wanted *wanted);

/* A context of |files|, which are good; and of |name|.pem, who believes in
 * nodes. */
struct qc_tls *tls_new(const struct qc_tls_files *files);
struct qc_tls *tls_of(const char *name);

#endif
