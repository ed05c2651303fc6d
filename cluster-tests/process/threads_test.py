"""Nodes whose HTTP/2 has threads of its own (api.threads)."""


from load import Ledger, Load
from nodes import Nodes
from tls_test import SecureNodes

THREADS = "api:\n  threads: 2\n"


def _has_all(nodes):
    """Nothing that was acknowledged is lost, and nothing was done twice."""
    nodes.wait_until_equal()
    for place in range(3):
        found = nodes.ledger.compare(nodes, place)
        assert (found.lost, found.doubled) == (0, 0), found.__dict__


def _without_its_leader(nodes):
    nodes.ledger = Ledger()
    load = Load(nodes, nodes.ledger)
    try:
        load.wait_for(200)
        leader = nodes.leader()
        nodes.members[leader].kill()
        load.wait_for(200)
        nodes.members[leader].start()
        load.wait_for(100)
    finally:
        load.stop()
    _has_all(nodes)


def nodes_with_threads_go_on_without_their_leader():
    """architecture.md 3, threads."""
    with Nodes(settings=THREADS) as nodes:
        _without_its_leader(nodes)


def nodes_with_threads_speak_tls():
    """architecture.md 3, threads; http2.md 8."""
    with SecureNodes(settings=THREADS) as nodes:
        _without_its_leader(nodes)


def nodes_with_threads_are_restarted_in_turn_under_load():
    """http2.md 9."""
    with Nodes(settings=THREADS) as nodes:
        nodes.ledger = Ledger()
        load = Load(nodes, nodes.ledger)
        try:
            load.wait_for(100)
            for node in nodes.members:
                node.terminate()
                assert node.wait_for_end() == 0, node.said()
                assert "event=drain_cut" not in node.said(), node.said()
                node.start()
                nodes.leader()
                load.wait_for(100)
        finally:
            load.stop()
        _has_all(nodes)
