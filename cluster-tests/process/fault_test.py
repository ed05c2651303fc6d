"""Faults under load, on nodes with disks of their own: nothing acknowledged is
ever lost. testing.md 1, A5, A6, B8, B10, C16; 5, the table of faults."""

import os
import signal
import tempfile
import time

import failing_over
from disk import Disk
from faults import shared_nodes, under_load
from injection import Injection
from load import Ledger, Load
from nodes import FAULT, wait_for


def a_killed_leader_takes_nothing_with_it():
    """SIGKILL; another leads, and the dead one comes back."""
    with shared_nodes() as nodes, under_load(nodes, "SIGKILL of the leader") as load:
        leader = nodes.leader()
        nodes.members[leader].kill()
        load.wait_for(100)
        nodes.members[leader].start()


def a_killed_follower_is_not_missed():
    """SIGKILL; the others go on."""
    with shared_nodes() as nodes, under_load(nodes, "SIGKILL of a follower") as load:
        follower = nodes.members[nodes.followers()[0]]
        follower.kill()
        load.wait_for(100)
        follower.start()


def a_leader_that_was_stopped_finds_that_others_went_on():
    """SIGSTOP past the election timeout, and SIGCONT."""
    with shared_nodes() as nodes, under_load(nodes, "SIGSTOP of the leader") as load:
        leader = nodes.leader()
        nodes.members[leader].signal(signal.SIGSTOP)
        nodes.leader(other_than=leader)
        load.wait_for(100)
        nodes.members[leader].signal(signal.SIGCONT)


def a_power_cut_of_the_leader_loses_nothing():
    """Its file system loses all that was not synced."""
    with shared_nodes() as nodes, under_load(nodes, "power cut, the leader") as load:
        node = nodes.members[nodes.leader()]
        _cut_power(node)
        load.wait_for(100)
        _restore_power(node)


def a_power_cut_of_a_follower_loses_nothing():
    """The same, of one that does not lead."""
    with shared_nodes() as nodes, under_load(nodes, "power cut, a follower") as load:
        node = nodes.members[nodes.followers()[0]]
        _cut_power(node)
        load.wait_for(100)
        _restore_power(node)


def a_power_cut_of_all_nodes_at_once_loses_nothing():
    """What was acknowledged is on the disks, not in the caches, of most."""
    with shared_nodes() as nodes, under_load(nodes, "power cut, all at once"):
        for node in nodes.members:
            node.disk.cut_power()
        for node in nodes.members:
            node.kill()
        for node in nodes.members:
            _restore_power(node)


def _cut_power(node):
    node.disk.cut_power()
    node.kill()


def _restore_power(node):
    node.disk.unmount()
    node.disk.mount()
    node.start()


# --- a disk that fails


def _fails(nodes, place, calls, fault, path=None):
    """The calls of the node at |place| fail from now on: it must end, with a
    word, and have all it has promised when it is started again."""
    node = nodes.members[place]
    with under_load(nodes, fault) as load:
        with Injection(node.pid, calls, "error=EIO:when=5+", path):
            status = node.wait_for_end()
        said = node.said()
        assert status == FAULT, (status, said)
        assert "event=fault" in said and "next=" in said, said
        assert "Input/output error" in said or "I/O error" in said, said
        load.wait_for(100)
        node.start()


def _write_ahead_log(node):
    """The file of the log that is being written."""
    return max((node.data / "log").glob("*.log"), key=lambda path: path.name)


def a_leader_whose_syncs_fail_ends_and_never_lies():
    """EIO of fdatasync: testing.md 3, failed append."""
    with shared_nodes() as nodes:
        _fails(nodes, nodes.leader(), "fdatasync", "EIO of fdatasync, the leader")


def a_follower_whose_syncs_fail_ends_and_never_lies():
    """The same, of one that does not lead."""
    with shared_nodes() as nodes:
        place = nodes.followers()[0]
        _fails(nodes, place, "fdatasync", "EIO of fdatasync, a follower")


def a_leader_whose_writes_fail_ends_and_never_lies():
    """EIO of the write itself."""
    with shared_nodes() as nodes:
        place = nodes.leader()
        path = _write_ahead_log(nodes.members[place])
        _fails(nodes, place, "write", "EIO of write, the leader", path)


def a_follower_whose_floor_cannot_be_synced_ends_and_never_lies():
    """EIO of fsync, which small files are made durable with."""
    with shared_nodes() as nodes:
        place = nodes.followers()[0]
        _fails(nodes, place, "fsync", "EIO of fsync, a follower")


def a_leader_with_a_slow_disk_loses_nothing_and_recovers():
    """Each sync takes half a second longer: testing.md 3."""
    with shared_nodes() as nodes, under_load(nodes, "slow disk, the leader") as load:
        node = nodes.members[nodes.leader()]
        with Injection(node.pid, "fdatasync", "delay_enter=500000"):
            load.wait_for(100)
            time.sleep(1)


# --- a disk that fills


def _fills(nodes, places, fault):
    """The disks of the nodes at |places| are full, and then they are not. A
    node without space goes on without writing, or ends and says so."""
    full = [nodes.members[place] for place in places]

    def noticed(node):
        status = None if node.ended() else nodes.status(nodes.members.index(node))
        return node.ended() or (status and status.read_only)

    with under_load(nodes, fault, bulk=900) as load:
        for node in full:
            node.disk.fill()
        # Without a majority nobody writes, and the third need not notice.
        wait_for(
            lambda: sum(map(bool, map(noticed, full))) >= min(len(full), 2),
            "that disks are full",
        )
        if len(places) == 1:
            load.wait_for(100)
        for node in full:
            node.disk.relieve()
            if node.ended():
                said = node.said()
                assert node.wait_for_end() == FAULT, said
                assert "No space left on device" in said and "next=" in said, said
                node.start()


def a_leader_whose_disk_is_full_leaves_the_lead_to_another():
    """ENOSPC on the leader's disk only; then there is space again."""
    with shared_nodes() as nodes:
        _fills(nodes, [nodes.leader()], "disk full, the leader")


def a_follower_whose_disk_is_full_is_not_missed():
    """The same, of one that does not lead."""
    with shared_nodes() as nodes:
        _fills(nodes, nodes.followers()[:1], "disk full, a follower")


def full_disks_everywhere_lose_nothing():
    """No node can write; with space, all goes on."""
    with shared_nodes() as nodes:
        _fills(nodes, range(3), "disk full, all of them")


# --- what the above stands on


def a_power_cut_loses_what_was_not_synced_and_nothing_else():
    """Of the disks these tests use; else they would prove nothing."""
    with tempfile.TemporaryDirectory(prefix="quorumcall-disk-") as top:
        disk = Disk(top, 1, size_mib=32)
        try:
            with open(disk.path / "kept", "wb", buffering=0) as kept:
                kept.write(b"kept")
                os.fsync(kept.fileno())
                kept.write(b" and lost")
            (disk.path / "lost").write_bytes(b"lost")
            disk.cut_power()
            disk.unmount()
            disk.mount()
            assert (disk.path / "kept").read_bytes() == b"kept"
            assert not (disk.path / "lost").exists()
        finally:
            disk.remove()


def what_is_missing_is_counted_as_lost():
    """Of the ledger: one write that never was, one number given out twice."""
    with shared_nodes() as nodes:
        ledger = Ledger()
        load = Load(nodes, ledger)
        load.wait_for(100)
        load.stop()
        assert ledger.compare(nodes, 0).lost == 0
        ledger.visits[0].context["never"] = "written"
        ledger.visits[1].number = "+12005559999"
        n_of_the_other = 1 + len(ledger.visits[1].context)
        assert ledger.compare(nodes, 0).lost == 1 + n_of_the_other


def writes_go_on_soon_after_the_leader_is_killed():
    """Three trials; `failover` does twenty, and is strict."""
    gaps, lost = failing_over.gaps_ms(3)
    print(f"    gaps {', '.join(map(str, gaps))} ms")
    assert lost == 0
    assert max(gaps) < 5000, gaps
