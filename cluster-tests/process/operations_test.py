"""What operators and their tools see: pages, metrics, drain, reload, logs."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import grpc

from calls import Refused
from cluster import Cluster, run, wait_until

OFFSET = 2  # of a node's pages, from its port


def _admin(cluster, node):
    host, port = cluster.nodes[node].split(":")
    return host, int(port) + OFFSET


def _fetch(cluster, node, target, method="GET"):
    """(status, headers, body) of a page."""
    connection = http.client.HTTPConnection(*_admin(cluster, node), timeout=5)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def _status(cluster, node, target):
    return _fetch(cluster, node, target)[0]


def _metrics(cluster, node):
    """Samples by name and labels."""
    samples = {}
    for line in _fetch(cluster, node, "/metrics")[2].splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples


def _config(cluster, node):
    return cluster.directory / f"node{node + 1}" / "quorumcalld.yaml"


def _said(cluster):
    return (cluster.directory / "dev.log").read_text(errors="replace")


def _is_ready(cluster, node):
    return _status(cluster, node, "/readyz") == 200


def pages_are_there_for_get_and_head_and_nothing_else():
    """operations.md 2.2."""
    with Cluster() as cluster:
        wait_until(lambda: _is_ready(cluster, 0), "readiness")
        assert _status(cluster, 0, "/livez") == 200
        status, headers, body = _fetch(cluster, 0, "/readyz?verbose")
        assert status == 200 and "[+] leader: ok\n" in body, body
        status, headers, body = _fetch(cluster, 0, "/metrics", "HEAD")
        assert status == 200 and body == "" and int(headers["Content-Length"]) > 1000
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        status, headers, _ = _fetch(cluster, 0, "/readyz", "POST")
        assert status == 405 and headers["allow"] == "GET, HEAD", headers
        assert _status(cluster, 0, "/nothing") == 404
        version = json.loads(_fetch(cluster, 0, "/version")[2])
        assert version["node_id"] == 1 and version["version"], version


def health_is_on_the_port_of_the_api_too():
    """For balancers that cannot reach the other one."""
    with Cluster() as cluster:
        wait_until(lambda: _is_ready(cluster, 0), "readiness")
        for page, status in (("livez", "200"), ("readyz", "200"), ("metrics", "404")):
            said = subprocess.run(
                ["curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null"]
                + ["-w", "%{http_code}", f"http://{cluster.nodes[0]}/{page}"],
                capture_output=True,
                text=True,
                timeout=20,
            )
            assert said.stdout == status, (page, said)


def whoever_is_slow_or_loud_on_the_admin_port_is_shown_out():
    """Headers that do not end, and headers without end."""
    with Cluster() as cluster:
        idle = [socket.create_connection(_admin(cluster, 0)) for _ in range(40)]
        idle[0].sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n")
        with socket.create_connection(_admin(cluster, 1), timeout=10) as loud:
            loud.sendall(b"GET /livez HTTP/1.1\r\nx: " + b"y" * 100000 + b"\r\n\r\n")
            try:
                said = loud.recv(100)
            except ConnectionError:
                said = b""
            assert said == b"" or b" 431 " in said or b" 400 " in said, said
        assert _status(cluster, 1, "/livez") == 200
        idle[0].settimeout(30)
        try:
            idle[0].recv(100)  # returns at the end, and raises when there is none
        except ConnectionError:
            pass
        for one in idle:
            one.close()
        wait_until(lambda: _status(cluster, 0, "/livez") == 200, "its page again")


def a_node_without_a_majority_is_alive_and_not_ready():
    """And says why; a check that was left out does not count."""
    with Cluster() as cluster:
        wait_until(lambda: _is_ready(cluster, 0), "readiness")
        cluster.dev("kill", "2")
        cluster.dev("kill", "3")
        wait_until(lambda: not _is_ready(cluster, 0), "the loss to be noticed")
        assert _status(cluster, 0, "/livez") == 200
        status, _, body = _fetch(cluster, 0, "/readyz")
        assert status == 503 and "[-] leader: " in body, body
        assert _status(cluster, 0, "/readyz?exclude=leader") == 200
        cluster.dev("start", "2")
        wait_until(lambda: _is_ready(cluster, 0), "readiness after it")


def metrics_are_what_promtool_takes_and_count_what_was_done():
    """By method and code, in base units, with a bound on labels."""
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: run `make deps`"
    with Cluster() as cluster:
        for _ in range(3):
            cluster.allocate(node=0)
        try:
            cluster.call("AdminService/GetNumber", number="+447700900999")
        except Refused as refused:
            code = refused.code.name
        for node in range(3):
            text = _fetch(cluster, node, "/metrics")[2]
            checked = subprocess.run(
                [promtool, "check", "metrics"],
                input=text,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert checked.returncode == 0, checked.stdout + checked.stderr
        samples = [_metrics(cluster, node) for node in range(3)]
        mine = samples[0]
        allocate = 'method="NumberService/AllocateNumber"'
        get = 'method="AdminService/GetNumber"'
        total = "quorumcall_rpc_handled_total"
        assert mine[f'{total}{{{allocate},code="OK"}}'] == 3, mine
        assert mine[f'{total}{{{get},code="{code}"}}'] == 1, mine
        assert mine[f"quorumcall_rpc_duration_seconds_count{{{allocate}}}"] == 3
        assert sum(s["quorumcall_raft_is_leader"] for s in samples) == 1
        assert all(s["quorumcall_raft_has_leader"] == 1 for s in samples)
        assert mine["quorumcall_wal_fsync_duration_seconds_count"] > 0
        assert mine["quorumcall_wal_fsync_duration_seconds_sum"] > 0
        allocated = [v for k, v in mine.items() if "numbers_allocated{" in k]
        assert sum(allocated) == 3, allocated
        assert mine["quorumcall_process_resident_memory_bytes"] > 1e6
        assert mine["quorumcall_process_open_fds"] > 10
        assert 0 < mine["quorumcall_process_cpu_seconds_total"] < 60
        assert abs(mine["quorumcall_process_start_time_seconds"] - time.time()) < 600
        assert mine["quorumcall_http2_connections_total"] > 0
        assert mine['quorumcall_config_limit{name="streams"}'] == 256


def _hello_of_a_stranger(address):
    """As one that is no member would begin; how it ends."""
    stranger = b"\x0a\x05other\x10\x09\x18\x01"  # Hello: cluster, from 9, to 1
    with grpc.insecure_channel(address) as channel:
        call = channel.stream_unary("/quorumcall.peer.v1.PeerService/Consensus")
        try:
            call(iter([b"\x0a" + bytes([len(stranger)]) + stranger]), timeout=5)
        except grpc.RpcError as error:
            return error.code().name
    return "OK"


def metrics_tell_of_peers_queues_and_what_was_asked_twice():
    """Each where it happens: at the leader, at the caller's node, in the rows."""
    with Cluster() as cluster:
        leader = cluster.leader()
        visit = {**cluster.envelope(), "customer_phone": "+447700900123"}
        for _ in range(3):
            answer, _ = cluster.allocate(node=0, **visit)
        call = {"connector": "pbx", "ext_ref": "c1", "ani": "+447700900123"}
        cluster.call("NumberService/MatchCall", dnis=answer.number, **call)
        assert _hello_of_a_stranger(cluster.nodes[0]) == "PERMISSION_DENIED"
        cluster.wait_until_equal()

        def rtts(samples):
            return [v for k, v in samples.items() if "_peer_rtt_seconds{" in k]

        for node in range(3):  # followers need not know each other
            n = 2 if node == leader else 1
            wait_until(lambda: len(rtts(_metrics(cluster, node))) >= n, "pings")
        samples = [_metrics(cluster, node) for node in range(3)]
        for node, told in enumerate(samples):
            assert all(0 < rtt < 5 for rtt in rtts(told)), told
            assert told['quorumcall_queue_waiting{tenant="demo"}'] == 1
            assert told["quorumcall_idempotency_hits_total"] == (2 if node == 0 else 0)
            assert told["quorumcall_idempotency_evictions_total"] == 0
            assert told["quorumcall_rpc_peers_refused_total"] == (1 if node == 0 else 0)
            silences = {k: v for k, v in told.items() if "peer_last_contact" in k}
            assert len(silences) == (2 if node == leader else 0), silences
            assert all(0 <= silence < 5 for silence in silences.values()), silences


def requests_that_come_to_nothing_are_counted():
    """By why, on the node that was asked."""
    with Cluster() as cluster:
        total = "quorumcall_raft_proposals_failed_total"
        cluster.allocate(node=0)
        outcomes = [k for k in _metrics(cluster, 0) if k.startswith(total)]
        assert len(outcomes) == 6 and not sum(_metrics(cluster, 0)[k] for k in outcomes)
        cluster.dev("kill", "2")
        cluster.dev("kill", "3")
        wait_until(lambda: not _is_ready(cluster, 0), "the loss to be noticed")
        phone = {"origin": 1, "customer_phone": "+447700900124", "timeout": 0.3}
        for _ in range(3):
            try:
                cluster.call("NumberService/AllocateNumber", subject="sales", **phone)
                raise AssertionError("it was done without a majority")
            except Refused:
                pass
        told = _metrics(cluster, 0)
        failed = {k: told[k] for k in outcomes}
        late = ("no_leader", "unknown", "abandoned")  # whoever notices it first
        expected = {f'{total}{{outcome="{why}"}}' for why in late}
        assert sum(told[k] for k in expected) >= 3, failed
        assert all(k in expected or not failed[k] for k in failed), failed


def a_node_that_drains_is_not_ready_and_can_be_taken_back():
    """It says in numbers how far it is, and means it."""
    with Cluster() as cluster:
        leader = cluster.leader()
        wait_until(lambda: _is_ready(cluster, leader), "readiness")
        address = cluster.nodes[leader]
        _, told = run("node", "drain", address, "--wait=20s", endpoints=address)
        assert "drained in " in told and " calls, " in told, told
        status, _, body = _fetch(cluster, leader, "/readyz")
        assert status == 503 and "[-] staying: " in body, body
        assert _status(cluster, leader, "/livez") == 200
        assert cluster.leader(other_than=leader) != leader
        cluster.allocate(node=leader)  # who comes all the same is served
        run("node", "undrain", address, endpoints=address)
        wait_until(lambda: _is_ready(cluster, leader), "readiness after it")
        status = cluster.call("ClusterService/GetStatus", node=leader, tenant=None)
        assert not status.draining and not status.drained and not status.draining_ms


def a_node_that_is_stopped_lets_calls_end():
    """SIGTERM under load: whoever was let in is answered, and then nobody is."""
    with Cluster() as cluster:
        pid = cluster.pids()[0]
        answered = 0
        refused = None
        give_up = time.monotonic() + 20
        while not refused and time.monotonic() < give_up:
            if answered == 5:
                os.kill(pid, signal.SIGTERM)
            try:
                cluster.call("AdminService/ListSubjects")
                answered += 1
            except Refused as error:
                refused = error
        assert answered > 5 and refused, (answered, refused)
        assert refused.code.name == "UNAVAILABLE" and not refused.reason, refused
        wait_until(lambda: len(cluster.pids()) == 2, "its end")
        said = _said(cluster)
        assert "event=stopped" in said and "drain_cut" not in said, said


def a_node_that_stops_reloads_no_more():
    """SIGHUP until it is gone, also when there is no port left."""
    with Cluster() as cluster:
        for left, pid in enumerate(reversed(cluster.pids())):
            os.kill(pid, signal.SIGTERM)
            give_up = time.monotonic() + 20
            while len(cluster.pids()) > 2 - left and time.monotonic() < give_up:
                for _ in range(50):
                    try:
                        os.kill(pid, signal.SIGHUP)
                    except ProcessLookupError:
                        break
                    time.sleep(0.0003)
        wait_until(lambda: _said(cluster).count("event=stopped") == 3, "a good end")


def _start_again(cluster, node, between):
    """Stops it, does what is to be done |between|, and starts it; what it says
    from then on."""
    os.kill(cluster.pids()[node], signal.SIGTERM)
    wait_until(lambda: len(cluster.pids()) == 2, "its end")
    said = len(_said(cluster))
    between()
    cluster.dev("start", str(node + 1))
    return lambda: _said(cluster)[said:]


def a_node_starts_again_right_after_its_pages_were_read():
    """Connections that it has closed itself are not in its way."""
    with Cluster() as cluster:
        wait_until(lambda: _is_ready(cluster, 0), "readiness")

        def read():
            connection = http.client.HTTPConnection(*_admin(cluster, 0), timeout=5)
            connection.request("GET", "/livez", headers={"connection": "close"})
            assert connection.getresponse().read() == b"ok\n"
            connection.close()

        read()
        said = _start_again(cluster, 0, lambda: None)
        wait_until(lambda: "event=started" in said(), "its start")
        read()


def a_node_whose_pages_have_no_place_ends_though_it_is_called_already():
    """It says why, and nothing of it is called when half of it is gone."""
    with Cluster() as cluster, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def take():
            other.bind(_admin(cluster, 0))
            other.listen()

        said = _start_again(cluster, 0, take)
        wait_until(lambda: "Address already in use" in said(), "why")
        wait_until(lambda: "node1  ended with status 1" in said(), "its end")
        # Or the cluster would be called failed.
        (cluster.directory / "dev.log").write_text("")


def a_reload_takes_over_what_may_change_and_names_what_waits():
    """A bad file changes nothing."""
    with Cluster() as cluster:
        config = _config(cluster, 0)
        address = cluster.nodes[0]
        good = config.read_text()
        limit = 'quorumcall_config_limit{name="streams"}'
        config.write_text(
            good + "log_level: debug\napi: {streams: 77}\nraft: {heartbeat_ms: 40}\n"
        )
        said, _ = run("config", "reload", endpoints=address)
        assert "changed: log_level api.streams\n" in said, said
        assert "needs a restart: raft.heartbeat_ms\n" in said, said
        assert _metrics(cluster, 0)[limit] == 77

        config.write_text(good + "api: {streams: 0}\n")
        _, told = run("config", "reload", endpoints=address, expect=1)
        assert "api.streams must not be 0" in told, told
        assert _metrics(cluster, 0)[limit] == 77
        assert "event=reload_failed" in _said(cluster)

        config.write_text(good)
        os.kill(cluster.pids()[0], signal.SIGHUP)
        wait_until(lambda: _metrics(cluster, 0)[limit] == 256, "the reload")
        assert 'changed="log_level,api.streams" needs_restart=""' in _said(cluster)


def a_configuration_is_checked_and_shown_without_a_node():
    """Layers, sources, exit codes; nothing is started."""
    with Cluster() as cluster:
        config = _config(cluster, 0)
        file = str(config)
        assert run("config", "check", "--config", file)[0] == "ok\n"
        layers = config.with_suffix(".d")
        layers.mkdir()
        (layers / "10-limits.yaml").write_text("api:\n  idle_ms: 5m\n")
        said, _ = run("config", "dump", "--effective", "--config", file, "-o", "json")
        keys = {key["key"]: key for key in json.loads(said)}
        assert keys["api.idle_ms"]["value"] == "300000"
        assert keys["api.idle_ms"]["source"] == f"{layers}/10-limits.yaml:2"
        assert keys["api.age_ms"]["source"] == "default"
        assert keys["node_id"]["source"] == f"{file}:2"
        table, _ = run("config", "dump", "--config", file)
        assert re.search(r"^api\.idle_ms +300000 +/.*10-limits\.yaml:2$", table, re.M)
        (layers / "10-limits.yaml").write_text("api:\n  idle_time: 5m\n")
        _, told = run("config", "check", "--config", file, expect=2)
        assert '10-limits.yaml:2: unknown key "idle_time"' in told, told
        (layers / "10-limits.yaml").write_text("tls: {certificate: /x, key: /y}\n")
        _, told = run("config", "check", "--config", file, expect=2)
        assert "/x" in told or "node_ca" in told, told


def a_log_at_debug_holds_no_number_of_a_caller():
    """Nor does it as JSON, where every line is an object."""
    with Cluster() as cluster:
        phones = []
        for node in range(3):
            config = _config(cluster, node)
            config.write_text(
                config.read_text() + "log_level: debug\nlog_format: json\n"
            )
            run("config", "reload", endpoints=cluster.nodes[node])
        for node in range(3):
            answer, phone = cluster.allocate(node=node)
            phones += [phone, answer.number]
            try:
                cluster.call("AdminService/GetNumber", node=node, number=phone)
            except Refused:
                pass
        said = _said(cluster)
        lines = [line for line in said.splitlines() if '{"ts":' in line]
        assert lines, said
        for line in lines:
            json.loads(line[line.index("{") :])
        for phone in phones:
            assert phone and phone.lstrip("+") not in said, phone
