/*
 * Visitors at random, of the shop: they want to be told that somebody is there,
 * say whether they come, get numbers and call them. Test support; never linked
 * in.
 */
#ifndef QC_COMMAND_TEST_VISITORS_H
#define QC_COMMAND_TEST_VISITORS_H

#include "command/test/shop.h"

/* Forgets whom there was. Visitors want one of |n| subjects, 4 at most, or
 * more; their names are borrowed. */
void qc_visitors_come(const char *const *wanted, unsigned n);

/* Steps of the shop. Pushes are the connector's, "fcm". */
bool qc_visitors_subscribe(unsigned agent);
bool qc_visitors_claim(unsigned agent);
bool qc_visitors_decline(unsigned agent);
bool qc_visitors_cancel(unsigned agent);
bool qc_visitors_allocate(unsigned agent);
bool qc_visitors_call(unsigned agent);
bool qc_visitors_push(unsigned agent);

#endif
