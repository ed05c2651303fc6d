"""A file system of its own, that can be filled, cut off and broken."""

import fcntl
import os
import pathlib
import struct
import subprocess
import time

SIZE_MIB = 256
MIB = 1024 * 1024
LOG_AND_ALL_ELSE_IS_LOST = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH


def _run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr)


def _ior(kind, number, size):
    """_IOR of the kernel's headers."""
    return 2 << 30 | size << 16 | kind << 8 | number


IOC_SHUTDOWN = _ior(ord("X"), 125, struct.calcsize("=I"))


class Disk:
    """ext4 with a journal in a file, mounted at |top|/disk|name|. Needs root."""

    def __init__(self, top, name, size_mib=SIZE_MIB):
        self.image = pathlib.Path(top) / f"image{name}"
        self.path = pathlib.Path(top) / f"disk{name}"
        self.ballast = self.path / "ballast"
        self.mounted = False
        self.path.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(size_mib * MIB)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=8", str(self.image))
        self.mount()

    def mount(self):
        _run("mount", "-o", "loop", str(self.image), str(self.path))
        self.mounted = True

    def unmount(self, lazily=False):
        """Nobody may use it any more; a process that is just ending may keep it
        busy a moment longer."""
        if not self.mounted:
            return
        for attempt in range(100):
            try:
                _run("umount", str(self.path))
                break
            except AssertionError:
                if attempt == 99:
                    if not lazily:
                        raise
                    _run("umount", "-l", str(self.path))
                    break
                time.sleep(0.05)
        self.mounted = False

    def cut_power(self):
        """What is not synced is lost, and nothing can be written any more, until
        it was unmounted and mounted again."""
        directory = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(
                directory, IOC_SHUTDOWN, struct.pack("=I", LOG_AND_ALL_ELSE_IS_LOST)
            )
        finally:
            os.close(directory)

    def free_mib(self):
        stat = os.statvfs(self.path)
        return stat.f_bavail * stat.f_frsize // MIB

    def fill(self, leave_mib=0):
        """Takes all space but |leave_mib|."""
        with open(self.ballast, "ab") as file:
            size = file.tell()
            step = 64 * MIB
            while step >= 4096:
                if self.free_mib() * MIB < leave_mib * MIB + step and leave_mib:
                    step //= 2
                    continue
                try:
                    os.posix_fallocate(file.fileno(), size, step)
                    size += step
                except OSError:
                    step //= 2

    def relieve(self):
        """Gives back what fill() took."""
        self.ballast.unlink(missing_ok=True)

    def remove(self):
        self.unmount(lazily=True)
        self.image.unlink(missing_ok=True)
