"""Systems that hold very many records, of which each process is killed, started and
replaced by itself. Both have the same names for it."""

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import grpc

import machine
from systems import Broken, Etcd, Quorumcall

from calls import UNLIMITED, Clients, Refused  # from the process tests, as systems.py
from cluster import free_base_port, wait_until  # found them

EVERY = 0.005  # seconds between two looks
PATIENCE = 120  # seconds
TRY = 0.1  # seconds that one try of a call may take; then it is the next node's turn
PLACES = range(3)
HEALTHY = 6  # seconds that etcd's members are up before it lets any come or go


def seconds_until(condition, what):
    since = time.monotonic()
    while not condition():
        if time.monotonic() > since + PATIENCE:
            raise Broken(f"{what}: not within {PATIENCE} s")
        time.sleep(EVERY)
    return time.monotonic() - since


class Holding:
    """What is the same of both. |record_bytes| is the size of one record, and |PARTS|
    of a node's folder are all but its log."""

    record_bytes = None
    PARTS = ()

    def fill(self, n):
        """|n| records, on all nodes."""
        raise NotImplementedError

    def address(self, place):
        raise NotImplementedError

    def folder(self, place):
        """Where the node at |place| keeps all that it keeps."""
        raise NotImplementedError

    def kill(self, place):
        raise NotImplementedError

    def start_again(self, place):
        raise NotImplementedError

    def follower(self):
        """The place of one."""
        raise NotImplementedError

    def replace(self, place):
        """The node at |place|, whose disk is gone, by one that knows nothing."""
        raise NotImplementedError

    def writes(self, place):
        """Whether a write by the node at |place| is acknowledged."""
        raise NotImplementedError

    def reads(self, place):
        """Whether it answers a linearizable read of a record."""
        raise NotImplementedError

    def _answers(self, place, ask):
        host, port = self.address(place).split(":")
        with socket.socket() as s:
            if s.connect_ex((host, int(port))) != 0:
                return False
        return ask(place)

    def held(self):
        """What each node takes: memory, disk, and how much of that is not its log."""
        found = []
        for pid, folder in zip(self.pids(), map(self.folder, PLACES)):
            records = machine.on_disk([folder / part for part in self.PARTS])
            found.append((machine.resident(pid), machine.on_disk([folder]), records))
        return found

    def cold_start(self):
        """Seconds from the start of all, which were killed, to the first write."""
        for place in PLACES:
            self.kill(place)
        for place in PLACES:
            self.start_again(place)
        return seconds_until(
            lambda: any(self._answers(place, self.writes) for place in PLACES), "a write"
        )

    def restart(self):
        """Seconds from the start of a follower that was killed to its first read."""
        place = self.follower()
        self.kill(place)
        self.start_again(place)
        return seconds_until(lambda: self._answers(place, self.reads), "a read")

    def rejoin(self):
        """Seconds until one that lost its disk is there again, and reads."""
        place = self.follower()
        self.kill(place)
        shutil.rmtree(self.folder(place))
        since = time.monotonic()
        self.replace(place)
        seconds_until(lambda: self._answers(place, self.reads), "a read")
        return time.monotonic() - since


class Numbers(Holding, Quorumcall):
    """A record is a number in a pool. A tenant has a million at most, so that ten
    millions are of ten tenants. Little of the log is kept beside a checkpoint, so that
    a checkpoint is what a new node fetches, as it is in etcd here."""

    OF_TENANT = 1000000
    IN_REQUEST = 500  # as many as there may be
    PARTS = ("rows", "checkpoints")
    FIRST = "+88800000000000"
    SETTINGS = Quorumcall.SETTINGS + "storage: {trailing_entries: 100}\n"
    TENANT = """
tenant:
  key: bench
  default_subject: bench
  quotas: {{subjects: 8, numbers: 1000000, rate_per_s: 1000000, rate_burst: 1000000}}
subjects: [{{key: bench}}]
pools: [{{key: bench, subject: bench, match_mode: DNIS, no_quarantine: true, no_grace: true}}]
"""

    def fill(self, n):
        for first in range(0, n, self.OF_TENANT):
            self._fill(first // self.OF_TENANT, min(n - first, self.OF_TENANT))
        self.nodes.wait_until_equal(seconds=PATIENCE)
        told = self.ask("AdminService/GetNumber", number=self.FIRST)
        self.record_bytes = len(self.FIRST) + told.number.ByteSize()
        self.next_id = len(PLACES) + 1
        self.n_written = 0

    def _fill(self, tenant, n):
        key = f"bench{tenant}" if tenant else "bench"
        if tenant:
            path = self.nodes.top / f"{key}.yaml"
            path.write_text(self.TENANT.format().replace("key: bench", f"key: {key}", 1))
            self.nodes.qcctl("config", "apply", str(path), "--timeout", "50s")
        requests = -(-n // self.IN_REQUEST)
        self.load(["numbers", "--tenant", key, "--keys", str(n), "--operations", str(requests),
                   "--connections", "4"], timeout=3600)

    def address(self, place):
        return self.nodes.members[place].address

    def folder(self, place):
        return self.nodes.members[place].data

    def kill(self, place):
        self.nodes.members[place].kill()

    def start_again(self, place):
        self.nodes.members[place].start()

    def follower(self):
        self.nodes.wait_until_equal(seconds=PATIENCE)
        return self.nodes.followers()[0]

    def _call(self, place, path, **fields):
        """By a client of its own, which has not waited for the port in vain."""
        with grpc.insecure_channel(self.address(place), options=UNLIMITED) as channel:
            client = Clients()
            client.channels.append(channel)
            with contextlib.suppress(Refused):
                return client.call(path, timeout=TRY, tenant="bench", **fields)
        return None

    def writes(self, place):
        self.n_written += 1
        branch = {"key": "written", "name": str(self.n_written)}
        return self._call(place, "AdminService/PutBranch", branch=branch) is not None

    def reads(self, place):
        return self._call(place, "AdminService/GetNumber", number=self.FIRST) is not None

    def replace(self, place):
        nodes = self.nodes
        lost = nodes.members[place]
        node = nodes.add(self.next_id, f"127.0.0.1:{free_base_port()}")
        self.next_id += 1
        for everyone in (nodes.members, nodes.nodes, nodes.channels):
            everyone[place] = everyone.pop()
        node.configure([(n.id, n.address) for n in nodes.members if n is not node],
                       nodes.settings)
        if node.once("--join") != 0:
            raise Broken(node.said())
        node.start()
        seconds_until(lambda: nodes.status(place, TRY), f"{node.name}'s answer")
        nodes.call_until_told("ClusterService/AddMember", nodes.leader(), tenant=None,
                              address=node.address)
        self.lost = lost.id

    def rejoin(self):
        seconds = super().rejoin()
        self.nodes.qcctl("member", "remove", str(self.lost), "--yes", "--wait")
        return seconds


class Keys(Holding, Etcd):
    """A record is a key of 16 bytes with a value of 100."""

    IN_REQUEST = 128  # as many as etcd takes
    PARTS = ("member/snap",)
    OPTIONS = ("--snapshot-count", "1000")
    record_bytes = 116
    FIRST = b"branch0000000000"

    def fill(self, n):
        requests = -(-n // self.IN_REQUEST)
        self.load(["etcd-fill", "--keys", str(n), "--operations", str(requests),
                   "--connections", "4", "--streams", "4"], timeout=3600)
        self.n_written = 0

    def address(self, place):
        return self.addresses[place]

    def folder(self, place):
        return self.top / self.names[place]

    def kill(self, place):
        self.processes[place].kill()
        self.processes[place].wait()

    def start_again(self, place):
        self.start_node(place)

    def follower(self):
        wait_until(self._leaders, "a leader of etcd", PATIENCE)
        return next(p for p in PLACES if self.addresses[p] != self.where())

    def _post(self, place, path, seconds=TRY, **fields):
        request = urllib.request.Request(
            f"http://{self.addresses[place]}/v3/{path}", json.dumps(fields).encode()
        )
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=seconds) as page:
            return json.loads(page.read())
        return None

    def writes(self, place):
        self.n_written += 1
        value = base64.b64encode(str(self.n_written).encode()).decode()
        key = base64.b64encode(b"written").decode()
        return self._post(place, "kv/put", key=key, value=value) is not None

    def reads(self, place):
        key = base64.b64encode(self.FIRST).decode()
        told = self._post(place, "kv/range", key=key)
        return told is not None and "kvs" in told

    def replace(self, place):
        members = self._change(place, "list")["members"]
        lost = next(m["ID"] for m in members if m.get("name") == self.names[place])
        self._change(place, "remove", ID=lost)
        self._change(place, "add", peerURLs=[self.peers[place]])
        self.start_node(place, joins=True)

    def _change(self, place, what, **fields):
        """Of the members, by another than the one at |place|."""
        other = next(p for p in PLACES if p != place)
        told = self._post(other, f"cluster/member/{what}", PATIENCE, **fields)
        if told is None:
            raise Broken(f"etcd refuses to {what} a member")
        return told

    def rejoin(self):
        time.sleep(HEALTHY)
        return super().rejoin()
