"""What a workload is made of: measurements in turns, cells, and their targets."""

import contextlib
import json
import os
import resource
import statistics
import sys

import machine
from systems import Broken, Quorumcall

KEYS = 10000  # as many branches as a tenant may have
WARM_UP = 1000  # ms, of which nothing is measured
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

    def __init__(self, workload, paths, *words):
        self.workload = workload
        self.paths = paths  # each is called once in an operation
        self.words = words

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
    and words for it. |label| tells two sides of one system apart."""

    def __init__(self, system, ask, words, label=None):
        self.system = system
        self.ask = ask
        self.words = words
        self.label = label or system.name


class Target:
    """What one measure of ours is to be: as a ratio to that of |peer|, or to our
    own in the cell of the same work that is called |than|, or, with neither,
    by itself. It is judged by medians, or by |of|: "median" or "max"."""

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
        self.done = [system.done(path) for path in ask.paths]
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
        for path, then, now in zip(side.ask.paths, before.done, after.done):
            if now - then != told["operations"]:
                raise Broken(
                    f"{path}: the client was answered {told['operations']} times,"
                    f" the server has answered {now - then}"
                )
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
        self.missing = []
        self.patience = machine.Patience()

    @contextlib.contextmanager
    def up(self, *systems):
        """Those that this machine has."""
        with contextlib.ExitStack() as stack:
            found = []
            for system in systems:
                if system.missing:
                    self.missing.append(system.missing)
                    say(f"{self.name}: {system.missing} is not installed: left out")
                else:
                    found.append(stack.enter_context(system))
                    self.versions[system.name] = system.version
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

    def in_turns(self, called, sides, repeats=None):
        """Measures each side so many times, in the order ABBA; returns what was
        measured, by label, and whether the machine was quiet before and after."""
        say(f"{self.name}: {called}")
        quiet = self.patience.wait_until_quiet()
        runs = {side.label: [] for side in sides}
        for i in range(repeats or self.options.repeats):
            for side in sides if i % 2 == 0 else reversed(sides):
                times = Times(WARM_UP, self.options.time, i + 1)
                runs[side.label].append(measure(side, times))
        return runs, quiet and machine.is_quiet()

    def cell(self, what, clients, sides, targets=(), size=None, repeats=None):
        """A cell of loads in turns; returns the medians of a second by label."""
        runs, quiet = self.in_turns(f"{what}, {clients}", sides, repeats)
        measures = MEASURES if clients.startswith("open") else MEASURES + CEILING
        self.add(what, clients, runs, measures, quiet, targets, size)
        return {label: median(made, "per_second") for label, made in runs.items()}

    def result(self):
        return {
            "workload": self.name,
            "machine": machine.describe(),
            "versions": self.versions,
            "missing": self.missing,
            "repeats": self.options.repeats,
            "time_ms": self.options.time,
            "cells": self.cells,
        }


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def say(text):
    print(text, file=sys.stderr, flush=True)


def fill(system, ask, keys=KEYS):
    """Every key is there."""
    system.load([ask.workload, *ask.words, "--operations", str(keys)]
                + ["--keys", str(keys), *shape_words(8, 8)])


def shape_words(connections, streams):
    return ["--connections", str(connections), "--streams", str(streams)]


def smoke_of(system, *asks, rate=None):
    """That each of them is measured at all."""
    few = [*shape_words(2, 4), "--keys", "500"]
    if rate is not None:
        few += ["--rate", str(rate)]
    for ask in asks:
        assert measure(Side(system, ask, few), Times(100, 500, 1))["told"]["operations"] > 0
