"""A cluster of real nodes, and foreign clients to ask it."""

import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

import grpc

import contract

QCCTL = os.path.abspath(os.environ.get("QCCTL", contract.ROOT / "build/qcctl"))
TENANT_FILE = contract.ROOT / "client/examples/click-to-call.yaml"
PHONES = (f"+447700900{i:03d}" for i in itertools.cycle(range(1000)))

# What a node says, or its supervisor of it, that has failed rather than been
# killed. Sanitizers speak in builds of VARIANT=asan.
FAILED = re.compile(
    r".*(Sanitizer|runtime error:|Assertion|event=fault|ended with status [1-9]"
    r"|ended by signal (?:4|6|7|8|11)\b).*"
)

PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
UNLIMITED = [
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),  # one call is one try
]


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


_bases = itertools.cycle(range(20000, 27000, 30))


def free_base_port():
    """A port P so that P, P + 10 and P + 20 are free."""
    for base in itertools.islice(_bases, 400):
        sockets = [socket.socket() for _ in range(3)]
        try:
            for i, s in enumerate(sockets):
                s.bind(("127.0.0.1", base + 10 * i))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise AssertionError("no free ports")


def wait_until(condition, what, seconds=20):
    give_up = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(0.05)


class Refused(Exception):
    """An answer that is not OK."""

    def __init__(self, code, message, details=b""):
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.reason = self.field = ""
        for any_message in contract.status.Status.FromString(details).details:
            info = contract.error_details.ErrorInfo()
            bad = contract.error_details.BadRequest()
            if any_message.Unpack(info):
                self.reason = info.reason
            if any_message.Unpack(bad):
                self.field = bad.field_violations[0].field


class Cluster:
    """Three nodes with one tenant, of client/examples; a context manager."""

    tenant = "demo"

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-process-"))
        self.directory = self.top / "cluster"
        base = free_base_port()
        self.nodes = [f"127.0.0.1:{base + 10 * i}" for i in range(3)]
        self.endpoints = ",".join(self.nodes)
        self.client_id = uuid.uuid4().hex
        self.request_ids = itertools.count(1)
        self.channels = [
            grpc.insecure_channel(node, options=UNLIMITED) for node in self.nodes
        ]
        try:
            self.dev("up", "--base-port", str(base), "--detach")
            self.qcctl("config", "apply", str(TENANT_FILE))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for channel in self.channels:
            channel.close()
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
        return run(*arguments, expect=expect, endpoints=self.endpoints)[0]

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
                + ["--endpoints", self.endpoints, "--timeout", "1s"],
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

    # --- calls

    def envelope(self):
        return {
            "request_id": str(next(self.request_ids)),
            "client_id": self.client_id,
            "client_ts_ms": int(time.time() * 1000),
        }

    def call_bytes(self, path, body, node=0, tenant=tenant, timeout=5):
        """One try of a call by gRPC with |body|; the bytes of the answer."""
        call = self.channels[node % 3].unary_unary(f"/quorumcall.v1.{path}")
        metadata = [("x-tenant", tenant)] if tenant else []
        try:
            return call(body, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or [])
            raise Refused(
                error.code(),
                error.details(),
                trailers.get("grpc-status-details-bin", b""),
            ) from None

    def call(self, path, node=0, timeout=5, tenant=tenant, **fields):
        """One try of a call by gRPC; the answer, or Refused."""
        request = contract.request_type(path)(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            for name, value in self.envelope().items():
                if not getattr(request, name):
                    setattr(request, name, value)
        body = self.call_bytes(
            path, request.SerializeToString(), node, tenant, timeout
        )
        return contract.response_type(path).FromString(body)

    def call_until_told(self, path, node=0, seconds=15, **fields):
        """Calls one node after the other, with one request id, until one
        answers."""
        fields = {**self.envelope(), **fields}
        give_up = time.monotonic() + seconds
        while True:
            try:
                return self.call(path, node, timeout=1, **fields)
            except Refused as refused:
                if refused.code not in PASSING or time.monotonic() > give_up:
                    raise
                node += 1
                time.sleep(0.02)

    def allocate(self, node=0, **fields):
        """A number for a new visitor; (answer, phone)."""
        phone = next(PHONES)
        fields = {"subject": "sales", "origin": 1, "customer_phone": phone, **fields}
        return (
            self.call_until_told("NumberService/AllocateNumber", node, **fields),
            phone,
        )
