/*
 * Contacts that go through a centre, many at once: each waits, is offered,
 * accepted, ended by its customer, disposed of and wrapped up. In each entry a
 * few go each of these steps.
 */
#ifndef QC_BENCH_CENTRE_CONTACTS_H
#define QC_BENCH_CENTRE_CONTACTS_H

#include <stdint.h>

#include "cluster-tests/bench/centre/centre.h"
#include "cluster-tests/bench/centre/times.h"

struct contacts;

struct contacts *contacts_new(struct centre *centre);
void contacts_free(struct contacts *contacts);

/* Lets contacts come, and agents take them, until |waiting| wait. Nobody ends
 * one. */
void contacts_fill(struct contacts *contacts, uint64_t waiting);

/* Lets time pass until all that waits now has gone through its steps. */
void contacts_settle(struct contacts *contacts);

/* Lets contacts go through, and as many come, until |n| have been wrapped up.
 */
void contacts_run(struct contacts *contacts,
                  uint64_t n,
                  struct centre_times *times);

#endif
