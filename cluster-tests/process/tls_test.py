"""Nodes that speak TLS: to clients, to one another, and to who is neither."""

import hashlib
import json
import os
import pathlib
import signal
import socket
import ssl
import time

import grpc

from calls import Clients, Refused
from cluster import run, wait_until
from load import Ledger, Load
from nodes import Nodes, wait_for

CLUSTER = "process"
HOSTS = ("--host", "localhost", "--host", "127.0.0.1")

TLS = """
tls:
  certificate: '{certs}/node-{id}.pem'
  key: '{certs}/node-{id}-key.pem'
  node_ca: '{certs}/node-ca.pem'
  client_ca: '{certs}/client-ca.pem'
"""


class SecureNodes(Nodes):
    """A cluster of three with certificates that qcctl has made."""

    def _bring_up(self):
        self.certs = pathlib.Path(self.top) / "certs"
        self.certs.mkdir()
        for kind in ("node", "client"):
            self.cert("create-ca", kind)
        self.cert("create-client", "demo/alice")
        self.ca = str(self.certs / "node-ca.pem")
        self.credentials = grpc.ssl_channel_credentials(self.read("node-ca.pem"))
        super()._bring_up()

    def add(self, node_id, address):
        self.make_node(node_id)
        node = super().add(node_id, address)
        node.settings = TLS.format(certs=self.certs, id=node_id)
        return node

    def qcctl(self, *arguments, expect=0):
        return super().qcctl(*arguments, "--cacert", self.ca, expect=expect)

    def cert(self, verb, *arguments, directory=None):
        where = str(directory or self.certs)
        return run("cert", verb, *arguments, "--dir", where)[0]

    def read(self, name):
        return (self.certs / name).read_bytes()

    def make_node(self, node_id):
        self.cert(
            "create-node", "--cluster", CLUSTER, "--id", str(node_id), *HOSTS
        )

    def make_node_again(self, node_id):
        """Another certificate in the place of the one that is there."""
        new = self.certs / f"new-{time.monotonic_ns()}"
        new.mkdir()
        for name in ("node-ca.pem", "node-ca-key.pem"):
            (new / name).write_bytes(self.read(name))
        self.cert(
            "create-node", "--cluster", CLUSTER, "--id", str(node_id), *HOSTS,
            directory=new,
        )
        for name in (f"node-{node_id}-key.pem", f"node-{node_id}.pem"):
            os.replace(new / name, self.certs / name)

    def shown(self, place):
        """The certificate that the node shows to who connects now."""
        host, port = self.nodes[place].split(":")
        context = ssl.create_default_context(cafile=self.ca)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                return secure.getpeercert(binary_form=True)

    def on_disk(self, place):
        name = f"node-{self.members[place].id}.pem"
        return ssl.PEM_cert_to_DER_cert(self.read(name).decode())


def three_nodes_speak_tls_and_go_on_without_their_leader():
    """operations.md 2.2, TLS and rights."""
    with SecureNodes() as nodes:
        nodes.allocate(0)
        for place in range(3):
            assert nodes.shown(place) == nodes.on_disk(place)
        leader = nodes.leader()
        nodes.members[leader].kill()
        other = nodes.leader(other_than=leader)
        nodes.allocate(other)
        nodes.members[leader].start()
        nodes.wait_until_equal()
        told = json.loads(nodes.qcctl("cluster", "status", "-o", "json"))
        assert told["healthy"], told


def cleartext_is_not_answered_where_tls_is_spoken():
    """architecture.md 3, nodes among themselves."""
    with SecureNodes() as nodes:
        status = run("cluster", "status", endpoints=nodes.nodes[0], expect=3)
        assert "no node answers" in status[1] + status[0], status
        host, port = nodes.nodes[0].split(":")
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            plain.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            answer = b""
            while True:
                got = plain.recv(4096)
                if not got:
                    break
                answer += got
        # An alert at most: 21, and the version.
        assert answer[:2] in (b"", b"\x15\x03"), answer
        said = nodes.members[0].said()
        assert 'cause="http request" from=127.0.0.1' in said, said


def a_certificate_is_a_caller_where_its_principal_is():
    """And nowhere else, whatever another tenant says that it is its own."""
    with SecureNodes(hundreds=1) as nodes:
        members = "ClusterService/ListMembers"
        wait_for(
            lambda: nodes.call_until_told(members, tenant=None).cluster_version >= 3,
            "a cluster version that knows principals",
        )
        other = nodes.top / "other.yaml"
        other.write_text("tenant: {key: other}\n")
        nodes.qcctl("config", "apply", str(other))
        hash_ = hashlib.sha256(b"qc_ops").digest()
        put = "AdminService/PutPrincipal"
        operator = {"key": "ops", "roles": [1, 11]}
        nodes.call_until_told(put, tenant=None, principal=operator, api_key_hash=hash_)
        nodes.headers = [("authorization", "Bearer qc_ops")]
        theirs = {"key": "eve", "roles": [1], "certificate": "quorumcall://demo/alice"}
        nodes.call_until_told(put, tenant="other", principal=theirs)

        alice = Clients()
        alice.credentials = grpc.ssl_channel_credentials(
            nodes.read("node-ca.pem"),
            nodes.read("client-demo-alice-key.pem"),
            nodes.read("client-demo-alice.pem"),
        )
        alice.connect(nodes.nodes[0])

        def told(tenant):
            try:
                alice.call("AdminService/ListPools", tenant=tenant)
            except Refused as refused:
                return refused.reason
            return ""

        try:
            assert told(None) == told("demo") == "UNAUTHENTICATED"
            mine = {"key": "alice", "roles": [7], "certificate": "quorumcall://demo/alice"}
            nodes.call_until_told(put, principal=mine)
            assert told("demo") == ""
            assert told(None) == "UNAUTHENTICATED"
        finally:
            alice.disconnect()


def _field(number, value):
    """A field of protobuf: a text, bytes, or a number below 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    value = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2, len(value)]) + value


def _hello(node_id, to_node_id):
    """A ConsensusRequest of peer.v1 that holds a Hello."""
    hello = _field(1, CLUSTER) + _field(2, node_id) + _field(3, to_node_id)
    version, hello_of_a_request = _field(5, 9), 1
    return _field(hello_of_a_request, hello + version)


def _pose(nodes, place, certificate, node_id):
    """How the node at |place| takes a Hello from |node_id|: why it is refused."""
    credentials = grpc.ssl_channel_credentials(
        nodes.read("node-ca.pem"),
        nodes.read(f"{certificate}-key.pem") if certificate else None,
        nodes.read(f"{certificate}.pem") if certificate else None,
    )
    with grpc.secure_channel(nodes.nodes[place], credentials) as channel:
        call = channel.stream_unary("/quorumcall.peer.v1.PeerService/Consensus")

        def messages():
            yield _hello(node_id, nodes.members[place].id)
            time.sleep(5)  # what is not refused goes on

        try:
            call(messages(), timeout=3)
        except grpc.RpcError as error:
            return error.code(), error.details()
    return None


def who_is_no_node_cannot_pose_as_one():
    """architecture.md 3, nodes among themselves."""
    with SecureNodes() as nodes:
        leader = nodes.leader()
        place = (leader + 1) % 3
        node = nodes.members[place]
        for certificate in (None, "client-demo-alice"):
            code, why = _pose(nodes, place, certificate, nodes.members[leader].id)
            assert code == grpc.StatusCode.PERMISSION_DENIED, (code, why)
            assert "only nodes may call this" in why, why
        other = 6 - node.id - nodes.members[leader].id
        code, why = _pose(nodes, place, f"node-{other}", nodes.members[leader].id)
        assert code == grpc.StatusCode.PERMISSION_DENIED, (code, why)
        assert "its certificate is not that of the node" in why, why
        # With its own it gets in: the deadline of the call is what ends it.
        code, why = _pose(nodes, place, f"node-{other}", other)
        assert code == grpc.StatusCode.DEADLINE_EXCEEDED, (code, why)
        assert "event=peer_refused" in node.said(), node.said()
        nodes.allocate(place)


def a_node_with_the_certificate_of_another_does_not_start():
    """operations.md 2.2, TLS and rights."""
    with SecureNodes() as nodes:
        place = nodes.followers()[0]
        node = nodes.members[place]
        node.stop()
        right = nodes.read(f"node-{node.id}.pem")
        wrong = nodes.read(f"node-{node.id % 3 + 1}.pem")
        (nodes.certs / f"node-{node.id}.pem").write_bytes(wrong)
        node.start()
        assert node.wait_for_end() != 0
        said = node.said()
        assert f"it is not that of quorumcall://{CLUSTER}/{node.id}" in said, said
        (nodes.certs / f"node-{node.id}.pem").write_bytes(right)
        node.start()
        nodes.wait_until_equal()


def certificates_change_under_load_and_no_call_is_dropped():
    """http2.md 8; operations.md 2.2, configuration."""
    with SecureNodes() as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger, deadline=2)
        try:
            load.wait_for(100)
            for place, node in enumerate(nodes.members):
                before = nodes.shown(place)
                nodes.make_node_again(node.id)
                node.signal(signal.SIGHUP)
                wait_until(
                    lambda: nodes.shown(place) == nodes.on_disk(place),
                    "another certificate",
                )
                assert nodes.shown(place) != before
                load.wait_for(100)
            n_told = len(load.told)
        finally:
            load.stop()
        assert n_told >= 400
        nodes.wait_until_equal()
        for place in range(3):
            found = nodes.ledger.compare(nodes, place)
            assert (found.lost, found.doubled) == (0, 0), found.__dict__
        for node in nodes.members:
            assert "event=peer_lost" not in node.said(), node.said()


def a_bad_file_is_named_and_the_old_certificate_stays():
    """http2.md 8; operations.md 2.2, configuration."""
    with SecureNodes() as nodes:
        node = nodes.members[0]
        name = f"node-{node.id}.pem"
        before = nodes.shown(0)
        good = nodes.read(name)
        (nodes.certs / name).write_text("nonsense\n")
        node.signal(signal.SIGHUP)
        wait_for(lambda: name in node.said(), "a complaint")
        assert nodes.shown(0) == before
        nodes.allocate(0)
        (nodes.certs / name).write_bytes(good)
