"""qcctl dev, and what it says when it cannot."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

from cluster import QCCTL, TENANT_FILE, Cluster, free_base_port, run, wait_until


def _alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def dev_up_names_who_has_the_port():
    """operations.md 9."""
    base = free_base_port()
    with tempfile.TemporaryDirectory() as directory, socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind(("127.0.0.1", base + 10))
        busy.listen()
        arguments = ["--dir", f"{directory}/cluster", "--base-port", str(base)]
        _, said = run("dev", "up", *arguments, "--detach", expect=1)
        assert f"port {base + 10} is in use by " in said, said
        assert f"(pid {os.getpid()})" in said, said
        assert f"port {base} " not in said, said


def dev_add_names_who_has_the_port():
    """The node would end at once, and whoever is there would be taken for it."""
    with Cluster() as cluster, socket.socket() as busy:
        port = int(cluster.endpoints.split(":")[-1]) + 10
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind(("127.0.0.1", port))
        busy.listen()
        _, said = cluster.dev("add", expect=1)
        assert f"port {port} is in use by " in said, said
        assert f"(pid {os.getpid()})" in said, said
        assert len(cluster.node_states()) == 3


def a_second_dev_up_of_a_running_cluster_is_refused():
    """One directory, one supervisor."""
    with Cluster() as cluster:
        _, said = cluster.dev("up", "--detach", expect=1)
        assert "it is up already, by pid" in said, said
        cluster.qcctl("cluster", "status")


def dev_down_leaves_nothing_behind():
    """Nor does it take away what is kept, unless it is told to."""
    with Cluster() as cluster:
        cluster.allocate()
        rows = cluster.rows()
        pids = cluster.pids()
        assert len(pids) == 3 and all(map(_alive, pids))
        cluster.dev("down")
        assert not any(map(_alive, pids))
        assert not (cluster.directory / "dev.sock").exists()
        cluster.dev("up", "--detach")
        assert cluster.rows() == rows
        pids = cluster.pids()
        cluster.dev("down", "--purge")
        assert not any(map(_alive, pids))
        assert not cluster.directory.exists()


def dev_up_is_done_when_all_nodes_follow():
    """What is run next finds a healthy cluster: a leader alone was not enough
    once, in one new cluster of three."""
    with tempfile.TemporaryDirectory() as directory:
        for i in range(6):
            where = ["--dir", f"{directory}/{i}"]
            base = free_base_port()
            nodes = ",".join(f"127.0.0.1:{base + 10 * n}" for n in range(3))
            run("dev", "up", *where, "--base-port", str(base), "--detach")
            try:
                run("--endpoints", nodes, "cluster", "status")
            finally:
                run("dev", "down", *where)


def dev_down_finds_the_nodes_of_a_supervisor_that_was_killed():
    """They go on, and nobody else would stop them."""
    with Cluster() as cluster:
        pids = cluster.pids()
        _, said = cluster.dev("up", "--detach", expect=1)
        os.kill(int(said.split("by pid ")[1]), signal.SIGKILL)
        wait_until(lambda: not cluster.node_states(), "the end of the supervisor")
        assert all(map(_alive, pids))
        cluster.dev("down")
        assert not any(map(_alive, pids))


def a_dev_cluster_can_grow():
    """The new node waits, is added, and is there after a restart."""
    with Cluster() as cluster:
        said, _ = cluster.dev("add")
        address = said.split()[-1]
        cluster.qcctl("member", "add", address, "--wait")
        cluster.dev("down")
        cluster.dev("up", "--detach")
        assert [node["role"] for node in cluster.node_states()].count("follower") == 3
        members = json.loads(cluster.qcctl("member", "list", "-o", "json"))["members"]
        assert [member["role"] for member in members] == ["voter"] * 4, members


def one_or_two_nodes_are_no_cluster():
    """They would not survive a failure, and nothing is made for them."""
    with tempfile.TemporaryDirectory() as directory:
        for n in ("0", "1", "2", "8"):
            run("dev", "up", "--dir", f"{directory}/c", "--nodes", n, expect=2)
        assert not os.path.exists(f"{directory}/c")


def dev_up_in_front_speaks_for_all_nodes_and_stops_them():
    """Each line begins with the node's name; ^C ends all of it."""
    base = free_base_port()
    with tempfile.TemporaryDirectory() as directory:
        log = pathlib.Path(directory) / "log"
        with open(log, "wb") as file:
            up = subprocess.Popen(
                [QCCTL, "dev", "up", "--dir", f"{directory}/cluster"]
                + ["--base-port", str(base)],
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: "qcctl cluster status" in log.read_text(), "welcome")
        finally:
            up.send_signal(signal.SIGINT)
            assert up.wait(timeout=20) == 0
        text = log.read_text()
        for name in ("node1", "node2", "node3"):
            assert any(line.startswith(name + "  ") for line in text.splitlines())
        for port in (base, base + 10, base + 20):
            with socket.socket() as s:
                assert s.connect_ex(("127.0.0.1", port)) != 0


def an_unknown_key_is_refused_with_file_line_and_key():
    """operations.md 1.4: of a node's file and of a tenant's."""
    with tempfile.TemporaryDirectory() as directory:
        node = pathlib.Path(directory) / "node.yaml"
        node.write_text("cluster_id: c\nnode_id: 1\nlisten_on: 127.0.0.1:1\n")
        done = subprocess.run(
            [pathlib.Path(QCCTL).with_name("quorumcalld"), "-c", node],
            capture_output=True,
            text=True,
        )
        assert done.returncode != 0
        assert f"{node}:3" in done.stderr and "listen_on" in done.stderr, done.stderr

        tenant = pathlib.Path(directory) / "tenant.yaml"
        tenant.write_text("tenant:\n  key: t\nsubjects:\n  - key: a\n    lable: b\n")
        _, said = run("config", "apply", str(tenant), expect=2)
        assert f"{tenant}:5" in said and "lable" in said, said


def exit_statuses_tell_what_went_wrong():
    """operations.md 2.2."""
    with Cluster() as cluster:
        tenant = ["--tenant", cluster.tenant]
        cluster.qcctl("number", "get", "+442079469999", *tenant, expect=1)
        cluster.qcctl("number", "fetch", *tenant, expect=2)
        cluster.qcctl("number", "list", "--no-such-field", "x", *tenant, expect=2)
        cluster.dev("kill", "1")
        wait_until(lambda: len(cluster.pids()) == 2, "a dead node")
        cluster.qcctl("cluster", "status", expect=4)
        cluster.dev("down")
        cluster.qcctl("cluster", "status", expect=3)
        start = time.monotonic()
        cluster.qcctl("number", "list", *tenant, "--timeout", "500ms", expect=3)
        assert time.monotonic() - start < 10


def a_tenant_file_may_be_applied_again():
    """The second time changes nothing."""
    with Cluster() as cluster:
        before = cluster.rows()
        said = cluster.qcctl(
            "config", "apply", str(TENANT_FILE), "-o", "json"
        )
        assert '"numbers":{"created":0,"updated":0,"unchanged":112}' in said, said
        assert said.count('"created":0,"updated":0') == said.count("created"), said
        assert cluster.rows() == before


def zones_of_the_machine_may_be_installed_again():
    """The second time changes nothing, and sends none."""
    with Cluster() as cluster:
        said = json.loads(cluster.qcctl("zones", "install", "-o", "json"))
        assert said["created"] > 300, said
        assert said["updated"] == said["unchanged"] == 0, said
        before = cluster.qcctl("zones", "list", "-o", "json")
        again = json.loads(cluster.qcctl("zones", "install", "-o", "json"))
        assert again == {"created": 0, "updated": 0, "unchanged": said["created"]}
        assert cluster.qcctl("zones", "list", "-o", "json") == before
        names = cluster.qcctl("zones", "list", "-o", "raw").split("\n")
        assert any(name.startswith("Europe/Berlin ") for name in names), names
        cluster.qcctl("zones", "install", "--from", "/nonexistent", expect=1)


def qcctl_outlives_nodes_that_close_while_it_writes():
    """That is told by SIGPIPE, which must not end it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        qcctl = subprocess.Popen(
            [QCCTL, "member", "list", "--endpoints", f"{host}:{port}"],
            stderr=subprocess.DEVNULL,
        )
        try:
            with silent.accept()[0]:  # it calls
                status = pathlib.Path(f"/proc/{qcctl.pid}/status").read_text()
        finally:
            qcctl.kill()
            qcctl.wait()
    ignored = int(re.search(r"^SigIgn:\s+(\w+)$", status, re.M)[1], 16)
    assert ignored & 1 << signal.SIGPIPE - 1, status
