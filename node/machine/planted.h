/*
 * What planted bugs (base/planted.h) need and the machine must not have: a
 * clock, dice, and addresses. Only VARIANT=planted defines these.
 *
 * The bugs of the floors machine and command, and what each breaks:
 *
 *      9  answers are remembered by what was asked, not by who asked it
 *     10  a row holds the time of the machine it was written on
 *     11  what is random is drawn by each node for itself
 *     12  which of two free numbers is given depends on an address in memory
 *     13  a number rests a second less than it has to
 *     14  an allocation that has ended can be released again
 *     15  an agent is given one more of a medium than he may have
 *     16  an offer that was not taken goes back twice
 *     17  who has just become ready, or idle, is not in the index of the ready
 *     27  a release that is refused writes a row
 *     29  a command of a newer release is done by doing nothing
 *     31  who did not take an offer is still in the index of the ready
 *     32  anybody may accept an offer
 *     33  what a connector brings twice is there twice
 *     34  of those of equal priority the last one is served first
 */
#ifndef QC_MACHINE_PLANTED_H
#define QC_MACHINE_PLANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/planted.h"

/* Changes with every call. */
int64_t qc_planted_now_ms(void);

uint64_t qc_planted_random(void);

/* As a table hashed by addresses would do: other with each address, and with
 * each |turn|. */
bool qc_planted_coin(const void *address, uint64_t turn);

#endif
