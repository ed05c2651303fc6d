"""A cluster of real nodes, and foreign clients to ask it."""

import atexit
import fcntl
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import grpc

import contract
from calls import PHONES, Clients, Refused  # noqa: F401, the tests' too

QCCTL = os.path.abspath(os.environ.get("QCCTL", contract.ROOT / "build/qcctl"))
TENANT_FILE = contract.ROOT / "client/examples/click-to-call.yaml"

# What a node says, or its supervisor of it, that has failed rather than been
# killed. Sanitizers speak in builds of VARIANT=asan.
FAILED = re.compile(
    r".*(Sanitizer|runtime error:|Assertion|event=fault|ended with status [1-9]"
    r"|ended by signal (?:4|6|7|8|11)\b).*"
)


# Who is told to end takes its nodes and disks with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def run(*arguments, expect=0, endpoints=None):
    """qcctl with |arguments|; what it wrote to (stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if "QUORUMCALL" not in k}
    if endpoints:
        environment["QUORUMCALL_ENDPOINTS"] = endpoints
    done = subprocess.run(
        [QCCTL, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == expect, (arguments, done.returncode, done.stderr)
    return done.stdout, done.stderr


# Processes that run at the same time begin at ports that are far apart.
_PORTS = [0, 10, 20, 30]  # of a cluster's nodes, and of the one it may grow by
_bases = itertools.cycle(range(20000 + os.getpid() * 37 % 200 * 40, 32000, 40))


_held = []  # locks of what was given out, for as long as this process lives


def _hold(base):
    """Whether no other process of this ring has the ports from |base| on."""
    lock = open(f"{tempfile.gettempdir()}/quorumcall-port-{base}", "wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _held.append(lock)
    return True


def free_base_port():
    """A port P so that P, P + 10, P + 20 and P + 30 are free."""
    for base in itertools.islice(_bases, 300):
        sockets = [socket.socket() for _ in _PORTS]
        try:
            for port, s in zip(_PORTS, sockets):
                s.bind(("127.0.0.1", base + port))
            if _hold(base):
                return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise AssertionError("no free ports")


def _let_go():
    for lock in _held:
        os.unlink(lock.name)


atexit.register(_let_go)


def wait_until(condition, what, seconds=20):
    give_up = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(0.05)


class Cluster(Clients):
    """Three nodes with one tenant, of client/examples; a context manager.

    With |tls| they speak nothing else, and |cacert| names who vouches for them."""

    def __init__(self, tls=False):
        super().__init__()
        self.tls = tls

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-process-"))
        self.directory = self.top / "cluster"
        self.cacert = self.directory / "certs/node-ca.pem" if self.tls else None
        base = free_base_port()
        addresses = [f"127.0.0.1:{base + 10 * i}" for i in range(3)]
        self.endpoints = ",".join(addresses)
        try:
            how = ["--tls"] if self.tls else []
            self.dev("up", "--base-port", str(base), "--detach", *how)
            if self.tls:
                self.credentials = grpc.ssl_channel_credentials(
                    self.cacert.read_bytes()
                )
            for address in addresses:
                self.connect(address)
            self.qcctl("config", "apply", str(TENANT_FILE))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.disconnect()
        said = ""
        if self.directory.exists():
            for pid in self.pids():  # one that is stopped cannot end
                os.kill(pid, signal.SIGCONT)
            self.dev("down")
            said = (self.directory / "dev.log").read_text(errors="replace")
        shutil.rmtree(self.top, ignore_errors=True)
        failed = FAILED.search(said)
        assert not failed, said[failed.start() :][:4000]

    def dev(self, verb, *arguments, expect=0):
        return run("dev", verb, "--dir", str(self.directory), *arguments, expect=expect)

    def qcctl(self, *arguments, expect=0):
        """qcctl on the whole cluster; its standard output."""
        arguments += self._belief()
        return run(*arguments, expect=expect, endpoints=self.endpoints)[0]

    def _belief(self):
        return ("--cacert", str(self.cacert)) if self.tls else ()

    def rows(self):
        """What the tenant has, as text that can be compared."""
        tenant = ["--tenant", self.tenant, "-o", "json"]
        return "".join(
            self.qcctl(noun, "list", *tenant) for noun in ("number", "allocation")
        )

    # --- nodes

    def node_states(self):
        """What the supervisor says of each node; [] when it is not up."""
        done = subprocess.run(
            [QCCTL, "dev", "status", "--dir", str(self.directory), "-o", "json"],
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)["nodes"] if done.stdout else []

    def pids(self):
        return [node["pid"] for node in self.node_states() if node["pid"]]

    def leader(self, other_than=None):
        """Place of the leader in |nodes|, once there is one."""

        def find():
            for i, node in enumerate(self.node_states()):
                if node["role"] == "leader" and i != other_than:
                    return [i]
            return None

        return wait_until(find, "a leader")[0]

    def wait_until_equal(self):
        """Waits until all nodes are in the same state; returns it."""

        def find():
            done = subprocess.run(
                [QCCTL, "cluster", "status", "-o", "json"]
                + ["--endpoints", self.endpoints, "--timeout", "1s", *self._belief()],
                capture_output=True,
                text=True,
            )
            status = json.loads(done.stdout)
            if not status["healthy"]:
                return None
            states = {(n["hash_index"], n["state_hash"]) for n in status["nodes"]}
            applied = {n["applied_index"] for n in status["nodes"]}
            return states.pop() if len(states) == len(applied) == 1 else None

        return wait_until(find, "three equal states")
