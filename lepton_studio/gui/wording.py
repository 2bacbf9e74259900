"""How numbers are written on screen."""

from __future__ import annotations


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
