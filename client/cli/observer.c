#include "cli/observer.h"

#include <assert.h>
#include <stdio.h>

#include "cli/credentials.h"
#include "lib/client.h"

bool qc_observer_init(struct qc_observer *observer,
                      uv_loop_t *loop,
                      const char *endpoints,
                      const struct qc_credentials *credentials)
{
    *observer = (struct qc_observer){.loop = loop};
    if (!qc_endpoints_read(&observer->endpoints, endpoints)) {
        return false;
    }
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        char endpoint[sizeof("http://") + QC_ENDPOINT_SIZE];
        struct qc_client_options options = {
            .endpoints = endpoint,
            .tls = credentials->tls,
            .api_key = credentials->api_key,
            .tries_max = 1,
        };

        snprintf(endpoint, sizeof(endpoint), "%s%s",
                 observer->endpoints.schemes[i] == QC_SCHEME_HTTP ? "http://"
                                                                  : "",
                 observer->endpoints.addresses[i]);
        observer->clients[i] = qc_client_new(loop, &options);
        if (observer->clients[i] == NULL) {
            qc_observer_done(observer);
            return false;
        }
    }
    return true;
}

void qc_observer_done(struct qc_observer *observer)
{
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        qc_client_close(observer->clients[i], NULL, NULL);
        observer->clients[i] = NULL;
    }
}

static void answered_or_not(struct qc_observer *observer)
{
    assert(observer->n_waiting > 0);
    if (--observer->n_waiting == 0) {
        observer->done(observer->ctx);
    }
}

static void note_members(struct qc_node_view *view,
                         const Qc__V1__GetStatusResponse *status)
{
    for (size_t i = 0; i < status->n_members && i < QC_MEMBER_VIEWS_MAX; i++) {
        const Qc__V1__Member *told = status->members[i];
        struct qc_member_view *member = &view->members[view->n_members++];

        member->node_id = told->node_id;
        member->voter = told->voter;
        member->connected = told->connected;
        member->match_index = told->match_index;
        snprintf(member->address, sizeof(member->address), "%s", told->address);
    }
}

static void note_status(struct qc_node_view *view,
                        const Qc__V1__GetStatusResponse *status)
{
    view->answered = true;
    view->node_id = status->node_id;
    view->role = status->role;
    view->leader_id = status->leader_id;
    view->term = status->term;
    view->commit_index = status->commit_index;
    view->applied_index = status->applied_index;
    view->hash_index = status->hash_index;
    view->open_requests = status->open_requests;
    view->drained = status->drained;
    view->draining_ms = status->draining_ms;
    view->connections = status->connections;
    view->calls = status->calls;
    view->streams = status->streams;
    view->version_max = status->version_max;
    view->first_index = status->first_index;
    view->last_index = status->last_index;
    view->checkpoint_index = status->checkpoint_index;
    view->loop_stall_us = status->loop_stall_us;
    view->draining = status->draining;
    view->read_only = status->read_only;
    view->installing = status->installing;
    snprintf(view->state_hash, sizeof(view->state_hash), "%s",
             status->state_hash);
    snprintf(view->cluster_id, sizeof(view->cluster_id), "%s",
             status->cluster_id);
    snprintf(view->release, sizeof(view->release), "%s", status->version);
    note_members(view, status);
}

static void on_status(void *ctx, const struct qc_client_answer *answer)
{
    struct qc_node_view *view = ctx;
    const Qc__V1__GetStatusResponse *status =
        (const Qc__V1__GetStatusResponse *)answer->response;

    if (status == NULL) {
        snprintf(view->trouble, sizeof(view->trouble), "%s: %s",
                 qc_status_name(answer->status), answer->message);
    } else {
        note_status(view, status);
    }
    answered_or_not(view->observer);
}

static void look_at(struct qc_observer *observer,
                    unsigned i,
                    const Qc__V1__GetStatusRequest *request,
                    int64_t timeout_ms)
{
    struct qc_node_view *view = &observer->views[i];

    *view = (struct qc_node_view){
        .observer = observer,
        .address = observer->endpoints.addresses[i],
    };
    observer->n_waiting++;
    if (!qc_client_call(observer->clients[i], &qc_rpc_get_status,
                        &request->base, timeout_ms, on_status, view)) {
        snprintf(view->trouble, sizeof(view->trouble), "out of memory");
        observer->n_waiting--;
    }
}

bool qc_observer_look(struct qc_observer *observer,
                      uint64_t hash_at_index,
                      int64_t timeout_ms,
                      void (*done)(void *ctx),
                      void *ctx)
{
    Qc__V1__GetStatusRequest request = QC__V1__GET_STATUS_REQUEST__INIT;

    assert(observer->n_waiting == 0);
    request.hash_at_index = hash_at_index;
    observer->done = done;
    observer->ctx = ctx;
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        look_at(observer, i, &request, timeout_ms);
    }
    return observer->n_waiting > 0;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

bool qc_observer_look_now(struct qc_observer *observer,
                          uint64_t hash_at_index,
                          int64_t timeout_ms)
{
    if (!qc_observer_look(observer, hash_at_index, timeout_ms, nothing, NULL)) {
        return false;
    }
    while (observer->n_waiting > 0) {
        uv_run(observer->loop, UV_RUN_ONCE);
    }
    return true;
}

const struct qc_node_view *qc_observer_leader(
    const struct qc_observer *observer)
{
    const struct qc_node_view *leader = NULL;

    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (view->answered &&
            view->role == QC__V1__NODE_ROLE__NODE_ROLE_LEADER &&
            (leader == NULL || view->term > leader->term)) {
            leader = view;
        }
    }
    return leader;
}

bool qc_observer_in_place(const struct qc_node_view *view,
                          const struct qc_node_view *leader)
{
    bool member = false;

    for (unsigned i = 0; i < leader->n_members; i++) {
        member = member || leader->members[i].node_id == view->node_id;
    }
    return view->answered && (!member || view->leader_id == leader->node_id);
}

const char *qc_role_name(Qc__V1__NodeRole role)
{
    switch (role) {
    case QC__V1__NODE_ROLE__NODE_ROLE_LEADER:
        return "leader";
    case QC__V1__NODE_ROLE__NODE_ROLE_FOLLOWER:
        return "follower";
    case QC__V1__NODE_ROLE__NODE_ROLE_CANDIDATE:
        return "candidate";
    case QC__V1__NODE_ROLE__NODE_ROLE_UNSPECIFIED:
    case _QC__V1__NODE_ROLE_IS_INT_SIZE:
    default:
        return "unknown";
    }
}
