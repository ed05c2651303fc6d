#include "command/entry.h"

#include <string.h>

#include "base/arena.h"
#include "codec/utf8.h"

/*
 * An entry is an array, not a message, so it is written and read here, in the
 * same canonical msgpack: integers and headers as short as they can be.
 */

enum {
    FIELDS = 4,         /* Of an entry. */
    COMMAND_FIELDS = 7, /* Of a command. */
    /* Of a command: array header, 3 integers at most 5 bytes, 3 strings and
     * 2 binaries with headers of at most 5. */
    COMMAND_HEADERS_SIZE = 1 + 2 * 5 + 5 * 5,
    ENTRY_HEADERS_SIZE = 1 + 1 + 9 + 2 + QC_ENTROPY_SIZE + 5,
};

size_t qc_command_size(const struct qc_command *command)
{
    return COMMAND_HEADERS_SIZE + strlen(command->principal) +
           strlen(command->client_id) + strlen(command->request_id) +
           QC_DIGEST_SIZE + command->body.size;
}

/* Into memory that is known to be large enough. */
static uint8_t *write_be(uint8_t *at, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        at[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    }
    return at + n;
}

/* Writes the shortest of the headers |code| (8 bits), |code| + 1 (16) and
 * |code| + 2 (32 bits). */
static uint8_t *write_sized(uint8_t *at, uint8_t code, size_t size)
{
    if (size <= UINT8_MAX) {
        *at++ = code;
        return write_be(at, size, 1);
    }
    if (size <= UINT16_MAX) {
        *at++ = (uint8_t)(code + 1);
        return write_be(at, size, 2);
    }
    *at++ = (uint8_t)(code + 2);
    return write_be(at, size, 4);
}

static uint8_t *write_uint(uint8_t *at, uint64_t value)
{
    if (value < 0x80) {
        *at++ = (uint8_t)value;
        return at;
    }
    if (value <= UINT32_MAX) {
        return write_sized(at, 0xcc, (size_t)value);
    }
    *at++ = 0xcf;
    return write_be(at, value, 8);
}

static uint8_t *write_array(uint8_t *at, size_t n)
{
    if (n < 16) {
        *at++ = (uint8_t)(0x90 | n);
        return at;
    }
    *at++ = 0xdc;
    return write_be(at, n, 2);
}

static uint8_t *write_bytes(uint8_t *at, const void *bytes, size_t size)
{
    at = write_sized(at, 0xc4, size);
    if (size > 0) {
        memcpy(at, bytes, size);
    }
    return at + size;
}

static uint8_t *write_text(uint8_t *at, const char *text)
{
    size_t size = strlen(text);

    if (size < 32) {
        *at++ = (uint8_t)(0xa0 | size);
    } else {
        at = write_sized(at, 0xd9, size);
    }
    memcpy(at, text, size);
    return at + size;
}

static uint8_t *write_command(uint8_t *at, const struct qc_command *command)
{
    at = write_array(at, COMMAND_FIELDS);
    at = write_uint(at, command->id);
    at = write_uint(at, command->tenant);
    at = write_text(at, command->principal);
    at = write_text(at, command->client_id);
    at = write_text(at, command->request_id);
    at = write_bytes(at, command->digest, QC_DIGEST_SIZE);
    return write_bytes(at, command->body.data, command->body.size);
}

int qc_entry_write(const struct qc_entry *entry,
                   struct qc_arena *arena,
                   struct qc_bytes *bytes_out)
{
    size_t size = ENTRY_HEADERS_SIZE;
    uint8_t *start;
    uint8_t *at;

    for (size_t i = 0; i < entry->n_commands; i++) {
        size += qc_command_size(&entry->commands[i]);
    }
    start = qc_arena_alloc(arena, size);
    if (start == NULL) {
        return QC_E_NOMEM;
    }
    at = write_array(start, FIELDS);
    at = write_uint(at, QC_ENTRY_FORMAT);
    at = write_uint(at, (uint64_t)entry->at_ms);
    at = write_bytes(at, entry->entropy, QC_ENTROPY_SIZE);
    at = write_array(at, entry->n_commands);
    for (size_t i = 0; i < entry->n_commands; i++) {
        at = write_command(at, &entry->commands[i]);
    }
    *bytes_out = (struct qc_bytes){start, (size_t)(at - start)};
    return 0;
}

/* What is left to read. Once something is wrong it stays wrong, and everything
 * reads as nothing; whoever reads asks once, at the end. */
struct reader {
    const uint8_t *at;
    size_t left;
    bool bad;
    bool nomem; /* That is why. */
};

static const uint8_t *take(struct reader *reader, size_t n)
{
    const uint8_t *at = reader->at;

    if (reader->bad || n > reader->left) {
        reader->bad = true;
        return NULL;
    }
    reader->at += n;
    reader->left -= n;
    return at;
}

static uint64_t read_be(struct reader *reader, unsigned n)
{
    const uint8_t *bytes = take(reader, n);
    uint64_t value = 0;

    for (unsigned i = 0; bytes != NULL && i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static uint8_t read_code(struct reader *reader)
{
    return (uint8_t)read_be(reader, 1);
}

/* Reads what write_sized() wrote, |code| being read already. A size that would
 * have fitted a shorter header is not canonical. */
static size_t read_sized(struct reader *reader, uint8_t code, uint8_t first)
{
    uint64_t least[] = {0, UINT8_MAX, UINT16_MAX};
    unsigned width = (unsigned)(code - first);
    uint64_t size;

    if (code < first || width > 2) {
        reader->bad = true;
        return 0;
    }
    size = read_be(reader, 1U << width);
    if (width > 0 && size <= least[width]) {
        reader->bad = true;
    }
    return reader->bad ? 0 : (size_t)size;
}

static uint64_t read_uint(struct reader *reader)
{
    uint8_t code = read_code(reader);
    uint64_t value;

    if (code < 0x80) {
        return code;
    }
    if (code == 0xcf) {
        value = read_be(reader, 8);
        reader->bad = reader->bad || value <= UINT32_MAX;
        return value;
    }
    value = read_sized(reader, code, 0xcc);
    reader->bad = reader->bad || value < 0x80;
    return value;
}

static uint32_t read_uint32(struct reader *reader)
{
    uint64_t value = read_uint(reader);

    reader->bad = reader->bad || value > UINT32_MAX;
    return (uint32_t)value;
}

static size_t read_array(struct reader *reader)
{
    uint8_t code = read_code(reader);
    size_t n;

    if ((code & 0xf0) == 0x90) {
        return code & 0x0f;
    }
    n = (size_t)read_be(reader, 2);
    reader->bad = reader->bad || code != 0xdc || n < 16;
    return reader->bad ? 0 : n;
}

static struct qc_bytes read_bytes(struct reader *reader)
{
    size_t size = read_sized(reader, read_code(reader), 0xc4);
    const uint8_t *bytes = take(reader, size);

    return (struct qc_bytes){bytes, bytes != NULL ? size : 0};
}

/* Copies |size| bytes of fixed length. */
static void read_fixed(struct reader *reader, uint8_t *to, size_t size)
{
    struct qc_bytes bytes = read_bytes(reader);

    if (bytes.size != size) {
        reader->bad = true;
        return;
    }
    memcpy(to, bytes.data, size);
}

static const char *read_text(struct reader *reader,
                             size_t size_max,
                             struct qc_arena *arena)
{
    uint8_t code = read_code(reader);
    size_t size;
    const uint8_t *bytes;
    char *text;

    if ((code & 0xe0) == 0xa0) {
        size = code & 0x1f;
    } else {
        size = read_sized(reader, code, 0xd9);
        reader->bad = reader->bad || size < 32;
    }
    bytes = take(reader, size);
    if (bytes == NULL || size > size_max ||
        !qc_utf8_is_text((struct qc_bytes){bytes, size})) {
        reader->bad = true;
        return "";
    }
    text = qc_arena_alloc(arena, size + 1);
    if (text == NULL) {
        reader->bad = true;
        reader->nomem = true;
        return "";
    }
    memcpy(text, bytes, size);
    return text;
}

static void read_command(struct reader *reader,
                         struct qc_arena *arena,
                         struct qc_command *command)
{
    if (read_array(reader) != COMMAND_FIELDS) {
        reader->bad = true;
        return;
    }
    command->id = read_uint32(reader);
    command->tenant = read_uint32(reader);
    command->principal = read_text(reader, QC_PRINCIPAL_TEXT_SIZE_MAX, arena);
    command->client_id = read_text(reader, QC_ID_TEXT_SIZE_MAX, arena);
    command->request_id = read_text(reader, QC_ID_TEXT_SIZE_MAX, arena);
    read_fixed(reader, command->digest, QC_DIGEST_SIZE);
    command->body = read_bytes(reader);
}

int qc_entry_read(struct qc_bytes bytes,
                  struct qc_arena *arena,
                  struct qc_entry *entry_out)
{
    struct reader reader = {.at = bytes.data, .left = bytes.size};
    struct qc_entry entry = {.at_ms = 0};
    struct qc_command *commands = NULL;

    if (read_array(&reader) != FIELDS ||
        read_uint(&reader) != QC_ENTRY_FORMAT) {
        return QC_E_CORRUPT;
    }
    entry.at_ms = (int64_t)read_uint(&reader);
    read_fixed(&reader, entry.entropy, QC_ENTROPY_SIZE);
    entry.n_commands = read_array(&reader);
    if (reader.bad || entry.at_ms < 0 || entry.at_ms > QC_ENTRY_AT_MS_MAX ||
        entry.n_commands > QC_ENTRY_COMMANDS_MAX) {
        return QC_E_CORRUPT;
    }
    commands = qc_arena_alloc(arena, entry.n_commands * sizeof(*commands));
    if (commands == NULL) {
        return QC_E_NOMEM;
    }
    for (size_t i = 0; i < entry.n_commands; i++) {
        read_command(&reader, arena, &commands[i]);
    }
    if (reader.bad || reader.left > 0) {
        return reader.nomem ? QC_E_NOMEM : QC_E_CORRUPT;
    }
    entry.commands = commands;
    *entry_out = entry;
    return 0;
}
