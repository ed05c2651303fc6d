#include "http2/share.h"

enum {
    SLICE_SIZE = 512,
    /* Of who asks for what is dear: a call or two. */
    DEAR_SLICE_SIZE = 64,
    /* Dear is what takes a quarter of a turn for a slice. */
    DEAR_NS = QC_WIRE_TURN_NS / 4,
};

static enum qc_http2_counter counter_of_error(int error)
{
    switch (error) {
    case NGHTTP2_ERR_FLOODED:
        return QC_HTTP2_ACKS;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
        return QC_HTTP2_CONTINUATIONS;
    default:
        return QC_HTTP2_BROKEN;
    }
}

/* One slice at least, and as much as the turn has time for; gives how much. */
static size_t take(struct qc_connection *connection, struct qc_bytes bytes)
{
    struct qc_server_core *core = connection->core;
    uint64_t since_ns = uv_hrtime();
    size_t at = 0;

    do {
        size_t left = bytes.size - at;
        size_t slice = connection->dear ? DEAR_SLICE_SIZE : SLICE_SIZE;
        size_t size = left < slice ? left : slice;
        ssize_t taken = nghttp2_session_mem_recv(connection->wire.session,
                                                 bytes.data + at, size);
        uint64_t now_ns = uv_hrtime();

        core->spent_ns += now_ns - since_ns;
        connection->dear = (now_ns - since_ns) * SLICE_SIZE > DEAR_NS * size;
        since_ns = now_ns;
        if (taken < 0) {
            qc_connection_count(connection, counter_of_error((int)taken));
            connection->broken = true;
        }
        /* nghttp2 would still serve what was asked behind the last straw. */
        if (connection->broken || connection->calmed || connection->closing) {
            return bytes.size;
        }
        at += size;
    } while (at < bytes.size && core->spent_ns < QC_WIRE_TURN_NS);
    return at;
}

static void keep(struct qc_connection *connection, struct qc_bytes bytes)
{
    if (!qc_buffer_add(&connection->kept, bytes.data, bytes.size)) {
        qc_connection_close(connection);
    }
}

void qc_share_take(struct qc_connection *connection, struct qc_bytes bytes)
{
    size_t taken = qc_share_is_due(connection) ? 0 : take(connection, bytes);

    if (taken < bytes.size) {
        keep(connection,
             (struct qc_bytes){bytes.data + taken, bytes.size - taken});
    }
}

void qc_share_go_on(struct qc_connection *connection)
{
    struct qc_buffer *kept = &connection->kept;

    kept->begin += take(connection, qc_buffer_bytes(kept));
    if (qc_buffer_size(kept) == 0) {
        qc_buffer_done(kept);
    }
}

bool qc_share_is_due(const struct qc_connection *connection)
{
    return qc_buffer_size(&connection->kept) > 0;
}
