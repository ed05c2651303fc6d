"""PostgreSQL: a primary with two standbys, of which one must have each commit on
its disk before it is answered; asked by pgbench."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

import machine
from systems import Broken, Processes, free_base_port, wait_until

VERSIONS = pathlib.Path("/usr/lib/postgresql")  # where Debian has them
USER = "bench"
CLIENTS_MAX = 64
CONFIG = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = '1GB'
max_connections = 200
"""
QUORUM = "synchronous_standby_names = 'ANY 1 (s1, s2)'\n"
STANDBY = "primary_conninfo = 'host=127.0.0.1 port={port} user={user} application_name={name}'\n"
BENCHING = "select count(*) from pg_stat_activity where application_name = 'pgbench'"
TOLD = re.compile(r"actually processed: (\d+).*failed transactions: 0 ", re.S)


def _folder():
    found = sorted(VERSIONS.glob("*/bin"), key=lambda one: int(one.parent.name))
    return found[-1] if found else None


class Postgres(Processes):
    name = "PostgreSQL"
    note = "it does SQL; a commit for each command of ours; no failover of its own"

    def __init__(self):
        self.bin = _folder()
        self.missing = None if self.bin else "PostgreSQL (postgresql-15)"

    def _program(self, name):
        return str(self.bin / name)

    def _as_its_user(self):
        """It refuses to be root."""
        if os.getuid() != 0:
            return {}
        of = pwd.getpwnam("postgres")
        return {"user": of.pw_uid, "group": of.pw_gid, "extra_groups": [], "cwd": self.top}

    def _run(self, name, *words):
        done = subprocess.run(
            [self._program(name), *words], capture_output=True, text=True, timeout=120,
            **self._as_its_user(),
        )
        if done.returncode != 0:
            raise Broken(f"{name}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def bring_up(self):
        self.version = self._run("postgres", "--version").split()[2]
        self.port = free_base_port()
        as_user = self._as_its_user()
        if as_user:
            os.chown(self.top, as_user["user"], as_user["group"])
        primary = self.top / "primary"
        self._run("initdb", "-D", str(primary), "-U", USER, "--auth", "trust", "-E", "UTF8")
        self._configure(primary, CONFIG.format(port=self.port))
        self.start([self._program("postgres"), "-D", str(primary)], **as_user)
        wait_until(lambda: self._answers(self.port), "PostgreSQL", 60)
        for place, name in ((10, "s1"), (20, "s2")):
            home = self.top / name
            self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER,
                      "-D", str(home), "-R", "--checkpoint=fast")
            self._configure(home, f"port = {self.port + place}\n")
            with open(home / "postgresql.auto.conf", "a") as out:
                out.write(STANDBY.format(port=self.port, user=USER, name=name))
            self.start([self._program("postgres"), "-D", str(home)], **as_user)
        self._configure(primary, QUORUM)
        self.processes[0].send_signal(signal.SIGHUP)
        wait_until(lambda: self._in_quorum() == 2, "two standbys", 60)

    @staticmethod
    def _configure(home, lines):
        with open(home / "postgresql.conf", "a") as out:
            out.write(lines)

    def _answers(self, port):
        self.check()
        words = ["-h", "127.0.0.1", "-p", str(port), "-q"]
        return subprocess.run([self._program("pg_isready"), *words]).returncode == 0

    def sql(self, text):
        return self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER,
                         "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt", "-c", text)

    def _in_quorum(self):
        text = "select count(*) from pg_stat_replication where sync_state = 'quorum'"
        return int(self.sql(text))

    def where(self):
        if self._in_quorum() != 2:
            raise Broken("PostgreSQL has lost a standby")
        return f"127.0.0.1:{self.port}"

    def done(self, path):
        """|path| is what asks how often it was done."""
        return int(self.sql(path))

    def pgbench(self, script, clients, times):
        """Runs |script| for a while: how often in all, what the processes used
        while it was measured, and of what ended then, how long each took."""
        logs = self.top / "pgbench"
        logs.mkdir()
        os.chmod(logs, 0o777)
        file = self.top / "script.sql"
        file.write_text(script)
        os.chmod(file, 0o644)
        seconds = (times.warm_up + times.time) // 1000 + 1
        words = [self._program("pgbench"), "-h", "127.0.0.1", "-p", str(self.port)]
        words += ["-U", USER, "-n", "-M", "prepared", "-c", clients, "-j", "1"]
        words += ["-T", str(seconds), "--random-seed", str(times.seed), "-f", str(file)]
        words += ["-l", "--log-prefix", str(logs / "log"), "postgres"]
        program = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            **self._as_its_user(),
        )
        try:
            time.sleep(times.warm_up / 1000)
            begin = (time.time(), *machine.used(self.pids()))
            time.sleep(times.time / 1000)
            end = (time.time(), *machine.used(self.pids()))
            said, _ = program.communicate(timeout=seconds + 60)
            told = TOLD.search(said)
            # What they have counted, they tell when they end.
            wait_until(lambda: self.sql(BENCHING) == "0\n", "the end of pgbench", 60)
            if program.returncode != 0 or not told:
                raise Broken(f"pgbench: {said[-500:]}")
            done = [line.split() for path in logs.iterdir() for line in path.open()]
        finally:
            program.kill()
            program.wait()
            shutil.rmtree(logs)
        us = [
            int(words[2]) for words in done
            if begin[0] <= int(words[4]) + int(words[5]) / 1000000 < end[0]
        ]
        if not us:
            raise Broken("pgbench: nothing was measured")
        return int(told[1]), [now - then for then, now in zip(begin, end)], sorted(us)


class Script:
    """What pgbench does, as |Ask| of beside is what qcload does. Its clients are
    processes of PostgreSQL, which cost much to begin: so they are measured from
    when they have."""

    tried = None

    def __init__(self, text, count):
        self.text = text
        self.paths = [count]

    def at(self, connections, streams):
        """It is faster with 64 clients than with more."""
        return [str(min(CLIENTS_MAX, connections * streams))]

    def run(self, system, words, times):
        """|words| are how many clients there are."""
        n, (seconds, cpu_us, written), us = system.pgbench(self.text, words[0], times)

        def at(share):
            return us[min(len(us) - 1, int(len(us) * share))]

        return {
            "operations": n,
            "per_second": len(us) / seconds,
            "used": {"n": len(us), "cpu_us": cpu_us, "bytes": written},
            "latency": {"n": len(us), "p50_us": at(0.5), "p90_us": at(0.9),
                        "p99_us": at(0.99), "p999_us": at(0.999), "max_us": us[-1]},
        }


def again_if_0(variable, statement):
    """Lines of a script that do |statement|, which sets |variable|, once more for as
    often as it came to 0; five times, since pgbench knows no loops."""
    return f"\\set none :{variable} = 0\n\\if :none\n{statement}\\endif\n" * 5
