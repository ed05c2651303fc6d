"""What the README asks a newcomer to run."""

import pathlib
import subprocess
import sys

from cluster import QCCTL

DEMO = pathlib.Path(__file__).resolve().parents[2] / "client/examples/demo.py"


def the_demo_of_the_readme_ends_well():
    """Three nodes, visitors and calls, and the leader is killed on the way."""
    done = subprocess.run(
        [sys.executable, DEMO, QCCTL], capture_output=True, text=True, timeout=180
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0 and "\ndemo: ok " in told, told[-4000:]
