"""strace on a node that runs: its calls fail, or take long."""

import pathlib
import signal
import subprocess
import tempfile


class Injection:
    """|what| happens to |calls| of the process |pid| while the block lasts, as
    strace's inject says it: "error=EIO:when=3+", "delay_enter=200000". With
    |path| only to those on that file."""

    def __init__(self, pid, calls, what, path=None):
        self.arguments = ["-e", f"trace={calls}", "-e", f"inject={calls}:{what}"]
        self.arguments += ["-P", str(path)] if path else []
        self.pid = pid

    def __enter__(self):
        self.seen = tempfile.NamedTemporaryFile(prefix="quorumcall-strace-")
        self.strace = subprocess.Popen(
            ["strace", "-f", "-p", str(self.pid), "-o", self.seen.name]
            + self.arguments,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = self.strace.stderr.readline()
        while said and "attached" not in said:  # resolving a path comes first
            said = self.strace.stderr.readline()
        assert said, "strace did not attach"
        return self

    def __exit__(self, kind, *_):
        """Lets go of the process, if it is still there. It must have bitten."""
        self.strace.send_signal(signal.SIGTERM)
        try:
            self.strace.wait(10)
        except subprocess.TimeoutExpired:
            self.strace.kill()
            self.strace.wait()
        self.strace.stderr.close()
        seen = pathlib.Path(self.seen.name).read_text(errors="replace")
        self.seen.close()
        bitten = "(INJECTED)" in seen or "(DELAYED)" in seen
        assert kind or bitten, f"nothing was injected: {seen[-2000:]}"
