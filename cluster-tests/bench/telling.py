"""What was measured, in lines of a table."""

import math
import statistics
import sys

from bench import Target
from systems import Quorumcall

COLUMNS = ("workload", "clients", "measure", "ours", "peer", "theirs", "ratio", "target", "met")


def rows_of(result):
    """Of each cell, peer and measure, a line of the table, and one of each target
    that is not a ratio to a peer."""
    for cell in result["cells"]:
        targets = [Target(**wanted) for wanted in cell["targets"]]
        peers = [name for name in cell["runs"] if name != Quorumcall.name]
        for peer in peers or [None]:
            for measured in cell["measures"]:
                yield _beside(result, cell, peer, measured, targets)
        for target in targets:
            if target.peer is None:
                yield _by_itself(result, cell, target)


def _row(result, cell, called, **columns):
    return {
        **dict.fromkeys(COLUMNS, ""),
        "workload": f"{result['workload']} {cell['what']}",
        "clients": cell["clients"],
        "measure": called,
        "peer": "-", "theirs": "-", "ratio": "-",
        **columns,
        "met": "" if cell["quiet"] else "BUSY",
    }


def _is_none(cell):
    """One client alone on a machine that is not quiet measures the others."""
    return not cell["quiet"] and cell["clients"].startswith("1 ")


def _values(cell, side, name):
    return [run[name] for run in cell["runs"][side]]


def p99(values):
    """Of fewer than a hundred, the greatest."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def _figure(values, digits):
    if None in values:
        return "not counted"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}-{high:,.{digits}f})"


def _judge(row, target, value):
    verdict = "met" if target.is_met(value) else "NOT MET"
    row["target"] = str(target)
    row["met"] = f"{verdict} {row['met']}".strip()


def _beside(result, cell, peer, measured, targets):
    name, called, digits = measured
    if _is_none(cell):
        return _row(result, cell, called, peer=peer or "-", ours="discarded",
                    theirs="discarded" if peer else "-")
    ours = _values(cell, Quorumcall.name, name)
    row = _row(result, cell, called, peer=peer or "-", ours=_figure(ours, digits))
    if peer is None:
        return row
    theirs = _values(cell, peer, name)
    row["theirs"] = _figure(theirs, digits)
    if None in ours or None in theirs or not statistics.median(theirs):
        return row
    ratio = statistics.median(ours) / statistics.median(theirs)
    row["ratio"] = f"{ratio:.2f}"
    for target in targets:
        if (target.peer, target.measure) == (peer, name) and target.of == "median":
            _judge(row, target, ratio)
    return row


def _by_itself(result, cell, target):
    """Our own figure, or its ratio to that of another cell."""
    called, digits = next(rest for name, *rest in cell["measures"] if name == target.measure)
    if target.of != "median":
        called += ", p99"
    if _is_none(cell):
        return _row(result, cell, called, ours="discarded")
    of = {"median": statistics.median, "p99": p99}[target.of]
    value = of(_values(cell, Quorumcall.name, target.measure))
    row = _row(result, cell, called, ours=f"{value:,.{digits}f}")
    if target.than is not None:
        than = next(one for one in result["cells"]
                    if (one["what"], one["clients"]) == (cell["what"], target.than))
        other = of(_values(than, Quorumcall.name, target.measure))
        row["peer"] = f"ours, {target.than}"
        row["theirs"] = f"{other:,.{digits}f}"
        value /= other
        row["ratio"] = f"{value:.2f}"
        if not than["quiet"]:
            row["met"] = "BUSY"
    _judge(row, target, value)
    return row


def tell(result):
    lines = [dict(zip(COLUMNS, COLUMNS)), *rows_of(result)]
    widths = {c: max(len(line[c]) for line in lines) for c in COLUMNS}
    versions = ", ".join(f"{n} {v}" for n, v in result["versions"].items())
    what = result["machine"]
    print(f"{result['workload']}: {versions}; {what['processor']}, {what['processors']}"
          f" processors, Linux {what['kernel']}; {what['date']}")
    for line in lines:
        print("  ".join(line[c].ljust(widths[c]) for c in COLUMNS).rstrip())
    for name, note in result["notes"].items():
        print(f"{name}: {note}")
    for name in result["missing"]:
        print(f"left out: {name} is not installed")
    sys.stdout.flush()
