"""A cluster of `qcctl dev`, to whoever tests a client on it.

usage: control.py restart|stop|start|drain|streams NODE

Nodes count from 1. Where the cluster is stands in the environment, as `run`
has written it.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

QCCTL = os.environ["QCCTL"]
DIRECTORY = pathlib.Path(os.environ["CLUSTER_DIRECTORY"])
endpoints = os.environ["QUORUMCALL_ENDPOINTS"].split(",")
tenant = os.environ["QUORUMCALL_TENANT"]
cacert = os.environ.get("QUORUMCALL_CACERT")  # None: the cluster speaks cleartext

PAGES = 2  # between the port of a node and that of its pages
SECONDS = 30


def url(node):
    scheme = "http" if cacert is None else "https"
    return f"{scheme}://{endpoints[node - 1]}"


def qcctl(*words):
    done = subprocess.run([QCCTL, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done.returncode, done.stderr)
    return done.stdout


def wait_until(condition, what):
    give_up = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"{what}: not within {SECONDS} s"
        time.sleep(0.05)


def _page(node, path):
    """What it says there, with status 200; "" otherwise."""
    host, port = endpoints[node - 1].split(":")
    try:
        url = f"http://{host}:{int(port) + PAGES}{path}"
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.read().decode()
    except OSError:
        return ""


def _pid(node):
    """None: it does not run."""
    told = qcctl("dev", "status", "--dir", str(DIRECTORY), "-o", "json")
    return json.loads(told)["nodes"][node - 1]["pid"]


def streams(node):
    """How many streams of clients are open on it."""
    count = r"^quorumcall_rpc_open_streams (\d+)$"
    return int(re.search(count, _page(node, "/metrics"), re.M)[1])


def until_streams(node, n):
    wait_until(lambda: streams(node) == n, f"{n} streams on node {node}")


def drain(node):
    qcctl("node", "drain", str(node), "--wait=20s")


def stop(node):
    """As an operator does: it is asked, and takes its time."""
    os.kill(_pid(node), signal.SIGTERM)
    wait_until(lambda: not _pid(node), f"node {node} ends")


def start(node):
    """And waits until it serves."""
    qcctl("dev", "start", str(node), "--dir", str(DIRECTORY))
    wait_until(lambda: _page(node, "/readyz"), f"node {node} serves")


def restart(node):
    drain(node)
    stop(node)
    start(node)


if __name__ == "__main__":
    verbs = {verb.__name__: verb for verb in (restart, stop, start, drain, streams)}
    print(verbs[sys.argv[1]](int(sys.argv[2])))
