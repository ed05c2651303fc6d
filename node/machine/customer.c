#include "machine/customer.h"

#include <stddef.h>
#include <string.h>

#include "machine/allocation.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/interaction.h"
#include "machine/principal.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"
#include "quorumcall/v1/tenant.pb-c.h"

enum {
    PHONES_MAX = 10,
    EMAILS_MAX = 10,
    NAMES_MAX = 1 + PHONES_MAX + EMAILS_MAX, /* Of a customer. */
    PAGE_SIZE = 20,
    PAGE_SIZE_MAX = 100,
    SEEN_MAX = 1000, /* Looked at for a page. */
};

#define BY_ID    "id:"
#define BY_PHONE "phone:"
#define BY_EMAIL "email:"

/* --- profiles ----------------------------------------------------------------
 */

static struct qc_key phone_key(uint32_t tenant, const char *phone)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_CUSTOMER_OF);
    qc_key_put_str(&key, phone);
    return key;
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__CustomerRow *of = row;

    for (size_t i = 0; i < of->customer->n_phones; i++) {
        struct qc_key phone =
            phone_key(qc_key_tenant(key), of->customer->phones[i]);

        qc_key_put_str(&phone, of->customer->key);
        qc_entity_derive_key(txn, &phone, 0, how);
    }
}

const struct qc_entity qc_customer_entity = {
    .name = "customer",
    .space = QC_SPACE_CUSTOMER,
    .type = &qc__state__customer_row__descriptor,
    .counted = true,
    .derive = derive,
};

static bool has_twice(const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(list[i], list[j]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__CustomerProfile *customer = object;

    for (size_t i = 0; i < customer->n_phones; i++) {
        if (!qc_config_is_e164(customer->phones[i])) {
            detail->field = "customer.phones";
            return QC_REFUSED_INVALID_PHONE;
        }
    }
    if (customer->n_phones > PHONES_MAX ||
        has_twice(customer->phones, customer->n_phones)) {
        detail->field = "customer.phones";
        return QC_REFUSED_INVALID;
    }
    if (customer->n_emails > EMAILS_MAX ||
        has_twice(customer->emails, customer->n_emails)) {
        detail->field = "customer.emails";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

const struct qc_config_kind qc_customer_kind = {
    .entity = &qc_customer_entity,
    .key_field = "customer.key",
    .unknown = QC_REFUSED_NOT_FOUND,
    .quota = offsetof(Qc__V1__Quotas, customers),
    .many = true,
    .check = check,
};

const Qc__State__CustomerRow *qc_customer_get(struct qc_txn *txn,
                                              const char *key)
{
    return qc_config_get(txn, &qc_customer_kind, key);
}

int qc_customer_put(struct qc_txn *txn,
                    const Qc__V1__CustomerProfile *customer,
                    uint64_t if_rev,
                    enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_customer_kind, &customer->base, if_rev,
                         change_out);
}

/* The key of who alone has |phone|; "": nobody has, or more than one. */
static const char *owner_of(struct qc_txn *txn, const char *phone)
{
    struct qc_key prefix = phone_key(txn->tenant, phone);
    struct qc_key key = prefix;
    size_t at = prefix.len;
    const char *owner;

    if (!qc_index_next(txn, &prefix, &key, NULL)) {
        return "";
    }
    owner = qc_copy(txn, qc_key_read_str(&key, &at));
    return qc_index_next(txn, &prefix, &key, NULL) ? "" : owner;
}

/* --- names
 * --------------------------------------------------------------------
 */

static const char *name(struct qc_txn *txn, const char *kind, const char *who)
{
    const char *parts[] = {kind, who};

    return qc_text_join(txn, parts, 2);
}

/* Whom the visit names, if the caller may be taken for the visitor. */
static const char *visitor_of(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const Qc__State__AllocationRow *visit = NULL;
    uint64_t id;

    if (!x->withheld &&
        qc_id_parse(QC_ALLOCATION_PREFIX, x->allocation_id, &id)) {
        visit = qc_allocation_get(txn, id);
    }
    return visit != NULL ? visit->allocation->customer_id : "";
}

static const char *first_of(const char *a, const char *b)
{
    return a[0] != '\0' ? a : b;
}

const char *qc_customer_name(struct qc_txn *txn,
                             const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__V1__Customer *told = x->customer;
    const char *id =
        first_of(told != NULL ? told->customer_id : "", visitor_of(txn, x));
    const char *phone = first_of(told != NULL ? told->phone : "", x->ani);
    const char *email = told != NULL ? told->email : "";

    if (id[0] == '\0' && phone[0] != '\0') {
        id = owner_of(txn, phone);
    }
    return id[0] != '\0'      ? name(txn, BY_ID, id)
           : phone[0] != '\0' ? name(txn, BY_PHONE, phone)
           : email[0] != '\0' ? name(txn, BY_EMAIL, email)
                              : "";
}

/* --- history
 * ------------------------------------------------------------------
 */

static struct qc_key history_prefix(const struct qc_txn *txn,
                                    const char *customer)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_HISTORY);
    qc_key_put_str(&key, customer);
    return key;
}

/* The newest first: ids go up with time. */
static struct qc_key history_key(const struct qc_txn *txn,
                                 const char *customer,
                                 uint64_t interaction)
{
    struct qc_key key = history_prefix(txn, customer);

    qc_key_put_u64(&key, UINT64_MAX - interaction);
    return key;
}

void qc_customer_follow(struct qc_txn *txn,
                        const Qc__State__InteractionRow *was,
                        const Qc__State__InteractionRow *row)
{
    Qc__State__HistoryRow history = QC__STATE__HISTORY_ROW__INIT;
    struct qc_key key;

    if (row->customer_key[0] == '\0' || txn->fault != 0 ||
        (was != NULL && was->customer_key[0] != '\0')) {
        return;
    }
    history.interaction = qc_interaction_id(row);
    key = history_key(txn, row->customer_key, history.interaction);
    qc_row_put(txn, &key, &history);
}

void qc_customer_forget(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row)
{
    if (row->customer_key[0] != '\0') {
        struct qc_key key =
            history_key(txn, row->customer_key, qc_interaction_id(row));

        qc_del(txn, &key);
    }
}

/* Who is asked for, by all names that he may have had. */
struct asked {
    const Qc__State__CustomerRow *profile; /* NULL: there is none. */
    size_t n_names;
    const char *names[NAMES_MAX];
    uint64_t next[NAMES_MAX]; /* The next one of each; 0: there is none. */
};

/* The newest by |customer| before |before|; 0: there is none. */
static uint64_t next_of(struct qc_txn *txn,
                        const char *customer,
                        uint64_t before)
{
    struct qc_key prefix = history_prefix(txn, customer);
    struct qc_key key = history_key(txn, customer, before - 1);
    const Qc__State__HistoryRow *row = NULL;
    struct qc_cursor *cursor = qc_open(txn, &prefix, &key);
    struct qc_bytes bytes;

    if (qc_next(txn, cursor, &key, &bytes)) {
        row = qc_row_read(txn, &qc__state__history_row__descriptor, bytes);
    }
    qc_close(txn, cursor);
    return row != NULL ? row->interaction : 0;
}

static void find(struct qc_txn *txn,
                 const Qc__V1__GetCustomerHistoryRequest *request,
                 struct asked *asked)
{
    bool by_phone = request->customer[0] == '\0';
    const char *id =
        by_phone ? owner_of(txn, request->phone) : request->customer;

    *asked = (struct asked){.profile = qc_customer_get(txn, id)};
    asked->names[asked->n_names++] = id[0] != '\0'
                                         ? name(txn, BY_ID, id)
                                         : name(txn, BY_PHONE, request->phone);
    if (asked->profile != NULL) {
        const Qc__V1__CustomerProfile *customer = asked->profile->customer;

        for (size_t i = 0; i < customer->n_phones; i++) {
            asked->names[asked->n_names++] =
                name(txn, BY_PHONE, customer->phones[i]);
        }
        for (size_t i = 0; i < customer->n_emails; i++) {
            asked->names[asked->n_names++] =
                name(txn, BY_EMAIL, customer->emails[i]);
        }
    }
}

/* The newest of all names, of which the next one is found. */
static uint64_t take(struct qc_txn *txn, struct asked *asked)
{
    size_t newest = 0;
    uint64_t id;

    for (size_t i = 1; i < asked->n_names; i++) {
        if (asked->next[i] > asked->next[newest]) {
            newest = i;
        }
    }
    id = asked->next[newest];
    if (id != 0) {
        asked->next[newest] = next_of(txn, asked->names[newest], id);
    }
    return id;
}

int qc_customer_history(struct qc_txn *txn,
                        const Qc__V1__GetCustomerHistoryRequest *request,
                        const Qc__State__CustomerRow **profile_out,
                        struct qc_page *page_out)
{
    size_t size = request->page_size > 0 ? request->page_size : PAGE_SIZE;
    uint64_t before = UINT64_MAX;
    struct asked asked;
    uint64_t id;

    size = size < PAGE_SIZE_MAX ? size : PAGE_SIZE_MAX;
    if (request->page_token[0] != '\0' &&
        !qc_id_parse(QC_INTERACTION_PREFIX, request->page_token, &before)) {
        return qc_refuse(txn, QC_REFUSED_PAGE_TOKEN, "page_token");
    }
    find(txn, request, &asked);
    *profile_out = asked.profile;
    *page_out = (struct qc_page){
        .rows = qc_alloc(txn, size * sizeof(void *)),
        .next_token = "",
    };
    for (size_t i = 0; i < asked.n_names && before > 0; i++) {
        asked.next[i] = next_of(txn, asked.names[i], before);
    }
    for (size_t n = 0; txn->fault == 0 && (id = take(txn, &asked)) != 0; n++) {
        Qc__State__InteractionRow *row = qc_interaction_get(txn, id);

        if (row == NULL) {
            qc_txn_fail(txn, QC_E_CORRUPT);
            break;
        }
        if (qc_principal_sees(txn, row->interaction->queue)) {
            page_out->rows[page_out->n_rows++] = row;
        }
        if (page_out->n_rows == size || n == SEEN_MAX ||
            qc_page_is_full(txn, page_out, size, n)) {
            page_out->next_token = row->interaction->interaction_id;
            break;
        }
    }
    return txn->fault;
}
