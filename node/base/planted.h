/*
 * Bugs on purpose.
 *
 * A safety check that has never caught anything proves nothing. VARIANT=planted
 * builds the product with the faults that the simulator must find, each behind
 * its number, of which one is switched on at a time (`make check-planted`). In
 * every other variant the macro is false and nothing of it is in the objects.
 */
#ifndef QC_BASE_PLANTED_H
#define QC_BASE_PLANTED_H

#include <stdbool.h>

#ifdef QC_PLANTED
extern int qc_planted_bug; /* The simulator's; 0: none. */
#define QC_PLANTED_BUG(number) (qc_planted_bug == (number))
#else
#define QC_PLANTED_BUG(number) false
#endif

#endif
