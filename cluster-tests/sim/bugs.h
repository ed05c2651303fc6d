/*
 * The planted bugs (base/planted.h), and of each the check that must see it.
 */
#ifndef QC_SIM_BUGS_H
#define QC_SIM_BUGS_H

#include <stdint.h>

/* Runs each, prints the table, and gives how many were not seen by the check
 * that must; |passed_out| goes up by the others. */
uint64_t sim_bugs_run(unsigned n_jobs, uint64_t *passed_out);

#endif
