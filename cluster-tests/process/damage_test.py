"""Every kind of file in a stopped node's data directory, damaged, cut and
removed: the node is repaired, or it refuses and says what, where and what next.
testing.md 1, A6; 3."""

import re
import shutil
import time

from faults import SETTINGS
from load import Ledger, Load
from nodes import FAULT, Nodes, wait_for

CANNOT_RUN = 1  # exit status
NEXT_STEP = re.compile(r"new id|start again|try again|--init|new node|mend")
STARTED = re.compile(r"event=started .*log=\d+\.\.(\d+)")

_NUMBERS = re.compile(r"\d+")
# RocksDB's diary, and what it can do without: they are only removed.
_SPARE = re.compile(r"(LOG|LOCK|IDENTITY|OPTIONS)\b|LOG\.old|OPTIONS-|^lock$")


def _kind(data, path):
    """What files that differ in their numbers alone have in common."""
    return _NUMBERS.sub("N", str(path.relative_to(data)))


def _one_of_each_kind(data):
    """{kind: its newest file, or a directory}"""
    return {_kind(data, path): path for path in sorted(data.rglob("*"))}


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def _cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _zero(path):
    """The last sector, as of a write that never came."""
    content = path.read_bytes()
    n = min(len(content), 512)
    path.write_bytes(content[:-n] + bytes(n))


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _damages(path):
    """What is done to a file or directory."""
    yield "removed", _remove
    whole = path.is_file() and path.stat().st_size > 0
    if whole and not _SPARE.search(path.name):
        yield "flipped", _flip
        yield "cut", _cut
        yield "zeroed", _zero


class _Patient:
    """A node of a cluster that goes on without it, and its data as it was."""

    def __init__(self, nodes, place):
        self.nodes = nodes
        self.place = place
        self.node = nodes.members[place]
        self.data = self.node.data
        self.saved = nodes.top / "saved"
        self.last_index = nodes.status(place).last_index

    def save(self):
        shutil.copytree(self.data, self.saved)

    def restore(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.saved, self.data)

    def damage(self, path, how):
        self.restore()
        how(self.data / path.relative_to(self.saved))

    def _refused(self, what, path):
        """It has ended: with a word that helps."""
        said = self.node.said()
        status = self.node.wait_for_end()
        assert status in (CANNOT_RUN, FAULT), (what, status, said)
        lines = [line for line in said.splitlines() if "level=error" in line]
        assert lines, (what, said)
        named = self.data / path.relative_to(self.saved)
        names = [str(named), str(named.parent)]
        assert any(name in lines[-1] for name in names), (what, named, lines[-1])
        assert NEXT_STEP.search(lines[-1]), (what, lines[-1])
        return "refused"

    def outcome(self, what, path, ledger):
        """Starts it; how that ends."""
        node = self.node
        others = [place for place in range(3) if place != self.place]
        node.start()

        def equal():
            states = [self.nodes.status(place) for place in [self.place, *others]]
            return all(states) and 1 == len(
                {(s.applied_index, s.hash_index, s.state_hash) for s in states}
            )

        wait_for(lambda: node.ended() or equal(), f"{what}: an outcome")
        if node.ended():
            return self._refused(what, path)
        found = ledger.compare(self.nodes, self.place)
        assert found.lost == 0 and found.doubled == 0, (what, found.lost)
        last_index = int(STARTED.search(node.said()).group(1))
        assert last_index >= self.last_index, f"{what}: silent loss, {node.said()}"
        node.stop()
        return "repaired"


def _try_all(end, wanted=""):
    """Damages whatever a node leaves behind that |end| ends, of the kinds that
    match |wanted|."""
    outcomes = []
    with Nodes(settings=SETTINGS) as nodes:
        ledger = Ledger()
        load = Load(nodes, ledger)
        load.wait_for(600)
        load.stop()
        nodes.wait_until_equal()
        patient = _Patient(nodes, nodes.followers()[0])
        time.sleep(1.2)  # its floor is raised each second
        end(patient.node)
        patient.save()
        for kind, path in _one_of_each_kind(patient.saved).items():
            if not re.search(wanted, kind):
                continue
            said = []
            for damage, how in _damages(path):
                patient.damage(path, how)
                outcome = patient.outcome(f"{kind} {damage}", path, ledger)
                outcomes.append(outcome)
                said.append(f"{damage}: {outcome}")
            print(f"    {kind:<28}{', '.join(said)}", flush=True)
        patient.restore()
        patient.node.start()
        nodes.wait_until_equal()
    assert outcomes.count("refused") > 10 and "repaired" in outcomes, outcomes


def damage_to_what_a_stopped_node_left_is_repaired_or_refused_by_name():
    """After SIGTERM: the rows are in tables."""
    _try_all(lambda node: node.stop())


def damage_to_what_a_killed_node_left_is_repaired_or_refused_by_name():
    """After SIGKILL: much is in write-ahead logs only."""
    _try_all(lambda node: node.kill(), r"^(log|rows\b.*)/(N\.|floor)|^rows$|MANIFEST")
