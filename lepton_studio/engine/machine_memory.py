"""How much memory a training may take on this computer."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from lepton_studio.engine.device import Device


def memory_room(device: Device) -> int:
    """Bytes that are free where a device computes; on a CPU those of the computer. 0 if nobody knows."""
    import torch

    if device.kind == "cuda":
        # What torch keeps for the next time is free, too.
        return int(torch.cuda.mem_get_info()[0]) + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    if device.kind == "mps":
        return max(0, torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    if sys.platform == "win32":
        return _free_on_windows()
    return _free_on_linux() or _pages("SC_AVPHYS_PAGES") or _pages("SC_PHYS_PAGES") // 2


def _free_on_linux() -> int:
    """What programs may still take without swapping; a container may get less than the machine has.

    https://docs.kernel.org/filesystems/proc.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return 0
    group = Path("/sys/fs/cgroup")
    # Without a limit the file says "max", and the root group has none.
    with contextlib.suppress(OSError, ValueError):
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        # Files that are kept in memory only because there is room count as used.
        stat = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        free = min(free, max(0, most - used + int(stat.get("inactive_file", "0"))))
    return free


def _free_on_windows() -> int:
    """https://learn.microsoft.com/windows/win32/api/sysinfoapi/ns-sysinfoapi-memorystatusex."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong), ("load", ctypes.c_ulong), *((name, ctypes.c_ulonglong) for name in (
                "total", "free", "total_page", "free_page", "total_virtual", "free_virtual", "extended")),
        )  # fmt: skip

    status = Status()
    status.length = ctypes.sizeof(status)
    found = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # noqa: B009 - only there
    return int(status.free) if found else 0


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
