"""Every kind of file in a stopped node's data directory, damaged, cut and
removed: the node is repaired, or it refuses and says what, where and what next.
testing.md 1, A6; 3."""

import re
import shutil
import time

from load import Ledger, Load
from nodes import FAULT, Nodes, wait_for

# So that there are checkpoints, and the log is cut.
SETTINGS = """storage:
  checkpoint_entries: 300
  trailing_entries: 100
  reserve_mib: 8
"""
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
    """A node of a cluster that goes on without it, and its data as |end| left
    it. An old copy must never run in the place of what came after it, so what
    a repaired node leaves is what is damaged next."""

    def __init__(self, nodes, place, end):
        self.nodes = nodes
        self.place = place
        self.node = nodes.members[place]
        self.data = self.node.data
        self.saved = nodes.top / "saved"
        self.whole = nodes.top / "checkpoints"  # as they were first
        self.end = end

    def save(self):
        """Ends the node, and keeps what it leaves."""
        self.last_index = self.nodes.status(self.place).last_index
        self.end(self.node)
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.data, self.saved)
        # It need not have noticed what was done to a checkpoint.
        for path in self.saved.glob("checkpoints/*"):
            whole = self.whole / path.name
            if whole.exists():
                shutil.rmtree(path)
                shutil.copytree(whole, path)
            else:
                shutil.copytree(path, whole)

    def restore(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.saved, self.data)

    def kinds(self):
        return list(_one_of_each_kind(self.saved))

    def has(self, kind):
        return kind in _one_of_each_kind(self.saved)

    def damages(self, kind):
        """What can be done to the file of that kind, if there still is one."""
        path = _one_of_each_kind(self.saved).get(kind)
        return list(_damages(path)) if path else []

    def try_one(self, kind, damage, how, ledger):
        """Starts the node on damaged data; how that ends."""
        path = self.data / _one_of_each_kind(self.saved)[kind].relative_to(self.saved)
        self.restore()
        how(path)
        self.node.start()
        what = f"{kind} {damage}"
        wait_for(lambda: self.node.ended() or self._is_equal(), f"{what}: an outcome")
        if self.node.ended():
            return self._refused(what, path)
        found = ledger.compare(self.nodes, self.place)
        assert found.lost == 0 and found.doubled == 0, (what, found.lost)
        last_index = int(STARTED.search(self.node.said()).group(1))
        assert last_index >= self.last_index, f"{what}: silent loss, {self.node.said()}"
        self.save()
        return "repaired"

    def _is_equal(self):
        states = [self.nodes.status(place) for place in range(3)]
        return all(states) and 1 == len(
            {(s.applied_index, s.hash_index, s.state_hash) for s in states}
        )

    def _refused(self, what, path):
        """It has ended: with a word that helps."""
        said = self.node.said()
        status = self.node.wait_for_end()
        assert status in (CANNOT_RUN, FAULT), (what, status, said)
        lines = [line for line in said.splitlines() if "level=error" in line]
        assert lines, (what, said)
        names = [str(path), str(path.parent)]
        assert any(name in lines[-1] for name in names), (what, path, lines[-1])
        assert NEXT_STEP.search(lines[-1]), (what, lines[-1])
        return "refused"


def _try_all(end, wanted=""):
    """Damages whatever a node leaves behind that |end| ends, of the kinds that
    match |wanted|."""
    outcomes = []
    with Nodes(settings=SETTINGS) as nodes:
        ledger = Ledger()
        load = Load(nodes, ledger)
        load.wait_for(1000)
        load.stop()
        nodes.wait_until_equal()
        patient = _Patient(nodes, nodes.followers()[0], end)
        patient.save()
        for kind in patient.kinds():
            if not re.search(wanted, kind):
                continue
            said = []
            for damage, how in patient.damages(kind):
                if not patient.has(kind):
                    continue
                outcome = patient.try_one(kind, damage, how, ledger)
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

    def kill(node):
        time.sleep(1.2)  # its floor is raised each second
        node.kill()

    _try_all(
        kill,
        r"^(log|rows/N)/(N\.|floor|MANIFEST)|^rows(/N)?$",
    )
