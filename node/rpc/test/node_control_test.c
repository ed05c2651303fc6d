/* Parts of checkpoints, which callers wait for while they are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/incoming.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/request.h"
#include "rpc/service.h"

enum {
    ARENA_SIZE = 1024 * 1024,
};

/* One request, whose answer nobody looks at. */
struct fixture {
    struct qc_rpc rpc;
    struct qc_call call;
    struct qc_request *request;
    Qc__V1__ReadCheckpointRequest asked;
    char file[8]; /* Of that, as if in the request's arena. */
    struct qc_part_reading *reading; /* NULL: none is under way. */
};

static bool begin_reading(void *ctx, struct qc_part_reading *reading)
{
    struct fixture *f = ctx;

    assert_null(f->reading);
    f->reading = reading;
    return true;
}

static void end_reading(struct fixture *f, enum qc_part_end end)
{
    static const uint8_t bytes[] = "part";
    const struct qc_bytes data = {bytes, sizeof(bytes)};
    struct qc_part_reading *reading = f->reading;

    f->reading = NULL;
    assert_int_equal(
        reading->done(reading, end,
                      end == QC_PART_READ ? data : (struct qc_bytes){NULL, 0}),
        0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    qc__v1__read_checkpoint_request__init(&f->asked);
    f->asked.index = 40;
    memcpy(f->file, "CURRENT", sizeof(f->file));
    f->asked.file = f->file;
    f->asked.offset = 7;
    f->asked.size = 100;
    f->rpc.options.checkpoints.ctx = f;
    f->rpc.options.checkpoints.read = begin_reading;
    f->request = calloc(1, sizeof(*f->request));
    assert_non_null(f->request);
    f->request->rpc = &f->rpc;
    f->request->call = &f->call;
    f->request->method =
        qc_method_of_path("/quorumcall.v1.ClusterService/ReadCheckpoint");
    f->request->message = &f->asked.base;
    f->request->arena = qc_rpc_take_arena(&f->rpc, ARENA_SIZE);
    f->call.answered = true;
    qc_call_set_data(&f->call, f->request);
    qc_node_answer(f->request);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_null(f->reading);
    while (f->rpc.n_spare > 0) {
        qc_arena_done(&f->rpc.spare[--f->rpc.n_spare]);
    }
    free(f);
    return 0;
}

/* The answer has left, or the caller has gone. */
static void close_call(struct fixture *f)
{
    qc_request_service.close(&f->rpc, &f->call);
}

static void what_is_read_is_what_the_caller_asked_for(void **state)
{
    struct fixture *f = *state;

    assert_non_null(f->reading);
    assert_int_equal(f->reading->part.index, 40);
    assert_string_equal(f->reading->part.file, "CURRENT");
    assert_int_equal(f->reading->part.offset, 7);
    assert_int_equal(f->reading->part.size, 100);
    close_call(f);
    end_reading(f, QC_PART_MISSING);
}

static void a_request_waits_until_its_part_was_read(void **state)
{
    struct fixture *f = *state;

    assert_non_null(f->request->part);
    end_reading(f, QC_PART_MISSING);
    assert_null(f->request->part);
    close_call(f);
}

/* Its memory is free by then, which a sanitizer knows. */
static void a_caller_that_has_gone_is_told_nothing_of_its_part(void **state)
{
    static const enum qc_part_end ends[] = {QC_PART_READ, QC_PART_MISSING,
                                            QC_PART_DROPPED};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (i > 0) {
            teardown(state);
            setup(state);
            f = *state;
        }
        memset(f->file, 0, sizeof(f->file));
        close_call(f);
        assert_string_equal(f->reading->part.file, "CURRENT");
        end_reading(f, ends[i]);
    }
}

static void a_part_that_is_read_when_the_node_stops_ends_its_request(
    void **state)
{
    struct fixture *f = *state;

    end_reading(f, QC_PART_DROPPED);
    assert_null(f->request->part);
    close_call(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_is_read_is_what_the_caller_asked_for),
        TEST(a_request_waits_until_its_part_was_read),
        TEST(a_caller_that_has_gone_is_told_nothing_of_its_part),
        TEST(a_part_that_is_read_when_the_node_stops_ends_its_request),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
