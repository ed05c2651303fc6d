/* Text as it may stand in a message. Pure: see msgpack.h. */
#ifndef QC_CODEC_UTF8_H
#define QC_CODEC_UTF8_H

#include <stdbool.h>

#include "base/bytes.h"

/* Whether |text| is UTF-8 (RFC 3629: shortest forms, no surrogates, nothing
 * beyond U+10FFFF) and has no NUL, which would end a C string early. */
bool qc_utf8_is_text(struct qc_bytes text);

#endif
