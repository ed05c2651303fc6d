"""What makes and takes calls: Kamailio, the connector, and sipp on both sides."""

import os
import pathlib
import re
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CONNECTOR = ROOT / "client/connectors/kamailio"
RECORD = re.compile(r"\b(connected|ended|answered|rang_out|declined|abandoned) (\S+)")

INI = """
[cluster]
endpoints = {endpoints}
tenant = demo
connector = kamailio-1
api_key_file = {key_file}
[sip]
listen = 127.0.0.1:{connector_port}
kamailio = 127.0.0.1:{link_port}
[state]
directory = {state}
"""


class Ports:
    """Free ones of loopback, each given out once."""

    def __init__(self):
        self.next = 34000 + os.getpid() * 53 % 20000

    def take(self, kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM)):
        for port in range(self.next, 60000):
            sockets = [socket.socket(type=kind) for kind in kinds]
            try:
                for one in sockets:
                    one.bind(("127.0.0.1", port))
                self.next = port + 1
                return port
            except OSError:
                continue
            finally:
                for one in sockets:
                    one.close()
        raise AssertionError("no free ports")


class Program:
    """One process of ours, what it says in |log|."""

    def __init__(self, log, words, environment=None, keep=()):
        self.log = log
        self.words = [str(word) for word in words]
        self.environment = environment
        self.keep = keep  # file descriptors
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                env={**os.environ, **(self.environment or {})},
                pass_fds=self.keep,
            )
        return self

    def kill(self):
        """As a failing machine does."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds=10):
        """As an operator does; gives its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return "killed"

    def said(self, last=None):
        return self.log.read_text(errors="replace")[-last if last else 0 :]


def kamailio(top, ports):
    """Before the connector; (program, its port, the connector's, the link's)."""
    sip_port, connector_port, link_port = (ports.take() for _ in range(3))
    (top / "run").mkdir()
    defines = {
        "SIP_LISTEN": f"udp:127.0.0.1:{sip_port}",
        "LINK_PORT": link_port,
        "CONNECTOR": f'"sip:127.0.0.1:{connector_port};transport=tcp"',
    }
    words = ["kamailio", "-f", CONNECTOR / "kamailio.cfg", "-DD", "-E", "-m", "64"]
    words += ["-Y", top / "run"]
    for name, value in defines.items():
        words += ["-A", f"{name}={value}"]
    program = Program(top / "kamailio.log", words)
    return program, sip_port, connector_port, link_port


# As systemd hands a socket on.
HAND_ON = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def connector(top, messages, connector_port, **fields):
    """The connector, whose state and socket outlive it."""
    path = top / "kamailio.ini"
    text = INI.format(state=top / "state", connector_port=connector_port, **fields)
    path.write_text(text)
    server = socket.create_server(("127.0.0.1", connector_port))
    words = [sys.executable, "-c", HAND_ON, server.fileno()]
    program = Program(
        top / "connector.log",
        [*words, CONNECTOR / "connector.py", path],
        {"PYTHONPATH": str(messages), "PYTHONDONTWRITEBYTECODE": "1"},
        keep=(server.fileno(),),
    )
    program.socket = server
    return program


class Sipp(Program):
    """One sipp with one scenario; its records are what it has logged."""

    def __init__(self, top, name, scenario, port, *words):
        self.name = name
        self.port = port
        self.top = top
        super().__init__(
            top / f"{name}.out",
            ["sipp", "-sf", HERE / f"{scenario}.xml", "-nostdin"]
            + ["-i", "127.0.0.1", "-p", port, "-deadcall_wait", "0"]
            + ["-trace_logs", "-log_file", top / f"{name}.log"]
            + ["-trace_err", "-error_file", top / f"{name}.err"]
            + ["-trace_stat", "-stf", top / f"{name}.csv", "-fd", "1"]
            + list(words),
        )

    def records(self):
        """{what happened: [Call-IDs]}"""
        found = {}
        path = self.top / f"{self.name}.log"
        if path.exists():
            for what, ref in RECORD.findall(path.read_text(errors="replace")):
                found.setdefault(what, []).append(ref)
        return found

    def statistics(self):
        """The last line of its CSV, by its headings."""
        lines = (self.top / f"{self.name}.csv").read_text().splitlines()
        return dict(zip(lines[0].split(";"), lines[-1].split(";")))

    def errors(self):
        path = self.top / f"{self.name}.err"
        return path.read_text(errors="replace") if path.exists() else ""


def wait_for(condition, what, seconds):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(0.1)
