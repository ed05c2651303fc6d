"""Runs sentences that should be true, one after the other, and says which are."""

import base64
import itertools
import json
import pathlib
import struct
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "process"))
sys.dont_write_bytecode = True

import contract  # noqa: E402, of a folder that is told just above
from calls import Refused  # noqa: E402, F401, for clients that speak gRPC

MIB = 1024 * 1024


def tell(**cases):
    """Of each case a function, whose docstring is the sentence, or a text: why
    this client cannot do it."""
    failed = 0
    for case, check in cases.items():
        if isinstance(check, str):
            print(f"n/a    [{case}] {check}", flush=True)
            continue
        sentence = " ".join(check.__doc__.split()).rstrip(".")
        try:
            check()
            print(f"ok     [{case}] {sentence}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED [{case}] {sentence}: {traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 0)


_n = itertools.count()


def fresh_phone():
    """One that nobody else has asked with. (Ofcom keeps the range free.)"""
    return f"+447700900{next(_n):03d}"


def visit(**fields):
    """A request for a number, as JSON has it, of somebody who has not asked yet."""
    return {
        "subject": "sales",
        "origin": "ORIGIN_WEB",
        "customerPhone": fresh_phone(),
        **fields,
    }


def with_id(client):
    """The same, with what makes it safe to ask again."""
    return visit(clientId=client, requestId="1", clientTsMs=int(time.time() * 1000))


def reason_and_field(refusal):
    """Of an error as Connect's JSON has it."""
    details = {
        one["type"]: base64.b64decode(one["value"] + "==") for one in refusal["details"]
    }
    info = contract.error_details.ErrorInfo.FromString(details["google.rpc.ErrorInfo"])
    bad = contract.error_details.BadRequest.FromString(details["google.rpc.BadRequest"])
    return info.reason, bad.field_violations[0].field


# Connect's streams: each message has a byte of flags and its size before it.


def envelope(message):
    return struct.pack(">BI", 0, len(message)) + message


def messages(source):
    """(flags, JSON) of each message in a file, as they come. One with flag 2 is
    the last, and without it the stream was cut short."""
    flags = 0
    while flags != 2:
        flags, size = struct.unpack(">BI", source.read(5))
        yield flags, json.loads(source.read(size))
