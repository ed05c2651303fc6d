"""HTTP/2 as an attacker writes it: frames, whether or not they may be sent."""

import ctypes
import ctypes.util
import select
import socket
import ssl
import struct
import time

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, _, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL, ENHANCE_YOUR_CALM = 8, 11
NO_ERROR = 0
INITIAL_WINDOW_SIZE = 4
PATIENCE = 10  # seconds, for what must come


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(
        ">BBI", kind, flags, stream
    ) + payload


def settings(*entries):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *e) for e in entries))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def _integer(value, bits):
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    out = [most]
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _text(text):
    text = text.encode("latin-1") if isinstance(text, str) else text
    return _integer(len(text), 7) + text


def field(name, value, indexed=False):
    """A literal; |indexed| puts it in the table of the other side."""
    return (b"\x40" if indexed else b"\x00") + _text(name) + _text(value)


def block(fields):
    return b"".join(field(name, value) for name, value in fields)


def request(path, *more, method="POST", content_type="application/grpc"):
    """The fields of a request."""
    fields = [(":method", method), (":scheme", "http"), (":authority", "x")]
    if path is not None:
        fields.append((":path", path))
    if content_type is not None:
        fields.append(("content-type", content_type))
    return [*fields, *more]


def headers(stream, fields, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block(fields))


def data(stream, payload, end=True, most=16384):
    """As many frames as it takes; one that is empty, when it is."""
    pieces = [payload[i : i + most] for i in range(0, len(payload), most)] or [b""]
    return b"".join(
        frame(DATA, END_STREAM if end and i == len(pieces) - 1 else 0, stream, piece)
        for i, piece in enumerate(pieces)
    )


def framed(message, flags=0):
    """As gRPC puts a message on the wire."""
    return struct.pack(">BI", flags, len(message)) + message


# --- what is answered


class _Field(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("value", ctypes.c_void_p),
        ("name_size", ctypes.c_size_t),
        ("value_size", ctypes.c_size_t),
        ("flags", ctypes.c_uint8),
    ]


class Inflater:
    """HPACK, as nghttp2 reads it."""

    _library = None

    def __init__(self):
        if Inflater._library is None:
            Inflater._library = ctypes.CDLL(ctypes.util.find_library("nghttp2"))
            Inflater._library.nghttp2_hd_inflate_hd2.restype = ctypes.c_ssize_t
        self._inflater = ctypes.c_void_p()
        assert self._library.nghttp2_hd_inflate_new(ctypes.byref(self._inflater)) == 0

    def __del__(self):
        self._library.nghttp2_hd_inflate_del(self._inflater)

    def fields(self, text):
        """[(name, value), ...] of a whole block."""
        found = []
        at = ctypes.create_string_buffer(text, len(text))
        address, left = ctypes.addressof(at), len(text)
        while True:
            one, flags = _Field(), ctypes.c_int(0)
            taken = self._library.nghttp2_hd_inflate_hd2(
                self._inflater, ctypes.byref(one), ctypes.byref(flags),
                ctypes.c_void_p(address), ctypes.c_size_t(left), ctypes.c_int(1),
            )
            assert taken >= 0, "what the node sends is no HPACK"
            address, left = address + taken, left - taken
            if flags.value & 2:  # a field
                name = ctypes.string_at(one.name, one.name_size)
                value = ctypes.string_at(one.value, one.value_size)
                found.append((name.decode("latin-1"), value.decode("latin-1")))
            if flags.value & 1:  # the last
                self._library.nghttp2_hd_inflate_end_headers(self._inflater)
                return found


class Answer:
    """What has come on one stream."""

    def __init__(self):
        self.fields = []
        self.body = b""
        self.ended = False
        self.reset = None  # the code of a RST_STREAM

    def get(self, name):
        return dict(self.fields).get(name)


class Peer:
    """One connection to a node. With |tls|, a context, by TLS."""

    def __init__(self, address, tls=None, hello=True, entries=()):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self.socket.setblocking(False)
        self.input = b""
        self.answers = {}
        self.windows = {0: 65535}  # what may be sent, on each stream and in all
        self.first_window = 65535
        self.goaway = None  # its code
        self.closed = False
        self.inflater = Inflater()
        if hello:
            self.send(MAGIC + settings(*entries))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def ended(self):
        """It is over: the node has said GOAWAY, or closed."""
        return self.closed or self.goaway is not None

    def send(self, what, read=True, seconds=PATIENCE):
        """Until all is gone, or the node has closed, or |seconds| have passed;
        whether all is gone."""
        give_up = time.monotonic() + seconds
        what = memoryview(what)
        while what and not self.closed and time.monotonic() < give_up:
            try:
                what = what[self.socket.send(what) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                reading = [self.socket] if read else []
                select.select(reading, [self.socket], [], 0.01)
            except OSError:
                self.closed = True
            if read:
                self.read()
        return not what

    def read(self):
        """What is there already."""
        while not self.closed:
            try:
                got = self.socket.recv(1 << 18)
            except (BlockingIOError, ssl.SSLWantReadError):
                break
            except OSError:
                got = b""
            self.closed = not got
            self.input += got
        self._take_frames()

    def _take_frames(self):
        at = 0
        while len(self.input) - at >= 9:
            size = int.from_bytes(self.input[at : at + 3], "big")
            if len(self.input) - at < 9 + size:
                break
            kind, flags, stream = struct.unpack(">BBI", self.input[at + 3 : at + 9])
            self._take(kind, flags, stream, self.input[at + 9 : at + 9 + size])
            at += 9 + size
        self.input = self.input[at:]

    def _take(self, kind, flags, stream, payload):
        if kind == GOAWAY:
            self.goaway = struct.unpack(">I", payload[4:8])[0]
        elif kind == WINDOW_UPDATE and stream in self.windows:
            self.windows[stream] += struct.unpack(">I", payload)[0]
        elif kind == SETTINGS and not flags & ACK:
            # Before that the node keeps to the windows of the beginning.
            self.send(frame(SETTINGS, ACK, 0), read=False)
            entries = dict(struct.iter_unpack(">HI", payload))
            before = self.first_window
            self.first_window = entries.get(INITIAL_WINDOW_SIZE, before)
            for one in self.windows:
                self.windows[one] += self.first_window - before if one else 0
        if kind not in (HEADERS, DATA, RST_STREAM):
            return
        answer = self.answers.setdefault(stream, Answer())
        if kind == HEADERS:
            assert flags & END_HEADERS, "the node's blocks are short"
            answer.fields += self.inflater.fields(payload)
        elif kind == DATA:
            answer.body += payload
        else:
            answer.reset = struct.unpack(">I", payload)[0]
        answer.ended = answer.ended or kind == RST_STREAM or bool(flags & END_STREAM)

    def wait(self, condition, what, seconds=PATIENCE):
        give_up = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up, f"not within {seconds} s: {what}"
            select.select([self.socket], [], [], 0.01)
            self.read()

    def wait_for_end(self, seconds=PATIENCE):
        self.wait(lambda: self.ended, "the end of a connection", seconds)

    def ask(self, stream, fields, body):
        """One request and its answer. It is sent as far as there is a window."""
        self.wait(lambda: self.ended or self.windows[0] > 0, "a window")
        self.send(headers(stream, fields))
        self.windows[stream] = self.first_window
        sent = 0
        while not self.ended and not self.done(stream):
            size = min(16384, len(body) - sent, *map(self.windows.get, (0, stream)))
            last = sent + size == len(body)
            if size > 0 or last:
                self.send(data(stream, body[sent : sent + size], last))
                self.windows[0] -= size
                self.windows[stream] -= size
                sent += size
            if last:
                break
            if size == 0:
                select.select([self.socket], [], [], 0.01)
                self.read()
        del self.windows[stream]
        self.wait(
            lambda: self.ended or self.done(stream), f"an answer on stream {stream}"
        )
        return self.answers.get(stream, Answer())

    def done(self, stream):
        return stream in self.answers and self.answers[stream].ended
