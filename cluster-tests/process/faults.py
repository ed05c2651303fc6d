"""A fault under load, and the account of it that is printed."""

import contextlib
import time

from load import Ledger, Load
from nodes import Nodes

# Small, so that checkpoints are taken and the log is cut while all this goes on.
SETTINGS = """storage:
  checkpoint_entries: 1500
  trailing_entries: 500
  reserve_mib: 8
"""

_HEAD = ("fault", "acknowledged", "found", "lost", "gap ms")
_rows = []
_shared = None


def _line(row):
    fault, *numbers = row
    return f"{fault:<52}" + "".join(f"{number:>13}" for number in numbers)


def account():
    """What was found after each fault so far: rows of table()."""
    return _rows


def table(rows):
    """Such rows as text, a line each, with a head."""
    return "\n".join(_line(row) for row in [_HEAD, *rows])


def close_shared():
    """Ends the cluster that tests share, which must end well."""
    global _shared
    if _shared:
        nodes, _shared = _shared, None
        nodes.close()


@contextlib.contextmanager
def shared_nodes():
    """Three nodes, each on a disk of its own. They are the same for all tests
    that leave them well; one that fails takes them with it."""
    global _shared
    if not _shared:
        _shared = Nodes(on_disks=True, settings=SETTINGS).__enter__()
        _shared.ledger = Ledger()
    try:
        yield _shared
    except BaseException:
        nodes, _shared = _shared, None
        if nodes:
            nodes.close(failed=True)
        raise


@contextlib.contextmanager
def under_load(nodes, fault, **load):
    """Writes on |nodes| while the block makes |fault| and mends it. After it
    everything acknowledged is looked for on every node, and a line printed."""
    load = Load(nodes, nodes.ledger, **load)
    try:
        load.wait_for(100)
        since = time.monotonic()
        yield load
        load.wait_for(100)
    finally:
        load.stop()
    nodes.wait_until_equal()
    settle(nodes, fault, load.gap_ms(since))


def settle(nodes, fault, gap_ms):
    """Prints what became of all that was acknowledged; nothing may be lost."""
    founds = [nodes.ledger.compare(nodes, place) for place in nodes.up()]
    worst = max(founds, key=lambda found: found.lost)
    row = (fault, worst.acknowledged, worst.found, worst.lost, gap_ms)
    _rows.append(row)
    print("    " + _line(row), flush=True)
    assert all(found.acknowledged > 0 for found in founds)
    assert worst.lost == 0, f"{fault}: {worst.lost} writes lost"
    doubled = max(found.doubled for found in founds)
    assert doubled == 0, f"{fault}: {doubled} numbers or visits doubled"
