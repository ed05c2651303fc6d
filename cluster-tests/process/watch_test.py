"""Events: told once, in order, and without a gap, whatever happens to the
nodes. Asked by grpc-python, which knows nothing of resuming."""

import json
import subprocess

import grpc

import contract
from calls import Refused
from cluster import QCCTL, wait_until
from following import Follower
from forms import curl, framed
from nodes import Nodes

Request = contract.request_type("WatchService/WatchEvents")
Event = contract.response_type("WatchService/WatchEvents")
WHOLE = 0xFFFFFFFF  # the ordinal of a heartbeat


class _Watcher(Follower):
    """Follows events."""

    rpc = "WatchService/WatchEvents"

    def __init__(self, nodes, node=0, from_index=1, **fields):
        self.fields = fields
        self.events = []
        self.beats = []
        super().__init__(nodes, node, at=(from_index, 0))

    def ask(self):
        index, ordinal = self.at
        return Request(from_index=index, after_ordinal=ordinal, **self.fields)

    def take(self, told):
        (self.beats if told.kind == "HEARTBEAT" else self.events).append(told)
        self.at = (told.index, told.ordinal)

    def objects(self):
        return [event.object for event in self.events]

    def wait_for(self, ids):
        """Waits until all are told; that each is told once, and in order."""
        wait_until(lambda: set(ids) <= set(self.objects()), "all are told", 30)
        places = [(event.index, event.ordinal) for event in self.events]
        assert places == sorted(set(places)), "told twice, or out of order"


def _allocate(nodes, n, node=0):
    return [nodes.allocate(node)[0].allocation_id for _ in range(n)]


def _end_of(nodes, node=0, tenant=Nodes.tenant, **fields):
    """How a watch that is to be refused ends: Refused."""
    channel = nodes.channels[node]
    call = channel.unary_stream(
        "/quorumcall.v1.WatchService/WatchEvents",
        Request.SerializeToString,
        Event.FromString,
    )(
        Request(**fields),
        metadata=[("x-tenant", tenant)] if tenant else [],
        timeout=10,
    )
    try:
        told = [event.kind for event in call]
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata() or [])
        return Refused(
            error.code(), error.details(), trailers.get("grpc-status-details-bin", b"")
        )
    raise AssertionError(f"it ended well, after {told}")


def events_are_told_as_they_happen_and_again_later():
    """domain.md F.1: WatchEvents; kinds, objects, payload, heartbeats."""
    with Nodes(hundreds=2) as nodes:
        nodes.wait_until_equal()  # What a node has yet to apply has yet to happen there.
        follower = nodes.followers()[0]
        live = _Watcher(nodes, follower, from_index=0)
        wait_until(lambda: live.beats, "a heartbeat at once")
        ids = _allocate(nodes, 50)
        live.wait_for(ids)
        assert live.objects() == ids, "only what came after it began"
        kinds = {event.kind for event in live.events}
        assert kinds == {"AllocateNumber"} and not live.events[0].payload
        assert live.events[0].decision_id and live.events[0].ts_ms > 10**12

        released = nodes.call_until_told(
            "NumberService/ReleaseAllocation", allocation_id=ids[0]
        ).allocation.allocation_id
        one = _Watcher(nodes, 0, objects=[released], include_payload=True)
        wait_until(lambda: len(one.events) == 2, "both events of one object")
        made, gone = one.events
        assert (made.kind, gone.kind) == ("AllocateNumber", "ReleaseAllocation")
        answer = contract.response_type("NumberService/AllocateNumber")
        assert made.payload_type == answer.DESCRIPTOR.full_name
        seen = answer.FromString(made.payload)
        assert seen.allocation_id == released and seen.number
        assert not seen.visit_token, "what proves a visit is told to nobody else"

        some = _Watcher(nodes, 1, kinds=["ReleaseAllocation"])
        some.wait_for([released])
        assert some.objects() == [released]

        # All three have the same history.
        watchers = [_Watcher(nodes, place) for place in range(3)]
        for watcher in watchers:
            watcher.wait_for(ids + [released])
        stories = {
            tuple((e.index, e.ordinal, e.kind, e.object, e.ts_ms) for e in w.events)
            for w in watchers
        }
        assert len(stories) == 1

        # An idle watch is told how far it is.
        n = len(live.beats)
        wait_until(lambda: len(live.beats) > n, "a heartbeat", 8)
        beat = live.beats[-1]
        assert beat.ordinal == WHOLE and beat.index >= live.events[-1].index
        for watcher in (live, one, some, *watchers):
            watcher.close()


def events_are_told_in_json_too():
    """http2.md 3: a server stream of Connect, as a browser reads it."""
    with Nodes(hundreds=1) as nodes:
        ids = _allocate(nodes, 3)
        body = json.dumps({"fromIndex": "1", "kinds": ["AllocateNumber"]}).encode()
        answer = curl(
            nodes.nodes[0],
            "WatchService/WatchEvents",
            "application/connect+json",
            framed(body),
            headers=["connect-timeout-ms: 1500"],
        )
        told = [json.loads(text) for text in _frames(answer.body)]
        assert [t["object"] for t in told if t["kind"] == "AllocateNumber"] == ids


def _frames(body):
    while body:
        size = int.from_bytes(body[1:5], "big")
        if body[0] == 0 and len(body) >= 5 + size:
            yield body[5 : 5 + size].decode()
        body = body[5 + size :]


def what_a_watch_may_not_ask_is_refused():
    """F.1: what is wrong is said, and by which field."""
    with Nodes(hundreds=1) as nodes:
        wrong = _end_of(nodes, kinds=["NoSuchThing"])
        assert wrong.code == grpc.StatusCode.INVALID_ARGUMENT, wrong
        assert wrong.fields == ["kinds[0]"]
        none = _end_of(nodes, tenant="nobody", from_index=1)
        assert none.code == grpc.StatusCode.UNAUTHENTICATED, none
        many = [_Watcher(nodes, from_index=0) for _ in range(64)]
        wait_until(lambda: all(w.beats for w in many), "all watch")
        over = _end_of(nodes, from_index=0)
        assert over.code == grpc.StatusCode.RESOURCE_EXHAUSTED, over
        assert (over.reason, over.quota) == ("WATCHERS", "tenant")
        for watcher in many:
            watcher.close()


def no_event_is_lost_or_told_twice_when_nodes_go_and_come_back():
    """A restart, a leader's death and a drain: the watch goes on elsewhere."""
    with Nodes(hundreds=10) as nodes:
        leader = nodes.leader()
        watchers = [_Watcher(nodes, place) for place in range(3)]
        ids = _allocate(nodes, 40)

        nodes.members[leader].kill()
        ids += _allocate(nodes, 40, (leader + 1) % 3)
        nodes.members[leader].start()
        nodes.wait_until_equal()

        for place in range(3):
            before = [len(watcher.ends) for watcher in watchers]
            was_here = [watcher.node == place for watcher in watchers]
            nodes.members[place].stop()
            ids += _allocate(nodes, 20, (place + 1) % 3)
            nodes.members[place].start()
            nodes.wait_until_equal()
            for watcher, n, here in zip(watchers, before, was_here):
                if here:
                    wait_until(lambda: len(watcher.ends) > n, "it was sent away")
                    code, resume, at = watcher.ends[n]
                    assert code == grpc.StatusCode.UNAVAILABLE, code
                    assert _is_where(resume, at), (resume, at)
        ids += _allocate(nodes, 20)
        for watcher in watchers:
            watcher.wait_for(ids)
            told = [object for object in watcher.objects() if object in set(ids)]
            assert sorted(told) == sorted(ids), "each once"
            watcher.close()


def _is_where(resume, at):
    """Whether x-resume says the place of the last message, or the end of what was
    of no interest behind it."""
    index, ordinal = map(int, resume.split("."))
    return (index, ordinal) == at or (ordinal == 0 and index > at[0])


def qcctl_follows_events_over_the_death_of_a_node():
    """qcctl events watch: one line an event, and it goes on by itself."""
    with Nodes(hundreds=2) as nodes:
        words = [QCCTL, "events", "watch", "1", "-o", "json", "--tenant", nodes.tenant]
        words += ["--endpoints", ",".join(nodes.nodes), "--timeout", "20s"]
        words += ["--kinds", "AllocateNumber"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as qcctl:
            try:
                ids = _allocate(nodes, 10)
                told = [json.loads(qcctl.stdout.readline()) for _ in range(10)]
                for place in range(3):
                    nodes.members[place].kill()
                    ids += _allocate(nodes, 10, (place + 1) % 3)
                    told += [json.loads(qcctl.stdout.readline()) for _ in range(10)]
                    nodes.members[place].start()
                    nodes.wait_until_equal()
            finally:
                qcctl.terminate()
        assert [event["object"] for event in told] == ids


def a_node_that_drains_sends_its_watchers_away():
    """operations.md 1: drain; the watch goes on elsewhere, and comes back."""
    with Nodes(hundreds=1) as nodes:
        watcher = _Watcher(nodes, 0)
        ids = _allocate(nodes, 5)
        watcher.wait_for(ids)
        nodes.qcctl("node", "drain", nodes.nodes[0])
        wait_until(lambda: watcher.ends, "it was sent away")
        code, resume, at = watcher.ends[0]
        assert code == grpc.StatusCode.UNAVAILABLE and _is_where(resume, at)
        refused = _end_of(nodes, 0, from_index=1)
        assert refused.code == grpc.StatusCode.UNAVAILABLE, refused
        ids += _allocate(nodes, 5, 1)
        watcher.wait_for(ids)
        nodes.qcctl("node", "undrain", nodes.nodes[0])
        again = _Watcher(nodes, 0)
        again.wait_for(ids)
        assert again.node == 0 and not again.ends
        for each in (watcher, again):
            each.close()


def who_reads_slowly_falls_behind_and_costs_no_memory():
    """256 KiB wait at most; what comes after is read from the log later."""
    with Nodes(hundreds=40) as nodes:
        before = _memory(nodes.members[0])
        slow = nodes.channels[0].unary_stream(
            "/quorumcall.v1.WatchService/WatchEvents",
            Request.SerializeToString,
            Event.FromString,
        )(
            Request(from_index=1, include_payload=True),
            metadata=[("x-tenant", nodes.tenant)],
        )
        next(slow)
        ids = []
        while len(ids) < 3000:
            ids += _allocate(nodes, 100)
        grown = _memory(nodes.members[0]) - before
        told = []
        for event in slow:
            if event.object in set(ids[-1:]):
                told.append(event.object)
                break
            if event.kind == "AllocateNumber":
                told.append(event.object)
        slow.cancel()
        assert told == ids, (len(told), len(ids))
        assert grown < 200 * 1024, f"{grown} KiB"


def _memory(node):
    """Resident, in KiB."""
    with open(f"/proc/{node.pid}/status") as status:
        return int(next(l for l in status if l.startswith("VmRSS")).split()[1])


def what_the_log_holds_no_more_is_said_to_be_gone():
    """OUT_OF_RANGE, COMPACTED: nobody is told half a story."""
    settings = "storage: {checkpoint_entries: 200, trailing_entries: 20}\n"
    with Nodes(hundreds=10, settings=settings) as nodes:

        def gone():
            _allocate(nodes, 50)
            return nodes.status(0).first_index > 1

        wait_until(gone, "the log begins later", 60)
        end = _end_of(nodes, from_index=1)
        assert end.code == grpc.StatusCode.OUT_OF_RANGE, end
        assert (end.reason, end.field) == ("COMPACTED", "from_index")
        first = nodes.status(0).first_index
        still = _Watcher(nodes, 0, from_index=first)
        still.wait_for(_allocate(nodes, 3))
        still.close()
