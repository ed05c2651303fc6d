"""Desktops that live: what an agent is at is shown as it changes, on any node,
whatever happens to nodes; and who cannot hold a stream is answered as soon as
there is an offer."""

import json
import subprocess
import threading
import time

import grpc

import contract
from calls import Refused
from cluster import QCCTL, wait_until
from following import Follower
from forms import curl, framed
from nodes import Nodes
from rights_test import _Keyed

Code = grpc.StatusCode
PB = contract.SERVICES["AgentService"]
Request = contract.request_type("AgentService/WatchAgent")
Told = contract.response_type("AgentService/WatchAgent")
SNAPSHOT, CHANGE, HEARTBEAT = (
    PB.DESKTOP_NEWS_SNAPSHOT,
    PB.DESKTOP_NEWS_CHANGE,
    PB.DESKTOP_NEWS_HEARTBEAT,
)
PRESENCE = PB.quorumcall_dot_v1_dot_presence__pb2
OFFERED, ACTIVE, ACW = (
    PRESENCE.WORK_PHASE_OFFERED,
    PRESENCE.WORK_PHASE_ACTIVE,
    PRESENCE.WORK_PHASE_ACW,
)
READY = PRESENCE.PRESENCE_STATE_READY


class _Shop:
    """What the tests do with a cluster of agents; mixed into Nodes."""

    def open_shop(self, agents=("amy",)):
        def is_new():
            answer = self.call_until_told("ClusterService/ListMembers", tenant=None)
            return answer.cluster_version >= 4

        wait_until(is_new, "a cluster version that knows agents")
        self.call_until_told("AdminService/PutQueue", queue={"key": "sales"})
        self.call_until_told("AdminService/PutQueue", queue={"key": "repairs"})
        self.call_until_told(
            "AdminService/PutSubject",
            subject={"key": "sales", "label": "Sales", "queue": "sales"},
        )
        self.call_until_told(
            "AdminService/PutDispositionSet",
            disposition_set={"key": "default", "dispositions": [{"code": "sold"}]},
        )
        for agent in agents:
            self.call_until_told(
                "AdminService/PutAgent",
                agent={"key": agent, "contact": f"sip:{agent}", "queues": ["sales"]},
            )
        self.sessions = {}

    def login(self, agent, ready=True):
        answer = self.call_until_told("AgentService/Login", agent=agent, ready=ready)
        self.sessions[agent] = answer.session_id

    def enqueue(self, ref, node=0, **fields):
        return self.call_until_told(
            "RoutingService/EnqueueInteraction",
            node,
            subject="sales",
            ext_ref=ref,
            connector="pbx",
            customer={"customer_id": "c-" + ref, "first_name": "Ada"},
            **{"attached": {"page": "offers"}, **fields},
        ).interaction_id

    def act(self, agent, method, node=0, **fields):
        return self.call_until_told(
            f"AgentService/{method}", node, session_id=self.sessions[agent], **fields
        )

    def hang_up(self, ref, node=0):
        self.call_until_told(
            "RoutingService/ReportCallEvent",
            node,
            connector="pbx",
            ext_ref=ref,
            event="CALL_EVENT_ENDED",
            event_seq=1,
        )


class _Agents(_Shop, Nodes):
    def __init__(self, agents=("amy",), **options):
        super().__init__(hundreds=1, **options)
        self.agents = agents

    def __enter__(self):
        super().__enter__()
        self.open_shop(self.agents)
        return self


class _KeyedAgents(_Shop, _Keyed):
    pass


class _Watcher(Follower):
    """Follows a desktop."""

    rpc = "AgentService/WatchAgent"

    def __init__(self, nodes, agent="amy", node=0, at=0):
        self.agent = agent
        self.told = []  # without heartbeats
        self.beats = 0
        super().__init__(nodes, node, at)

    def ask(self):
        return Request(agent=self.agent, from_index=self.at)

    def take(self, told):
        if told.news == HEARTBEAT:
            assert not told.HasField("desktop")
            self.beats += 1
        else:
            self.told.append(told)
        self.at = told.index

    @property
    def desktop(self):
        return self.told[-1].desktop if self.told else None

    def phases(self):
        return [work.phase for work in self.desktop.presence.work]

    def wait_for(self, phases):
        wait_until(
            lambda: self.told and self.phases() == phases, f"work in phases {phases}", 20
        )
        return self.desktop

    def check(self):
        """Nothing was told twice, or out of order."""
        indexes = [told.index for told in self.told]
        assert indexes == sorted(set(indexes)), indexes


def a_desktop_is_shown_as_it_changes():
    """F.2: WatchAgent: offers with screen pop and deadline, presence, timers."""
    with _Agents() as nodes:
        nodes.login("amy", ready=False)
        watcher = _Watcher(nodes, node=nodes.followers()[0])
        wait_until(lambda: watcher.told, "a snapshot")
        first = watcher.told[0]
        assert first.news == SNAPSHOT and first.index and first.ts_ms
        assert first.desktop.heartbeat_due_ms > first.ts_ms
        nodes.act("amy", "SetReady")
        wait_until(lambda: watcher.desktop.presence.state == READY, "she is ready")

        x = nodes.enqueue("a")
        desktop = watcher.wait_for([OFFERED])
        assert watcher.told[-1].news == CHANGE
        shown, pop = desktop.interactions[0], desktop.screen_pops[0]
        assert shown.interaction_id == pop.interaction_id == x
        assert pop.subject_label == "Sales" and pop.until_ms == shown.offer_deadline_ms
        assert pop.until_ms > watcher.told[-1].ts_ms
        assert pop.customer.customer_id == "c-a" and shown.attached["page"] == "offers"
        assert not pop.HasField("mobile") and not pop.customer.last_name

        nodes.act("amy", "AcceptOffer", offer_id=shown.offer_id)
        watcher.wait_for([ACTIVE])
        nodes.hang_up("a")
        wrapping = watcher.wait_for([ACW])
        assert wrapping.screen_pops[0].until_ms > watcher.told[-1].ts_ms
        n = watcher.beats
        wait_until(lambda: watcher.beats > n, "a heartbeat", 8)
        watcher.check()
        watcher.close()


def a_desktop_is_told_in_json_too():
    """http2.md 3: a server stream of Connect, as a browser reads it."""
    with _Agents() as nodes:
        nodes.login("amy")
        nodes.enqueue("a")
        answer = curl(
            nodes.nodes[0],
            "AgentService/WatchAgent",
            "application/connect+json",
            framed(json.dumps({"agent": "amy"}).encode()),
            headers=["connect-timeout-ms: 1500"],
        )
        size = int.from_bytes(answer.body[1:5], "big")
        told = json.loads(answer.body[5 : 5 + size])
        pop = told["desktop"]["screenPops"][0]
        assert told["news"] == "DESKTOP_NEWS_SNAPSHOT", told
        assert pop["customer"] == {"customerId": "c-a", "firstName": "Ada"}, pop
        assert "mobile" not in pop and int(pop["untilMs"]) > int(told["tsMs"])


def a_desktop_is_right_whatever_becomes_of_nodes():
    """Leaders die and nodes drain: each watcher goes on, and sees what is so."""
    with _Agents() as nodes:
        nodes.login("amy")
        watchers = [_Watcher(nodes, node=place) for place in range(3)]

        def work(ref, node):
            x = nodes.enqueue(ref, node)
            for watcher in watchers:
                desktop = watcher.wait_for([OFFERED])
                assert desktop.interactions[0].interaction_id == x
            offer = watchers[0].desktop.interactions[0].offer_id
            nodes.act("amy", "AcceptOffer", node, offer_id=offer)
            nodes.hang_up(ref, node)
            for watcher in watchers:
                watcher.wait_for([ACW])
            nodes.act("amy", "SetDisposition", node, interaction_id=x, code="sold")
            nodes.act("amy", "WrapUpDone", node, interaction_id=x)
            for watcher in watchers:
                watcher.wait_for([])

        work("before", 0)
        leader = nodes.leader()
        nodes.members[leader].kill()
        work("leader dead", (leader + 1) % 3)
        nodes.members[leader].start()
        nodes.wait_until_equal()
        work("leader back", leader)
        for place in range(3):
            here = [(w, len(w.ends)) for w in watchers if w.node == place]
            nodes.qcctl("node", "drain", nodes.nodes[place])
            for watcher, n in here:
                wait_until(lambda: len(watcher.ends) > n, "it was sent away")
                code, resume, index = watcher.ends[n]
                assert code == Code.UNAVAILABLE and int(resume) == index
            work(f"drained {place}", (place + 1) % 3)
            nodes.qcctl("node", "undrain", nodes.nodes[place])
        for watcher in watchers:
            watcher.check()
            watcher.close()


def who_goes_on_is_told_nothing_twice():
    """from_index: nothing when it is as it was; a snapshot when it may not be."""
    with _Agents() as nodes:
        nodes.login("amy")
        watcher = _Watcher(nodes)
        wait_until(lambda: watcher.beats, "a heartbeat", 8)
        watcher.close()
        if nodes.status(1).applied_index == watcher.at:  # nothing was done meanwhile
            again = _Watcher(nodes, node=1, at=watcher.at)
            wait_until(lambda: again.beats or again.told, "it is heard of", 8)
            assert not again.told or again.told[0].index > watcher.at
            again.close()
        nodes.act("amy", "Heartbeat")
        last = _Watcher(nodes, node=2, at=watcher.at)
        wait_until(lambda: last.told, "what came meanwhile")
        assert last.told[0].news == SNAPSHOT and last.told[0].index > watcher.at
        last.close()


def who_reads_a_desktop_slowly_sees_the_newest():
    """Nothing waits for it in memory, and it ends with what is so."""
    with _Agents() as nodes:
        nodes.login("amy", ready=False)
        slow = nodes.channels[0].unary_stream(
            "/quorumcall.v1.AgentService/WatchAgent",
            Request.SerializeToString,
            Told.FromString,
        )(Request(agent="amy"), metadata=[("x-tenant", nodes.tenant)])
        first = next(slow)
        nodes.act("amy", "SetReady")
        nodes.enqueue("a", attached={str(i): "x" * 1000 for i in range(16)})
        wait_until(lambda: nodes.status(0).applied_index > first.index, "an offer")
        # Of 16 KiB each, so that all buffers on the way are soon full.
        n = 600
        for _ in range(n):
            nodes.act("amy", "Heartbeat")
        last = nodes.call_until_told("AgentService/GetDesktop", agent="amy")
        told = []
        for each in slow:
            told.append(each)
            if each.HasField("desktop") and each.desktop.presence.rev == (
                last.presence.rev
            ):
                break
        slow.cancel()
        indexes = [each.index for each in told]
        assert indexes == sorted(set(indexes)) and indexes[0] > first.index
        assert len(told) < n, "nothing was left out"
        assert any(each.news == SNAPSHOT for each in told)


def each_agent_watches_himself_and_a_supervisor_his_queues():
    """B.2: rights of WatchAgent and WaitForOffer; and they end with them."""
    with _KeyedAgents(hundreds=1) as nodes:
        nodes.open_shop(("amy", "bob"))
        nodes.put_principal("demo", "amy", ["AGENT"])
        nodes.put_principal("demo", "boss", ["SUPERVISOR"], lob=["sales"])
        nodes.put_principal("demo", "stranger", ["SUPERVISOR"], lob=["repairs"])
        nodes.put_principal("demo", "shop", ["WIDGET"], kind=3, origins=["https://shop.example.com"])
        nodes.login("amy")
        nodes.login("bob")

        def reason(agent, method="WatchAgent", **fields):
            path = f"/quorumcall.v1.AgentService/{method}"
            request = contract.request_type("AgentService/" + method)(
                agent=agent, **fields
            )
            answer = contract.response_type("AgentService/" + method)
            channel = nodes.channels[0]
            stream = method == "WatchAgent"
            make = channel.unary_stream if stream else channel.unary_unary
            call = make(path, request.SerializeToString, answer.FromString)
            headers = nodes.headers + [("x-tenant", nodes.tenant)]
            try:
                told = call(request, metadata=headers, timeout=5)
                if stream:
                    next(told)
                    told.cancel()
                return ""
            except grpc.RpcError as error:
                trailers = dict(error.trailing_metadata() or [])
                details = trailers.get("grpc-status-details-bin", b"")
                return Refused(error.code(), "", details).reason

        for method, fields in (("WatchAgent", {}), ("WaitForOffer", {"timeout_ms": 1})):
            for who, agent, expected in (
                ("ops", "amy", ""),
                ("amy", "amy", ""),
                ("amy", "bob", "ROLE"),
                ("boss", "amy", ""),
                ("boss", "nobody", "NOT_FOUND"),
                ("stranger", "amy", "LOB"),
                ("shop", "amy", "ROLE"),
            ):
                extra = {"origin": "https://shop.example.com"} if who == "shop" else {}
                nodes.act_as(who, **extra)
                told = reason(agent, method, **fields)
                assert told == expected, (method, who, agent, told)

        nodes.act_as("boss")
        watcher = _Watcher(nodes)
        wait_until(lambda: watcher.told, "the boss watches")
        nodes.act_as("ops")
        nodes.put_principal("demo", "boss", ["SUPERVISOR"], lob=["repairs"])
        nodes.act("amy", "Heartbeat")
        wait_until(lambda: watcher.ends, "the boss may not any more", 12)
        assert watcher.ends[0][0] in (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED)
        watcher.close()


def sixteen_watch_an_agent_and_no_more():
    """One agent's desktop takes so many places at a node; others keep theirs."""
    with _Agents(("amy", "bob")) as nodes:
        nodes.login("amy")
        nodes.login("bob")
        watch = nodes.channels[0].unary_stream(
            "/quorumcall.v1.AgentService/WatchAgent",
            Request.SerializeToString,
            Told.FromString,
        )
        streams = []

        def one_more(agent="amy"):
            """Why there is none; a stream may end meanwhile, on a bad day."""
            stream = watch(Request(agent=agent), metadata=[("x-tenant", nodes.tenant)])
            try:
                next(stream)
                streams.append(stream)
            except grpc.RpcError as error:
                trailers = dict(error.trailing_metadata() or [])
                details = trailers.get("grpc-status-details-bin", b"")
                refused = Refused(error.code(), "", details)
                return (refused.reason, refused.quota)

        over = ("WATCHERS", "agent")
        wait_until(lambda: one_more() == over, "a desktop with all its watchers", 60)
        assert len(streams) >= 16, len(streams)
        wait_until(lambda: one_more("bob") is None, "another desktop is watched", 60)
        for stream in streams:
            stream.cancel()
        wait_until(lambda: one_more() is None, "a place that was given back", 60)


def an_offer_ends_a_wait():
    """F.2: WaitForOffer: at once, when one comes, or when time is over."""
    with _Agents() as nodes:
        nodes.login("amy")
        wait = "AgentService/WaitForOffer"
        began = time.monotonic()
        nothing = nodes.call(wait, agent="amy", timeout_ms=300)
        assert not nothing.interactions and nothing.index
        assert time.monotonic() - began > 0.25
        began = time.monotonic()
        nothing = nodes.call(wait, agent="amy", timeout=1)
        assert not nothing.interactions, "it ends before the deadline"
        assert time.monotonic() - began > 0.8

        came = []

        def waits(place):
            came.append(nodes.call(wait, place, agent="amy", timeout=20))

        threads = [threading.Thread(target=waits, args=[i]) for i in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        x = nodes.enqueue("a")
        for thread in threads:
            thread.join(10)
        assert len(came) == 3
        offers = {answer.interactions[0].offer_id for answer in came}
        assert len(offers) == 1 and came[0].interactions[0].interaction_id == x
        assert came[0].screen_pops[0].customer.first_name == "Ada"
        offer = offers.pop()
        at_once = nodes.call(wait, agent="amy", timeout_ms=60000, timeout=1)
        assert at_once.interactions[0].offer_id == offer
        known = nodes.call(wait, agent="amy", timeout_ms=300, after_offer_id=offer)
        assert not known.interactions, "he has it"
        try:
            nodes.call(wait, agent="amy", after_offer_id="nonsense")
            raise AssertionError("it is taken")
        except Refused as refused:
            assert refused.field == "after_offer_id"

        # A node that drains sends away who waits, and is drained at once.
        left = []

        def is_sent_away():
            try:
                nodes.call(wait, 0, agent="amy", timeout=20, after_offer_id=offer)
            except Refused as refused:
                left.append(refused)

        thread = threading.Thread(target=is_sent_away)
        thread.start()
        time.sleep(0.3)
        nodes.qcctl("node", "drain", nodes.nodes[0], "--wait=10s")
        thread.join(5)
        assert (left[0].code, left[0].reason) == (Code.UNAVAILABLE, "LEAVING")


def qcctl_follows_a_desktop_over_the_death_of_a_node():
    """qcctl agent watch: a line a change, and it goes on by itself."""
    with _Agents() as nodes:
        nodes.login("amy")
        words = [QCCTL, "agent", "watch", "amy", "--tenant", nodes.tenant]
        words += ["--endpoints", ",".join(nodes.nodes), "--timeout", "20s"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as qcctl:
            try:
                assert " SNAPSHOT READY -" in qcctl.stdout.readline()
                nodes.members[nodes.leader()].kill()
                x = nodes.enqueue("a", 1)
                while x not in (line := qcctl.stdout.readline()):
                    assert line
                words = line.split()
                assert words[5:7] == ["OFFERED", x] and words[7][:3] == "of_", words
            finally:
                qcctl.terminate()
