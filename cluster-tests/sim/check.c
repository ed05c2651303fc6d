#include "cluster-tests/sim/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct sim_result sim_result;
bool sim_trace_is_on;

static enum sim_check required;
static void (*on_end)(void);

static const struct {
    enum sim_check check;
    const char *name;
} names[] = {
    {SIM_ONE_LEADER, "one leader per term"},
    {SIM_COMMITTED_STAYS, "what is committed stays"},
    {SIM_SAME_STATE, "same state at the same index"},
    {SIM_ROWS_ARE_OF_THEIR_INDEX, "rows are those of their index"},
    {SIM_QUORUM_HAS_IT, "a quorum has it on disk"},
    {SIM_DAMAGE_STOPS, "what is damaged is not served"},
    {SIM_INDEXES_ARE_OF_ROWS, "indexes are derived from rows"},
    {SIM_ACKNOWLEDGED_SURVIVES, "what is acknowledged survives"},
    {SIM_REFUSAL_HAS_NO_EFFECT, "a refusal has no effect"},
    {SIM_ONCE, "done at most once"},
    {SIM_SAME_ANSWER, "same request, same answer"},
    {SIM_READS_ARE_FRESH, "reads are fresh"},
    {SIM_ONE_HOLDER, "one holder of a number"},
    {SIM_OF_THE_POOL, "a number of the pool asked"},
    {SIM_HONEST_EXHAUSTION, "exhausted only when none is free"},
    {SIM_RELEASE_BY_HOLDER, "released once, by the holder"},
    {SIM_RESTS, "a number rests"},
    {SIM_SAME_NUMBER_AGAIN, "the visit gets its number again"},
    {SIM_CALL_FINDS_VISIT, "a call finds its visit"},
    {SIM_CAPACITY, "work within capacity"},
    {SIM_READY_AND_ABLE, "offered to who is ready and able"},
    {SIM_ONE_AGENT, "with one agent, accepted once"},
    {SIM_SUM_OF_CONTACTS, "none is lost, none too many"},
    {SIM_NO_OVERTAKING, "no overtaking"},
    {SIM_NO_IDLE_MATCH, "no idle match"},
    {SIM_BACK_ONCE, "back once, with its age"},
    {SIM_LOG_TIME, "log time goes forward"},
    {SIM_VERSIONS, "nothing newer than the cluster version"},
    {SIM_LEADER_IN_TIME, "a leader in time"},
    {SIM_NO_LAG, "no lag"},
    {SIM_NOTHING_STUCK, "nothing is stuck"},
    {SIM_ANSWERED_IN_TIME, "answered by the deadline"},
    {SIM_SPINS, "nobody spins"},
    {SIM_NO_CAUSE, "no node stops without a cause"},
    {SIM_SCENARIO, "the scenario comes to its point"},
    {SIM_DETERMINISM, "the same seed does the same"},
};

const char *sim_check_name(enum sim_check check)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].check == check) {
            return names[i].name;
        }
    }
    return "nothing";
}

void sim_check_require(enum sim_check check)
{
    required = check;
}

void sim_check_on_end(void (*end)(void))
{
    on_end = end;
}

void sim_violated(enum sim_check check, const char *format, ...)
{
    va_list args;
    bool ends = required == SIM_NO_CHECK || check == required;

    if (!ends && sim_result.first != SIM_NO_CHECK) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(ends ? sim_result.text : sim_result.first_text,
                    sizeof(sim_result.text), format, args);
    va_end(args);
    SIM_TRACE("VIOLATED %d (%s): %s", (int)check, sim_check_name(check),
              ends ? sim_result.text : sim_result.first_text);
    if (!ends) {
        sim_result.first = check;
        return;
    }
    sim_result.check = check;
    on_end();
}

void sim_trace_fold(uint64_t value)
{
    uint64_t h = sim_result.hash ^ value;

    h *= 0x9fb21c651e98df25U;
    sim_result.hash = (h ^ (h >> 29)) + 0x9e3779b97f4a7c15U;
}

void sim_trace_say(const char *format, ...)
{
    va_list args;

    (void)printf("%12.3f  ", (double)sim_result.virtual_us / 1000);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}
