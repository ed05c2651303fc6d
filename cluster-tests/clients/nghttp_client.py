"""nghttp: the bare client of the HTTP/2 library that nodes are built on as well,
here with Connect's JSON."""

import io
import json
import os
import subprocess
import threading
import time

import control
from sentences import MIB, envelope, messages, reason_and_field, tell, visit, with_id

top = control.DIRECTORY.parent  # is removed with the cluster
JSON, STREAM = "application/json", "application/connect+json"


def _start(path, body, *options, content_type=JSON, headers=()):
    """nghttp, under way; and where it will tell of the answer."""
    told = top / "har"
    told.unlink(missing_ok=True)
    (top / "body").write_bytes(body)
    words = ["nghttp", f"--data={top / 'body'}", f"--har={told}", *options]
    for header in (f"content-type: {content_type}", f"x-tenant: {control.tenant}", *headers):
        words.append(f"--header={header}")
    # It compares names only, and an address is none.
    url = control.url(1).replace("127.0.0.1", "localhost")
    words.append(f"{url}/quorumcall.v1.{path}")
    environment = dict(os.environ)
    if control.cacert:
        environment["SSL_CERT_FILE"] = control.cacert
    nghttp = subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return nghttp, told


def _post(path, request, **how):
    """(status, body) of the answer; status None: there was none."""
    nghttp, told = _start(path, json.dumps(request).encode(), **how)
    body, said = nghttp.communicate(timeout=60)
    # It goes on with a certificate that it does not believe, but says so.
    assert b"verification failed" not in said, said
    if not told.exists() or not json.loads(told.read_text())["log"]["entries"]:
        return None, body
    entry = json.loads(told.read_text())["log"]["entries"][0]
    return entry["response"]["status"], body


def _call(path, request):
    status, body = _post(path, request)
    assert status == 200, (status, body[:500])
    return json.loads(body)


def _watch(*options, headers=()):
    """Watches, alone, in a process of its own."""
    control.until_streams(1, 0)
    nghttp, _ = _start(
        "WatchService/WatchEvents",
        envelope(b"{}"),
        *options,
        content_type=STREAM,
        headers=headers,
    )
    control.until_streams(1, 1)
    return nghttp


def unary():
    """A visit gets a number, and is shown."""
    got = _call("NumberService/AllocateNumber", visit())
    shown = _call("NumberService/GetAllocation", {"allocationId": got["allocationId"]})
    assert shown["allocation"]["number"] == got["number"], (got, shown)


def stream():
    """What is done is told to who watches."""
    nghttp = _watch(headers=["connect-timeout-ms: 4000"])
    got = _call("NumberService/AllocateNumber", visit())
    body, _ = nghttp.communicate(timeout=60)
    told = [message for _, message in messages(io.BytesIO(body))]
    event = next(event for event in told if event.get("kind") == "AllocateNumber")
    assert event["object"] == got["allocationId"], told


def deadline():
    """A stream ends when its deadline comes, in words."""
    began = time.monotonic()
    nghttp = _watch(headers=["connect-timeout-ms: 1500"])
    body, _ = nghttp.communicate(timeout=60)
    *_, (flags, last) = messages(io.BytesIO(body))
    assert flags == 2 and last["error"]["code"] == "deadline_exceeded", last
    assert 1.4 < time.monotonic() - began < 5


def cancel():
    """A stream that it gives up is closed on the node."""
    nghttp = _watch("--timeout=2")
    nghttp.communicate(timeout=60)
    control.until_streams(1, 0)


def large():
    """More than 3 MiB get out; 2 MiB of JSON, and 5 of anything, are refused."""
    status, body = _post("NumberService/ListAllocations", {"pageSize": 500})
    assert status == 200 and len(body) > 3 * MIB, (status, len(body))
    for size in (2 * MIB, 5 * MIB):
        status, body = _post("NumberService/AllocateNumber", visit(firstName="x" * size))
        assert status == 429, (status, body)


def detail():
    """A refusal tells reason and field."""
    status, body = _post("NumberService/AllocateNumber", visit(customerPhone="nobody"))
    refusal = json.loads(body)
    assert (status, refusal["code"]) == (400, "invalid_argument"), (status, refusal)
    assert reason_and_field(refusal) == ("INVALID_PHONE", "customer_phone"), refusal


def drain():
    """A call that a restart of the node has failed is answered when it is made again."""
    request = with_id("nghttp")
    before = _call("NumberService/AllocateNumber", request)
    control.drain(1)
    control.stop(1)
    status, _ = _post("NumberService/AllocateNumber", request)
    assert status is None, status
    again = threading.Thread(target=control.start, args=[1])
    again.start()
    control.wait_until(
        lambda: _post("NumberService/AllocateNumber", request)[0] == 200, "an answer"
    )
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
