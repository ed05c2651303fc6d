"""Nodes that die or stop, and what their clients see of it."""

import concurrent.futures
import os
import signal
import threading
import time

import grpc

from cluster import Cluster, Refused, wait_until
from nodes import Nodes


def after_a_kill_of_all_nodes_rows_and_states_are_the_same():
    """testing.md 1, A3, A4, B8; 3, full restart."""
    with Cluster() as cluster:
        for node in range(6):
            cluster.allocate(node)
        rows = cluster.rows()
        before = cluster.wait_until_equal()
        for node in "123":
            cluster.dev("kill", node)
        wait_until(lambda: not cluster.pids(), "all nodes dead")
        for node in "123":
            cluster.dev("start", node)
        cluster.leader()
        assert cluster.rows() == rows
        cluster.wait_until_equal()
        # A node that is back may report something; before that it was the state
        # of before.
        index, state_hash = before
        asked = {"timeout": 1, "tenant": None, "hash_at_index": index}
        answers = [
            cluster.call("ClusterService/GetStatus", node, **asked) for node in range(3)
        ]
        hashes = {a.state_hash for a in answers if a.hash_index == index}
        assert hashes == {state_hash}, (hashes, before)


def _allocate_until(stop, cluster, node, acknowledged, failures):
    try:
        while not stop.is_set():
            got, _ = cluster.allocate(node)
            acknowledged.append((got.number, got.allocation_id))
            node += 1
            time.sleep(0.1)
    except Exception as error:
        failures.append(error)


def a_kill_of_the_leader_loses_no_number_and_doubles_none():
    """testing.md 1, B8, B10, C16."""
    with Cluster() as cluster:
        acknowledged, failures = [], []
        stop = threading.Event()
        threads = [
            threading.Thread(
                target=_allocate_until,
                args=(stop, cluster, node, acknowledged, failures),
            )
            for node in range(3)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        leader = cluster.leader()
        cluster.dev("kill", str(leader + 1))
        n_before = len(acknowledged)
        wait_until(lambda: len(acknowledged) > n_before + 10 or failures, "answers")
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures, failures
        numbers = [number for number, _ in acknowledged]
        assert len(set(numbers)) == len(numbers)
        for number, allocation_id in acknowledged:
            held = cluster.call(
                "NumberService/GetAllocation", leader + 1, allocation_id=allocation_id
            ).allocation
            assert (held.number, held.state) == (number, 1)
        cluster.dev("start", str(leader + 1))
        cluster.wait_until_equal()


def _write_until(stop, cluster, node):
    while not stop.is_set():
        try:
            branch = {"key": "soho", "address": str(time.time())}
            cluster.call("AdminService/PutBranch", node, timeout=1, branch=branch)
        except Refused:
            time.sleep(0.01)


def nodes_that_are_stopped_while_they_write_end_well():
    """The cluster's end looks at how each of them ended."""
    with Cluster() as cluster:
        leader = cluster.leader()
        stop = threading.Event()
        threads = [
            threading.Thread(target=_write_until, args=(stop, cluster, leader))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for i in range(1, 7):
            node = (leader + 1 + i % 2) % 3
            os.kill(cluster.node_states()[node]["pid"], signal.SIGTERM)
            wait_until(lambda: not cluster.node_states()[node]["pid"], "its end")
            cluster.dev("start", str(node + 1))
            time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()
        cluster.wait_until_equal()


def a_leader_that_was_stopped_answers_no_stale_read():
    """testing.md 1, B12; 3, leader paused and resumed with reads in flight."""
    with Cluster() as cluster:
        visit, _ = cluster.allocate(context={"step": "old"})
        cluster.wait_until_equal()
        leader = cluster.leader()
        pid = cluster.node_states()[leader]["pid"]
        os.kill(pid, signal.SIGSTOP)
        other = cluster.leader(other_than=leader)
        cluster.call_until_told(
            "NumberService/AttachContext",
            other,
            allocation_id=visit.allocation_id,
            context={"step": "new"},
        )
        answers = []

        def read():
            try:
                got = cluster.call(
                    "NumberService/GetAllocation",
                    leader,
                    timeout=10,
                    allocation_id=visit.allocation_id,
                )
                answers.append(got.allocation.context["step"])
            except Refused as refused:
                answers.append(refused.code)

        readers = [threading.Thread(target=read) for _ in range(8)]
        for reader in readers:
            reader.start()
        time.sleep(0.2)  # they wait at its socket now
        os.kill(pid, signal.SIGCONT)
        for reader in readers:
            reader.join()
        allowed = {
            "new",
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        }
        assert set(answers) <= allowed, answers
        cluster.wait_until_equal()
        read()
        assert answers[-1] == "new"


def a_request_id_gets_its_answer_again_everywhere_and_after_failover():
    """testing.md 1, B11."""
    with Cluster() as cluster:
        asked = {
            "subject": "sales",
            "origin": 1,
            "customer_phone": "+447700900999",
            **cluster.envelope(),
        }
        path = "NumberService/AllocateNumber"
        answers = [cluster.call(path, node, **asked) for node in (0, 0, 1, 2)]
        leader = cluster.leader()
        cluster.dev("kill", str(leader + 1))
        answers.append(cluster.call_until_told(path, leader + 1, **asked))
        cluster.dev("start", str(leader + 1))
        cluster.wait_until_equal()
        answers.append(cluster.call_until_told(path, leader, **asked))
        assert all(answer == answers[0] for answer in answers), answers


def a_follower_that_was_away_for_many_megabytes_catches_up():
    """raft.md 2: no message is larger than what the server takes."""
    with Cluster() as cluster:
        visit, _ = cluster.allocate()
        away = (cluster.leader() + 1) % 3
        cluster.dev("kill", str(away + 1))
        others = [node for node in range(3) if node != away]
        context = {f"key{n}": "x" * 1000 for n in range(15)}

        def write(n):
            cluster.call_until_told(
                "NumberService/AttachContext",
                others[n % 2],
                allocation_id=visit.allocation_id,
                context=context,
            )

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(write, range(700)))  # some 10 MiB of log
        cluster.dev("start", str(away + 1))
        cluster.wait_until_equal()


def nodes_that_are_stopped_all_at_once_are_gone_soon():
    """architecture.md 3: the one that is handed leadership last finds no successor,
    and what a follower asks it may never be answered. One round in ten or so got
    stuck before; so this is a test of many rounds in passing."""
    with Nodes() as nodes:
        for _ in range(3):
            back = nodes.members[nodes.followers()[0]]
            back.stop()
            back.start()
            nodes.wait_until_equal()
            leader = nodes.members[nodes.leader()]
            for node in sorted(nodes.members, key=lambda node: node is not leader):
                node.terminate()
            for node in nodes.members:
                assert node.wait_for_end(8) == 0, node.said()
            for node in nodes.members:
                node.start()


def a_follower_that_got_no_processor_for_long_has_not_lost_its_leader():
    """raft.md 4: what the leader has said meanwhile waits for it, and is heard before
    the time is looked at."""
    with Nodes(settings="raft: {election_timeout_ms: 2s, heartbeat_ms: 50ms}\n") as nodes:
        nodes.wait_until_equal()
        follower = nodes.members[nodes.followers()[0]]
        before = len(follower.said())
        follower.signal(signal.SIGSTOP)
        time.sleep(4.5)  # longer than any election timer, which is twice that at most
        follower.signal(signal.SIGCONT)
        nodes.wait_until_equal()
        assert "knows no leader" not in follower.said()[before:], follower.said()
