#include "machine/context.h"

#include <assert.h>
#include <string.h>

#include "codec/message.h"
#include "machine/row.h"
#include "machine/store.h"

/* Of the entry of any map. */
enum {
    FIELD_KEY = 1,
    FIELD_VALUE = 2,
};

static const ProtobufCFieldDescriptor *map_of(const ProtobufCMessage *message,
                                              uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    assert(field != NULL && qc_field_is_map(field));
    return field;
}

/* Returns where |key| is, or where it would go. */
static size_t place_of(const struct qc_context *context,
                       const char *key,
                       bool *found_out)
{
    size_t low = 0;
    size_t high = context->n;

    *found_out = false;
    while (low < high && !*found_out) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(context->pairs[middle].key, key);

        *found_out = order == 0;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return high;
}

static void remove_at(struct qc_context *context, size_t i)
{
    context->size -=
        strlen(context->pairs[i].key) + strlen(context->pairs[i].value);
    context->n--;
    memmove(&context->pairs[i], &context->pairs[i + 1],
            (context->n - i) * sizeof(context->pairs[0]));
}

static void insert_at(struct qc_context *context,
                      size_t i,
                      const char *key,
                      const char *value)
{
    memmove(&context->pairs[i + 1], &context->pairs[i],
            (context->n - i) * sizeof(context->pairs[0]));
    context->n++;
    context->pairs[i].key = key;
    context->pairs[i].value = value;
    context->size += strlen(key) + strlen(value);
}

bool qc_context_set(struct qc_context *context,
                    const char *key,
                    const char *value)
{
    bool found;
    size_t i = place_of(context, key, &found);
    size_t size = context->size + strlen(key) + strlen(value);
    size_t n = context->n + 1;

    if (value[0] == '\0') {
        if (found) {
            remove_at(context, i);
        }
        return true;
    }
    if (found) {
        size -= strlen(key) + strlen(context->pairs[i].value);
        n--;
    }
    if (n > QC_CONTEXT_PAIRS_MAX || size > QC_CONTEXT_SIZE_MAX) {
        return false;
    }
    if (found) {
        remove_at(context, i);
    }
    insert_at(context, i, key, value);
    return true;
}

const char *qc_context_get(const struct qc_context *context, const char *key)
{
    bool found;
    size_t i = place_of(context, key, &found);

    return found ? context->pairs[i].value : NULL;
}

bool qc_context_merge(struct qc_context *context,
                      const ProtobufCMessage *message,
                      uint32_t field)
{
    const ProtobufCFieldDescriptor *map = map_of(message, field);
    size_t n = qc_message_count(message, map);
    const ProtobufCMessage *const *entries;
    bool fits = true;

    memcpy(&entries, qc_message_at(message, map), sizeof(entries));
    for (size_t i = 0; i < n; i++) {
        if (qc_message_string(entries[i], FIELD_VALUE)[0] == '\0') {
            qc_context_set(context, qc_message_string(entries[i], FIELD_KEY),
                           "");
        }
    }
    for (size_t i = 0; i < n && fits; i++) {
        const char *value = qc_message_string(entries[i], FIELD_VALUE);

        fits = value[0] == '\0' ||
               qc_context_set(context, qc_message_string(entries[i], FIELD_KEY),
                              value);
    }
    return fits;
}

void qc_context_read(struct qc_context *context,
                     const ProtobufCMessage *message,
                     uint32_t field)
{
    *context = (struct qc_context){.n = 0};
    qc_context_merge(context, message, field);
}

static ProtobufCMessage *entry_of(struct qc_txn *txn,
                                  const ProtobufCMessageDescriptor *type,
                                  const char *key,
                                  const char *value)
{
    char *entry = qc_row_new(txn, type);

    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry + qc_message_field(type, FIELD_KEY)->offset, &key,
           sizeof(key));
    memcpy(entry + qc_message_field(type, FIELD_VALUE)->offset, &value,
           sizeof(value));
    return (ProtobufCMessage *)(void *)entry;
}

void qc_context_write(struct qc_txn *txn,
                      const struct qc_context *context,
                      ProtobufCMessage *message,
                      uint32_t field)
{
    const ProtobufCFieldDescriptor *map = map_of(message, field);
    ProtobufCMessage **entries = NULL;

    if (context->n > 0) {
        entries = qc_alloc(txn, context->n * sizeof(ProtobufCMessage *));
        if (entries == NULL) {
            return;
        }
    }
    for (size_t i = 0; i < context->n; i++) {
        entries[i] = entry_of(txn, map->descriptor, context->pairs[i].key,
                              context->pairs[i].value);
        if (entries[i] == NULL) {
            return;
        }
    }
    memcpy((char *)message + map->quantifier_offset, &context->n,
           sizeof(context->n));
    memcpy((char *)message + map->offset, &entries, sizeof(entries));
}
