#include "rpc/forwarded.h"

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/msgpack.h"
#include "command/table.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024, /* As much as an edge has for a request. */
};

static bool is_request(const struct qc_method *method,
                       struct qc_bytes body,
                       struct qc_arena *arena)
{
    struct qc_refusal_detail detail = {.field = NULL};
    struct qc_codec_error error;
    ProtobufCMessage *request;

    return qc_msgpack_read(method->request, body, arena, &request, &error) ==
               QC_CODEC_OK &&
           qc_limits_check(request, &error) &&
           method->check(request, &detail) == 0;
}

bool qc_forwarded_is_sound(const struct qc_command *command)
{
    const struct qc_method *method = qc_method_of_id(command->id);
    struct qc_arena arena;
    bool sound;

    if (method == NULL) {
        return false;
    }
    qc_arena_init(&arena, ARENA_SIZE);
    sound = is_request(method, command->body, &arena);
    qc_arena_done(&arena);
    return sound;
}
