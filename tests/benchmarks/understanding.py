"""How long it takes to understand 60,000 pictures of 28 x 28: statistics, copies, nearest neighbours.

MNIST if it is on this computer, else the bundled digits, each many times with a little noise.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from lepton_studio.engine import all_datasets, describe_data, find_duplicates, pixel_neighbours
from lepton_studio.engine.dataset import Samples, load_samples

COUNT, QUERIES = 60_000, 50


def pictures() -> tuple[str, Samples]:
    mnist = all_datasets()["mnist"]
    if mnist.is_here():
        found = load_samples(mnist)
        return "mnist", Samples(found.images[:COUNT], found.labels[:COUNT], found.class_names, found.is_test[:COUNT])
    digits = load_samples(all_datasets()["bundled_digits"])
    at = np.arange(COUNT) % len(digits)
    noise = np.random.default_rng(0).integers(0, 40, (COUNT, *digits.shape), dtype=np.uint8)
    images = np.maximum(digits.images[at], noise)
    return "bundled_digits", Samples(images, digits.labels[at], digits.class_names, digits.is_test[at])


def timed(walk: Iterator[Any]) -> tuple[float, Any]:
    started, last = time.perf_counter(), None
    for item in walk:
        last = item
    return time.perf_counter() - started, last


def main() -> None:
    name, samples = pictures()
    splits = {"train": np.flatnonzero(~samples.is_test), "test": np.flatnonzero(samples.is_test)}
    described, _ = timed(describe_data(samples, splits))
    compared, copies = timed(find_duplicates(samples, splits))
    prepared, search = timed(pixel_neighbours(samples))
    queries = []
    for position in np.random.default_rng(1).choice(len(samples), QUERIES, replace=False):
        started = time.perf_counter()
        search.of(int(position), 12)
        queries.append(time.perf_counter() - started)
    result = {
        "dataset": name,
        "pictures": len(samples),
        "statistics_s": round(described, 2),
        "duplicates_s": round(compared, 2),
        "duplicate_groups": len(copies.groups),
        "neighbours_preparation_s": round(prepared, 2),
        "neighbours_query_p50_ms": round(statistics.median(queries) * 1e3, 1),
        "neighbours_query_longest_ms": round(max(queries) * 1e3, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
