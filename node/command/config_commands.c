#include "command/glue.h"
#include "machine/agent.h"
#include "machine/branch.h"
#include "machine/customer.h"
#include "machine/disposition.h"
#include "machine/hours.h"
#include "machine/pool.h"
#include "machine/principal.h"
#include "machine/queue.h"
#include "machine/reason.h"
#include "machine/region.h"
#include "machine/skill.h"
#include "machine/store.h"
#include "machine/subject.h"

/*
 * AdminService, and of customers CustomerService: Put, Get and List of the
 * objects that are named by a key. All of them do the same; in what they differ
 * is in their kinds (machine/config.h). A new one is a line at the end of this
 * file.
 */

static int get(struct qc_txn *txn,
               const struct qc_config_kind *kind,
               const char *key,
               void **object_out)
{
    *object_out = qc_config_show(txn, kind, qc_config_get(txn, kind, key));
    return *object_out != NULL ? 0 : qc_refuse(txn, kind->unknown, "key");
}

/* A page token is the key that the last page ended with. */
static int check_token(const char *token, struct qc_refusal_detail *detail)
{
    if (token[0] != '\0' && !qc_config_is_key(token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

/* Rows become the objects that are shown of them. */
static void list(struct qc_txn *txn,
                 const struct qc_config_kind *kind,
                 const char *token,
                 uint32_t size,
                 struct qc_page *page_out)
{
    qc_entity_page(txn, kind->entity, txn->tenant, token, size, page_out);
    for (size_t i = 0; txn->fault == 0 && i < page_out->n_rows; i++) {
        page_out->rows[i] = qc_config_show(txn, kind, page_out->rows[i]);
    }
}

#define PUT(Object, object)                                                    \
    int qc_put_##object##_check(const Qc__V1__Put##Object##Request *request,   \
                                struct qc_refusal_detail *detail)              \
    {                                                                          \
        return qc_config_check_object(&qc_##object##_kind,                     \
                                      &request->object->base, detail);         \
    }                                                                          \
    int qc_put_##object##_run(struct qc_txn *txn,                              \
                              const Qc__V1__Put##Object##Request *request,     \
                              Qc__V1__Put##Object##Response *response)         \
    {                                                                          \
        void *shown = NULL;                                                    \
        enum qc_change change;                                                 \
        int r =                                                                \
            qc_##object##_put(txn, request->object, request->if_rev, &change); \
                                                                               \
        if (r == 0) {                                                          \
            r = get(txn, &qc_##object##_kind, request->object->key, &shown);   \
        }                                                                      \
        response->object = shown;                                              \
        return r;                                                              \
    }

#define GET_AND_LIST(Object, object, Objects, objects)                         \
    int qc_get_##object##_check(const Qc__V1__Get##Object##Request *request,   \
                                struct qc_refusal_detail *detail)              \
    {                                                                          \
        (void)request;                                                         \
        (void)detail;                                                          \
        return 0;                                                              \
    }                                                                          \
    int qc_get_##object##_run(struct qc_txn *txn,                              \
                              const Qc__V1__Get##Object##Request *request,     \
                              Qc__V1__Get##Object##Response *response)         \
    {                                                                          \
        void *shown;                                                           \
        int r = get(txn, &qc_##object##_kind, request->key, &shown);           \
                                                                               \
        response->object = shown;                                              \
        return r;                                                              \
    }                                                                          \
    int qc_list_##objects##_check(                                             \
        const Qc__V1__List##Objects##Request *request,                         \
        struct qc_refusal_detail *detail)                                      \
    {                                                                          \
        return check_token(request->page_token, detail);                       \
    }                                                                          \
    int qc_list_##objects##_run(struct qc_txn *txn,                            \
                                const Qc__V1__List##Objects##Request *request, \
                                Qc__V1__List##Objects##Response *response)     \
    {                                                                          \
        struct qc_page page;                                                   \
                                                                               \
        list(txn, &qc_##object##_kind, request->page_token,                    \
             request->page_size, &page);                                       \
        response->items =                                                      \
            qc_alloc(txn, page.n_rows * sizeof(*response->items));             \
        for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {          \
            response->items[response->n_items++] = page.rows[i];               \
        }                                                                      \
        response->next_token = page.next_token;                                \
        return 0;                                                              \
    }

#define CONFIG(Object, object, Objects, objects) \
    PUT(Object, object)                          \
    GET_AND_LIST(Object, object, Objects, objects)

CONFIG(Subject, subject, Subjects, subjects)
CONFIG(Pool, pool, Pools, pools)
CONFIG(Branch, branch, Branches, branches)
CONFIG(Region, region, Regions, regions)
CONFIG(Skill, skill, Skills, skills)
CONFIG(Agent, agent, Agents, agents)
CONFIG(Reason, reason, Reasons, reasons)
CONFIG(DispositionSet, disposition_set, DispositionSets, disposition_sets)
CONFIG(Hours, hours, Hours, hours)
CONFIG(Queue, queue, Queues, queues)
CONFIG(Customer, customer, Customers, customers)

/* Some are written in a way of their own. */
GET_AND_LIST(Principal, principal, Principals, principals)
