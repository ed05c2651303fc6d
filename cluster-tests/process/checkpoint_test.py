"""Checkpoints: a node that comes back by one, and is killed while it does;
backups; a cluster that has lost most of its nodes. raft.md 5."""

import shutil
import time

import grpc

import absence
from calls import Refused
from cluster import run, wait_until
from faults import settle
from injection import Injection
from load import Ledger, Load
from nodes import Nodes, wait_for

# So few that checkpoints come by the second.
SETTINGS = """storage:
  checkpoint_entries: 300
  trailing_entries: 100
  reserve_mib: 8
"""
KILLS = 6


def a_node_that_was_away_for_long_comes_back_by_checkpoint():
    """While the others serve; `away` does it with a million entries."""
    back = absence.leave_and_return(3000, SETTINGS)
    print(f"    {back}")
    assert back.gap_ms < 5000, back.gap_ms


def a_node_that_is_killed_while_it_installs_has_the_old_state_or_the_new():
    """SIGKILL again and again on the way, with a disk that is slow so that there
    is a way."""
    with Nodes(settings=SETTINGS) as nodes:
        ledger = nodes.ledger = Ledger()
        load = Load(nodes, ledger, bulk=900)
        try:
            load.wait_for(300)
            place = nodes.followers()[0]
            node = nodes.members[place]
            node.kill()
            load.wait_for(1200)
            load.pause = 0.05
            seen = 0
            for kill in range(KILLS):
                node.start()
                # Each time a little further.
                with Injection(node.pid, "fsync,fdatasync", "delay_enter=50000"):
                    seen += _installs_for(nodes, place, 0.02 + 0.08 * kill)
                    node.kill()
            since = time.monotonic()
            node.start()
            load.wait_for(50)
            gap_ms = load.gap_ms(since)
        finally:
            load.stop()
        nodes.wait_until_equal()
        print(f"    {seen} of {KILLS} kills came while it was installing")
        assert seen > 0, "never killed while it was installing"
        settle(nodes, "SIGKILL while a checkpoint is installed", gap_ms)


def a_damaged_checkpoint_of_the_leader_stops_nobody():
    """Who fetches it finds out; the leader takes another in its place."""
    with Nodes(settings=SETTINGS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        load.wait_for(100)
        node = nodes.members[nodes.followers()[0]]
        node.kill()
        load.wait_for(1000)
        load.stop()
        leader = nodes.members[nodes.leader()]
        tables = list(leader.data.glob("checkpoints/*/*.sst"))
        for table in tables:
            content = bytearray(table.read_bytes())
            content[len(content) // 2] ^= 1
            table.unlink()  # the rows have it under another name
            table.write_bytes(content)
        assert tables
        node.start()
        nodes.wait_until_equal()
        assert "install_failed" in node.said(), node.said()
        settle(nodes, "damaged checkpoint, the leader", 0)


def a_part_that_a_slow_disk_gives_is_waited_for_by_its_caller_alone():
    """Each read takes 200 ms: the loop goes on, also when the caller does not
    wait."""
    with Nodes(settings=SETTINGS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        load.wait_for(400)
        load.stop()
        nodes.wait_until_equal()
        place = nodes.followers()[0]
        node = nodes.members[place]
        nodes.call("ClusterService/TakeCheckpoint", place, 5, None)

        def newest_tables():
            newest = nodes.status(place, 5).checkpoint_index
            return list(node.data.glob(f"checkpoints/{newest}/*.sst"))

        wait_for(newest_tables, "a checkpoint")
        table = newest_tables()[0]

        def read(timeout):
            part = nodes.call(
                "ClusterService/ReadCheckpoint",
                place,
                timeout,
                None,
                index=int(table.parent.name),
                file=table.name,
                size=1000,
            )
            return part.data

        with Injection(node.pid, "pread64", "delay_enter=200000", table):
            for _ in range(3):
                assert read(5) == table.read_bytes()[:1000]
            try:
                read(0.05)
                raise AssertionError("it was not waited for")
            except Refused as refused:
                assert refused.code == grpc.StatusCode.DEADLINE_EXCEEDED, refused
            assert read(5) == table.read_bytes()[:1000]
        status = nodes.status(place)
        own_ms = status.loop_own_stall_us / 1000
        print(f"    the loop's longest turn is {own_ms:.1f} ms")
        assert own_ms < 150, own_ms


def _installs_for(nodes, place, seconds):
    """Waits until the node at |place| installs, or has done so; lets it go on
    for |seconds|; whether it installs still."""
    node = nodes.members[place]

    def begun():
        status = nodes.status(place, 0.3)
        return node.ended() or (status and (status.installing or status.checkpoint_index))

    wait_for(begun, "an install", 20, 0.002)
    time.sleep(seconds)
    assert not node.ended(), node.said()
    status = nodes.status(place, 0.5)
    return bool(status and status.installing)


def a_backup_becomes_a_new_cluster_with_all_that_was_acknowledged():
    """qcctl snapshot save, inspect, restore."""
    with Nodes(settings=SETTINGS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        load.wait_for(500)
        load.stop()
        nodes.wait_until_equal()
        backup = nodes.top / "backup"
        nodes.qcctl("snapshot", "save", str(backup))
        said, _ = run("snapshot", "inspect", str(backup))
        assert "process" in said, said
        nodes.qcctl("snapshot", "save", str(backup), expect=1)  # it is there
        damaged = nodes.top / "damaged"
        content = bytearray(backup.read_bytes())
        content[len(content) * 2 // 3] ^= 1
        damaged.write_bytes(content)
        run("snapshot", "inspect", str(damaged), expect=1)

        for node in nodes.members:  # under the old name it is refused
            node.stop()
            shutil.rmtree(node.data)
            run(*_restore(node, damaged), expect=1)
            run(*_restore(node, backup), expect=1)
            text = node.config.read_text().replace("cluster_id: process", "cluster_id: second")
            node.config.write_text(text)
            run(*_restore(node, backup))
            run(*_restore(node, backup), expect=1)  # not over another
        nodes.start_all()
        nodes.leader()
        nodes.wait_until_equal()
        settle(nodes, "restored from a backup", 0)
        load = Load(nodes, nodes.ledger)
        load.wait_for(100)
        load.stop()
        nodes.wait_until_equal()
        settle(nodes, "restored from a backup, and used", 0)


def _restore(node, backup):
    return "snapshot", "restore", str(backup), "--config", str(node.config), "--yes"


def one_node_that_is_left_becomes_a_cluster_again():
    """qcctl cluster recover: offline, with a dry run, on one node."""
    with Nodes(settings=SETTINGS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        load.wait_for(300)
        load.stop()
        nodes.wait_until_equal()
        left, *lost = nodes.members
        recover = "cluster", "recover", "--config", str(left.config)
        run(*recover, "--dry-run", expect=1)  # it runs
        for node in lost:
            node.kill()
            shutil.rmtree(node.data)
        left.kill()
        run(*recover, "--dry-run")
        run(*recover, "--yes")
        run(*recover, "--yes")  # once more changes nothing
        left.start()
        nodes.leader()
        settle(nodes, "two of three lost, recovered", 0)

        # The others come back under new ids.
        for new_id, node in enumerate(lost, 4):
            node.process = None
            node.id, node.name = new_id, f"node{new_id}"
            node.configure([(left.id, left.address)], nodes.settings)
            assert node.once("--join") == 0, node.said()
            node.start()
            wait_until(lambda: nodes.status(nodes.members.index(node)), "the node")
            nodes.qcctl("member", "add", node.address, "--wait")
        load = Load(nodes, nodes.ledger)
        load.wait_for(100)
        load.stop()
        nodes.wait_until_equal()
        settle(nodes, "and with two new nodes", 0)


def a_disk_that_fills_raises_an_alarm_and_space_takes_it_back():
    """NOSPACE: read-only before full; qcctl alarm list and disarm."""
    with Nodes(on_disks=True, settings=SETTINGS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        try:
            load.wait_for(100)
            since = time.monotonic()
            place = nodes.followers()[0]
            node = nodes.members[place]
            node.disk.fill(leave_mib=12)  # less than twice the reserve
            wait_until(lambda: _alarms(nodes) == {node.id}, "an alarm")
            said = nodes.qcctl("alarm", "list")
            assert str(node.id) in said and "NOSPACE" in said.upper(), said
            load.wait_for(50)
            node.disk.relieve()
            wait_until(lambda: not _alarms(nodes), "that it is taken back")

            for each in nodes.members:
                each.disk.fill(leave_mib=5)  # less than the reserve
            leader = nodes.leader()
            wait_until(lambda: nodes.status(leader).read_only, "read-only")
            for each in nodes.members:
                assert not each.ended(), each.said()
                each.disk.relieve()
            load.wait_for(100)
            gap_ms = load.gap_ms(since)
        finally:
            load.stop()
        nodes.wait_until_equal()
        wait_until(lambda: not _alarms(nodes), "that all are taken back")
        settle(nodes, "little space everywhere", gap_ms)


def _alarms(nodes):
    answer = nodes.call_until_told("ClusterService/ListAlarms")
    return {alarm.node_id for alarm in answer.alarms}
