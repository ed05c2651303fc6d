"""Requests that are wrong, by kind: what each is, and how it may end.

A kind is a function of the dice; what it may end as stands in its first line.
"grpc 3" and "http 400" are statuses, "reset" is RST_STREAM, "closed" an end of
the connection, with GOAWAY or without.
"""

import json
import struct
import time

import contract
from frames import (
    DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, block, data, field, frame, framed, headers, request,
)

ALLOCATE = "/quorumcall.v1.NumberService/AllocateNumber"
GET = "/quorumcall.v1.AdminService/GetNumber"
PUSH_PROMISE = 5
TENANT = ("x-tenant", "demo")
JSON, MSGPACK = "application/json", "application/grpc+msgpack"
GRPC_MIB = 1 << 20

KINDS = {}


def kind(*ends):
    def enter(function):
        KINDS[function.__name__.replace("_", " ")] = (function, set(ends))
        return function

    return enter


def _call(stream, body, *more, path=ALLOCATE, content_type="application/grpc", method="POST"):
    fields = request(path, TENANT, *more, content_type=content_type, method=method)
    return headers(stream, fields) + data(stream, body)


def _words(dice, most=40):
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789-_.", k=dice.randint(1, most)))


def _bytes(dice, most=400):
    return dice.randbytes(dice.randint(1, most))


def _good(dice):
    """A request that would be served, as a message."""
    message = contract.request_type("NumberService/AllocateNumber")()
    message.subject = "sales"
    message.customer_phone = f"+4420794601{dice.randint(10, 99)}"
    message.request_id = _words(dice, 12)
    message.client_id = "malformed"
    message.client_ts_ms = int(time.time() * 1000)
    return message


def _mutated(dice, body):
    body = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(body) + 1)
        what = dice.randrange(4)
        if what == 0:
            body.insert(at, dice.randrange(256))
        elif what == 1 and body:
            del body[at % len(body)]
        elif what == 2 and body:
            body[at % len(body)] = dice.randrange(256)
        else:
            body = body[:at] + body[dice.randrange(len(body) + 1) :]
    return bytes(body)


# --- paths, methods, content types


@kind("grpc 12")
def a_path_that_nobody_has(dice, stream):
    return _call(stream, framed(b""), path=f"/{_words(dice)}/{_words(dice)}")


@kind("grpc 12")
def a_method_that_a_service_lacks(dice, stream):
    return _call(stream, framed(b""), path=f"/quorumcall.v1.NumberService/{_words(dice)}")


@kind("reset")
def a_path_that_is_none(dice, stream):
    return _call(stream, framed(b""), path=_words(dice))


@kind("http 404", "http 405")
def a_method_of_http_that_is_not_post(dice, stream):
    path = dice.choice((ALLOCATE, "/" + _words(dice)))
    method = dice.choice(("GET", "PUT", "DELETE", "PATCH", "TRACE", _words(dice, 8).upper()))
    return _call(stream, b"", method=method, path=path)


@kind("http 415")
def a_content_type_that_nobody_reads(dice, stream):
    what = dice.choice(("text/plain", "application/x", "application/grpc-web", _words(dice)))
    return _call(stream, framed(b""), content_type=what)


@kind("http 415")
def no_content_type(dice, stream):
    return _call(stream, framed(b""), content_type=None)


# --- headers


@kind("reset")
def a_header_in_capitals(dice, stream):
    return _call(stream, framed(b""), ("X-" + _words(dice), "y"))


@kind("reset")
def a_header_of_the_connection(dice, stream):
    name = dice.choice(("connection", "keep-alive", "transfer-encoding", "upgrade"))
    return _call(stream, framed(b""), (name, _words(dice)))


@kind("reset")
def a_header_with_a_line_in_it(dice, stream):
    return _call(stream, framed(b""), ("x-" + _words(dice), "a\r\nb: c\0"))


@kind("reset")
def a_pseudo_header_that_is_missing_or_twice(dice, stream):
    fields = request(ALLOCATE, TENANT)
    at = dice.randrange(4)
    fields = fields[:at] + (fields[at : at + 1] * 2 if dice.random() < 0.5 and at != 2 else []) + fields[at + 1 :]
    if fields == request(ALLOCATE, TENANT) or not any(n == ":authority" for n, _ in fields):
        fields = [f for f in fields if f[0] != ":path"]
    return headers(stream, fields) + data(stream, framed(b""))


@kind("reset")
def too_many_headers(dice, stream):
    many = [("x-" + _words(dice, 10), "y") for _ in range(dice.randint(101, 200))]
    return _call(stream, framed(b""), *many)


@kind("reset")
def headers_that_are_too_long(dice, stream):
    return _call(stream, framed(b""), ("x-long", "y" * 15500), ("x-more", "y" * dice.randint(600, 650)))


@kind("reset")
def a_length_that_is_a_lie(dice, stream):
    return _call(stream, framed(b"x" * 9), ("content-length", str(dice.choice((0, 1, 13, 15, 999)))))


@kind("grpc 13")
def a_timeout_that_is_none(dice, stream):
    what = dice.choice(("", "1", "x", "-1S", "123456789S", "1 S", "1s", "1S1S", _words(dice) + "!"))
    return _call(stream, framed(b""), ("grpc-timeout", what))


@kind("http 400")
def a_timeout_of_connect_that_is_none(dice, stream):
    what = dice.choice(("", "x", "-1", "12345678901", "1.5", "1ms"))
    return _call(stream, b"{}", ("connect-timeout-ms", what), content_type=JSON)


@kind("grpc 4")
def a_timeout_that_is_over(dice, stream):
    return _call(stream, framed(b""), ("grpc-timeout", "0" + dice.choice("HMSmun")))


@kind("grpc 12")
def an_encoding_that_is_not_known(dice, stream):
    return _call(stream, framed(b""), ("grpc-encoding", dice.choice(("gzip", "br", _words(dice)))))


@kind("http 501")
def an_encoding_of_connect_that_is_not_known(dice, stream):
    return _call(stream, b"{}", ("content-encoding", dice.choice(("gzip", "br", "zstd"))), content_type=JSON)


@kind("grpc 16")
def a_key_that_nobody_has(dice, stream):
    return _call(stream, framed(b""), ("authorization", dice.choice(("Bearer ", "bearer", "Basic ")) + _words(dice)))


@kind("grpc 3")
def a_consistency_that_is_none(dice, stream):
    what = dice.choice(("old", "stale;", "stale;max=", "stale;max=-1", "stale;max=x", "stale;max=99999999999999999999", "STALE"))
    body = contract.request_type("AdminService/GetNumber")(number="+12005550100")
    return _call(stream, framed(body.SerializeToString()), ("x-consistency", what), path=GET)


@kind("grpc 3")
def a_revision_that_is_none(dice, stream):
    body = framed(_good(dice).SerializeToString())
    what = dice.choice(("x", "-1", "1.5", "99999999999999999999999"))
    return _call(stream, body, ("x-if-rev", what))


# --- how messages are framed


@kind("grpc 13")
def no_message(dice, stream):
    return _call(stream, b"")


@kind("grpc 13")
def a_message_that_is_cut_short(dice, stream):
    whole = framed(_bytes(dice))
    return _call(stream, whole[: dice.randrange(1, len(whole))])


@kind("grpc 13")
def two_messages(dice, stream):
    return _call(stream, framed(b"") + framed(_bytes(dice)))


@kind("grpc 13")
def a_message_with_flags(dice, stream):
    return _call(stream, framed(_bytes(dice), dice.randint(1, 255)))


@kind("grpc 8")
def a_message_that_claims_too_much(dice, stream):
    return _call(stream, struct.pack(">BI", 0, dice.randint(4 * GRPC_MIB + 1, (1 << 32) - 1)) + _bytes(dice))


# --- what is in them


@kind("grpc 3")
def protobuf_that_is_noise(dice, stream):
    return _call(stream, framed(b"\x07" + _bytes(dice)))  # no wire type is 7


@kind("grpc 0", "grpc 3", "grpc 5", "grpc 6", "grpc 8", "grpc 9", "grpc 10", "grpc 11")
def protobuf_that_was_good_once(dice, stream):
    return _call(stream, framed(_mutated(dice, _good(dice).SerializeToString())))


@kind("grpc 3")
def text_that_is_not_utf_8(dice, stream):
    text = b"\x0a\x04ok\xff" + bytes([dice.randint(0x80, 0xBF)])
    return _call(stream, framed(text))


@kind("grpc 3")
def a_number_that_is_none(dice, stream):
    message = _good(dice)
    message.customer_phone = dice.choice(("x", "+", "12", "+999123456789", "anonymous"))
    return _call(stream, framed(message.SerializeToString()))


@kind("grpc 3")
def a_field_that_is_too_long(dice, stream):
    message = _good(dice)
    message.subject = "x" * dice.randint(1000, 20000)
    return _call(stream, framed(message.SerializeToString()))


@kind("grpc 3")
def msgpack_that_is_noise(dice, stream):
    return _call(stream, framed(b"\xc1" + _bytes(dice)), content_type=MSGPACK)  # c1 is nothing


@kind("grpc 3")
def msgpack_that_counts_too_much(dice, stream):
    head = dice.choice((b"\xdf", b"\xdd", b"\xdb", b"\xc6"))
    body = head + dice.randint(1 << 20, (1 << 32) - 1).to_bytes(4, "big") + _bytes(dice)
    return _call(stream, framed(body), content_type=MSGPACK)


@kind("grpc 3", "grpc 8")
def msgpack_that_is_deep(dice, stream):
    deep = dice.choice((b"\x91", b"\x81\x01")) * dice.randint(40, 4000)
    return _call(stream, framed(deep), content_type=MSGPACK)


@kind("http 400")
def json_that_is_noise(dice, stream):
    return _call(stream, b"\x01" + _bytes(dice), content_type=JSON)


@kind("http 400")
def json_that_is_no_object(dice, stream):
    what = dice.choice(("1", "[]", '"x"', "null x", "true", "", "{", '{"a"}', "{}{}", "{,}"))
    return _call(stream, what.encode(), content_type=JSON)


@kind("http 400", "http 429")
def json_that_is_deep(dice, stream):
    n = dice.randint(40, 4000)
    what = dice.choice(("[" * n, '{"a":' * n, '{"subject":' + "[" * n + "]" * n + "}"))
    return _call(stream, what.encode(), content_type=JSON)


@kind("http 200", "http 400", "http 404", "http 409", "http 429")
def json_that_was_good_once(dice, stream):
    good = {"subject": "sales", "customerPhone": f"+4420794601{dice.randint(10, 99)}"}
    return _call(stream, _mutated(dice, json.dumps(good).encode()), content_type=JSON)


@kind("http 400")
def json_of_another_type(dice, stream):
    what = {"subject": dice.choice((1, [], {}, True))}
    return _call(stream, json.dumps(what).encode(), content_type=JSON)


# --- frames that may not be: the end of the connection


@kind("closed")
def data_of_no_stream(dice, stream):
    return frame(DATA, 0, 0, _bytes(dice))


@kind("closed")
def headers_on_an_even_stream(dice, stream):
    return frame(HEADERS, END_HEADERS | END_STREAM, 2 * dice.randint(1, 99), block(request(ALLOCATE)))


@kind("closed")
def headers_that_are_no_hpack(dice, stream):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\xff\xff\xff\xff\xff\xff\xff" + _bytes(dice))


@kind("closed")
def a_frame_of_a_wrong_size(dice, stream):
    kind_of, size = dice.choice(((PING, 7), (SETTINGS, 5), (RST_STREAM, 3), (WINDOW_UPDATE, 5), (PING, 9)))
    on = stream if kind_of == RST_STREAM else 0
    return frame(kind_of, 0, on, b"x" * size)


@kind("closed")
def a_frame_that_is_too_large(dice, stream):
    return frame(dice.choice((DATA, HEADERS, PING)), 0, stream, b"x" * dice.randint(16385, 40000))


@kind("closed")
def a_reset_of_what_never_was(dice, stream):
    return frame(RST_STREAM, 0, stream + 2 * dice.randint(100, 200), b"\0\0\0\x08")


@kind("closed")
def a_push(dice, stream):
    return frame(PUSH_PROMISE, END_HEADERS, stream, b"\0\0\0\x02" + block(request(ALLOCATE)))


@kind("closed")
def a_window_made_wider_by_nothing(dice, stream):
    return frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0")


@kind("closed")
def headers_between_headers(dice, stream):
    return frame(HEADERS, 0, stream, field("a", "b")) + frame(
        dice.choice((HEADERS, DATA, PING, PRIORITY)), 0, stream, b"12345678"
    )
