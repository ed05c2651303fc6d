/*
 * The schema of what is served to clients: the part of the compiled-in
 * FileDescriptorSet that is theirs. What nodes tell one another, and what rows
 * and configuration files look like, is left out.
 */
#ifndef QC_RPC_SERVED_H
#define QC_RPC_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct qc_served;

enum {
    QC_SERVED_FILES_MAX = 64,
};

/* A file, as it is named here: from 0 on. */
typedef int qc_served_file;

enum {
    QC_SERVED_NONE = -1,
};

/* Gives; freed by qc_served_free(). NULL when memory is short. */
struct qc_served *qc_served_new(void);
void qc_served_free(struct qc_served *served);

/* The file called |name|: "quorumcall/v1/pool.proto". */
qc_served_file qc_served_file_called(const struct qc_served *served,
                                     const char *name);

/* The file that declares |symbol|, a full name without a dot before it: of a
 * message, a field, an enum, a value, an extension, a service or a method. */
qc_served_file qc_served_file_of_symbol(const struct qc_served *served,
                                        const char *symbol);

/* The file that declares extension |number| of message |type|. */
qc_served_file qc_served_file_of_extension(const struct qc_served *served,
                                           const char *type,
                                           int32_t number);

/* The numbers of all extensions of |type|, at most |max|: how many. */
size_t qc_served_extensions(const struct qc_served *served,
                            const char *type,
                            int32_t *numbers_out,
                            size_t max);

/* Whether there is such a message. */
bool qc_served_has_message(const struct qc_served *served, const char *type);

/* |file| itself, then all that it imports, and what those import: how many.
 * Each is a packed google.protobuf.FileDescriptorProto, static. */
size_t qc_served_closure(const struct qc_served *served,
                         qc_served_file file,
                         struct qc_bytes files_out[QC_SERVED_FILES_MAX]);

/* Service |i|, in full; NULL after the last. */
const char *qc_served_service(const struct qc_served *served, size_t i);

#endif
