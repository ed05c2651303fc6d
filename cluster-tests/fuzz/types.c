#include "cluster-tests/fuzz/types.h"

#include <every_message.h>

#include "command/table.h"

enum {
    TYPES = sizeof(every_message) / sizeof(every_message[0]),
    CHOICE_SIZE = 2,
};

/* FNV-1a, folded. */
static uint16_t hash(const char *name)
{
    uint32_t value = 2166136261;

    for (; *name != '\0'; name++) {
        value = (value ^ (uint8_t)*name) * 16777619;
    }
    return (uint16_t)(value ^ value >> 16);
}

static const char *type_name(size_t i)
{
    return every_message[i]->name;
}

static const char *method_path(size_t i)
{
    size_t n;

    return qc_methods(&n)[i].path;
}

/* Of |n| names the one whose hash comes first, counted from |choice| on. */
static size_t nearest(uint16_t choice, size_t n, const char *(*name)(size_t i))
{
    uint16_t least = UINT16_MAX;
    size_t best = 0;

    for (size_t i = 0; i < n; i++) {
        uint16_t distance = (uint16_t)(hash(name(i)) - choice);

        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

const ProtobufCMessageDescriptor *types_choose(struct choices *choices)
{
    uint16_t choice = (uint16_t)choices_number(choices, CHOICE_SIZE);

    return every_message[nearest(choice, TYPES, type_name)];
}

const struct qc_method *types_choose_method(struct choices *choices)
{
    uint16_t choice = (uint16_t)choices_number(choices, CHOICE_SIZE);
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    return &methods[nearest(choice, n, method_path)];
}

const ProtobufCMessageDescriptor *types_at(size_t i)
{
    return i < TYPES ? every_message[i] : NULL;
}

void types_chosen(struct chosen *chosen, const ProtobufCMessageDescriptor *type)
{
    chosen_number(chosen, hash(type->name), CHOICE_SIZE);
}

void types_chosen_method(struct chosen *chosen, const struct qc_method *method)
{
    chosen_number(chosen, hash(method->path), CHOICE_SIZE);
}
