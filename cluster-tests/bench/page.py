"""One page of all results: tables, and throughput against latency and cost against
size, as SVG."""

import html
import json
import math
import statistics

WIDTH, HEIGHT, EDGE = 460, 300, 60
COLOURS = ("#0b6", "#c33", "#36c", "#a60")
NO_COST = ("per_second", "ceiling", "share", "p50_ms")  # of what a cell measures
STYLE = """
body { font: 14px sans-serif; margin: 2em; max-width: 1300px }
table { border-collapse: collapse } td, th { padding: 2px 8px; text-align: left }
tr:nth-child(even) { background: #f3f3f3 } svg { margin: 8px }
"""


def write(directory):
    """Writes index.html of all results that are in |directory|."""
    results = [json.loads(path.read_text()) for path in sorted(directory.glob("W*.json"))]
    body = "".join(_result(result) for result in results)
    (directory / "index.html").write_text(
        "<!doctype html><meta charset='utf-8'><title>Quorumcall beside others</title>"
        f"<style>{STYLE}</style><h1>Quorumcall beside others</h1>{body}"
    )


def _result(result):
    versions = ", ".join(f"{name} {v}" for name, v in result["versions"].items())
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    names = list(dict.fromkeys(name for cell in result["cells"] for name in cell["runs"]))
    whats = dict.fromkeys(cell["what"] for cell in result["cells"])
    plots = "".join(
        _plot(names, *drawn)
        for what in whats
        for drawn in (_by_throughput(result, what), *_by_size(result, what))
    )
    notes = "".join(
        f"<p>{html.escape(name)}: {html.escape(note)}</p>"
        for name, note in result["notes"].items()
    )
    left_out = "".join(f"<p>Left out: {html.escape(m)}</p>" for m in result["missing"])
    return (
        f"<h2>{result['workload']}</h2><p>{html.escape(versions)}; {html.escape(machine)};"
        f" {result['repeats']} measurements of {result['time_ms']} ms</p>"
        f"{notes}{left_out}{plots}{_table(result['rows'])}"
    )


def _table(rows):
    head = "".join(f"<th>{name}</th>" for name in rows[0])
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(value)}</td>" for value in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"


def _median(runs, name):
    """None: it was not counted, or there is no such measure."""
    values = [run.get(name) for run in runs]
    return None if None in values else statistics.median(values)


def _by_throughput(result, what):
    """A title, and lines: by system and kind, (a second, ms, what it is) of each
    cell. What was measured at a size is no point of them."""
    lines = {}
    for cell in result["cells"]:
        if cell["what"] != what or cell["size"] is not None:
            continue
        kind = "open" if cell["clients"].startswith("open") else "closed"
        for name, runs in cell["runs"].items():
            x, y = _median(runs, "per_second"), _median(runs, "p99_ms")
            if x and y:
                told = f"{name}, {cell['clients']}: {x:,.0f}/s, {y:.2f} ms"
                lines.setdefault((name, kind), []).append((x, y, told))
    return f"{what}: p99 (ms) against a second", lines


def _by_size(result, what):
    """The same of each measure that is a cost, against the size."""
    cells = [cell for cell in result["cells"] if cell["what"] == what and cell["size"]]
    measures = dict.fromkeys((m[0], m[1]) for cell in cells for m in cell["measures"])
    for measure, called in measures:
        lines = {}
        for cell in cells:
            for name, runs in cell["runs"].items():
                y = _median(runs, measure)
                if y and measure not in NO_COST:
                    told = f"{name}, {cell['size']:,}: {y:,.2f}"
                    lines.setdefault((name, "size"), []).append((cell["size"], y, told))
        yield f"{what}: {called}, against size", lines


def _scale(values, low, high):
    """From a value to a place between |low| and |high|, by its logarithm."""
    first = math.floor(math.log10(min(values)))
    last = max(first + 1, math.ceil(math.log10(max(values))))
    step = (high - low) / (last - first)
    ticks = [(10.0**power, low + (power - first) * step) for power in range(first, last + 1)]
    return (lambda value: low + (math.log10(value) - first) * step), ticks


def _plot(names, title, lines):
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    x_of, x_ticks = _scale([p[0] for p in points], EDGE, WIDTH - 20)
    y_of, y_ticks = _scale([p[1] for p in points], HEIGHT - EDGE, 30)
    parts = [f"<text x='{EDGE}' y='18'>{html.escape(title)}</text>"]
    for value, x in x_ticks:
        parts.append(f"<line x1='{x}' x2='{x}' y1='30' y2='{HEIGHT - EDGE}' stroke='#ddd'/>")
        parts.append(
            f"<text x='{x}' y='{HEIGHT - EDGE + 16}' text-anchor='middle'>{value:,.10g}</text>"
        )
    for value, y in y_ticks:
        parts.append(f"<line x1='{EDGE}' x2='{WIDTH - 20}' y1='{y}' y2='{y}' stroke='#ddd'/>")
        parts.append(f"<text x='8' y='{y + 4}'>{value:g}</text>")
    for (name, kind), line in lines.items():
        colour = COLOURS[names.index(name) % len(COLOURS)]
        dashes = "stroke-dasharray='4'" if kind == "open" else ""
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y, _ in sorted(line))
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' {dashes}/>")
        for x, y, told in line:
            parts.append(
                f"<circle cx='{x_of(x):.1f}' cy='{y_of(y):.1f}' r='4' fill='{colour}'>"
                f"<title>{html.escape(told)}</title></circle>"
            )
    for place, name in enumerate(names):
        parts.append(
            f"<text x='{EDGE + 100 * place}' y='{HEIGHT - 12}' fill='{COLOURS[place % 4]}'>"
            f"{html.escape(name)}</text>"
        )
    return f"<svg width='{WIDTH}' height='{HEIGHT}' font-size='12'>{''.join(parts)}</svg>"
