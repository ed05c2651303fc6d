"""buf curl, which learns the schema from the node: buf_client.py connect|grpc."""

import json
import pathlib
import subprocess
import sys
import threading
import time

import control
from sentences import MIB, reason_and_field, tell, visit, with_id

PROTOCOL = sys.argv[1]
BUF = pathlib.Path(__file__).resolve().parent / "node_modules/.bin/buf"
HOW = (
    ["--http2-prior-knowledge"]
    if control.cacert is None
    else ["--cacert", control.cacert]
)
# How buf ends: the code of the error times 8; below 8: it was something else.
OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 0, 24, 32, 64


def _url(path="", node=1):
    return f"{control.url(node)}{path}"


def _words(path, *options, node=1):
    words = [str(BUF), "curl", "--protocol", PROTOCOL, *HOW, *options]
    words += ["--header", f"x-tenant: {control.tenant}", "--data", "@-"]
    return [*words, _url(f"/quorumcall.v1.{path}", node)]


def _post(path, request, *options, **how):
    """(exit status, what it said) of a call with |request|."""
    done = subprocess.run(
        _words(path, *options, **how),
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout or done.stderr


def _call(path, request, **how):
    status, said = _post(path, request, **how)
    assert status == OK, (status, said[:500])
    return json.loads(said)


def _watching(*options):
    """buf that watches from now on; what it gets is in its standard output."""
    buf = subprocess.Popen(
        _words("WatchService/WatchEvents", *options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    buf.stdin.write("{}")
    buf.stdin.close()
    assert next(_events(buf))["kind"] == "HEARTBEAT"
    return buf


def _events(buf):
    """The JSON documents that it prints, each over several lines, as they come."""
    lines = []
    for line in buf.stdout:
        lines.append(line)
        if line.startswith("}"):
            yield json.loads("".join(lines))
            lines.clear()


def unary():
    """The services are listed, a visit gets a number, and another node shows it."""
    listed = subprocess.run(
        [str(BUF), "curl", *HOW, "--list-services", _url()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "quorumcall.v1.NumberService" in listed.stdout.split(), listed
    got = _call("NumberService/AllocateNumber", visit())
    shown = _call(
        "NumberService/GetAllocation", {"allocationId": got["allocationId"]}, node=2
    )
    assert shown["allocation"]["number"] == got["number"], (got, shown)


def stream():
    """What is done is told to who watches."""
    with _watching() as buf:
        got = _call("NumberService/AllocateNumber", visit())
        event = next(event for event in _events(buf) if event["kind"] != "HEARTBEAT")
        assert event["kind"] == "AllocateNumber", event
        assert event["object"] == got["allocationId"], event
        buf.terminate()


def deadline():
    """A stream ends when its deadline comes, and not before."""
    began = time.monotonic()
    with _watching("--timeout", "4s") as buf:
        assert all(event["kind"] == "HEARTBEAT" for event in _events(buf))
        said = buf.stderr.read()
    assert buf.returncode == DEADLINE_EXCEEDED, (buf.returncode, said)
    assert 3.9 < time.monotonic() - began < 8


def cancel():
    """A stream whose client ends is closed on the node."""
    control.until_streams(1, 0)
    with _watching() as buf:
        control.until_streams(1, 2)  # it keeps that of the schema open, too
        buf.terminate()
    control.until_streams(1, 0)


def large():
    """3 MiB get in, and the largest page out; 5 MiB are refused."""
    page = _call("NumberService/ListAllocations", {"pageSize": 500})
    assert len(json.dumps(page)) > 3 * MIB, len(json.dumps(page))
    status, said = _post("NumberService/AllocateNumber", visit(firstName="x" * 3 * MIB))
    assert status == INVALID_ARGUMENT and "first_name" in said, (status, said[:500])
    status, said = _post("NumberService/AllocateNumber", visit(firstName="x" * 5 * MIB))
    assert status == RESOURCE_EXHAUSTED, (status, said[:500])


def detail():
    """A refusal tells reason and field."""
    status, said = _post("NumberService/AllocateNumber", visit(customerPhone="nobody"))
    assert status == INVALID_ARGUMENT, (status, said)
    assert reason_and_field(json.loads(said)) == ("INVALID_PHONE", "customer_phone"), said


def drain():
    """A call that a restart of the node has failed is answered when it is made again."""
    request = with_id("buf")
    before = _call("NumberService/AllocateNumber", request)
    control.drain(1)
    control.stop(1)
    status, said = _post("NumberService/AllocateNumber", request)
    assert 0 < status < 8 or "unavailable" in said, (status, said)
    again = threading.Thread(target=control.start, args=[1])
    again.start()
    answers = iter(lambda: _post("NumberService/AllocateNumber", request)[0], OK)
    control.wait_until(lambda: next(answers, OK) == OK, "an answer")
    again.join()
    assert _call("NumberService/AllocateNumber", request) == before


tell(
    unary=unary,
    stream=stream,
    deadline=deadline,
    cancel=cancel,
    large=large,
    detail=detail,
    drain=drain,
)
