"""Redis: a master with two replicas, each of which waits for the disk at every
write (appendfsync always); asked by qcload, with a WAIT 1 behind each write.

That is no consensus: what was acknowledged can be lost when the master fails."""

import shutil
import socket
import subprocess

from bench import Ask
from systems import BASES, Broken, Processes, free_base_port, wait_until

CONNECTIONS_MAX = 512  # more are not faster, and one WAIT is all that one has
BATCH = 1000


class Redis(Processes):
    name = "Redis"
    note = "WAIT is not consensus: acknowledged writes can be lost at failover"

    def __init__(self):
        self.missing = None if shutil.which("redis-server") else "Redis (redis-server)"

    def bring_up(self):
        said = subprocess.run(["redis-server", "--version"], capture_output=True, text=True)
        self.version = said.stdout.partition("v=")[2].split()[0]
        base = free_base_port()
        self.ports = [base + i for i in BASES]
        for port in self.ports:
            home = self.top / str(port)
            home.mkdir()
            words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
            words += ["--dir", str(home), "--save", "", "--tcp-backlog", "1024"]
            words += ["--appendonly", "yes", "--appendfsync", "always"]
            words += ["--repl-diskless-sync-delay", "0"]
            if port != base:
                words += ["--replicaof", "127.0.0.1", str(base)]
            self.start(words)
        wait_until(self._has_both, "two replicas of Redis", 60)

    def ask(self, *words):
        """What the master says to one command, as text."""
        request = f"*{len(words)}\r\n"
        for word in words:
            request += f"${len(word)}\r\n{word}\r\n"
        with socket.create_connection(("127.0.0.1", self.ports[0]), 20) as connection:
            connection.sendall(request.encode())
            with connection.makefile("rb") as replies:
                first = replies.readline().decode().strip()
                if first.startswith("-"):
                    raise Broken(f"Redis: {first}")
                return replies.read(int(first[1:])).decode() if first[0] == "$" else first[1:]

    def _info(self, section):
        lines = (line.partition(":") for line in self.ask("INFO", section).splitlines())
        return {name: value for name, _, value in lines}

    def _has_both(self):
        self.check()
        try:
            told = self._info("replication")
        except OSError:
            return False
        return sum("state=online" in told.get(f"slave{i}", "") for i in (0, 1)) == 2

    def where(self):
        if not self._has_both():
            raise Broken("Redis has lost a replica")
        return f"127.0.0.1:{self.ports[0]}"

    def done(self, path):
        told = self._info("commandstats").get(f"cmdstat_{path.lower()}")
        if told is None:
            return 0
        counts = dict(one.split("=") for one in told.split(","))
        if counts["rejected_calls"] != "0" or counts["failed_calls"] != "0":
            raise Broken(f"Redis has refused {path}: {told}")
        return int(counts["calls"])

    def add(self, name, members):
        """All of them are in the set |name|."""
        for i in range(0, len(members), BATCH):
            self.ask("SADD", name, *members[i : i + BATCH])


class AskRedis(Ask):
    """A connection for each that works at a time, up to a bound."""

    def at(self, connections, streams):
        return super().at(min(CONNECTIONS_MAX, connections * streams), 1)
