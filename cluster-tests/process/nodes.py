"""Nodes without a supervisor: each on a disk of its own, if wanted, killed,
stopped, traced and started by the test that knows why."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import contract
from calls import Clients, Refused
from cluster import QCCTL, free_base_port, run, wait_until
from disk import Disk

DAEMON = str(pathlib.Path(QCCTL).with_name("quorumcalld"))
LEADER = 3  # NodeRole
FAULT = 70  # exit status

# What no node may say, whatever has happened to it.
BROKEN = re.compile(r"Sanitizer|runtime error:|[Aa]ssertion")

# Numbers that need no rest, so many that none is ever missing.
TENANT = """
tenant: {{key: demo, default_subject: sales, quotas: {{subjects: 8}}}}
subjects:
  - {{key: sales}}
pools:
  - {{key: sales, subject: sales, match_mode: DNIS, reserve_ttl_ms: 86400000,
     no_quarantine: true, no_grace: true}}
numbers:
{numbers}
"""


def tenant_file(top, hundreds):
    """A tenant with |hundreds| times a hundred numbers."""
    path = pathlib.Path(top) / "tenant.yaml"
    numbers = "\n".join(
        f"  - {{first: '+1{200 + i}5550100', count: 100, pool: sales}}"
        for i in range(hundreds)
    )
    path.write_text(TENANT.format(numbers=numbers))
    return path


class Node:
    """One quorumcalld, and what it has said since it was made."""

    def __init__(self, top, node_id, address, on_disk):
        self.id = node_id
        self.name = f"node{node_id}"
        self.address = address
        self.disk = Disk(top, node_id) if on_disk else None
        self.home = self.disk.path if on_disk else pathlib.Path(top) / self.name
        self.home.mkdir(exist_ok=True)
        self.data = self.home / "data"
        self.config = pathlib.Path(top) / f"{self.name}.yaml"
        self.log = pathlib.Path(top) / f"{self.name}.log"
        self.log.touch()
        self.settings = ""  # its own lines of configuration
        self.process = None
        self.said_before = 0  # where its log was when it was started last

    def configure(self, members, settings=""):
        lines = [
            "cluster_id: process",
            f"node_id: {self.id}",
            f"data_dir: '{self.data}'",
            f"listen: {self.address}",
            "initial_members:",
        ]
        lines += [f"  - {{id: {i}, address: '{address}'}}" for i, address in members]
        text = "\n".join(lines) + "\n" + settings + self.settings
        self.config.write_text(text)

    def once(self, *options):
        """Runs it with |options|, which make it end; its exit status."""
        self.said_before = self.log.stat().st_size
        with open(self.log, "ab") as log:
            return subprocess.run(
                [DAEMON, "-c", str(self.config), *options],
                stdout=log,
                stderr=log,
                timeout=60,
            ).returncode

    def start(self):
        assert self.process is None, f"{self.name} is up"
        self.said_before = self.log.stat().st_size
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [DAEMON, "-c", str(self.config)], stdout=log, stderr=log
            )

    @property
    def pid(self):
        return self.process.pid

    def ended(self):
        """Whether it has ended by itself; its exit status then, as a list."""
        status = self.process.poll() if self.process else None
        return None if status is None else [status]

    def wait_for_end(self, seconds=20):
        """Its exit status; it may be started again then."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} goes on:\n{self.said()}") from None
        self.process = None
        return status

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """As a failing machine does: without a word. It may be gone already."""
        if self.process:
            self.process.kill()
            return self.wait_for_end()
        return None

    def terminate(self):
        """As an operator asks it to end. One that was started a moment ago has no
        handler yet and would die of the signal, which is no matter but also no
        end by itself: so this waits for its handler."""
        self.signal(signal.SIGCONT)
        wait_until(lambda: self.ended() or self._handles_sigterm(), "a handler")
        if not self.ended():
            self.signal(signal.SIGTERM)

    def _handles_sigterm(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        caught = int(re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)[1], 16)
        return caught >> (signal.SIGTERM - 1) & 1

    def stop(self):
        """As an operator does."""
        self.terminate()
        status = self.wait_for_end()
        assert status == 0, (self.name, status, self.said())

    def said(self):
        """Since it was started last."""
        with open(self.log, "rb") as log:
            log.seek(self.said_before)
            return log.read().decode(errors="replace")


class Nodes(Clients):
    """A cluster of three, with one tenant; a context manager.

    |settings| are lines of the configuration of each."""

    def __init__(self, on_disks=False, settings="", hundreds=20):
        super().__init__()
        self.on_disks = on_disks
        self.settings = settings
        self.hundreds = hundreds
        self.members = []

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-nodes-"))
        try:
            self._bring_up()
        except BaseException:
            self.close(failed=True)
            raise
        return self

    def __exit__(self, kind, *_):
        self.close(failed=kind is not None)

    def _bring_up(self):
        base = free_base_port()
        addresses = [(i + 1, f"127.0.0.1:{base + 10 * i}") for i in range(3)]
        for node_id, address in addresses:
            node = self.add(node_id, address)
            node.configure(addresses, self.settings)
            assert node.once("--init") == 0, node.said()
            node.start()
        self.leader()  # Which two of them make.
        for place, node in enumerate(self.members):
            wait_until(lambda place=place: self.status(place), f"word of {node.name}")
        tenant = str(tenant_file(self.top, self.hundreds))
        self.qcctl("config", "apply", tenant, "--timeout", "20s")

    def add(self, node_id, address):
        """A node that is not made yet."""
        node = Node(self.top, node_id, address, self.on_disks)
        self.members.append(node)
        self.connect(address)
        return node

    def close(self, failed=False):
        """Ends what runs. All must end well, unless something has |failed|."""
        self.disconnect()
        running = [node for node in self.members if node.process]
        for node in running:
            if not node.ended():
                node.terminate()
        wrong = []
        for node in running:
            try:
                status = node.wait_for_end()
            except AssertionError as error:
                node.kill()
                wrong.append(str(error))
                continue
            if status != 0:
                wrong.append(f"{node.name} ended with {status}:\n{node.said()[-4000:]}")
        for node in self.members:
            said = node.log.read_text(errors="replace")
            broken = BROKEN.search(said)
            if broken:
                line = said.rfind("\n", 0, broken.start()) + 1
                wrong.append(f"{node.name}: {said[line:][:4000]}")
            if failed:
                print(f"--- {node.name} said last:\n{said[-4000:]}", flush=True)
            if node.disk:
                node.disk.remove()
        shutil.rmtree(self.top, ignore_errors=True)
        assert failed or not wrong, "\n".join(wrong)

    def qcctl(self, *arguments, expect=0):
        """qcctl on the whole cluster; its standard output."""
        return run(*arguments, expect=expect, endpoints=",".join(self.nodes))[0]

    # --- how they are

    def status(self, place, timeout=1):
        """What the node at |place| says of itself; None: it says nothing."""
        try:
            return self.call("ClusterService/GetStatus", place, timeout, None)
        except Refused:
            return None

    def up(self):
        """Places of the nodes that are started and have not ended."""
        return [
            i for i, node in enumerate(self.members) if node.process and not node.ended()
        ]

    def leader(self, other_than=None):
        """Place of the leader, once there is one."""

        def find():
            terms = {}
            for place in self.up():
                status = self.status(place, 0.3) if place != other_than else None
                if status and status.role == LEADER:
                    terms[status.term] = [place]
            return terms[max(terms)] if terms else None

        return wait_until(find, "a leader")[0]

    def followers(self):
        leader = self.leader()
        return [place for place in self.up() if place != leader]

    def wait_until_equal(self, places=None, seconds=30):
        """Waits until those at |places|, by default all, are in the same state;
        returns that state."""
        places = range(len(self.members)) if places is None else places

        def find():
            for place in places:
                ended = self.members[place].ended()
                assert not ended, (ended, self.members[place].said()[-3000:])
            all_of_them = [self.status(place) for place in places]
            if not all(all_of_them):
                return None
            states = {
                (s.applied_index, s.hash_index, s.state_hash) for s in all_of_them
            }
            state = states.pop()
            return state if not states and state[1] > 0 else None

        return wait_until(find, "equal states", seconds)

    def restart(self, places):
        """One after the other, so that what they measure begins anew: taking in
        a tenant has kept their loops busy for longer than any one request."""
        for place in places:
            self.members[place].stop()
            self.members[place].start()
            self.wait_until_equal(places)

    def start_all(self):
        for node in self.members:
            if not node.process:
                node.start()


def wait_for(condition, what, seconds=20, every=0.005):
    """As wait_until(), but looks more often."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(every)


assert contract.SERVICES["ClusterService"].NODE_ROLE_LEADER == LEADER
