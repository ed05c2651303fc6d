"""Systems that are measured: each of three processes on loopback, which write to
a disk and wait until it has what they wrote."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

PROCESS = pathlib.Path(__file__).resolve().parents[1] / "process"
sys.path.insert(0, str(PROCESS))
sys.dont_write_bytecode = True

from cluster import free_base_port, run, wait_until  # noqa: E402, from PROCESS
from nodes import DAEMON, Nodes  # noqa: E402

import machine  # noqa: E402

LOAD = str(pathlib.Path(DAEMON).with_name("qcload"))
BASES = (0, 10, 20)
AGENTS = 1024  # as many as there are streams at most
CLERKS = 256  # to whom nothing is offered
IS_LEADER = "etcd_server_is_leader"


class Broken(Exception):
    """A run that is no measurement."""


def numbers_of(address):
    """What /metrics of |address| says, by name and labels."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as page:
            text = page.read().decode()
    except OSError as error:
        raise Broken(f"{address} does not tell its metrics: {error}") from None
    lines = (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
    return {name: float(value) for name, _, value in lines}


class System:
    """A context manager: it is up, or this machine has it not.

    |name| is what people call it, |missing| says which program is not there,
    |note| what nobody may leave out who compares it with another."""

    missing = None
    note = None

    def pids(self):
        raise NotImplementedError

    def check(self):
        """Broken when one of its processes has ended."""
        raise NotImplementedError

    def where(self):
        """Which node leads; that must be so before and after."""
        raise NotImplementedError

    def done(self, path):
        """How many calls of |path| have ended well at the leader, by its own
        count."""
        raise NotImplementedError

    def fsyncs(self):
        """How often it has waited for a disk; None: it does not count."""
        return None

    def load(self, words, timeout=300):
        """What qcload tells of a run at the leader; Broken: it failed."""
        done = subprocess.run(
            [LOAD, *words, "--endpoint", self.where()],
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode != 0:
            assert not done.stdout, done.stdout
            raise Broken(done.stderr.strip())
        return done.stdout


class Quorumcall(System):
    name = "Quorumcall"
    TENANT = """
tenant:
  key: bench
  default_subject: bench
  quotas: {{subjects: 8, branches: 10000, waiting_interactions: 1000000,
    rate_per_s: 1000000, rate_burst: 1000000}}
reasons: [{{key: pause, kind: PAUSE}}]
queues: [{{key: calls, max_waiting: 1000}}, {{key: waiting, max_waiting: 1000000}}]
subjects:
  - {{key: bench}}
  - {{key: calls, queue: calls, no_acw: true, disposition_optional: true}}
  - {{key: waiting, queue: waiting}}
  - {{key: held}}
pools:
  - {{key: bench, subject: bench, match_mode: DNIS, no_quarantine: true, no_grace: true}}
  - {{key: held, subject: held, match_mode: DNIS, reserve_ttl_ms: 86400000}}
numbers:
{numbers}
agents:
  - {{key: desk, queues: [waiting], contact: 'sip:desk'}}
{agents}
{clerks}
"""
    # One client asks for more here than any one may by default.
    SETTINGS = """
api: {address_rate_per_s: 1000000, address_rate_burst: 1000000,
  principal_rate_per_s: 1000000, principal_rate_burst: 1000000}
"""

    class _Nodes(Nodes):
        def add(self, node_id, address):
            node = super().add(node_id, address)
            host, port = address.split(":")
            node.admin = f"{host}:{int(port) + 1}"
            node.settings = f"admin: {{listen: '{node.admin}'}}\n"
            return node

    def __enter__(self):
        self.nodes = self._Nodes(settings=self.SETTINGS, hundreds=1)
        self.nodes.__enter__()
        try:
            numbers = "\n".join(
                f"  - {{first: '+1{200 + i}5550100', count: 100,"
                f" pool: {'bench' if i < 200 else 'held'}}}"
                for i in range(300)
            )
            path = self.nodes.top / "bench.yaml"
            agents = "\n".join(
                f"  - {{key: {agent}, queues: [calls], contact: 'sip:{agent}'}}"
                for agent in (f"agent{i:04}" for i in range(AGENTS))
            )
            clerks = "\n".join(f"  - {{key: clerk{i:04}, queues: [waiting]}}" for i in range(CLERKS))
            path.write_text(
                self.TENANT.format(numbers=numbers, agents=agents, clerks=clerks)
            )
            wait_until(self._knows_agents, "cluster version 4", 60)
            self.nodes.qcctl("config", "apply", str(path), "--timeout", "50s")
            said = subprocess.run([DAEMON, "--version"], capture_output=True, text=True)
            self.version = said.stdout.split()[-1]
        except BaseException:
            self.nodes.close(failed=True)
            raise
        return self

    def _knows_agents(self):
        told = self.nodes.call_until_told("ClusterService/ListMembers", tenant=None)
        return told.cluster_version >= 4

    def __exit__(self, kind, *_):
        self.nodes.close(failed=kind is not None)

    def pids(self):
        return [node.pid for node in self.nodes.members]

    def check(self):
        for node in self.nodes.members:
            if node.ended():
                raise Broken(f"{node.name} has ended, with status {node.ended()[0]}")

    def ask(self, path, **fields):
        return self.nodes.call_until_told(path, tenant="bench", **fields)

    def _leader(self):
        return self.nodes.members[self.nodes.leader()]

    def where(self):
        return self._leader().address

    def done(self, path):
        method = path.rpartition(".")[2]
        told = numbers_of(self._leader().admin)
        repeats = told.get("quorumcall_idempotency_hits_total", 0)
        if repeats > 0:
            raise Broken(f"{repeats:.0f} answers were stored ones")
        name = f'quorumcall_rpc_handled_total{{method="{method}",code="OK"}}'
        return int(told.get(name, 0))

    def fsyncs(self):
        name = "quorumcall_wal_fsync_duration_seconds_count"
        return sum(int(numbers_of(node.admin)[name]) for node in self.nodes.members)


class Processes(System):
    """Three processes of somebody else, each in a folder of its own."""

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-beside-"))
        self.processes = []
        try:
            self.bring_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def bring_up(self):
        raise NotImplementedError

    def start(self, words, place=None, **how):
        """One more, or the one at |place| anew."""
        place = len(self.processes) if place is None else place
        log = self.top / f"{place}.log"
        with open(log, "ab") as out:
            process = subprocess.Popen(words, stdout=out, stderr=out, **how)
        process.log = log
        self.processes[place : place + 1] = [process]

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.top, ignore_errors=True)

    def pids(self):
        return [process.pid for process in self.processes]

    def check(self):
        for process in self.processes:
            if process.poll() is not None:
                said = process.log.read_text(errors="replace")
                raise Broken(f"{process.args[0]} has ended: {said[-500:]}")


class Etcd(Processes):
    name = "etcd"
    OPTIONS = ()  # beside those that say who is who

    def __init__(self):
        self.missing = None if shutil.which("etcd") else "etcd (etcd-server)"

    def bring_up(self):
        said = subprocess.run(["etcd", "--version"], capture_output=True, text=True)
        self.version = re.search(r"etcd Version: (\S+)", said.stdout)[1]
        base = free_base_port()
        self.names = [f"e{i}" for i in BASES]
        self.addresses = [f"127.0.0.1:{base + i}" for i in BASES]
        self.peers = [f"http://127.0.0.1:{base + i + 1}" for i in BASES]
        for place in range(len(BASES)):
            self.start_node(place)
        wait_until(self._leaders, "a leader of etcd", 60)

    def start_node(self, place, joins=False):
        """|joins|: it knows nothing, and is a member of a cluster that there is."""
        name, peer = self.names[place], self.peers[place]
        members = ",".join(f"{n}={p}" for n, p in zip(self.names, self.peers))
        words = ["etcd", "--name", name, "--data-dir", str(self.top / name)]
        words += ["--listen-client-urls", f"http://{self.addresses[place]}"]
        words += ["--advertise-client-urls", f"http://{self.addresses[place]}"]
        words += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        words += ["--initial-cluster", members, "--logger", "zap", "--log-level", "error"]
        words += ["--initial-cluster-state", "existing"] if joins else []
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ETCD_")}
        self.start([*words, *self.OPTIONS], place, env=environment)

    def _leaders(self):
        self.check()
        try:
            return [a for a in self.addresses if numbers_of(a).get(IS_LEADER) == 1]
        except Broken:
            return []

    def where(self):
        leaders = self._leaders()
        if len(leaders) != 1:
            raise Broken(f"etcd has {len(leaders)} leaders")
        return leaders[0]

    def done(self, path):
        service, method = path[1:].split("/")
        labels = f'grpc_code="OK",grpc_method="{method}",grpc_service="{service}"'
        name = f'grpc_server_handled_total{{{labels},grpc_type="unary"}}'
        told = numbers_of(self.where())
        done = int(told.get(name, 0))
        if method == "Put":
            put = int(told["etcd_debugging_mvcc_put_total"])
            if put != done:
                raise Broken(f"etcd has put {put} and answered {done}")
        return done

    def fsyncs(self):
        names = (
            "etcd_disk_wal_fsync_duration_seconds_count",
            "etcd_disk_backend_commit_duration_seconds_count",
        )
        told = [numbers_of(address) for address in self.addresses]
        return sum(int(one[name]) for one in told for name in names)
