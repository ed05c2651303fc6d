/*
 * What was read lately of phone numbers. To read one takes the library the time
 * of dozens of requests, and the same few come again and again: a customer's in
 * each request about a call, and the tenant's own.
 *
 * What is said of a number depends on nothing but its text and country, so
 * nothing here ever becomes wrong; a number of one tenant may be in the place
 * of another's, which then is read again.
 */
#ifndef QC_RPC_PHONE_BOOK_H
#define QC_RPC_PHONE_BOOK_H

#include <stdbool.h>

#include "base/error.h"
#include "rpc/phone.h"

struct qc_phone_book;

/* NULL when memory is short. Takes a third of a MiB, for 4,096 numbers. */
struct qc_phone_book *qc_phone_book_new(void);
void qc_phone_book_free(struct qc_phone_book *book);

/* As qc_phone_read(). */
QC_MUST_CHECK bool qc_phone_book_read(struct qc_phone_book *book,
                                      const char *text,
                                      const char *country,
                                      char e164_out[QC_E164_SIZE]);

#endif
