#include "cli/roster.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    LIST_SIZE = QC_MEMBER_VIEWS_MAX * QC_ENDPOINT_SIZE,
};

/* Looks at |endpoints|. The views stay when the loop has gone. */
static bool look(struct qc_observer *observer,
                 const struct qc_options *options,
                 const char *endpoints)
{
    uv_loop_t loop;
    bool looked = false;
    int r;

    if (uv_loop_init(&loop) != 0) {
        fprintf(stderr, "qcctl: no event loop\n");
        return false;
    }
    if (!qc_observer_init(observer, &loop, endpoints, &options->credentials)) {
        qc_credentials_refuse(endpoints);
    } else {
        looked = qc_observer_look_now(observer, 0, options->timeout_ms);
        qc_observer_done(observer);
        if (!looked) {
            fprintf(stderr, "qcctl: out of memory\n");
        }
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop);
    assert(r == 0);
    return looked;
}

bool qc_roster_look_at_one(struct qc_observer *observer,
                           const struct qc_options *options,
                           const char *endpoint)
{
    return look(observer, options, endpoint);
}

static const struct qc_node_view *view_of(const struct qc_observer *observer,
                                          uint64_t node_id)
{
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (view->answered && view->node_id == node_id) {
            return view;
        }
    }
    return NULL;
}

/* Who knows best who the members are: the leader, or else who has the highest
 * term of those that know any. */
static const struct qc_node_view *choose_teller(
    const struct qc_observer *observer)
{
    const struct qc_node_view *best = NULL;

    if (qc_observer_leader(observer) != NULL) {
        return qc_observer_leader(observer);
    }
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (view->answered &&
            (best == NULL || best->n_members == 0 ||
             (view->n_members > 0 && view->term > best->term))) {
            best = view;
        }
    }
    return best;
}

/* Takes the members from what |teller| says. */
static void note_members(struct qc_roster *roster,
                         const struct qc_node_view *teller)
{
    roster->teller = teller;
    roster->n_members = teller->n_members;
    for (unsigned i = 0; i < teller->n_members; i++) {
        const struct qc_member_view *told = &teller->members[i];

        roster->members[i] = (struct qc_roster_member){
            .node_id = told->node_id,
            .address = told->address,
            .voter = told->voter,
            .connected = told->connected,
            .match_index = told->match_index,
            .view = view_of(&roster->endpoints, told->node_id),
        };
    }
}

static bool is_endpoint(const struct qc_observer *observer, const char *address)
{
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        if (strcmp(observer->endpoints.addresses[i], address) == 0) {
            return true;
        }
    }
    return false;
}

/* The addresses of members that were not asked yet, as a list. */
static void list_others(const struct qc_roster *roster,
                        char list_out[LIST_SIZE])
{
    size_t used = 0;

    list_out[0] = '\0';
    for (unsigned i = 0; i < roster->n_members; i++) {
        const struct qc_roster_member *member = &roster->members[i];

        if (member->view == NULL &&
            !is_endpoint(&roster->endpoints, member->address)) {
            used += (size_t)snprintf(list_out + used, LIST_SIZE - used, "%s%s",
                                     used > 0 ? "," : "", member->address);
        }
    }
}

/* Which of the two observers looked at a leader of the higher term. */
static const struct qc_node_view *leader_of_both(const struct qc_roster *roster)
{
    const struct qc_node_view *one = qc_observer_leader(&roster->endpoints);
    const struct qc_node_view *two = qc_observer_leader(&roster->others);

    if (one == NULL || two == NULL) {
        return one != NULL ? one : two;
    }
    return two->term > one->term ? two : one;
}

bool qc_roster_look(struct qc_roster *roster, const struct qc_options *options)
{
    const struct qc_node_view *teller;
    char list[LIST_SIZE];

    memset(roster, 0, sizeof(*roster));
    if (!look(&roster->endpoints, options, options->endpoints)) {
        return false;
    }
    teller = choose_teller(&roster->endpoints);
    if (teller == NULL) {
        return true;
    }
    note_members(roster, teller);
    list_others(roster, list);
    if (list[0] != '\0' && !look(&roster->others, options, list)) {
        return false;
    }
    roster->leader = leader_of_both(roster);
    if (roster->leader != NULL && roster->leader->n_members > 0) {
        note_members(roster, roster->leader);
    }
    for (unsigned i = 0; i < roster->n_members; i++) {
        struct qc_roster_member *member = &roster->members[i];

        if (member->view == NULL) {
            member->view = view_of(&roster->others, member->node_id);
        }
    }
    return true;
}

const struct qc_roster_member *qc_roster_find(const struct qc_roster *roster,
                                              uint64_t node_id)
{
    for (unsigned i = 0; i < roster->n_members; i++) {
        if (roster->members[i].node_id == node_id) {
            return &roster->members[i];
        }
    }
    return NULL;
}

bool qc_roster_lag(const struct qc_roster *roster,
                   const struct qc_roster_member *member,
                   uint64_t *lag_out)
{
    uint64_t last = roster->leader != NULL ? roster->leader->last_index : 0;
    uint64_t has = member->match_index;

    if (member->view != NULL && member->view->last_index > has) {
        has = member->view->last_index;
    }
    if (member->view == roster->leader) {
        has = last;
    }
    if (roster->leader == NULL || has == 0) {
        return false;
    }
    *lag_out = has < last ? last - has : 0;
    return true;
}
