"""The node that is attacked, what that costs it, and who is served meanwhile."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

PROCESS = pathlib.Path(__file__).resolve().parents[1] / "process"
sys.path.insert(0, str(PROCESS))

import grpc  # noqa: E402
from cluster import run, wait_until  # noqa: E402, from PROCESS
from nodes import Nodes  # noqa: E402

MIB = 1 << 20
TURN = re.compile(r"event=loop_turn .*cpu_us=(\d+)")
# So that what takes an attacker half a minute takes a test four seconds.
SETTINGS = """
log_level: debug
raft: {election_timeout_ms: 2000}
admin: {listen: ''}
api: {connections: 300, preface_ms: 1000, headers_ms: 1000, write_stall_ms: 4000,
  address_rate_per_s: 1000000, address_rate_burst: 1000000}
"""
TLS = """
tls: {{certificate: '{certs}/node-{id}.pem', key: '{certs}/node-{id}-key.pem',
  node_ca: '{certs}/node-ca.pem', client_ca: '{certs}/client-ca.pem'}}
"""


class Victims(Nodes):
    """Three nodes, of which the first is attacked. With |tls|, by TLS."""

    def __init__(self, tls=False):
        super().__init__(settings=SETTINGS, hundreds=1)
        self.tls = tls
        self.belief = ()

    def _bring_up(self):
        if self.tls:
            certs = pathlib.Path(self.top) / "certs"
            certs.mkdir()
            for words in (["create-ca", "node"], ["create-ca", "client"], *(
                ["create-node", "--cluster", "process", "--id", str(i), "--host", "127.0.0.1"]
                for i in (1, 2, 3)
            )):
                run("cert", *words, "--dir", str(certs))
            self.certs = certs
            self.ca = certs / "node-ca.pem"
            self.belief = ("--cacert", str(self.ca))
            self.credentials = grpc.ssl_channel_credentials(self.ca.read_bytes())
        super()._bring_up()

    def add(self, node_id, address):
        node = super().add(node_id, address)
        if self.tls:
            node.settings = TLS.format(certs=self.certs, id=node_id)
        return node

    def qcctl(self, *arguments, expect=0):
        return super().qcctl(*arguments, *self.belief, expect=expect)

    @property
    def victim(self):
        return self.members[0]

    @property
    def address(self):
        return self.nodes[0]

    def processor_ms(self):
        """User and system, of all its threads."""
        stat = pathlib.Path(f"/proc/{self.victim.pid}/stat").read_text()
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")

    def longest_turn_ms(self, since):
        """Of its loop, in processor time; of those that it has told of since it had
        said so many letters."""
        turns = TURN.findall(self.victim.said()[since:])
        return max(map(int, turns), default=0) / 1000

    def resident(self):
        """Bytes."""
        statm = pathlib.Path(f"/proc/{self.victim.pid}/statm").read_text()
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Busy:
    """A process that is as busy as an attacker is, when it is let: that they share
    a machine is not the node's fault."""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        self.process.send_signal(signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def run(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGSTOP)


class Bystander:
    """A client that behaves: a process of its own, with one connection, that
    asks two hundred times a second and notes when and how long it took."""

    def __init__(self, nodes):
        self.notes = pathlib.Path(nodes.top) / "bystander"
        words = [nodes.address, str(self.notes)]
        if nodes.tls:
            words.append(str(nodes.ca))
        program = pathlib.Path(__file__).with_name("bystander.py")
        self.process = subprocess.Popen([sys.executable, str(program), *words])

    def __enter__(self):
        wait_until(lambda: self.notes.exists() and self.notes.stat().st_size, "service")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _noted(self):
        assert self.process.poll() is None, "the bystander was not served"
        lines = self.notes.read_text().splitlines(keepends=True)
        return [tuple(map(float, n.split())) for n in lines if n.endswith("\n")]

    def wait_for(self, when):
        """Until all has been answered that was due before."""
        wait_until(lambda: self._noted()[-1][0] >= when, "the bystander's answers", 60)

    def took_ms(self, turns):
        """How long those took that were due in each of |turns|, in order."""
        self.wait_for(turns[-1][1])
        noted = self._noted()
        took = [
            sorted(1000 * took for due, took in noted if begin <= due < end)
            for begin, end in turns
        ]
        assert all(len(turn) >= 20 for turn in took), "the bystander was not served"
        return took

    def p99s_ms(self, turns):
        return [turn[len(turn) * 99 // 100] for turn in self.took_ms(turns)]
