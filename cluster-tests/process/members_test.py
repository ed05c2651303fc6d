"""Nodes that come, go, drain and are removed while the cluster serves."""

import re
import time

import grpc

from calls import Refused
from cluster import free_base_port, wait_until
from faults import settle
from load import Ledger, Load
from nodes import Nodes

CANNOT_RUN = 1  # exit status
NOT_HEALTHY = 4  # qcctl's: not healthy, or critical for the quorum
STANDBY, VOTER = 1, 2  # MemberRole


def _join(nodes, node_id):
    """A node that knows the others and is not a member yet, started."""
    node = nodes.add(node_id, f"127.0.0.1:{free_base_port()}")
    contacts = [(n.id, n.address) for n in nodes.members if n is not node]
    node.configure(contacts, nodes.settings)
    assert node.once("--join") == 0, node.said()
    node.start()
    wait_until(lambda: nodes.status(nodes.members.index(node)), "its answer")
    return node


def _roles(nodes):
    """{id: (role, wanted)} as the rows say."""
    answer = nodes.call_until_told("ClusterService/ListMembers")
    return {m.node_id: (m.role, m.wanted) for m in answer.members}


def _former(nodes):
    answer = nodes.call_until_told("ClusterService/ListMembers")
    return {former.node_id: former.log_index for former in answer.removed}


def members_come_and_go_while_the_cluster_serves():
    """operations.md 3: standby first, promoted when caught up; a removed id never
    comes back, and its node is told so."""
    with Nodes() as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger, n=4)
        try:
            load.wait_for(200)
            since = time.monotonic()

            # A fourth, which catches up and votes.
            fourth = _join(nodes, 4)
            nodes.qcctl("member", "add", fourth.address, "--wait")
            assert _roles(nodes)[4] == (VOTER, VOTER), _roles(nodes)
            load.wait_for(100)

            # A fifth, which does not vote until it is told to.
            fifth = _join(nodes, 5)
            nodes.qcctl("member", "add", fifth.address, "--standby", "--wait")
            assert _roles(nodes)[5] == (STANDBY, STANDBY), _roles(nodes)
            nodes.qcctl("member", "promote", "5", "--wait")
            assert _roles(nodes)[5] == (VOTER, VOTER), _roles(nodes)
            load.wait_for(100)

            # One that leads goes, and one that does not.
            leader = nodes.members[nodes.leader()]
            nodes.qcctl("member", "remove", str(leader.id), "--yes", "--wait")
            _is_told_that_it_was_removed(nodes, leader)
            load.wait_for(100)
            follower = nodes.members[nodes.followers()[0]]
            nodes.qcctl("member", "remove", str(follower.id), "--yes", "--wait")
            _is_told_that_it_was_removed(nodes, follower)
            load.wait_for(100)
        finally:
            load.stop()
        nodes.wait_until_equal(nodes.up())
        settle(nodes, "members added and removed", load.gap_ms(since))
        _is_never_added_again(nodes, follower)
        nodes.qcctl("member", "list")


def _is_told_that_it_was_removed(nodes, node):
    """It stops, and does not start again."""
    index = _former(nodes)[node.id]
    for again in (False, True):
        if again:
            node.start()
        status = node.wait_for_end()
        said = node.said()
        assert status == CANNOT_RUN, (status, said)
        assert f"removed at index {index}" in said, (index, said)
        assert "new id" in said and "wipe" in said, said


def _is_never_added_again(nodes, node):
    place = nodes.up()[0]
    asked = {"node_id": node.id, "address": node.address, "tenant": None}
    try:
        nodes.call("ClusterService/AddMember", place, **asked)
    except Refused as refused:
        assert refused.code == grpc.StatusCode.ALREADY_EXISTS, refused
        assert node.id not in _roles(nodes)
        return
    raise AssertionError(f"node {node.id} is a member again")


def a_node_that_cannot_be_reached_is_not_added():
    """A wrong address would cost the quorum: operations.md 3."""
    with Nodes() as nodes:
        before = _roles(nodes)
        nowhere = f"127.0.0.1:{free_base_port()}"
        nodes.qcctl("member", "add", nowhere, expect=3)
        assert _roles(nodes) == before


def a_leader_that_is_stopped_hands_over_first():
    """SIGTERM under load: nobody waits for an election."""
    with Nodes() as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger, deadline=0.1)
        try:
            load.wait_for(200)
            since = time.monotonic()
            leader = nodes.members[nodes.leader()]
            leader.terminate()
            status = leader.wait_for_end()
            load.wait_for(200)
            gap_ms = load.gap_ms(since)
            said = leader.said()
            assert status == 0 and "hands leadership to" in said, said
            leader.start()
        finally:
            load.stop()
        nodes.wait_until_equal()
        settle(nodes, "SIGTERM of the leader", gap_ms)
        assert gap_ms < 2000, gap_ms


def a_node_that_drains_does_not_lead_and_can_be_stopped():
    """operations.md 1.5: drain, undrain, check-quorum-critical, step-down."""
    with Nodes() as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger, deadline=0.1)
        try:
            load.wait_for(200)
            since = time.monotonic()
            place = nodes.leader()
            node = nodes.members[place]
            nodes.qcctl("node", "check-quorum-critical", str(node.id))
            nodes.qcctl("node", "drain", str(node.id), "--wait")
            assert nodes.leader() != place
            assert nodes.status(place).draining
            load.wait_for(100)
            node.stop()
            for other in nodes.up():
                other_id = str(nodes.members[other].id)
                nodes.qcctl(
                    "node", "check-quorum-critical", other_id, expect=NOT_HEALTHY
                )
            node.start()
            wait_until(lambda: nodes.status(place), "the node")
            nodes.qcctl("node", "drain", str(node.id), "--wait")
            nodes.qcctl("node", "undrain", str(node.id))
            assert not nodes.status(place).draining
            wait_until(lambda: _caught_up(nodes, place), "its log")
            nodes.qcctl("node", "step-down", "--to", str(node.id))
            wait_until(lambda: nodes.leader() == place, "its lead")
            gap_ms = load.gap_ms(since)
        finally:
            load.stop()
        nodes.wait_until_equal()
        settle(nodes, "drain, stop, start, step-down", gap_ms)


def _caught_up(nodes, place):
    status = nodes.status(place)
    leader = nodes.status(nodes.leader())
    return status and leader and status.applied_index + 50 > leader.commit_index


def the_cluster_version_is_that_of_its_members():
    """Of a new cluster: what all of them support, and no more is taken."""
    with Nodes() as nodes:

        def version():
            answer = nodes.call_until_told("ClusterService/ListMembers")
            return answer.cluster_version

        newest = nodes.status(0).version_max
        assert newest >= 2, newest
        wait_until(lambda: version() == newest, "all reports")
        said = nodes.qcctl("cluster", "version")
        assert re.search(rf"\b{newest}\b", said), said
        nodes.qcctl("cluster", "finalize", "--version", str(newest + 1), "--yes", expect=1)
        assert version() == newest
