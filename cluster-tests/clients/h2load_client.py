"""h2load: many calls at once, of which it counts how they ended."""

import json
import re
import subprocess

import control
from sentences import MIB, envelope, tell, visit, with_id

top = control.DIRECTORY.parent  # is removed with the cluster


def _load(path, body, n, headers, content_type="application/json", at_once=32):
    """{"2xx": so many, ...} of |n| calls on 4 connections, |at_once| on each at a
    time, and what h2load said; all were answered."""
    (top / "body").write_bytes(body)
    words = ["h2load", f"--requests={n}", "--clients=4"]
    words += [f"--max-concurrent-streams={at_once}", f"--data={top / 'body'}"]
    for header in (f"content-type: {content_type}", f"x-tenant: {control.tenant}", *headers):
        words.append(f"--header={header}")
    words.append(f"{control.url(1)}/quorumcall.v1.{path}")
    done = subprocess.run(words, capture_output=True, text=True, timeout=150)
    said = done.stdout + done.stderr
    assert re.search(rf" {n} done, .* 0 errored, 0 timeout$", said, re.M), said
    told = re.search(r"^status codes: (.*)$", said, re.M)[1]
    return {kind: int(count) for count, kind in re.findall(r"(\d+) (\dxx)", told)}, said


def _all(path, body, n, status, *headers, **how):
    """All |n| calls must end with one status; what h2load said."""
    counts, said = _load(path, body, n, headers, **how)
    assert counts[status] == n, said
    return said


def _json(request):
    return json.dumps(request).encode()


def unary():
    """Ten thousand calls of 4 connections, 32 at a time on each, are all answered."""
    _all("NumberService/AllocateNumber", _json(with_id("h2load")), 2000, "2xx")
    _all("NumberService/ListAllocations", _json({"pageSize": 1}), 8000, "2xx")


def stream():
    """A hundred streams at once all begin, and end by themselves."""
    _all(
        "WatchService/WatchEvents",
        envelope(b"{}"),
        100,
        "2xx",
        "connect-timeout-ms: 1500",
        content_type="application/connect+json",
    )


def deadline():
    """A hundred calls whose deadline has passed are told so."""
    _all("NumberService/AllocateNumber", _json(visit()), 100, "5xx", "connect-timeout-ms: 0")


def large():
    """Twenty answers of more than 3 MiB get out; twenty requests of 5 MiB are refused."""
    page = _json({"pageSize": 500})
    said = _all("NumberService/ListAllocations", page, 20, "2xx", at_once=1)
    size = int(re.search(r"\((\d+)\) data$", said, re.M)[1])
    assert size > 20 * 3 * MIB, said
    _all("NumberService/AllocateNumber", _json(visit(firstName="x" * 5 * MIB)), 20, "4xx", at_once=1)


tell(
    unary=unary,
    stream=stream,
    deadline=deadline,
    cancel="it waits for every answer, and cannot take a request back",
    large=large,
    detail="it counts statuses, and does not show what an answer says",
    drain="it sends each request once, and never again",
)
