#!/usr/bin/python3
"""Quorumcall in a minute: a shop, its visitors, their calls, and a dead leader.

Brings up three nodes on free ports, gives numbers to visitors through three
foreign clients (grpc-python, curl with Connect JSON, qcctl), matches their
calls, has one ring out at an agent and taken by another, kills the leader while
visitors keep coming, and counts what the clients were told. The last line is

    demo: ok numbers=<n> double_allocations=0 failover_gap_ms=<ms>

or "demo: failed ...", with exit status 1. It leaves nothing behind.

usage: demo.py [QCCTL]          (default: build/qcctl, or the one in PATH)
"""

import importlib
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
TENANT = "demo"
N_BEFORE_KILL = 45
N_AFTER_KILL = 25
DEADLINE_S = 8.0
TRY_S = 1.0


class Failed(Exception):
    """Something was not as promised."""


def check(condition, what):
    if not condition:
        raise Failed(what)


def say(text):
    print(text, flush=True)


def heading(text):
    say(f"\n== {text}")


# --- the contract, as Python knows it -----------------------------------------


def load_messages(directory):
    """Compiles proto/ and returns its modules, by their last name."""
    protos = sorted(
        p.relative_to(ROOT / "proto") for p in (ROOT / "proto").rglob("v1/*.proto")
    )
    subprocess.run(
        ["protoc", "-I", "proto", "-I", "/usr/include", f"--python_out={directory}"]
        + [str(p) for p in protos],
        cwd=ROOT,
        check=True,
    )
    sys.path.insert(0, str(directory))
    return {
        p.stem: importlib.import_module(".".join(p.with_suffix("").parts) + "_pb2")
        for p in protos
        if p.parts[1] == "v1"
    }


# --- one cluster, three kinds of client ---------------------------------------


class Cluster:
    """The nodes, and calls of them that survive the death of one."""

    def __init__(self, qcctl, directory, base_port, messages):
        self.qcctl = qcctl
        self.directory = directory
        self.nodes = [f"127.0.0.1:{base_port + 10 * i}" for i in range(3)]
        self.base_port = base_port
        self.messages = messages
        self.channels = [grpc.insecure_channel(n) for n in self.nodes]
        self.client_id = uuid.uuid4().hex
        self.request_ids = itertools.count(1)

    def run(self, *arguments):
        """qcctl on the whole cluster; its standard output."""
        done = subprocess.run(
            [self.qcctl, *arguments],
            env={**os.environ, "QUORUMCALL_ENDPOINTS": ",".join(self.nodes)},
            capture_output=True,
            text=True,
            timeout=40,
        )
        if done.returncode != 0:
            raise Failed(f"qcctl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def dev(self, verb, *arguments):
        return self.run("dev", verb, "--dir", str(self.directory), *arguments)

    def envelope(self):
        return {
            "request_id": str(next(self.request_ids)),
            "client_id": self.client_id,
            "client_ts_ms": int(time.time() * 1000),
        }

    def call(self, path, node=0, deadline_s=DEADLINE_S, **fields):
        """Calls by gRPC: first |node|, then the others, with one request id."""
        service, method = path.split("/")
        module = self.messages[service.removesuffix("Service").lower() + "_service"]
        request = getattr(module, method + "Request")(**fields)
        answer = getattr(module, method + "Response")
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            for name, value in self.envelope().items():
                setattr(request, name, value)
        give_up = time.monotonic() + deadline_s
        while True:
            call = self.channels[node % 3].unary_unary(
                f"/quorumcall.v1.{path}",
                request_serializer=lambda m: m.SerializeToString(),
                response_deserializer=answer.FromString,
            )
            try:
                return call(request, timeout=TRY_S, metadata=[("x-tenant", TENANT)])
            except grpc.RpcError as error:
                passing = error.code() in (
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                )
                if not passing or time.monotonic() > give_up:
                    raise Failed(f"{path}: {error.code().name} {error.details()}")
                node += 1
                time.sleep(0.02)

    def allocate_by_grpc(self, phone, node):
        got = self.call(
            "NumberService/AllocateNumber",
            node,
            subject="sales",
            customer_phone=phone,
            origin=1,
            context={"page": "/pricing", "basket": "3 items"},
        )
        return got.number, got.allocation_id

    def allocate_by_curl(self, phone, node):
        request = {
            "pageUrl": "/products/lamp",
            "customerPhone": phone,
            "origin": "ORIGIN_WEB",
            **self.envelope(),
        }
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "5"]
            + ["--http2-prior-knowledge", "--header", f"x-tenant: {TENANT}"]
            + ["--header", "content-type: application/json"]
            + ["--data", json.dumps(request)]
            + [
                f"http://{self.nodes[node % 3]}"
                "/quorumcall.v1.NumberService/AllocateNumber"
            ],
            capture_output=True,
            text=True,
        )
        check(done.returncode == 0, f"curl: {done.stderr.strip()}")
        got = json.loads(done.stdout)
        check("number" in got, f"curl: {done.stdout.strip()}")
        return got["number"], got["allocationId"]

    def allocate_by_qcctl(self, phone, node):
        got = json.loads(
            self.run(
                *["number", "alloc", "--endpoints", self.nodes[node % 3]],
                *["--tenant", TENANT, "--subject", "sales", "--phone", phone],
                *["-o", "json"],
            )
        )
        return got["number"], got["allocationId"]

    def leader(self):
        """Number of the leading node, from 1."""
        status = json.loads(self.dev("status", "-o", "json"))
        for i, node in enumerate(status["nodes"], 1):
            if node["role"] == "leader":
                return i
        raise Failed("no node leads")


# --- the story ----------------------------------------------------------------


class Ledger:
    """What the clients were told: who holds which number."""

    def __init__(self):
        self.lock = threading.Lock()
        self.holders = {}
        self.doubles = 0

    def note(self, number, allocation_id):
        with self.lock:
            if self.holders.setdefault(number, allocation_id) != allocation_id:
                self.doubles += 1


class Acknowledgements:
    """When writes were acknowledged, and the longest time none was."""

    def __init__(self):
        self.lock = threading.Lock()
        self.times = []

    def note(self):
        with self.lock:
            self.times.append(time.monotonic())

    def longest_gap_ms(self, since):
        """From the last one before |since| on: the gap may begin with it."""
        with self.lock:
            times = sorted(self.times)
        first = max((i for i, t in enumerate(times) if t < since), default=0)
        times = times[first:]
        return round(max(b - a for a, b in zip(times, times[1:])) * 1000)


def phones():
    """Ofcom's range of mobile numbers that nobody has."""
    return (f"+447700900{i:03d}" for i in range(1000))


def visitors_come(cluster, ledger, phone_numbers):
    heading(f"{N_BEFORE_KILL} visitors come, to any node, by three kinds of client")
    ways = [
        ("grpc-python", cluster.allocate_by_grpc),
        ("curl, Connect JSON", cluster.allocate_by_curl),
        ("qcctl", cluster.allocate_by_qcctl),
    ]
    for i in range(N_BEFORE_KILL):
        name, way = ways[i % 3]
        phone = next(phone_numbers)
        number, allocation_id = way(phone, node=i // 3)
        ledger.note(number, allocation_id)
        if i < 6:
            say(f"   {phone}  shown {number}  by {name}")
    say(f"   ... {len(ledger.holders)} different numbers given")


def calls_come(cluster, phone_numbers, ledger):
    heading("They call, and each call finds its visit, whichever node is asked")
    for i in range(3):
        phone = next(phone_numbers)
        number, allocation_id = cluster.allocate_by_grpc(phone, node=i)
        ledger.note(number, allocation_id)
        got = cluster.call(
            "NumberService/MatchCall",
            node=i + 1,
            dnis=number,
            ani=phone,
            ext_ref=f"call-{i}",
            connector="demo",
        )
        check(got.result == 1, f"call {i} was not matched: {got}")
        check(got.allocation_id == allocation_id, f"call {i} met another visit")
        say(f"   {phone} dials {number}: visit {got.allocation_id}, {got.subject}")


def code_is_entered(cluster, phone_numbers):
    heading("Billing has one number for all: a code tells the visit")
    visit = cluster.call(
        "NumberService/AllocateNumber",
        subject="billing",
        customer_phone=next(phone_numbers),
        origin=1,
    )
    check(len(visit.access_code) == 6, f"no code was given: {visit}")
    call = cluster.call(
        "NumberService/MatchCall",
        node=1,
        dnis=visit.number,
        ani=next(phone_numbers),
        ext_ref="coded-call",
        connector="demo",
    )
    check(call.result == 3, f"no code was asked for: {call}")
    wrong = str((int(visit.access_code) + 1) % 10**6).zfill(6)
    first = cluster.call(
        "NumberService/SubmitDigits",
        node=2,
        interaction_id=call.interaction_id,
        digits=wrong,
    )
    check(first.result == 2, f"a wrong code was not refused: {first}")
    second = cluster.call(
        "NumberService/SubmitDigits",
        interaction_id=call.interaction_id,
        digits=visit.access_code,
    )
    check(second.result == 1, f"the right code was refused: {second}")
    check(second.allocation_id == visit.allocation_id, "the code met another visit")
    say(f"   {visit.number}: {wrong} is wrong, {first.attempts_left} tries left")
    say(f"   {visit.number}: {visit.access_code} is right, visit {second.allocation_id}")


def offer_to(cluster, agent, deadline_s=DEADLINE_S):
    """What |agent| is asked to take; waits until it is."""
    give_up = time.monotonic() + deadline_s
    while True:
        desk = cluster.call("AgentService/GetDesktop", node=1, agent=agent).presence
        for work in desk.work:
            if work.offer_id:
                return work
        check(time.monotonic() < give_up, f"{agent} is not asked: {desk}")
        time.sleep(0.1)


def page_asks(cluster, page):
    """Whether a page may offer a call, and how long it would take."""
    asked = cluster.call("NumberService/GetChannelAvailability", page_url=page)
    channel = asked.channels[0]
    said = "the button is shown" if channel.enabled else "there is no button"
    if channel.HasField("wait"):
        said += f", wait {channel.wait.shown_ms // 1000} s"
        said += f", {channel.wait.agents_ready} agents ready"
    say(f"   {page}: {said}")
    return channel.enabled


def call_is_answered(cluster, phone_numbers):
    heading("Grace wants to leave; Eva lets it ring, Max takes it")
    page = "/account/cancel"
    check(not page_asks(cluster, page), "a call is offered while nobody is there")
    sessions = {
        agent: cluster.call("AgentService/Login", node=i, agent=agent, ready=True)
        for i, agent in enumerate(("eva", "max"))
    }
    check(page_asks(cluster, page), "no call is offered while agents are there")
    phone = next(phone_numbers)
    visit = cluster.call(
        "NumberService/AllocateNumber",
        page_url=page,
        customer_phone=phone,
        origin=1,
        first_name="Grace",
        last_name="Hopper",
        customer_id="C-1906",
        context={"plan": "gold", "since": "1992"},
    )
    call = cluster.call(
        "NumberService/MatchCall",
        node=2,
        dnis=visit.number,
        ani=phone,
        ext_ref="leaving",
        connector="demo",
    )
    check(call.allocation_id == visit.allocation_id, f"the call met none: {call}")
    offer_to(cluster, "eva")
    # What makes her telephone ring; one that never rang would be held against nobody.
    rings = cluster.call("EffectService/LeaseEffects", connector="demo", wait_ms=5000)
    check(rings.items, "no connector is told to let it ring")
    say(f"   {phone} dials {visit.number}: it rings at Eva's")
    offer = offer_to(cluster, "max")
    eva = cluster.call("AgentService/GetDesktop", agent="eva").presence
    check(eva.reason == "rona", f"Eva is asked again: {eva}")
    say("   she does not answer: it rings at Max's, and Eva is asked no more (rona)")
    taken = cluster.call(
        "AgentService/AcceptOffer",
        offer_id=offer.offer_id,
        session_id=sessions["max"].session_id,
    ).interaction
    pop = cluster.call("AgentService/GetDesktop", agent="max").screen_pops[0]
    who = pop.customer
    check(who.customer_id == "C-1906", f"the screen shows {pop}")
    check(taken.attached["plan"] == "gold", f"the screen shows {taken}")
    shown = ", ".join(f"{k} {v}" for k, v in sorted(taken.attached.items()))
    say(
        f"   Max takes it, and sees: {pop.subject_label}; {who.first_name} "
        f"{who.last_name}, {who.customer_id}; {shown}"
    )
    cluster.call(
        "RoutingService/ReportCallEvent",
        node=1,
        connector="demo",
        ext_ref="leaving",
        event=2,
        event_seq=1,
    )
    mine = {
        "interaction_id": call.interaction_id,
        "session_id": sessions["max"].session_id,
    }
    cluster.call("AgentService/SetDisposition", node=2, code="resolved", **mine)
    cluster.call("AgentService/WrapUpDone", **mine)
    say("   she stays: resolved. Why was it Max's?")
    say(cluster.run("route", "explain", call.interaction_id, "--tenant", TENANT).rstrip())
    for subject in ("sales", "billing", "retention"):
        told = cluster.call("RoutingService/GetRates", subject=subject)
        say(
            f"   {subject:<9}  offered {told.offered}, answered {told.answered}, "
            f"service level {told.service_level.ppm / 1e4:.0f} %"
        )
        if subject == "retention":
            check(told.answered == 1 and told.handled == 1, f"counted: {told}")


def background(stop, failures, work):
    """Runs |work| again and again in a thread, until |stop|."""

    def loop():
        try:
            while not stop.is_set():
                work()
        except Exception as error:  # whatever it is, the story has failed
            failures.append(error)
            stop.set()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    return thread


def leader_dies(cluster, ledger, phone_numbers):
    """Returns the gap, and the node that died."""
    heading("The leader is killed while visitors keep coming")
    held_phone = next(phone_numbers)
    held_number, held_id = cluster.allocate_by_grpc(held_phone, node=0)
    ledger.note(held_number, held_id)
    say(f"   {held_phone} holds {held_number} and does not call yet")

    acks = Acknowledgements()
    after_kill = []
    killed = threading.Event()
    stop = threading.Event()
    failures = []
    turns = itertools.count()
    phone_lock = threading.Lock()

    def write_context():
        turn = next(turns)
        cluster.call(
            "NumberService/AttachContext",
            node=turn,
            allocation_id=held_id,
            context={"seen": str(turn)},
        )
        acks.note()
        time.sleep(0.002)

    def visitor_comes():
        with phone_lock:
            phone = next(phone_numbers)
        was_killed = killed.is_set()
        number, allocation_id = cluster.allocate_by_grpc(phone, node=next(turns))
        acks.note()
        ledger.note(number, allocation_id)
        if was_killed:
            after_kill.append(number)
        if len(after_kill) >= N_AFTER_KILL:
            stop.set()
        time.sleep(0.1)

    threads = [background(stop, failures, w) for w in (write_context, visitor_comes)]
    time.sleep(0.5)
    leader = cluster.leader()
    since = time.monotonic()
    cluster.dev("kill", str(leader))
    killed.set()
    say(f"   node{leader}, the leader, was killed with SIGKILL")
    for thread in threads:
        thread.join(timeout=25)
    check(not failures, f"while the leader was dead: {failures}")
    check(stop.is_set(), f"only {len(after_kill)} numbers were given after the kill")
    gap_ms = acks.longest_gap_ms(since)
    say(f"   {len(after_kill)} more numbers given; no write failed")
    say(f"   longest time without an acknowledged write: {gap_ms} ms")

    survivor = leader % 3
    held = cluster.call(
        "NumberService/GetAllocation", node=survivor, allocation_id=held_id
    ).allocation
    check(held.number == held_number and held.state == 1, f"not held any more: {held}")
    got = cluster.call(
        "NumberService/MatchCall",
        node=survivor,
        dnis=held_number,
        ani=held_phone,
        ext_ref="after-failover",
        connector="demo",
    )
    check(got.allocation_id == held_id, f"the held number lost its visit: {got}")
    say(f"   {held_phone} dials {held_number} now: still visit {held_id}")
    return gap_ms, leader


def same_state(status):
    """Whether all nodes tell the same hash at the same index."""
    states = {(n["hash_index"], n["state_hash"]) for n in status["nodes"]}
    return len(states) == 1 and (0, "") not in states


def node_returns(cluster, node):
    heading(f"node{node} is started again")
    cluster.dev("start", str(node))
    give_up = time.monotonic() + 15
    while True:
        try:
            status = json.loads(cluster.run("cluster", "status", "-o", "json"))
            applied = {n["applied_index"] for n in status["nodes"]}
            if len(applied) == 1 and same_state(status):
                break
        except Failed:  # as long as it does not answer
            pass
        check(time.monotonic() < give_up, f"node{node} does not catch up")
        time.sleep(0.2)
    say(cluster.run("cluster", "status").rstrip())
    say("   it has caught up, and all three nodes are in the same state")


def play(qcctl, directory):
    cluster = Cluster(
        qcctl, directory / "cluster", free_base_port(), load_messages(directory)
    )
    ledger = Ledger()
    phone_numbers = phones()
    try:
        heading("Three nodes come up")
        port = str(cluster.base_port)
        cluster.dev("up", "--base-port", port, "--detach")
        say(cluster.run("cluster", "status").rstrip())
        heading("The shop's file is applied")
        config = ROOT / "client/examples/click-to-call.yaml"
        say(cluster.run("config", "apply", str(config)).rstrip())
        visitors_come(cluster, ledger, phone_numbers)
        calls_come(cluster, phone_numbers, ledger)
        code_is_entered(cluster, phone_numbers)
        call_is_answered(cluster, phone_numbers)
        gap_ms, node = leader_dies(cluster, ledger, phone_numbers)
        node_returns(cluster, node)
    finally:
        for channel in cluster.channels:
            channel.close()
        if cluster.directory.exists():
            cluster.dev("down", "--purge")
    check(ledger.doubles == 0, f"{ledger.doubles} numbers were given twice")
    check(len(ledger.holders) >= 60, f"only {len(ledger.holders)} numbers were given")
    return len(ledger.holders), gap_ms


def free_base_port():
    """A port P so that P, P + 10 and P + 20 are free."""
    for base in range(17400, 30000, 30):
        sockets = [socket.socket() for _ in range(3)]
        try:
            for i, s in enumerate(sockets):
                s.bind(("127.0.0.1", base + 10 * i))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise Failed("no free ports")


def find_qcctl(arguments):
    built = ROOT / "build/qcctl"
    found = arguments[0] if arguments else built if built.exists() else "qcctl"
    path = shutil.which(str(found))
    check(path is not None, f"{found}: no such program; build it with make")
    return os.path.abspath(path)


def main(arguments):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-demo-"))
    try:
        n, gap_ms = play(find_qcctl(arguments), directory)
    except Exception as error:  # any surprise is a failure
        say(f"demo: failed {type(error).__name__}: {error}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    say(f"\ndemo: ok numbers={n} double_allocations=0 failover_gap_ms={gap_ms}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
