/* A line of the log before it is written: masked, and as JSON. */
#ifndef QC_DAEMON_LOG_LINE_H
#define QC_DAEMON_LOG_LINE_H

#include <stddef.h>

/* Masks the middle of each telephone number in |line|: of + and 7 to 15 digits
 * all but four at the front and four at the end, of a short one fewer. */
void qc_log_line_mask(char *line);

/* Writes the pairs of a line of logfmt as one JSON object, and returns its
 * size. Of what finds no room in |size| bytes (at least 3) whole pairs are left
 * out. A value of digits is a number when a double holds it, true and false are
 * themselves, and all else is text. */
size_t qc_log_line_json(const char *line, char *json_out, size_t size);

#endif
