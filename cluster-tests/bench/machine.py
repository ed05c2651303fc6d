"""What this machine is, what processes use of it, and whether others do."""

import mmap
import os
import pathlib
import platform
import statistics
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
BLOCK = 4096
WRITES = 300
WRITE_US = 300  # what half of them may take at most
BUSY = 0.3  # what share of the processors others may use
LOOK = 0.3  # seconds
PATIENCE = 20  # seconds
PATIENCE_IN_ALL = 60


def describe():
    model = next(
        line.partition(":")[2].strip()
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "memory_gib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30,
        "kernel": platform.release(),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


def on_memory(directory):
    """Whether |directory| is on no disk, so that an fsync costs nothing."""
    found = ("", "")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, where, kind = line.split()[:3]
        if pathlib.Path(where) in (directory, *directory.parents):
            found = max(found, (where, kind), key=lambda one: len(one[0]))
    return found[1] in ("tmpfs", "ramfs")


def _children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += (task / "children").read_text().split()
    return [int(child) for child in found]


def family(pids):
    """|pids| and all that they have started and not waited for."""
    found = []
    for pid in pids:
        try:
            found += [pid, *family(_children(pid))]
        except FileNotFoundError:
            continue  # it has ended meanwhile; its parent has its account
    return found


def used(pids):
    """What they and those before them have used: us of processor time, bytes
    written to disk."""
    ticks = written = 0
    for pid in family(pids):
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
            io = pathlib.Path(f"/proc/{pid}/io").read_text()
        except FileNotFoundError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
        written += int(io.partition("\nwrite_bytes:")[2].split()[0])
    return ticks * 1000000 // TICKS, written


def resident(pid):
    """Bytes of memory that |pid| has now, of files that it has mapped too."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def on_disk(folders):
    """Bytes that all files below |folders| take, each once under however many names;
    what ends meanwhile takes none."""
    sizes = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            one = path.lstat()
        except FileNotFoundError:
            continue
        sizes[one.st_ino] = one.st_blocks * 512
    return sum(sizes.values())


def processors_us():
    """What all processes together have used since the machine started."""
    words = pathlib.Path("/proc/stat").read_text().split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, words)
    return (user + nice + system + irq + softirq + steal) * 1000000 // TICKS


def _write_us():
    """What a write of a block to the disk takes, in the middle."""
    times = []
    with tempfile.NamedTemporaryFile() as made:
        made.write(bytes(BLOCK * WRITES))
        made.flush()
        os.fsync(made.fileno())
        block = mmap.mmap(-1, BLOCK)  # aligned, as O_DIRECT wants it
        fd = os.open(made.name, os.O_WRONLY | os.O_DIRECT | os.O_DSYNC)
        try:
            for place in range(WRITES):
                before = time.monotonic()
                os.pwrite(fd, block, place * BLOCK)
                times.append(time.monotonic() - before)
        finally:
            os.close(fd)
    return statistics.median(times) * 1000000


def is_quiet():
    before = processors_us()
    time.sleep(LOOK)
    busy = (processors_us() - before) / (LOOK * 1000000 * os.cpu_count())
    return busy < BUSY and _write_us() < WRITE_US


class Patience:
    """How long one run waits for a quiet machine, in all."""

    def __init__(self):
        self.left = PATIENCE_IN_ALL

    def wait_until_quiet(self):
        """False: it is not, however long one waits."""
        began = time.monotonic()
        give_up = began + min(PATIENCE, self.left)
        quiet = is_quiet()
        while not quiet and time.monotonic() < give_up:
            quiet = is_quiet()
        self.left -= time.monotonic() - began
        return quiet
