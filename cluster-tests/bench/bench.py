"""What a workload is made of: measurements in turns, cells, and their targets."""

import contextlib
import json
import os
import resource
import statistics
import sys

import machine
from systems import Broken, Quorumcall

WARM_UP = 500  # ms, of which nothing is measured
SMOKE_KEYS = 500
OPEN_REPEATS = 2
SHARES = (50, 80)  # per cent of what the slowest can do
SHAPES = ((1, 1), (8, 8), (16, 64))  # connections, streams

# What a cell measures: its name, what it is called, digits.
MEASURES = (
    ("per_second", "a second", 0),
    ("p50_ms", "p50, ms", 2),
    ("p99_ms", "p99, ms", 2),
    ("cpu_us", "processor, us each", 1),
    ("bytes", "bytes written each", 0),
    ("fsyncs", "fsyncs each", 3),
)
# How many there were a second if the processors did nothing else and never waited:
# all of them, divided by what servers and client use for one. Of closed loops.
CEILING = (
    ("ceiling", "a second, by the processor", 0),
    ("share", "share of that", 2),
)


class Ask:
    """A workload of qcload, as one system is asked for it."""

    def __init__(self, workload, paths, *words, tried=None):
        self.workload = workload
        self.paths = paths  # each is called once in an operation
        self.tried = tried  # and this one once more whenever another was quicker
        self.words = words

    def at(self, connections, streams):
        """Words for that many which work at a time."""
        return shape_words(connections, streams)

    def run(self, system, words, times):
        return json.loads(
            system.load([self.workload, *self.words, *words, *times.words()])
        )


class Times:
    """How long one measurement takes, and what chance begins with."""

    def __init__(self, warm_up, time, seed):
        self.warm_up = warm_up  # ms, of which nothing is measured
        self.time = time  # ms
        self.seed = seed

    def words(self):
        words = ["--warm-up", self.warm_up, "--time", self.time, "--seed", self.seed]
        return [str(word) for word in words]


class Side:
    """One system as it does the work of a cell: an Ask or what runs like one,
    and words for it. |what| is set where we do it in another way than the one
    that the cell is called after."""

    def __init__(self, system, ask, words=(), what=None):
        self.system = system
        self.ask = ask
        self.words = words
        self.what = what
        self.is_ours = system.name == Quorumcall.name
        self.label = f"{system.name}, {what}" if what else system.name

    def at(self, shape, *words):
        """The same with so many at a time."""
        return Side(self.system, self.ask, [*self.ask.at(*shape), *words], self.what)


class Target:
    """What one measure of ours is to be: as a ratio to that of |peer|, or to our
    own in the cell of the same work that is called |than|, or, with neither,
    by itself. It is judged by medians, or by |of|: "median" or "p99"."""

    def __init__(self, measure, least=None, most=None, peer=None, than=None, of="median"):
        self.measure = measure
        self.least = least
        self.most = most
        self.peer = peer
        self.than = than
        self.of = of

    def __str__(self):
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    def is_met(self, value):
        return value >= self.least if self.least is not None else value <= self.most


def clients_us():
    """Processor time of this process and of what it has waited for."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime
    return int(seconds * 1000000)


class State:
    """What is counted of a system and of the machine at one moment."""

    def __init__(self, system, ask):
        system.check()
        self.leader = system.where()
        self.done = {path: system.done(path) for path in ask.paths}
        if ask.tried:
            self.done[ask.tried] = system.done(ask.tried)
        self.fsyncs = system.fsyncs()
        self.cpu_us, self.written = machine.used(system.pids())
        self.clients_us = clients_us()
        self.all_us = machine.processors_us()


def measure(side, times):
    """One measurement; Broken: it is none."""
    try:
        before = State(side.system, side.ask)
        told = side.ask.run(side.system, side.words, times)
        after = State(side.system, side.ask)
        if after.leader != before.leader:
            raise Broken("the leader has changed")
        for path, done in after.done.items():
            n = told["operations"] + (told["lost"] if path == side.ask.tried else 0)
            if done - before.done[path] != n:
                raise Broken(f"{path}: the client was answered {n} times,"
                             f" the server has answered {done - before.done[path]}")
    except Broken as error:
        raise Broken(f"{side.label}: {error}") from None
    return _measured(before, after, told)


def _measured(before, after, told):
    latency = told["latency"]
    n = told["operations"]
    cpu_us = after.cpu_us - before.cpu_us
    used = told.get("used", {"n": n, "cpu_us": cpu_us, "bytes": after.written - before.written})
    all_clients_us = after.clients_us - before.clients_us
    server_us = used["cpu_us"] / used["n"]
    client_us = told.get("client_cpu_us", all_clients_us) / n
    ceiling = os.cpu_count() * 1000000 / (server_us + client_us)
    return {
        "per_second": told["per_second"],
        "p50_ms": latency["p50_us"] / 1000,
        "p99_ms": latency["p99_us"] / 1000,
        "cpu_us": server_us,
        "bytes": used["bytes"] / used["n"],
        "fsyncs": None if after.fsyncs is None else (after.fsyncs - before.fsyncs) / n,
        "client_us": client_us,
        "ceiling": ceiling,
        "share": told["per_second"] / ceiling,
        "foreign_us": max(0, after.all_us - before.all_us - all_clients_us - cpu_us),
        "told": told,
    }


class Bench:
    """One run of one workload. Its cells are each one row of work, with what was
    measured of all systems that did it."""

    def __init__(self, name, options):
        self.name = name
        self.options = options
        self.cells = []
        self.versions = {}
        self.notes = {}
        self.missing = []
        self.patience = machine.Patience()

    @contextlib.contextmanager
    def up(self, *systems):
        """Those that this machine has."""
        with contextlib.ExitStack() as stack:
            found = []
            for system in systems:
                if system.missing:
                    if system.missing not in self.missing:
                        self.missing.append(system.missing)
                        say(f"{self.name}: {system.missing} is not installed: left out")
                else:
                    found.append(stack.enter_context(system))
                    self.versions[system.name] = system.version
                    if system.note:
                        self.notes[system.name] = system.note
            yield found

    def add(self, what, clients, runs, measures, quiet=True, targets=(), size=None):
        """A cell: |runs| are, of each system, its measurements, each with all
        |measures| by their names; a measure that is None was not counted. Cells
        of one |what| that have a |size| are one plot of cost against size."""
        self.cells.append({
            "what": what, "clients": clients, "size": size, "quiet": quiet,
            "measures": measures, "runs": runs,
            "targets": [vars(target) for target in targets],
        })

    def in_turns(self, called, sides, repeats=None, time=None):
        """Measures each side so many times, in the order ABBA, |time| ms each;
        returns what was measured, by label, and whether the machine was quiet
        before and after."""
        say(f"{self.name}: {called}")
        quiet = self.patience.wait_until_quiet()
        runs = {side.label: [] for side in sides}
        for i in range(repeats or self.options.repeats):
            for side in sides if i % 2 == 0 else reversed(sides):
                times = Times(WARM_UP, time or self.options.time, i + 1)
                runs[side.label].append(measure(side, times))
        return runs, quiet and machine.is_quiet()

    def closed(self, what, sides, targets=()):
        """Cells of each shape in a closed loop, with |targets| as pairs of a shape
        and a Target; returns the medians of a second in the greatest."""
        for shape in SHAPES:
            reached = self.cell(
                what, called(shape), [side.at(shape) for side in sides],
                [target for wanted, target in targets if wanted == shape],
            )
        return reached

    def open(self, what, sides, reached):
        """Cells of an open loop, at shares of what the slowest can do."""
        for share in SHARES:
            rate = max(1, int(min(reached.values()) * share / 100))
            self.cell(what, f"open, {rate}/s",
                      [side.at(SHAPES[-1], "--rate", str(rate)) for side in sides],
                      repeats=min(OPEN_REPEATS, self.options.repeats))

    def cell(self, what, clients, sides, targets=(), size=None, repeats=None):
        """A cell of loads in turns, and one more, beside the same of the peers, for
        each other way of ours; returns the medians of a second by label."""
        runs, quiet = self.in_turns(f"{what}, {clients}", sides, repeats)
        measures = MEASURES if clients.startswith("open") else MEASURES + CEILING
        peers = {side.label: runs[side.label] for side in sides if not side.is_ours}
        for side in sides:
            if side.is_ours:
                self.add(side.what or what, clients, {Quorumcall.name: runs[side.label], **peers},
                         measures, quiet, targets, size)
        return {label: median(made, "per_second") for label, made in runs.items()}

    def result(self):
        return {
            "workload": self.name,
            "machine": machine.describe(),
            "versions": self.versions,
            "notes": self.notes,
            "missing": self.missing,
            "repeats": self.options.repeats,
            "time_ms": self.options.time,
            "cells": self.cells,
        }


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def say(text):
    print(text, file=sys.stderr, flush=True)


def fill(side, keys):
    """Every key is there."""
    side.system.load([side.ask.workload, *side.ask.words, "--operations", str(keys)]
                     + ["--keys", str(keys), *side.ask.at(8, 8)])


def called(shape):
    return "{} x {}".format(*shape)


def shape_words(connections, streams):
    return ["--connections", str(connections), "--streams", str(streams)]


def smoke_of(system, *asks, rate=None):
    """That each of them is measured at all."""
    words = ["--keys", str(SMOKE_KEYS)]
    if rate is not None:
        words += ["--rate", str(rate)]
    for ask in asks:
        told = measure(Side(system, ask).at((2, 4), *words), Times(50, 250, 1))["told"]
        assert told["operations"] > 0


def smoke_beside(*ready):
    """That each peer can be asked: pairs of a system, unless it is missing here, and
    what tries it."""
    for system, try_it in ready:
        if not system.missing:
            with system:
                try_it(system)
