/* A machine over rows in memory, with one tenant. Test support. */
#ifndef QC_MACHINE_TEST_FIXTURE_H
#define QC_MACHINE_TEST_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "machine/machine.h"
#include "machine/roster.h"
#include "machine/store.h"
#include "machine/test/mem_store.h"
#include "quorumcall/v1/number.pb-c.h"
#include "quorumcall/v1/pool.pb-c.h"

enum {
    FIXTURE_ARENA_SIZE = 256 * 1024 * 1024,
    FIXTURE_TENANT = 1,
    FIXTURE_START_MS = 1000000,
};

/* Between two calls there is always an entry begun, in |txn|; it is not fired
 * timers, so that a test can say when. */
struct fixture {
    struct qc_mem_store *mem;
    struct qc_machine machine;
    struct qc_arena arena;
    struct qc_txn txn;
};

/* For cmocka. The cluster keeps to the newest version; that of the old one to
 * the first, and it has no members. The teardown verifies the machine as it is,
 * and opened again; the other one does not. */
int fixture_setup(void **state);
int fixture_setup_old(void **state);
int fixture_teardown(void **state);
int fixture_teardown_broken(void **state);

/* The only member reports |version|, to which the cluster keeps then. */
void fixture_version(struct fixture *f, uint32_t version);

/* Commits the entry, and begins the next one |later_ms| later. */
void fixture_next(struct fixture *f, int64_t later_ms);

/* Likewise, but drops the machine in between and opens it from its rows. */
void fixture_reopen(struct fixture *f);

/* Asserts that |r| is 0 and that nothing is broken. */
void fixture_done(struct fixture *f, int r);

/* Asserts that |r| refuses for |refusal| because of |field|. */
void fixture_refused(struct fixture *f, int r, int refusal, const char *field);

/* Writes, and asserts that it works. */
void fixture_tenant(struct fixture *f, const char *key);
void fixture_pool(struct fixture *f, const char *key, Qc__V1__MatchMode mode);
void fixture_number(struct fixture *f, const char *number, const char *pool);

/* Whether the roster has the agent of |index| among those who take calls of
 * |queue| that need |skill| at |level| at least. */
bool fixture_takes(struct fixture *f,
                   uint32_t index,
                   const char *queue,
                   uint32_t skill,
                   uint32_t level);

/* Why the agent of |index|, who is ready and has |n_chats| chats, cannot take a
 * call, as the roster says. */
enum qc_passed_over fixture_spoken_against(struct fixture *f,
                                           uint32_t index,
                                           uint16_t n_chats);

#endif
