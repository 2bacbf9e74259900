"""Torch modules that torch itself does not have. Code export copies their source, so they use nothing of ours."""
