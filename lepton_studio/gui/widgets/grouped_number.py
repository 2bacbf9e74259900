"""How large whole numbers are written on screen."""

from __future__ import annotations


def grouped(number: int) -> str:
    """421642 as "421 642", with thin spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")
