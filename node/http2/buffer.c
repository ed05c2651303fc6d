#include "http2/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

enum {
    CAPACITY_MIN = 512, /* The headers of most requests fit. */
};

void qc_buffer_done(struct qc_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct qc_buffer){.data = NULL};
}

void qc_buffer_rest(struct qc_buffer *buffer)
{
    if (buffer->capacity > QC_BUFFER_KEPT_MAX) {
        qc_buffer_done(buffer);
    } else {
        qc_buffer_clear(buffer);
    }
}

struct qc_bytes qc_buffer_bytes(const struct qc_buffer *buffer)
{
    if (buffer->data == NULL) {
        return (struct qc_bytes){.data = NULL};
    }
    return (struct qc_bytes){
        .data = buffer->data + buffer->begin,
        .size = qc_buffer_size(buffer),
    };
}

/* Makes room for |extra| bytes at the end. What has been taken is used again
 * only once it is half of the memory, so each byte moves a bounded number of
 * times. */
static bool make_room(struct qc_buffer *buffer, size_t extra)
{
    size_t size = qc_buffer_size(buffer);
    size_t capacity = buffer->capacity;
    uint8_t *data;

    if (extra <= capacity - buffer->end) {
        return true;
    }
    if (extra > SIZE_MAX / 4 - size) {
        return false;
    }
    if (buffer->begin >= capacity / 2 && extra <= capacity - size) {
        memmove(buffer->data, buffer->data + buffer->begin, size);
        buffer->begin = 0;
        buffer->end = size;
        return true;
    }
    while (capacity < buffer->end + extra) {
        capacity = capacity < CAPACITY_MIN ? CAPACITY_MIN : capacity * 2;
    }
    data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool qc_buffer_reserve(struct qc_buffer *buffer, size_t size)
{
    uint8_t *data;

    if (buffer->capacity - buffer->begin >= size) {
        return true;
    }
    if (size > SIZE_MAX / 4 - buffer->begin) {
        return false;
    }
    data = realloc(buffer->data, buffer->begin + size);
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = buffer->begin + size;
    return true;
}

uint8_t *qc_buffer_extend(struct qc_buffer *buffer, size_t size)
{
    if (!make_room(buffer, size)) {
        return NULL;
    }
    buffer->end += size;
    return buffer->data + buffer->end - size;
}

bool qc_buffer_add(struct qc_buffer *buffer, const void *data, size_t size)
{
    uint8_t *into;

    if (size == 0) {
        return true;
    }
    into = qc_buffer_extend(buffer, size);
    if (into == NULL) {
        return false;
    }
    memcpy(into, data, size);
    return true;
}

bool qc_buffer_add_text(struct qc_buffer *buffer, const char *text)
{
    return qc_buffer_add(buffer, text, strlen(text));
}

bool qc_buffer_add_base64(struct qc_buffer *buffer, struct qc_bytes bytes)
{
    char text[64];

    for (size_t i = 0; i < bytes.size; i += 48) {
        size_t n = bytes.size - i < 48 ? bytes.size - i : 48;
        size_t padding = (3 - n % 3) % 3;

        qc_base64_write((struct qc_bytes){bytes.data + i, n}, text);
        if (!qc_buffer_add(buffer, text, qc_base64_text_size(n) - padding)) {
            return false;
        }
    }
    return true;
}

size_t qc_buffer_take(struct qc_buffer *buffer, uint8_t *into, size_t size)
{
    size_t waiting = qc_buffer_size(buffer);

    if (size > waiting) {
        size = waiting;
    }
    if (size > 0) {
        memcpy(into, buffer->data + buffer->begin, size);
        buffer->begin += size;
    }
    if (buffer->begin == buffer->end) {
        qc_buffer_clear(buffer);
    }
    return size;
}

void qc_buffer_clear(struct qc_buffer *buffer)
{
    buffer->begin = 0;
    buffer->end = 0;
}
