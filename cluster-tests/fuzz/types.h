/*
 * The messages of proto/, chosen by two bytes.
 *
 * The choice is by the hash of the name, and not by its position, so that an
 * input means the same message when others have come or gone.
 */
#ifndef QC_FUZZ_TYPES_H
#define QC_FUZZ_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "cluster-tests/fuzz/choices.h"

struct qc_method;

/* Any message there is. */
const ProtobufCMessageDescriptor *types_choose(struct choices *choices);

/* Any method of command.def. */
const struct qc_method *types_choose_method(struct choices *choices);

/* Message |i| of all of them; NULL after the last. */
const ProtobufCMessageDescriptor *types_at(size_t i);

/* Makes the choice that the above find. */
void types_chosen(struct chosen *chosen,
                  const ProtobufCMessageDescriptor *type);
void types_chosen_method(struct chosen *chosen, const struct qc_method *method);

#endif
