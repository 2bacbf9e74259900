"""How long 10,000 JPEG photographs take to come in, to come in again unchanged, and to be opened.

The photographs are smooth noise of mixed sizes, 320 to 1024 pixels on a side, some upright and some lying, made here
before the clock starts. The files are read once before, as they would be by whoever copied them there.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOGRAPHS = int(os.environ.get("LEPTON_STUDIO_PHOTOGRAPHS", "10000"))
CLASSES = 10
SHORTEST, LONGEST = 320, 1024


def make_some(folder: Path, numbers: range) -> int:
    """Writes photographs of smooth noise; returns their bytes."""
    size = 0
    for number in numbers:
        random = np.random.default_rng(number)
        width, height = (int(side) for side in random.integers(SHORTEST, LONGEST + 1, 2))
        coarse = random.integers(0, 256, (12, 12, 3), np.uint8)
        # Some grain, so that there is as much to decode as in a photograph.
        smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.int16)
        grain = random.integers(-8, 9, (height, width, 1), np.int16)
        path = folder / f"class {number % CLASSES}" / f"{number:05d}.jpg"
        Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(path, quality=85)
        size += path.stat().st_size
    return size


def make_photographs(folder: Path) -> int:
    """Writes all photographs on all cores; returns their bytes."""
    for number in range(CLASSES):
        (folder / f"class {number}").mkdir(parents=True)
    parts = [range(start, min(start + 100, PHOTOGRAPHS)) for start in range(0, PHOTOGRAPHS, 100)]
    with ProcessPoolExecutor() as pool:
        return sum(pool.map(make_some, [folder] * len(parts), parts))


def measure(photographs: Path) -> dict[str, float]:
    """Seconds of each step in a home of its own."""
    import resource

    from lepton_studio.engine import Examined, examine, take_in
    from lepton_studio.engine.dataset import load_samples
    from lepton_studio.engine.datasets.image_folder import ImageFolder

    def bring_in() -> tuple[float, float]:
        started = time.perf_counter()
        for item in examine(photographs):
            if isinstance(item, Examined):
                looked = time.perf_counter()
                with item:
                    assert item.loaded == PHOTOGRAPHS
                    for _ in take_in(item):
                        pass
        return looked - started, time.perf_counter() - started

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    busy = time.process_time()
    look, first = bring_in()
    busy = time.process_time() - busy
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    _, again = bring_in()
    started = time.perf_counter()
    samples = load_samples(ImageFolder(photographs.name))
    opened = time.perf_counter() - started
    assert len(samples) == PHOTOGRAPHS
    return {
        "examine_seconds": round(look, 2),
        "import_seconds": round(first, 2),
        # Of all cores together: what a computer that does nothing else needs is this by its cores.
        "processor_seconds": round(busy, 2),
        "import_again_seconds": round(again, 3),
        "reopen_seconds": round(opened, 3),
        "pictures_per_second": round(PHOTOGRAPHS / first),
        # Kilobytes, on macOS bytes.
        "memory_grown_mb": round(grown / (1e6 if sys.platform == "darwin" else 1e3)),
    }


def main() -> None:
    if sys.platform == "win32":
        print(json.dumps({"skipped": "the memory of a process is read in a way that Windows does not have"}))
        return
    with tempfile.TemporaryDirectory() as place:
        os.environ["LEPTON_STUDIO_HOME"] = str(Path(place) / "home")
        photographs = Path(place) / "photographs"
        size = make_photographs(photographs)
        figures = measure(photographs)
        print(
            json.dumps({"photographs": PHOTOGRAPHS, "megabytes": round(size / 1e6), "cores": os.cpu_count(), **figures})
        )


if __name__ == "__main__":
    main()
