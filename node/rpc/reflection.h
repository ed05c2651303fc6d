/*
 * gRPC server reflection, v1 and v1alpha, for anybody who may connect: clients
 * like `buf curl` ask for the schema. Both speak the same messages, so the ones
 * of v1 are read and written for both.
 */
#ifndef QC_RPC_REFLECTION_H
#define QC_RPC_REFLECTION_H

#include <stdbool.h>

#include "grpc/reflection/v1/reflection.pb-c.h"

struct qc_arena;
struct qc_served;

/* Fills the answer to one question, in the arena; false when that is full. What
 * is not found is an answer, too. */
bool qc_reflection_answer(
    const struct qc_served *served,
    Grpc__Reflection__V1__ServerReflectionRequest *asked,
    struct qc_arena *arena,
    Grpc__Reflection__V1__ServerReflectionResponse *answer);

#endif
