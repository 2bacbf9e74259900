"""Hints, one rule a file. A new file here is found by itself."""
