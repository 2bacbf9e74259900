"""Explainers, one a file. A new file here is found by itself."""
