"""Hints, one rule a file. A new file here is found by itself.

Each has ``WEIGHT`` (the most urgent first) and ``look(evidence)``, and may have ``EXPLAINS``: rules that would only
tell what follows from this one.
"""
