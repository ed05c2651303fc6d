"""Connectors that wait: they hear at once of what they are to do, and cost nothing
while there is nothing."""

import threading

import grpc

import contract
from calls import Refused
from cluster import wait_until
from desk_test import _Agents

LEASE = "EffectService/LeaseEffects"
PATIENCE_MS = 60000
LEASE_MS = 300000
EFFECT = contract.SERVICES["EffectService"].quorumcall_dot_v1_dot_effect__pb2


class _Desk(_Agents):
    """Amy's telephone rings for so long that no test is too slow."""

    def __enter__(self):
        super().__enter__()
        self.call_until_told(
            "AdminService/PutSubject",
            subject={"key": "sales", "queue": "sales", "offer_timeout_ms": 600000},
        )
        return self


class _Waiting(threading.Thread):
    """A lease for "pbx" that waits; |answer| or |refused|, when it has ended."""

    def __init__(self, nodes, node=0, **fields):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.node = node
        self.fields = {"connector": "pbx", "lease_ms": LEASE_MS}
        self.fields |= {"wait_ms": PATIENCE_MS, **fields}
        self.answer = self.refused = None
        self.start()

    def run(self):
        try:
            self.answer = self.nodes.call(
                LEASE, self.node, timeout=2 * PATIENCE_MS / 1000, **self.fields
            )
        except Refused as refused:
            self.refused = refused

    def end(self):
        self.join(PATIENCE_MS / 1000)
        assert self.answer is not None, self.refused or "it waits still"
        return self.answer

    @property
    def has_ended(self):
        return not self.is_alive()


def _last_index(nodes):
    return nodes.call_until_told("ClusterService/GetStatus", tenant=None).last_index


def _leases(nodes, first, last):
    """How many times effects were leased from one entry of the log to another."""
    kind = contract.request_type("WatchService/WatchEvents")
    events = nodes.channels[0].unary_stream(
        "/quorumcall.v1.WatchService/WatchEvents",
        kind.SerializeToString,
        contract.response_type("WatchService/WatchEvents").FromString,
    )(
        kind(from_index=first, kinds=["LeaseEffects"]),
        metadata=[("x-tenant", nodes.tenant)],
    )
    n = 0
    for event in events:
        if event.index > last or (event.kind == "HEARTBEAT" and event.index >= last):
            break
        n += event.kind != "HEARTBEAT"
    events.cancel()
    return n


def who_waits_for_an_effect_gets_it_as_soon_as_it_is_there():
    """F.2: LeaseEffects.wait_ms, at any node; at once, when there is one already."""
    with _Desk() as nodes:
        nodes.login("amy")
        waiting = _Waiting(nodes, nodes.followers()[0])
        other = _Waiting(nodes, 0, kinds=[EFFECT.EFFECT_KIND_SMS_SEND])
        x = nodes.enqueue("a")
        (ring,) = waiting.end().items
        assert ring.payload["interaction_id"] == x and ring.payload["agent"] == "amy"
        offer = ring.payload["offer_id"]
        nodes.act("amy", "AcceptOffer", offer_id=offer)
        answer = _Waiting(nodes).end()
        assert [one.kind for one in answer.items] == [EFFECT.EFFECT_KIND_VOICE_BRIDGE]
        assert list(answer.cancelled) == [ring.effect_id]
        assert other.is_alive() or other.answer.cancelled, "it does no telephones"


def what_is_taken_back_ends_a_wait():
    """C.8b: the connector is told at the next poll, which waits for that, too."""
    with _Desk() as nodes:
        nodes.login("amy")
        nodes.enqueue("a")
        (ring,) = _Waiting(nodes).end().items
        waiting = _Waiting(nodes)
        nodes.hang_up("a")
        answer = waiting.end()
        assert not answer.items and list(answer.cancelled) == [ring.effect_id]
        again = _Waiting(nodes).end()
        assert list(again.cancelled) == [ring.effect_id], "until it is over"
        nodes.call_until_told(
            "EffectService/NackEffect", effect_id=ring.effect_id, token=ring.token
        )
        assert not nodes.call(LEASE, connector="pbx").cancelled


def an_idle_wait_is_no_entry_of_the_log():
    """Nothing is proposed while there is nothing to lease."""
    with _Desk() as nodes:
        rounds = 20
        before = _last_index(nodes)
        for _ in range(rounds):
            answer = nodes.call(LEASE, connector="pbx", wait_ms=10, timeout=60)
            assert not answer.items and not answer.cancelled
        waited = _last_index(nodes) - before
        for _ in range(rounds):
            nodes.call(LEASE, connector="pbx", timeout=60)
        asked = _last_index(nodes) - before - waited
        assert waited < rounds <= asked, (waited, asked)


def one_of_many_who_wait_gets_it():
    """They ask one after the other; the rest waits on."""
    with _Desk() as nodes:
        nodes.login("amy")
        first = _last_index(nodes) + 1
        waiting = [_Waiting(nodes) for _ in range(4)]
        nodes.enqueue("a")
        wait_until(lambda: any(one.has_ended for one in waiting), "one has it", 60)
        nodes.hang_up("a")  # which all hear of
        answers = [one.end() for one in waiting]
        assert sum(len(answer.items) for answer in answers) == 1
        assert _leases(nodes, first, _last_index(nodes)) == 1, "of all, one asks"


def a_wait_that_is_asked_for_again_gets_the_same_answer():
    """0.2 rule 8: as of any command, though what it leased is not ready any more."""
    with _Desk() as nodes:
        nodes.login("amy")
        nodes.enqueue("a")
        same = nodes.envelope()
        first = _Waiting(nodes, 0, **same).end()
        nodes.wait_until_equal()  # nothing looks ready there any more
        second = _Waiting(nodes, 1, **same).end()
        assert first.items and first == second


def who_waits_at_a_node_that_drains_goes_to_another():
    """http2.md 7: a node that is about to go keeps nobody."""
    with _Desk() as nodes:
        place = nodes.followers()[0]
        waiting = _Waiting(nodes, place)
        nodes.qcctl("node", "drain", nodes.nodes[place])
        waiting.join(PATIENCE_MS / 1000)
        assert waiting.refused is not None
        assert waiting.refused.code == grpc.StatusCode.UNAVAILABLE
        assert waiting.refused.reason == "LEAVING"
