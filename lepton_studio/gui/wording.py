"""How numbers are written on screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def percent(share: float, digits: int = 2) -> str:
    """0.9873 as "98.73 %"."""
    return f"{share * 100:.{digits}f} %"


def duration(seconds: float) -> str:
    """Seconds as people say them: "8 s", "2 min 5 s", "1 h 3 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def grouped(number: int) -> str:
    """421642 as "421 642", with thin spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")


def megabytes(count: int) -> str:
    """A size in bytes as "11.6 MB"."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def state_word(state: str) -> str:
    """The state of a run in the language of the window."""
    translate = QCoreApplication.translate
    return {
        "running": translate("wording", "running"),
        "interrupted": translate("wording", "interrupted"),
        "stopped": translate("wording", "stopped"),
        "finished": translate("wording", "finished"),
        "failed": translate("wording", "failed"),
        "damaged": translate("wording", "damaged"),
    }[state]


def split_word(split: str) -> str:
    """A split of a dataset in the language of the window, to stand alone."""
    translate = QCoreApplication.translate
    return {
        "train": translate("wording", "Train"),
        "validation": translate("wording", "Validation"),
        "test": translate("wording", "Test"),
    }[split]
