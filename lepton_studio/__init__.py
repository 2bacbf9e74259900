"""Lepton Studio: learn and teach deep learning by doing it."""

__version__ = "0.1.0"
