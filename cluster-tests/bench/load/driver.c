#include "cluster-tests/bench/load/driver.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "cluster-tests/bench/load/wire.h"

enum {
    NS_PER_US = 1000,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    ARENA_SIZE_MAX = 1024 * 1024,
};

struct load;

/* A lane and what the driver knows of it. */
struct place {
    struct qc_lane lane;
    struct load *load;
    void *client;     /* Of the wire; shared with other lanes. */
    uint64_t due_ns;  /* When its operation was to begin. */
    uint64_t sent_ns; /* Its last call. */
    uint64_t calls_us[QC_WORKLOAD_STEPS_MAX];
    struct place *next_free;
};

struct load {
    const struct qc_load_plan *plan;
    struct qc_load_record *record;
    struct qc_load_ground ground;
    uv_loop_t loop;
    uv_prepare_t flush;
    uv_poll_t due;    /* Open loop: readable when an operation is due. */
    int due_fd;       /* -1 in a closed loop. */
    uint64_t next_ns; /* Open loop: when the next is due. */
    uint64_t random;
    const struct qc_load_wire *wire;
    void **clients; /* Of the wire. */
    struct place *places;
    struct place *first_free;
    uint32_t n_preludes; /* Under way: nothing begins before they have ended. */
    uint64_t n_begun;
    uint32_t n_under_way;
    uint64_t from_ns; /* What is measured begins and ends. */
    uint64_t to_ns;
    uint64_t last_ns; /* Last end of what was measured. */
    uv_signal_t end;  /* SIGTERM. */
    bool stopping;
};

static void place_begin(struct place *place, uint64_t due_ns);

/* --- chance: splitmix64 --------------------------------------------------- */

static uint64_t draw(struct load *load)
{
    uint64_t z = load->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* How long until the next is due: exponential, with the mean of the rate. */
static uint64_t draw_pause_ns(struct load *load)
{
    double share = ((double)(draw(load) >> 11) + 1.0) / 0x1p53;

    return (uint64_t)(-log(share) * NS_PER_S / load->plan->rate);
}

/* --- ending --------------------------------------------------------------- */

static void stop(struct load *load)
{
    if (load->stopping) {
        return;
    }
    load->stopping = true;
    if (load->due_fd >= 0) {
        uv_close((uv_handle_t *)&load->due, NULL);
    }
    uv_close((uv_handle_t *)&load->flush, NULL);
    uv_close((uv_handle_t *)&load->end, NULL);
    for (uint32_t i = 0; i < load->plan->n_connections; i++) {
        if (load->clients[i] != NULL) {
            load->wire->close(load->clients[i]);
        }
    }
}

/* The first is told; the rest are likely to be the same. */
__attribute__((format(printf, 2, 3))) static void fail(struct load *load,
                                                       const char *format,
                                                       ...)
{
    va_list arguments;

    if (load->record->failure[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(load->record->failure, sizeof(load->record->failure), format,
                  arguments);
        va_end(arguments);
    }
    stop(load);
}

/* --- one operation -------------------------------------------------------- */

static bool is_measured(const struct load *load, const struct place *place)
{
    uint64_t counts_ns = load->plan->rate > 0 ? place->due_ns : uv_hrtime();

    return counts_ns >= load->from_ns && counts_ns < load->to_ns;
}

/* Whether one more may begin at |due_ns|. */
static bool has_more(const struct load *load, uint64_t due_ns)
{
    const struct qc_load_plan *plan = load->plan;

    return !load->stopping && due_ns < load->to_ns &&
           (plan->n_operations == 0 || load->n_begun < plan->n_operations);
}

static void place_free(struct place *place)
{
    place->next_free = place->load->first_free;
    place->load->first_free = place;
}

/* Begins what is due, as far as lanes are free. The clock of an open loop is
 * not the lanes', so that it goes on while all are taken. */
static void begin_what_is_due(struct load *load)
{
    uint64_t now_ns = uv_hrtime();

    while (load->first_free != NULL && load->next_ns <= now_ns &&
           has_more(load, load->next_ns)) {
        struct place *place = load->first_free;
        uint64_t behind_us = (now_ns - load->next_ns) / NS_PER_US;

        if (behind_us > load->record->behind_max_us) {
            load->record->behind_max_us = behind_us;
        }
        load->first_free = place->next_free;
        place_begin(place, load->next_ns);
        load->next_ns += draw_pause_ns(load);
    }
    if (load->n_under_way == 0 && !has_more(load, load->next_ns)) {
        stop(load);
    }
}

/* Nothing more begins, and what is under way is waited for. */
static void on_end(uv_signal_t *end, int number)
{
    struct load *load = end->data;

    (void)number;
    load->to_ns = uv_hrtime();
    if (load->n_under_way == 0) {
        stop(load);
    }
}

/* Has on_due() called when the next is due, unless that is past. */
static void wait_until_due(struct load *load)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(load->next_ns / NS_PER_S),
                     .tv_nsec = (long)(load->next_ns % NS_PER_S)},
    };

    if (timerfd_settime(load->due_fd, TFD_TIMER_ABSTIME, &when, NULL) != 0) {
        fail(load, "timerfd_settime");
    }
}

static void on_due(uv_poll_t *due, int status, int events)
{
    struct load *load = due->data;
    uint64_t times;

    (void)status;
    (void)events;
    if (read(load->due_fd, &times, sizeof(times)) == sizeof(times)) {
        begin_what_is_due(load);
    }
    /* While no lane is free, the next lane that is begins it. */
    if (!load->stopping && load->first_free != NULL) {
        wait_until_due(load);
    }
}

static void place_end(struct place *place)
{
    struct load *load = place->load;
    uint64_t now_ns = uv_hrtime();

    load->n_under_way--;
    load->record->n_operations++;
    if (is_measured(load, place)) {
        qc_latency_add(&load->record->latency,
                       (now_ns - place->due_ns) / NS_PER_US);
        for (unsigned i = 0; i < load->plan->workload->n_steps; i++) {
            qc_latency_add(&load->record->calls[i], place->calls_us[i]);
        }
        load->last_ns = now_ns;
    }
    if (load->plan->rate > 0) {
        bool none_was_free = load->first_free == NULL;

        place_free(place);
        begin_what_is_due(load);
        if (none_was_free && load->first_free != NULL && !load->stopping) {
            wait_until_due(load);
        }
    } else if (has_more(load, now_ns)) {
        place_begin(place, now_ns);
    } else if (load->n_under_way == 0) {
        stop(load);
    }
}

static bool is_stored(const struct qc_http2_response *response)
{
    for (unsigned i = 0; i < response->n_metadata; i++) {
        if (strcmp(response->metadata[i].name, "idempotent-replayed") == 0) {
            return true;
        }
    }
    return false;
}

static void place_ask(struct place *place);
static void place_start(struct place *place);
static void begin(struct load *load);

/* The call that |place| has under way, or is about to. */
static const struct qc_workload_step *step_of(const struct place *place)
{
    const struct load *load = place->load;

    return load->n_preludes > 0
               ? &load->plan->workload->prelude
               : &load->plan->workload->steps[place->lane.step];
}

static void prelude_end(struct place *place)
{
    struct load *load = place->load;

    place_free(place);
    load->n_preludes--;
    if (load->n_preludes == 0) {
        begin(load);
    }
}

static void step_end(struct place *place)
{
    place->calls_us[place->lane.step] =
        (uv_hrtime() - place->sent_ns) / NS_PER_US;
    place->load->record->n_acks++;
    if (place->lane.lost) {
        place->lane.lost = false;
        place->load->record->n_lost++;
        place_start(place);
        return;
    }
    place->lane.step++;
    if (place->lane.step < place->load->plan->workload->n_steps) {
        place_ask(place);
    } else {
        place_end(place);
    }
}

static void on_answer(void *ctx, const struct qc_http2_response *response)
{
    struct place *place = ctx;
    struct load *load = place->load;
    const struct qc_workload_step *step = step_of(place);

    if (load->stopping) {
        return;
    }
    qc_arena_reset(&place->lane.arena);
    if (response->status != QC_STATUS_OK) {
        fail(load, "%s: %s: %s", step->path, qc_status_name(response->status),
             response->message);
    } else if (is_stored(response)) {
        fail(load, "%s: a stored answer", step->path);
    } else if (!step->check(&place->lane, response->body)) {
        fail(load, "%s: not the answer to what was asked", step->path);
    } else if (load->n_preludes > 0) {
        prelude_end(place);
    } else {
        step_end(place);
    }
}

static void place_ask(struct place *place)
{
    struct load *load = place->load;
    const struct qc_workload_step *step = step_of(place);
    struct qc_bytes body;

    qc_arena_reset(&place->lane.arena);
    place->sent_ns = uv_hrtime();
    if (!step->ask(&place->lane, &body) ||
        !load->wire->call(place->client, step->path, load->plan->tenant, body,
                          on_answer, place)) {
        fail(load, "%s: it cannot be sent", step->path);
    }
}

/* From its first call on, whether for the first time or again. */
static void place_start(struct place *place)
{
    struct load *load = place->load;

    place->lane.step = 0;
    place->lane.key =
        (uint32_t)((load->plan->n_operations > 0 ? place->lane.operation
                                                 : draw(load)) %
                   load->plan->n_keys);
    place_ask(place);
}

static void place_begin(struct place *place, uint64_t due_ns)
{
    struct load *load = place->load;

    place->due_ns = due_ns;
    place->lane.operation = load->n_begun++;
    load->n_under_way++;
    place_start(place);
}

/* --- the whole ------------------------------------------------------------ */

static void on_turn_ends(uv_prepare_t *flush)
{
    struct load *load = flush->data;

    for (uint32_t i = 0; i < load->plan->n_connections; i++) {
        load->wire->flush(load->clients[i]);
    }
}

static bool lay_out(struct load *load)
{
    const struct qc_load_plan *plan = load->plan;
    uint32_t n_places = load->ground.n_lanes;

    load->ground.sessions = calloc(n_places, sizeof(*load->ground.sessions));
    load->clients = calloc(plan->n_connections, sizeof(void *));
    load->places = calloc(n_places, sizeof(*load->places));
    if (load->ground.sessions == NULL || load->clients == NULL ||
        load->places == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < plan->n_connections; i++) {
        load->clients[i] = load->wire->open(&load->loop, plan->endpoint);
        if (load->clients[i] == NULL) {
            return false;
        }
    }
    for (uint32_t i = n_places; i > 0; i--) {
        struct place *place = &load->places[i - 1];

        place->load = load;
        place->lane.ground = &load->ground;
        place->lane.number = i - 1;
        place->client = load->clients[(i - 1) % plan->n_connections];
        qc_arena_init(&place->lane.arena, ARENA_SIZE_MAX);
        place_free(place);
    }
    return true;
}

static void start_clock(struct load *load)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0 || uv_poll_init(&load->loop, &load->due, fd) != 0) {
        fail(load, "no timer");
        return;
    }
    load->due_fd = fd;
    load->due.data = load;
    uv_poll_start(&load->due, UV_READABLE, on_due);
    wait_until_due(load);
}

/* Lanes begin with what is to be measured, or else to warm up. */
static void begin(struct load *load)
{
    const struct qc_load_plan *plan = load->plan;
    uint64_t now_ns = uv_hrtime();

    if (plan->n_operations > 0) {
        load->from_ns = now_ns;
        load->to_ns = UINT64_MAX;
    } else {
        load->from_ns = now_ns + (uint64_t)plan->warm_up_ms * NS_PER_MS;
        load->to_ns = load->from_ns + (uint64_t)plan->measured_ms * NS_PER_MS;
    }
    if (plan->rate > 0) {
        load->next_ns = now_ns + draw_pause_ns(load);
        start_clock(load);
        return;
    }
    while (load->first_free != NULL && has_more(load, now_ns)) {
        struct place *place = load->first_free;

        load->first_free = place->next_free;
        place_begin(place, now_ns);
    }
}

static void start(struct load *load)
{
    if (load->wire->flush != NULL) {
        uv_prepare_start(&load->flush, on_turn_ends);
    }
    if (load->plan->workload->prelude.path == NULL) {
        begin(load);
        return;
    }
    load->n_preludes = load->ground.n_lanes;
    load->first_free = NULL;
    for (uint32_t i = 0; i < load->ground.n_lanes && !load->stopping; i++) {
        place_ask(&load->places[i]);
    }
}

static void clear_away(struct load *load)
{
    int r = uv_loop_close(&load->loop);

    assert(r == 0);
    (void)r;
    if (load->due_fd >= 0) {
        close(load->due_fd);
    }
    for (uint32_t i = 0; load->places != NULL && i < load->ground.n_lanes;
         i++) {
        qc_arena_done(&load->places[i].lane.arena);
    }
    free(load->places);
    free(load->clients);
    free(load->ground.sessions);
}

bool qc_load_run(const struct qc_load_plan *plan,
                 struct qc_load_record *record_out)
{
    struct load load = {
        .plan = plan,
        .record = record_out,
        .wire = plan->workload->wire != NULL ? plan->workload->wire
                                             : &qc_load_wire_http2,
        .ground = {.subject = plan->subject,
                   .n_keys = plan->n_keys,
                   .ids = plan->ids,
                   .n_lanes = plan->n_connections * plan->n_streams},
        .due_fd = -1,
        .random = plan->seed,
    };

    memset(record_out, 0, sizeof(*record_out));
    snprintf(load.ground.client_id, sizeof(load.ground.client_id),
             "load-%d-%" PRIx64, (int)getpid(), uv_hrtime());
    if (uv_loop_init(&load.loop) != 0) {
        snprintf(record_out->failure, sizeof(record_out->failure), "no loop");
        return false;
    }
    uv_prepare_init(&load.loop, &load.flush);
    load.flush.data = &load;
    uv_signal_init(&load.loop, &load.end);
    load.end.data = &load;
    uv_signal_start(&load.end, on_end, SIGTERM);
    if (lay_out(&load)) {
        start(&load);
    } else {
        fail(&load, "memory is short, or the endpoint is no address");
    }
    uv_run(&load.loop, UV_RUN_DEFAULT);
    clear_away(&load);
    record_out->elapsed_ns = plan->n_operations > 0 || plan->rate > 0
                                 ? load.last_ns - load.from_ns
                                 : load.to_ns - load.from_ns;
    if (record_out->failure[0] == '\0' && record_out->latency.n == 0) {
        snprintf(record_out->failure, sizeof(record_out->failure),
                 "nothing was measured");
    }
    return record_out->failure[0] == '\0';
}
