"""curl: the Connect protocol as anybody has it at hand."""

import json
import subprocess
import threading
import time

import control
from sentences import (
    MIB,
    contract,
    envelope,
    messages,
    reason_and_field,
    tell,
    visit,
    with_id,
)

top = control.DIRECTORY.parent  # is removed with the cluster
HOW = (
    ["--http2-prior-knowledge"]
    if control.cacert is None
    else ["--http2", "--cacert", control.cacert]
)


def _words(path, body, *options, node=1, content_type="application/json", headers=()):
    """A command that posts |body|."""
    (top / "body").write_bytes(body)
    words = ["curl", "--silent", "--show-error", *HOW, *options]
    for header in (f"content-type: {content_type}", f"x-tenant: {control.tenant}", *headers):
        words += ["--header", header]
    words += ["--data-binary", f"@{top / 'body'}"]
    return [*words, f"{control.url(node)}/quorumcall.v1.{path}"]


def _post(path, request, *options, **how):
    """(status, body) of the answer to |request|, JSON or bytes."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    words = _words(path, body, "--write-out", "\n%{http_code}", *options, **how)
    done = subprocess.run(words, capture_output=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stderr)
    answer, status = done.stdout.rsplit(b"\n", 1)
    return int(status), answer


def _call(path, request, *options, **how):
    status, answer = _post(path, request, *options, **how)
    assert status == 200, (status, answer[:500])
    return json.loads(answer)


def _watching(**how):
    """curl that watches; what it gets is in its standard output."""
    words = _words(
        "WatchService/WatchEvents",
        envelope(b"{}"),
        "--no-buffer",
        content_type="application/connect+json",
        **how,
    )
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def unary():
    """A visit gets a number, and another node shows it."""
    got = _call("NumberService/AllocateNumber", visit())
    shown = _call(
        "NumberService/GetAllocation", {"allocationId": got["allocationId"]}, node=2
    )
    assert shown["allocation"]["number"] == got["number"], (got, shown)


def stream():
    """What is done is told to who watches."""
    with _watching() as curl:
        told = messages(curl.stdout)
        assert next(told)[1]["kind"] == "HEARTBEAT"
        got = _call("NumberService/AllocateNumber", visit())
        event = next(event for _, event in told if event["kind"] != "HEARTBEAT")
        assert event["kind"] == "AllocateNumber", event
        assert event["object"] == got["allocationId"], event
        curl.terminate()


def deadline():
    """A stream ends when its deadline comes, in words."""
    began = time.monotonic()
    with _watching(headers=["connect-timeout-ms: 1000"]) as curl:
        *_, (flags, last) = messages(curl.stdout)
    assert flags == 2 and last["error"]["code"] == "deadline_exceeded", last
    assert 0.9 < time.monotonic() - began < 5


def cancel():
    """A stream whose client ends is closed on the node."""
    control.until_streams(1, 0)
    with _watching() as curl:
        control.until_streams(1, 1)
        curl.terminate()
    control.until_streams(1, 0)


def large():
    """3 MiB get in as protobuf and out as JSON; 5 MiB, or more than 1 MiB of JSON, are refused."""
    status, answer = _post("NumberService/ListAllocations", {"pageSize": 500})
    assert status == 200 and len(answer) > 3 * MIB, (status, len(answer))

    def named(size):
        request = contract.request_type("NumberService/AllocateNumber")(
            customer_phone="+447700900000", origin=1, first_name="x" * size
        )
        status, answer = _post(
            "NumberService/AllocateNumber",
            request.SerializeToString(),
            content_type="application/proto",
        )
        return status, json.loads(answer)

    status, refusal = named(3 * MIB)
    assert (status, refusal["code"]) == (400, "invalid_argument"), (status, refusal)
    assert "first_name" in refusal["message"], refusal
    status, refusal = named(5 * MIB)
    assert (status, refusal["code"]) == (429, "resource_exhausted"), (status, refusal)
    status, answer = _post("NumberService/AllocateNumber", visit(firstName="x" * 2 * MIB))
    assert status == 429, (status, answer)


def detail():
    """A refusal tells reason and field."""
    status, answer = _post("NumberService/AllocateNumber", visit(customerPhone="nobody"))
    refusal = json.loads(answer)
    assert (status, refusal["code"]) == (400, "invalid_argument"), (status, refusal)
    assert reason_and_field(refusal) == ("INVALID_PHONE", "customer_phone"), refusal


def drain():
    """A call of a node that is drained and started again is answered by --retry."""
    request = with_id("curl")
    before = _call("NumberService/AllocateNumber", request)
    control.drain(1)
    control.stop(1)
    again = threading.Timer(1, control.start, [1])
    again.start()
    retry = ["--retry", "20", "--retry-delay", "1", "--retry-connrefused"]
    assert _call("NumberService/AllocateNumber", request, *retry) == before
    again.join()


tell(
    unary=unary,
    stream=stream,
    deadline=deadline,
    cancel=cancel,
    large=large,
    detail=detail,
    drain=drain,
)
