"""What the processor is called."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lepton_studio.engine import processor
from lepton_studio.engine.processor import architecture_name, processor_name, tidy_name


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    processor_name.cache_clear()
    yield
    processor_name.cache_clear()


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Pretends that this is Linux with such a /proc/cpuinfo, a Mac with such a sysctl, or Windows with such words."""

    def pretend(name: str, told: str | None) -> None:
        monkeypatch.setattr(sys, "platform", name)
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(platform, "processor", lambda: told)
        info, command = tmp_path / "cpuinfo", tmp_path / "sysctl"
        monkeypatch.setattr(processor, "CPU_INFO", info)
        monkeypatch.setattr(processor, "SYSCTL", str(command))
        if told is not None:
            info.write_text(told)
            command.write_text(f"#!/bin/sh\n[ $1 = -n ] && [ $2 = machdep.cpu.brand_string ] && echo '{told}'\n")
            command.chmod(0o755)

    return pretend


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("AMD EPYC", "AMD EPYC"),
        ("AMD EPYC 9R14 96-Core Processor", "AMD EPYC 9R14"),
        ("AMD Ryzen 7 5700G with Radeon Graphics", "AMD Ryzen 7 5700G"),
        ("AMD FX(tm)-8350 Eight-Core Processor", "AMD FX-8350"),
        ("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", "Intel Xeon Platinum 8375C"),
        ("Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", "Intel Core2 Duo E8400"),
        ("Intel(R) Xeon(R) Processor @ 2.20GHz", "Intel Xeon"),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "Intel Core i7-1165G7"),
        ("Intel64 Family 6 Model 142 Stepping 10, GenuineIntel", "Intel family 6 model 142"),
        ("AMD64 Family 25 Model 33 Stepping 0, AuthenticAMD", "AMD family 25 model 33"),
        ("QEMU Virtual CPU version 2.5+", "QEMU Virtual CPU version 2.5+"),
        ("Apple M2 Pro", "Apple M2 Pro"),
        ("", ""),
        ("unknown", ""),
        (platform.machine(), ""),
    ],
)
def test_a_name_is_tidied(told: str, name: str) -> None:
    assert tidy_name(told) == name


CPU_INFO = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14 96-Core Processor\n\n"


@pytest.mark.parametrize(
    ("kind", "told", "name"),
    [
        ("linux", CPU_INFO + CPU_INFO, "AMD EPYC 9R14"),
        ("linux", "processor\t: 0\nCPU implementer\t: 0x41\n", "CPU (x86_64)"),
        ("linux", None, "CPU (x86_64)"),
        pytest.param(
            "darwin",
            "Apple M2 Pro",
            "Apple M2 Pro",
            marks=pytest.mark.skipif(os.name == "nt", reason="stands in for a command by a script of a shell"),
        ),
        ("darwin", None, "CPU (x86_64)"),
        ("win32", "Intel64 Family 6 Model 142 Stepping 10, GenuineIntel", "Intel family 6 model 142"),
        ("win32", "", "CPU (x86_64)"),
    ],
    ids=["linux", "arm", "no-proc", "mac", "no-sysctl", "windows", "silent-windows"],
)
def test_each_system_is_asked_in_its_own_way(system, kind: str, told: str | None, name: str) -> None:
    system(kind, told)
    assert processor_name() == name


def test_the_name_of_the_architecture_is_that_of_older_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert architecture_name() == "CPU (x86_64)"
    monkeypatch.setattr(platform, "machine", lambda: "")
    assert architecture_name() == "CPU (unknown)"
