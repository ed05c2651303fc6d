#include "machine/rosters.h"

#include <stdlib.h>
#include <string.h>

#include "machine/store.h"

enum {
    ROOM = 16, /* Tenants; doubled as often as needed. */
};

struct seat {
    uint32_t tenant;
    struct qc_roster *roster;
};

/* Sorted by tenant. */
struct qc_rosters {
    struct seat *seats;
    size_t n;
    size_t room;
};

struct qc_rosters *qc_rosters_new(void)
{
    return calloc(1, sizeof(struct qc_rosters));
}

void qc_rosters_free(struct qc_rosters *rosters)
{
    if (rosters == NULL) {
        return;
    }
    for (size_t i = 0; i < rosters->n; i++) {
        qc_roster_free(rosters->seats[i].roster);
    }
    free(rosters->seats);
    free(rosters);
}

/* Where |tenant| stands, or would. */
static size_t place_of(const struct qc_rosters *rosters, uint32_t tenant)
{
    size_t low = 0;
    size_t high = rosters->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rosters->seats[middle].tenant < tenant) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct qc_roster *find(const struct qc_rosters *rosters, uint32_t tenant)
{
    size_t at = place_of(rosters, tenant);

    return at < rosters->n && rosters->seats[at].tenant == tenant
               ? rosters->seats[at].roster
               : NULL;
}

static bool grow(struct qc_rosters *rosters)
{
    size_t room = rosters->room > 0 ? 2 * rosters->room : ROOM;
    struct seat *seats;

    if (rosters->n < rosters->room) {
        return true;
    }
    seats = realloc(rosters->seats, room * sizeof(*seats));
    if (seats == NULL) {
        return false;
    }
    rosters->seats = seats;
    rosters->room = room;
    return true;
}

static struct qc_roster *add(struct qc_rosters *rosters, uint32_t tenant)
{
    size_t at = place_of(rosters, tenant);
    struct qc_roster *roster;

    if (!grow(rosters) || (roster = qc_roster_new()) == NULL) {
        return NULL;
    }
    memmove(rosters->seats + at + 1, rosters->seats + at,
            (rosters->n - at) * sizeof(*rosters->seats));
    rosters->seats[at] = (struct seat){tenant, roster};
    rosters->n++;
    return roster;
}

struct qc_roster *qc_roster_of(struct qc_txn *txn)
{
    struct qc_roster *roster = find(txn->rosters, txn->tenant);

    if (roster == NULL) {
        roster = add(txn->rosters, txn->tenant);
    }
    if (roster == NULL) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return roster;
}

const char *qc_rosters_difference(struct qc_rosters *a,
                                  struct qc_rosters *b,
                                  uint32_t *tenant_out)
{
    for (size_t i = 0; i < a->n; i++) {
        struct qc_roster *other = find(b, a->seats[i].tenant);
        const char *wrong =
            other != NULL ? qc_roster_difference(a->seats[i].roster, other)
                          : NULL; /* Asked for, and empty. */

        if (wrong != NULL) {
            *tenant_out = a->seats[i].tenant;
            return wrong;
        }
    }
    return NULL;
}
