"""What the processor of this computer is called, so that people and records know on what something was computed."""

from __future__ import annotations

import functools
import platform
import re
import subprocess
import sys
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
SYSCTL = "/usr/sbin/sysctl"
SYSCTL_SECONDS = 2.0
# What makers add to a name that tells two processors apart for nobody.
_MARKS = re.compile(r"\((?:R|TM|C)\)", re.IGNORECASE)
_CLOCK = re.compile(r"\s*@\s*[\d.]+\s*[GM]Hz.*", re.IGNORECASE)
_CORES = re.compile(r"\s+\S+-Core Processor\b.*| with Radeon .*", re.IGNORECASE)
_GENERATION = re.compile(r"^\d+(?:st|nd|rd|th) Gen ", re.IGNORECASE)
# Windows says "Intel64 Family 6 Model 142 Stepping 10, GenuineIntel".
_WINDOWS = re.compile(r"\S+ Family (\d+) Model (\d+) Stepping \d+, (?:Genuine|Authentic)?(\w+)")


@functools.cache
def processor_name() -> str:
    """The name that its maker gave it, such as "AMD EPYC 9R14"; where nobody says it, "CPU (x86_64)"."""
    return tidy_name(_told_name()) or architecture_name()


def architecture_name() -> str:
    """What it is called where only its kind is known."""
    return f"CPU ({platform.machine() or 'unknown'})"


def tidy_name(told: str) -> str:
    """A name without trade marks, clock and number of cores; empty if it names nothing."""
    name = _CLOCK.sub("", _MARKS.sub("", told))
    if windows := _WINDOWS.match(name):
        name = f"{windows[3]} family {windows[1]} model {windows[2]}"
    name = _GENERATION.sub("", _CORES.sub("", name))
    if name.startswith("Intel"):
        name = re.sub(r"\bCPU\b|\bProcessor$", " ", name)
    name = " ".join(name.split())
    # Some containers hide it; some systems give the architecture, which stands in the fallback.
    return "" if name.lower() in ("unknown", platform.machine().lower(), "arm", "i386") else name


def _told_name() -> str:
    """What the system says; empty if it says nothing."""
    system: str = sys.platform
    if system == "linux":
        return _linux_name()
    if system == "darwin":
        return _mac_name()
    return platform.processor()


def _linux_name() -> str:
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    # https://man7.org/linux/man-pages/man5/proc_cpuinfo.5.html; on ARM there is often none.
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _mac_name() -> str:
    command = [SYSCTL, "-n", "machdep.cpu.brand_string"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SYSCTL_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
