"""grpc-python as Debian has it, with messages made from proto/ as it stands."""

import pathlib
import threading
import time
import uuid

import grpc

import control
from sentences import MIB, Refused, contract, fresh_phone, tell

CODE = grpc.StatusCode
METADATA = [("x-tenant", control.tenant)]
POLICY = (contract.ROOT / "client/examples/service_config.json").read_text()


def _channel(target, *options):
    if control.cacert is None:
        return grpc.insecure_channel(target, options)
    ca = pathlib.Path(control.cacert).read_bytes()
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(ca), options)


first = _channel(control.endpoints[0])
# A list of addresses has no name that certificates could bear: it is said.
every = _channel(
    f"ipv4:{','.join(control.endpoints)}",
    ("grpc.service_config", POLICY),
    ("grpc.default_authority", "localhost"),
)


def _method(path, channel):
    return channel.unary_unary(
        f"/quorumcall.v1.{path}",
        contract.request_type(path).SerializeToString,
        contract.response_type(path).FromString,
    )


def _call(path, channel=first, timeout=10, **fields):
    request = contract.request_type(path)(**fields)
    return _method(path, channel)(request, timeout=timeout, metadata=METADATA)


def _refused(path, **fields):
    """How a call that must fail has failed."""
    try:
        answer = _call(path, **fields)
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata() or [])
        return Refused(
            error.code(), error.details(), trailers.get("grpc-status-details-bin", b"")
        )
    raise AssertionError(f"{path} was answered: {answer}")


def _visit(**fields):
    return {
        "subject": "sales",
        "origin": 1,
        "customer_phone": fresh_phone(),
        "client_id": uuid.uuid4().hex,
        "request_id": "1",
        "client_ts_ms": int(time.time() * 1000),
        **fields,
    }


def _watch(timeout=20):
    watch = first.unary_stream(
        "/quorumcall.v1.WatchService/WatchEvents",
        contract.request_type("WatchService/WatchEvents").SerializeToString,
        contract.response_type("WatchService/WatchEvents").FromString,
    )
    request = contract.request_type("WatchService/WatchEvents")()
    call = watch(request, timeout=timeout, metadata=METADATA)
    assert next(call).kind == "HEARTBEAT"
    return call


def unary():
    """A visit gets a number, and another node shows it."""
    got = _call("NumberService/AllocateNumber", **_visit())
    shown = _call(
        "NumberService/GetAllocation", every, allocation_id=got.allocation_id
    )
    assert shown.allocation.number == got.number, (got, shown)


def stream():
    """What is done is told to who watches."""
    watch = _watch()
    got = _call("NumberService/AllocateNumber", **_visit())
    told = next(event for event in watch if event.kind != "HEARTBEAT")
    assert (told.kind, told.object) == ("AllocateNumber", got.allocation_id), told
    watch.cancel()


def deadline():
    """A stream ends when its deadline comes, and not before."""
    began = time.monotonic()
    try:
        for _ in _watch(timeout=1):
            pass
        raise AssertionError("it has ended well")
    except grpc.RpcError as error:
        assert error.code() == CODE.DEADLINE_EXCEEDED, error
    assert 0.9 < time.monotonic() - began < 3


def cancel():
    """A stream that is cancelled is closed on the node, and its connection goes on."""
    control.until_streams(1, 0)
    watch = _watch()
    control.until_streams(1, 1)
    watch.cancel()
    control.until_streams(1, 0)
    _call("NumberService/ListAllocations", page_size=1)


def large():
    """3 MiB get in, and the largest page out; 5 MiB are refused."""
    answer = _call("NumberService/ListAllocations", page_size=500)
    assert answer.ByteSize() > 1.5 * MIB and answer.next_token, answer.ByteSize()
    whole = _refused("NumberService/AllocateNumber", **_visit(first_name="x" * 3 * MIB))
    assert (whole.code, whole.field) == (CODE.INVALID_ARGUMENT, "first_name"), whole
    larger = _refused("NumberService/AllocateNumber", **_visit(first_name="x" * 5 * MIB))
    assert larger.code == CODE.RESOURCE_EXHAUSTED, larger
    _call("NumberService/ListAllocations", page_size=1)


def detail():
    """A refusal tells reason and field."""
    told = _refused("NumberService/AllocateNumber", **_visit(customer_phone="nobody"))
    assert told.code == CODE.INVALID_ARGUMENT, told
    assert (told.reason, told.field) == ("INVALID_PHONE", "customer_phone"), vars(told)


def drain():
    """While a node is drained and started again, no call fails."""
    answered = []
    failed = []
    over = threading.Event()

    def ask():
        request = _visit()
        while not over.is_set():
            try:
                answer = _call("NumberService/AllocateNumber", every, **request)
                answered.append((request["client_id"], answer.number))
            except grpc.RpcError as error:
                failed.append(error)

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    control.restart(2)
    over.set()
    for caller in callers:
        caller.join()
    assert not failed, f"{len(failed)} of {len(answered)}: {failed[0]}"
    # All tries of a request are one visit.
    assert len(set(answered)) == len(callers), set(answered)


tell(
    unary=unary,
    stream=stream,
    deadline=deadline,
    cancel=cancel,
    large=large,
    detail=detail,
    drain=drain,
)
