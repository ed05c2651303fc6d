#include "command/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/message.h"
#include "machine/member.h"
#include "machine/store.h"

enum {
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_TS = 102,
    FIELD_CLIENT_ID = 103,
    TEXT_SIZE = 128,
};

/* --- what is true of each row --- */

static void is_found_by_its_path_and_id(const struct qc_method *method)
{
    char path[TEXT_SIZE];

    snprintf(path, sizeof(path), "/quorumcall.v1.%s/%s", method->service,
             method->name);
    assert_string_equal(method->path, path);
    assert_ptr_equal(qc_method_of_path(path), method);
    if (method->kind == QC_METHOD_COMMAND) {
        assert_ptr_equal(qc_method_of_id(method->id), method);
    } else {
        assert_int_equal(method->id, 0);
    }
}

static void has_messages_of_its_name(const struct qc_method *method)
{
    char name[TEXT_SIZE];

    snprintf(name, sizeof(name), "quorumcall.v1.%sRequest", method->name);
    assert_string_equal(method->request->name, name);
    snprintf(name, sizeof(name), "quorumcall.v1.%sResponse", method->name);
    assert_string_equal(method->response->name, name);
}

static void has_what_its_kind_needs(const struct qc_method *method)
{
    bool command = method->kind == QC_METHOD_COMMAND;
    bool runs = command || method->kind == QC_METHOD_QUERY;

    assert_int_equal(method->check != NULL, runs);
    assert_int_equal(method->run != NULL, runs);
    /* Only what changes something is done once. */
    assert_int_equal(
        qc_message_field(method->request, FIELD_REQUEST_ID) != NULL, command);
    assert_int_equal(qc_message_field(method->request, FIELD_CLIENT_ID) != NULL,
                     command);
    assert_int_equal(qc_message_field(method->request, FIELD_CLIENT_TS) != NULL,
                     command);
}

/* Domain model B.2: an ADMIN may do everything in the tenant; what belongs to
 * the cluster is the operator's alone, or the nodes' own. */
static void may_be_called_by_those_who_should(const struct qc_method *method)
{
    if (method->cluster) {
        assert_int_not_equal(method->roles, 0);
        assert_int_equal(method->roles | QC_ROLE_OPERATOR | QC_ROLE_NODE,
                         QC_ROLE_OPERATOR | QC_ROLE_NODE);
    } else {
        assert_true((method->roles & QC_ROLE_ADMIN) != 0);
        assert_int_equal((method->roles & QC_ROLE_OPERATOR) != 0,
                         method->either);
    }
    assert_true((method->roles & (QC_ROLE_LOCAL | QC_ROLE_NODE)) != 0);
}

static void each_row_is_sound(void **state)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    (void)state;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        is_found_by_its_path_and_id(&methods[i]);
        has_messages_of_its_name(&methods[i]);
        has_what_its_kind_needs(&methods[i]);
        may_be_called_by_those_who_should(&methods[i]);
    }
}

/* --- what is true of some --- */

/* Ids stand in logs and in backups of logs: these are for ever. */
static void the_ids_of_commands_stay_as_they_are(void **state)
{
    static const struct {
        uint32_t id;
        const char *name;
    } frozen[] = {
        {1, "PutTenant"},
        {2, "PutSubject"},
        {3, "PutPool"},
        {4, "PutNumber"},
        {5, "PutBranch"},
        {6, "ImportConfig"},
        {7, "PutPrincipal"},
        {8, "PutCorsOrigins"},
        {9, "PutSkill"},
        {10, "PutAgent"},
        {11, "PutReason"},
        {12, "PutDispositionSet"},
        {13, "PutQueue"},
        {14, "PutHours"},
        {15, "InstallTimeZones"},
        {16, "PutRegion"},
        {20, "AllocateNumber"},
        {21, "AttachContext"},
        {22, "RefreshAllocation"},
        {23, "ReleaseAllocation"},
        {24, "MatchCall"},
        {25, "SubmitDigits"},
        {26, "SubscribeAgentAvailable"},
        {27, "ClaimAvailability"},
        {28, "DeclineAvailability"},
        {29, "CancelAvailabilitySubscription"},
        {40, "ReportCallEvent"},
        {60, "AddMember"},
        {61, "PromoteMember"},
        {62, "RemoveMember"},
        {63, "ReportNode"},
        {64, "CompareHashes"},
        {65, "RaiseAlarm"},
        {66, "DisarmAlarm"},
        {67, "FinalizeVersion"},
        {100, "LeaseEffects"},
        {101, "AckEffect"},
        {102, "NackEffect"},
        {103, "RenewLease"},
        {104, "CancelEffect"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(frozen) / sizeof(frozen[0]); i++) {
        const struct qc_method *method = qc_method_of_id(frozen[i].id);

        assert_non_null(method);
        assert_string_equal(method->name, frozen[i].name);
    }
}

/* Whether |method| is one of those. */
static bool is_listed(const char *const *names,
                      size_t n,
                      const struct qc_method *method)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], method->name) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_commands_of(uint32_t role,
                               const char *const *names,
                               size_t n)
{
    size_t n_methods;
    const struct qc_method *methods = qc_methods(&n_methods);

    for (size_t i = 0; i < n_methods; i++) {
        if (methods[i].kind == QC_METHOD_COMMAND) {
            assert_int_equal((methods[i].roles & role) != 0,
                             is_listed(names, n, &methods[i]));
        }
    }
}

static void a_widget_changes_only_its_visit(void **state)
{
    static const char *const names[] = {
        "AllocateNumber",          "AttachContext",
        "RefreshAllocation",       "ReleaseAllocation",
        "SubscribeAgentAvailable", "ClaimAvailability",
        "DeclineAvailability",     "CancelAvailabilitySubscription",
    };

    (void)state;
    assert_commands_of(QC_ROLE_WIDGET, names, sizeof(names) / sizeof(names[0]));
}

/* What makes a new cluster agree on a version must be possible before it has.
 */
static void versions_can_be_agreed_on_from_the_first_one_on(void **state)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (methods[i].kind == QC_METHOD_COMMAND) {
            assert_in_range(methods[i].since, 1, QC_CLUSTER_VERSION_MAX);
        } else {
            assert_int_equal(methods[i].since, 0);
        }
    }
    assert_int_equal(qc_method_of_id(63)->since, 1);
    assert_int_equal(qc_method_of_id(67)->since, 1);
}

static void nodes_propose_only_what_they_say_of_themselves(void **state)
{
    static const char *const names[] = {
        "ReportNode",
        "CompareHashes",
        "RaiseAlarm",
        "DisarmAlarm",
    };

    (void)state;
    assert_int_equal(QC_ROLE_LOCAL & QC_ROLE_NODE, 0);
    assert_commands_of(QC_ROLE_NODE, names, sizeof(names) / sizeof(names[0]));
}

/* What a tenant's people may do at home is in tenant 0 the operators' alone. */
static void what_either_has_is_the_operators_where_no_tenant_is_named(
    void **state)
{
    const struct qc_method *method =
        qc_method_of_path("/quorumcall.v1.AdminService/PutPrincipal");

    (void)state;
    assert_int_equal(qc_method_callers(method, 1),
                     QC_ROLE_ADMIN | QC_ROLE_OPERATOR);
    assert_int_equal(qc_method_callers(method, 0), QC_ROLE_OPERATOR);
}

/* Domain model B.30: configuration, principals, the cluster, and what
 * supervisors do to agents; nothing else that happens at run time. */
static void what_people_change_is_written_down(void **state)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct qc_method *method = &methods[i];
        bool of_people = method->kind == QC_METHOD_COMMAND &&
                         method->roles != QC_ROLE_NODE &&
                         (strcmp(method->service, "AdminService") == 0 ||
                          strcmp(method->service, "ClusterService") == 0 ||
                          strcmp(method->name, "SetAgentState") == 0);

        assert_int_equal(method->audited, of_people);
    }
}

static void a_connector_only_reports_calls_answers_and_does_effects(
    void **state)
{
    static const char *const names[] = {
        "MatchCall",          "SubmitDigits",      "ReportCallEvent",
        "EnqueueInteraction", "CancelInteraction", "TransferInteraction",
        "TransferExternal",   "SetRouting",        "LeaseEffects",
        "AckEffect",          "NackEffect",        "RenewLease",
        "CancelEffect",       "AcceptOffer",       "RejectOffer",
    };

    (void)state;
    assert_commands_of(QC_ROLE_CONNECTOR, names,
                       sizeof(names) / sizeof(names[0]));
}

static void an_agent_changes_only_what_is_his_own(void **state)
{
    static const char *const names[] = {
        "TransferInteraction",
        "TransferExternal",
        "Login",
        "Logout",
        "Heartbeat",
        "SetReady",
        "SetNotReady",
        "AcceptOffer",
        "RejectOffer",
        "SetDisposition",
        "AddNote",
        "WrapUpDone",
        "Hold",
        "Consult",
        "CompleteConsult",
        "CancelConsult",
        "Conference",
        "Retrieve",
    };

    (void)state;
    assert_commands_of(QC_ROLE_AGENT, names, sizeof(names) / sizeof(names[0]));
}

static void who_only_reads_changes_nothing(void **state)
{
    (void)state;
    assert_commands_of(QC_ROLE_MONITOR | QC_ROLE_MANAGER, NULL, 0);
}

static void what_is_not_in_the_table_is_not_found(void **state)
{
    (void)state;
    assert_null(qc_method_of_path(""));
    assert_null(qc_method_of_path("/quorumcall.v1.NumberService"));
    assert_null(qc_method_of_path("/quorumcall.v1.NumberService/matchCall"));
    assert_null(qc_method_of_path("quorumcall.v1.NumberService/MatchCall"));
    assert_null(qc_method_of_id(0)); /* The id of all that is no command. */
    assert_null(qc_method_of_id(UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_sound),
        cmocka_unit_test(the_ids_of_commands_stay_as_they_are),
        cmocka_unit_test(a_widget_changes_only_its_visit),
        cmocka_unit_test(versions_can_be_agreed_on_from_the_first_one_on),
        cmocka_unit_test(nodes_propose_only_what_they_say_of_themselves),
        cmocka_unit_test(
            what_either_has_is_the_operators_where_no_tenant_is_named),
        cmocka_unit_test(what_people_change_is_written_down),
        cmocka_unit_test(
            a_connector_only_reports_calls_answers_and_does_effects),
        cmocka_unit_test(an_agent_changes_only_what_is_his_own),
        cmocka_unit_test(who_only_reads_changes_nothing),
        cmocka_unit_test(what_is_not_in_the_table_is_not_found),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
