#include "rpc/readiness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "replica/replica.h"

enum {
    NODE = 2,
    SILENCE_MAX_MS = 2000,
};

static struct qc_replica_status well(void)
{
    return (struct qc_replica_status){
        .leader_id = 1,
        .leader_contact_ms = SILENCE_MAX_MS,
        .commit_index = QC_READY_LAG_MAX + 7,
        .applied_index = 7,
        .servers = {{.id = 1}, {.id = NODE}},
        .n_servers = 2,
    };
}

static bool ready(const struct qc_replica_status *status)
{
    struct qc_readiness readiness =
        qc_readiness_of(status, NODE, SILENCE_MAX_MS);

    return qc_is_ready(&readiness);
}

static void a_member_that_sees_a_leader_and_keeps_up_is_ready(void **state)
{
    struct qc_replica_status status = well();

    (void)state;
    assert_true(ready(&status));
}

static void any_one_thing_that_is_not_well_is_enough(void **state)
{
    struct qc_replica_status cases[8];

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        cases[i] = well();
    }
    cases[0].n_servers = 1;
    cases[1].leader_id = 0;
    cases[2].leader_contact_ms = -1;
    cases[3].leader_contact_ms = SILENCE_MAX_MS + 1;
    cases[4].applied_index--;
    cases[5].installing = true;
    cases[6].draining = true;
    cases[7].read_only = true;
    for (size_t i = 0; i < 8; i++) {
        assert_false(ready(&cases[i]));
    }
}

static void each_check_tells_of_itself_alone(void **state)
{
    struct qc_replica_status status = well();
    struct qc_readiness readiness;

    (void)state;
    status.draining = true;
    status.read_only = true;
    readiness = qc_readiness_of(&status, NODE, SILENCE_MAX_MS);
    assert_true(readiness.joined && readiness.leader && readiness.current);
    assert_false(readiness.staying || readiness.writable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_that_sees_a_leader_and_keeps_up_is_ready),
        cmocka_unit_test(any_one_thing_that_is_not_well_is_enough),
        cmocka_unit_test(each_check_tells_of_itself_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
