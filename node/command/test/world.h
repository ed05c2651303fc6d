/*
 * A machine in memory and a log that it alone writes: what a node is, without
 * a cluster. Test support; never linked in.
 */
#ifndef QC_COMMAND_TEST_WORLD_H
#define QC_COMMAND_TEST_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "command/table.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "quorumcall/v1/effect.pb-c.h"

enum {
    QC_WORLD_START_MS = 1000000,
};

struct qc_world {
    struct qc_mem_store *mem;
    struct qc_machine machine;
    struct qc_arena arena; /* Of requests and answers. */
    int64_t now_ms;
    unsigned n_requests;
    const char *caller; /* Who asks: as entries write it, and "/local". */
    uint32_t tenant;    /* Whose: the first that is written, unless changed. */
    bool names_tenant;  /* One of the cluster names the tenant. */
    bool is_watched;    /* Rows and indexes are verified after each entry. */
};

/* What came back. In the world's arena. */
struct qc_reply {
    int refusal;
    const ProtobufCMessage *response; /* NULL when refused. */
    struct qc_refusal_detail detail;
    bool replayed;
};

/* Every fault fails the test that runs. */
void qc_world_open(struct qc_world *world, int64_t now_ms);

/* At QC_WORLD_START_MS, with one member, which knows all commands. */
void qc_world_open_alone(struct qc_world *world);
void qc_world_close(struct qc_world *world);

/* Lets time pass, until |now_ms|: each timer fires when it is due. */
void qc_world_pass(struct qc_world *world, int64_t now_ms);

/* Appends a configuration to the log, and applies it. */
void qc_world_configure(struct qc_world *world,
                        const struct qc_member *members,
                        size_t n);

/* Writes what |effect| says is wanted, in an entry of its own; |effect| gets
 * its id. */
void qc_world_effect(struct qc_world *world, Qc__V1__Effect *effect);

/* Asks for world->caller, by the log or as a query; what is the cluster's or a
 * tenant's, for the cluster if the caller is of the cluster, and names none.
 * |request_id| may be NULL: then it is a new one. */
void qc_world_ask(struct qc_world *world,
                  const struct qc_method *method,
                  const ProtobufCMessage *request,
                  const char *request_id,
                  struct qc_reply *reply_out);

/* Asks, as a story does: the name of a method and its fields, "PutQueue
 * queue.key=a". Gives whether it was done. */
__attribute__((format(printf, 3, 4))) bool qc_world_call(struct qc_world *world,
                                                         struct qc_reply *reply,
                                                         const char *format,
                                                         ...);

/* Verifies all rows and indexes; then opens the same rows anew, and finds the
 * same. */
void qc_world_verify(struct qc_world *world);

#endif
