"""Whatever comes in: a status, a reason, a field; nothing written, and the
connection goes on."""

import json
import struct
import time

import grpc

import contract
from cluster import PHONES, Cluster, Refused
from forms import curl, framed

Code = grpc.StatusCode
ALLOCATE = "NumberService/AllocateNumber"
EDGE_FIELD_MIN = 200
TOO_MUCH_BYTES = 5 * 1024 * 1024


def _refusal(cluster, path, body, node=0, **how):
    """How the call is refused; it must be."""
    try:
        answer = cluster.call_bytes(path, body, node, **how)
    except Refused as refused:
        return refused
    raise AssertionError(f"{path}: accepted {body[:80]!r}: {answer!r}")


# --- a request that is within all limits, made from the contract


def _limits(field):
    return field.GetOptions().Extensions[contract.options.limits]


def _is_map(field):
    return (
        field.label == field.LABEL_REPEATED
        and field.message_type is not None
        and field.message_type.GetOptions().map_entry
    )


def _text(limits):
    by_format = {
        contract.options.FORMAT_PHONE: "+447700900001",
        contract.options.FORMAT_COUNTRY: "GB",
        contract.options.FORMAT_DIGITS: "1",
    }
    return by_format.get(limits.format, "x" * max(1, limits.min_size))


def _fill(message):
    """Sets what is required, and nothing else."""
    for field in message.DESCRIPTOR.fields:
        if _limits(field).required:
            _set(message, field)
    return message


def _element(field):
    """Of a list of enums or texts."""
    return 1 if field.enum_type is not None else _text(_limits(field))


def _set(message, field):
    """Sets |field| to something that is within its limits."""
    limits = _limits(field)
    if _is_map(field):
        getattr(message, field.name)["k"] = "v"
    elif field.message_type is not None and field.label == field.LABEL_REPEATED:
        _fill_item(getattr(message, field.name).add())
    elif field.label == field.LABEL_REPEATED:
        getattr(message, field.name).append(_element(field))
    elif field.message_type is not None:
        _fill(getattr(message, field.name))
        getattr(message, field.name).SetInParent()
    elif field.type == field.TYPE_STRING:
        setattr(message, field.name, _text(limits))
    elif field.type == field.TYPE_BYTES:
        setattr(message, field.name, b"x" * max(1, limits.min_size))
    else:
        setattr(message, field.name, max(1, limits.min))


def _fill_item(item):
    """An element of a list: of a oneof, the first."""
    for oneof in item.DESCRIPTOR.oneofs:
        _set(item, oneof.fields[0])
    _fill(item)


def _good_request(path):
    """A request that is within all limits."""
    request = _fill(contract.request_type(path)())
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        request.request_id = request.client_id = "once"
        request.client_ts_ms = int(time.time() * 1000)
    return request


# --- the same, with one field beyond its limits


def _beyond(message, field):
    """Yields (what, function that sets it) for each limit of |field|."""
    limits = _limits(field)
    name = field.name
    if _is_map(field):
        entries = getattr(message, name)
        many = {f"k{i}": "v" for i in range(limits.max_items + 1)}
        yield "too many", lambda: entries.update(many)
        yield "key too long", lambda: entries.update(
            {"k" * (limits.max_key_size + 1): "v"}
        )
        yield "value too long", lambda: entries.update({"k": "v" * (limits.max_size + 1)})
    elif field.label == field.LABEL_REPEATED:
        items = getattr(message, name)
        if field.message_type is not None:
            yield "too many", lambda: [
                _fill_item(items.add()) for _ in range(limits.max_items + 1)
            ]
        else:
            many = [_element(field)] * (limits.max_items + 1)
            yield "too many", lambda: items.extend(many)
            if field.enum_type is None:
                yield "too long", lambda: items.append("1" * (limits.max_size + 1))
    elif field.type == field.TYPE_STRING:
        yield "too long", lambda: setattr(message, name, "1" * (limits.max_size + 1))
        yield "control", lambda: setattr(message, name, "1\x07")
    elif field.type == field.TYPE_BYTES:
        yield "too long", lambda: setattr(message, name, b"1" * (limits.max_size + 1))
        if limits.min_size > 1:
            yield "too short", lambda: setattr(message, name, b"1")
    elif limits.bounded:
        yield "too great", lambda: setattr(message, name, limits.max + 1)
        if limits.min < 0:
            yield "too small", lambda: setattr(message, name, limits.min - 1)


def _wrong_requests(path):
    """Yields (field, what, request) with one thing wrong in each."""
    for field in contract.request_type(path).DESCRIPTOR.fields:
        if field.number >= EDGE_FIELD_MIN:
            continue
        if _limits(field).required:
            request = _good_request(path)
            request.ClearField(field.name)
            yield field.name, "missing", request
        yield from _wrong_field(path, [field])


def _wrong_field(path, trail):
    """The same for one field, and for those of the message in it."""
    field = trail[-1]
    inner = field.message_type
    n_ways = 64  # more than any field has
    for way in range(n_ways):
        request = _good_request(path)
        message = request
        for outer in trail[:-1]:
            _set(message, outer)
            message = getattr(message, outer.name)
        ways = list(_beyond(message, field))
        if way == len(ways):
            break
        what, spoil = ways[way]
        spoil()
        yield field.name, what, request
    if inner is not None and field.label != field.LABEL_REPEATED:
        for below in inner.fields:
            yield from _wrong_field(path, trail + [below])


def each_field_beyond_its_limits_is_refused_by_name():
    """Every request of the contract, every field, every limit."""
    with Cluster() as cluster:
        before = cluster.rows()
        n = 0
        for path in contract.paths():
            for field, what, request in _wrong_requests(path):
                body = request.SerializeToString()
                refused = _refusal(cluster, path, body, node=n)
                where = (path, field, what, refused)
                assert refused.code == Code.INVALID_ARGUMENT, where
                assert refused.reason, where
                assert field in refused.field, (where, refused.field)
                n += 1
        assert n > 200, n
        assert cluster.rows() == before
        cluster.allocate()


def what_is_no_message_is_refused_and_the_connection_goes_on():
    """Bytes that lie about their length, their text or their end."""
    with Cluster() as cluster:
        before = cluster.rows()
        good = contract.request_type(ALLOCATE)(
            subject="sales", customer_phone=next(PHONES), origin=1
        ).SerializeToString()
        bad = {
            "truncated": good[:-1],
            "overlong": good + b"\x12\xff\xff\xff\xff\x0f",
            "garbage": b"\xff" * 40,
            "not UTF-8": b"\x0a\x02\xc3\x28" + good[7:],
            "NUL": b"\x0a\x02a\x00" + good[7:],
            "a map's key twice": good + b"\x42\x06\x0a\x01a\x12\x01b" * 2,
        }
        for what, body in bad.items():
            refused = _refusal(cluster, ALLOCATE, body)
            assert refused.code == Code.INVALID_ARGUMENT, (what, refused)
            assert cluster.call_bytes("ClusterService/GetStatus", b""), what
        refused = _refusal(cluster, ALLOCATE, bytes(TOO_MUCH_BYTES))
        assert refused.code == Code.RESOURCE_EXHAUSTED, refused
        refused = _refusal(cluster, "NumberService/NoSuchMethod", good)
        assert refused.code == Code.UNIMPLEMENTED, refused
        assert cluster.rows() == before
        cluster.allocate()


def a_header_that_is_no_text_never_gets_into_the_log():
    """Headers are bytes; a row that no node can read would stop them all."""
    names = ("x-client-id", "x-request-id")
    request = {"subject": "sales", "origin": "ORIGIN_WEB"}
    request["clientTsMs"] = str(int(time.time() * 1000))
    with Cluster() as cluster:
        before = cluster.rows()
        for node in cluster.nodes:
            for wrong in names:
                request["customerPhone"] = next(PHONES)
                body = json.dumps(request).encode()
                headers = [
                    f"{name}: ".encode() + (b"\xc3\x28" if name == wrong else b"a")
                    for name in names
                ]
                answer = curl(node, ALLOCATE, "application/json", body, headers=headers)
                assert answer.status == 400, (wrong, answer.status, answer.body)
                error = json.loads(answer.body)
                assert wrong in error["message"], error
        assert cluster.rows() == before
        for i in range(3):
            cluster.allocate(node=i)
        cluster.wait_until_equal()


def refusals_of_the_domain_name_their_reason():
    """domain.md F.1."""
    now_ms = int(time.time() * 1000)
    reused = {"request_id": "once", "client_ts_ms": now_ms}
    with Cluster() as cluster:

        def refused(code, reason, path=ALLOCATE, tenant=cluster.tenant, **fields):
            if path == ALLOCATE:
                fields = {"origin": 1, "customer_phone": next(PHONES), **fields}
            try:
                cluster.call(path, tenant=tenant, **fields)
            except Refused as got:
                assert (got.code, got.reason) == (code, reason), (reason, got)
                return got.field
            raise AssertionError(f"accepted: {path} {fields}")

        cluster.allocate(**reused)
        before = cluster.rows()
        refused(Code.UNAUTHENTICATED, "TENANT_UNKNOWN", tenant="nobody", subject="sales")
        refused(Code.UNAUTHENTICATED, "TENANT_UNKNOWN", tenant=None, subject="sales")
        refused(Code.NOT_FOUND, "SUBJECT_UNKNOWN", subject="nobody")
        refused(Code.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", subject="sales", **reused)
        refused(
            Code.INVALID_ARGUMENT,
            "CLIENT_CLOCK_AHEAD",
            subject="sales",
            client_ts_ms=now_ms + 3600 * 1000,
        )
        for wrong in ("12", "abc", "+999999999999999"):
            field = refused(
                Code.INVALID_ARGUMENT,
                "INVALID_PHONE",
                subject="sales",
                customer_phone=wrong,
            )
            assert field == "customer_phone", (wrong, field)
        missing = {"allocation_id": "al_0000000000000"}
        for method in ("Attach", "Refresh"):
            noun = "Context" if method == "Attach" else "Allocation"
            refused(
                Code.NOT_FOUND, "NOT_FOUND", f"NumberService/{method}{noun}", **missing
            )
        refused(Code.NOT_FOUND, "NOT_FOUND", "NumberService/GetAllocation", **missing)
        number = {"number": {"number": "+442079460500", "pool": "nobody"}}
        refused(Code.NOT_FOUND, "POOL_UNKNOWN", "AdminService/PutNumber", **number)
        refused(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN",
            "AdminService/ListNumbers",
            page_token="rubbish",
        )
        assert cluster.rows() == before


def a_form_there_is_not_is_refused_as_its_protocol_says():
    """http2.md 2.3 and 3: content types, encodings, broken frames and JSON."""
    with Cluster() as cluster:
        node = cluster.nodes[0]
        before = cluster.rows()
        for content_type in ("text/plain", "application/grpc-web", "application/xml"):
            assert curl(node, ALLOCATE, content_type, b"{}").status == 415, content_type
        wrong_json = {
            b"{": None,
            b"[]": None,
            b'{"subject":1}': "subject",
            b'{"subject":"a","subject":"b"}': None,
            b'{"sujbect":"sales"}': None,
            b'{"subject":"\\u0000"}': None,
            b'{"subject":"\xc3\x28"}': None,
            b'{"origin":"ORIGIN_NOWHERE"}': "origin",
            b'{"context":{"a":1}}': "context",
        }
        for body, word in wrong_json.items():
            answer = curl(node, ALLOCATE, "application/json", body)
            assert answer.status == 400, (body[:80], answer.status)
            error = json.loads(answer.body)
            assert error["code"] == "invalid_argument", (body[:80], error)
            assert word is None or word in error["message"], (body[:80], error)
        deep = curl(node, ALLOCATE, "application/json", b'{"z":' + b"[" * 100000)
        assert deep.status == 429, deep.status
        frames = {
            "compressed, but not said how": (framed(b"", flags=1), "13"),
            "shorter than it says": (struct.pack(">BI", 0, 9) + b"123", "13"),
            "longer than may be": (struct.pack(">BI", 0, TOO_MUCH_BYTES), "8"),
        }
        for what, (body, status) in frames.items():
            answer = curl(node, ALLOCATE, "application/grpc", body)
            got = answer.headers.get("grpc-status")
            assert got == status, (what, got, answer.headers)
        assert cluster.rows() == before
        cluster.allocate()
