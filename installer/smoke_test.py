"""Tries a packed program as the computer of a person would run it: ``python installer/smoke_test.py PROGRAM``.

The program gets no Python, no variables of this shell and a home of its own with a space and an accent in its path.
What it knows is compared, name by name, with the source beside this script. Needs nothing but Python's standard
library; ends with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 900
RESOURCES = ("architectures", "code", "datasets", "icons", "models", "recipes", "themes", "translations")
DIGITS = 10
# A training that is over in a second.
SHORT = ("--device", "cpu", "--set", "samples_per_epoch=640", "--epochs", "1")


def names_in_source(root: Path = ROOT) -> dict[str, set[str]]:
    """All that the program finds by looking into folders, read from its source without running it.

    Args:
        root: the folder with ``lepton_studio/`` and ``resources/``.

    Returns:
        The names by folder, as ``lepton-studio registries --json`` gives them.
    """
    engine = root / "lepton_studio" / "engine"
    found: dict[str, set[str]] = {}
    for folder in sorted(path for path in engine.iterdir() if path.is_dir()):
        tags = {tag for file in folder.glob("*.py") for tag in _tags(file)}
        if tags:
            found[folder.name] = tags
    found["hints"] = {file.stem for file in (engine / "hints").glob("*.py") if file.stem != "__init__"}
    for name in ("architectures", "recipes"):
        found[name] = {file.stem for file in (root / "resources" / name).glob("*.json")}
    return found


def _tags(file: Path) -> list[str]:
    """What stands behind ``tag=`` in the class statements of a file."""
    return [
        word.value.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for word in node.keywords
        if word.arg == "tag" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    ]


def resource_files(resources: Path) -> set[str]:
    """The files below resources/ that the program needs: all but pictures for the README and the scripts of makers."""
    return {
        path.relative_to(resources).as_posix()
        for name in RESOURCES
        for path in (resources / name).rglob("*")
        if path.is_file()
        and (path.suffix != ".py" or name == "code")
        and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(resources).parts)
    }


def picture_of_a_seven(path: Path, side: int = 140) -> None:
    """Writes a seven in black ink on white paper as a PNG file, without any library."""
    corners = ((0.28, 0.2), (0.72, 0.2), (0.45, 0.85))
    rows = []
    for y in range(side):
        distances = (_distance(x / side, y / side, corners) for x in range(side))
        rows.append(b"\0" + bytes(0 if distance < 0.045 else 255 for distance in distances))
    content = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", content), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def _distance(x: float, y: float, corners: tuple[tuple[float, float], ...]) -> float:
    """How far a point is from the nearest of some lines from corner to corner."""
    nearest = math.inf
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        wide, high = x2 - x1, y2 - y1
        share = max(0.0, min(1.0, ((x - x1) * wide + (y - y1) * high) / (wide**2 + high**2)))
        nearest = min(nearest, math.hypot(x - x1 - share * wide, y - y1 - share * high))
    return nearest


class WrongError(Exception):
    """What the packed program did that it should not."""


class Packed:
    """A packed program and the computer that it is tried on."""

    def __init__(self, program: Path, home: Path) -> None:
        """Finds the starter and its folder.

        Args:
            program: the starter or the folder that it lies in.
            home: an empty folder, for what the program writes.
        """
        name = "lepton-studio.exe" if sys.platform == "win32" else "lepton-studio"
        inner = program / "Contents" / "MacOS" / name
        self.starter = (inner if inner.is_file() else program / name) if program.is_dir() else program
        if not self.starter.is_file():
            raise SystemExit(f"There is no program at {self.starter}.")
        self.starter = self.starter.resolve()
        is_bundle = self.starter.parent.name == "MacOS"
        self.folder = self.starter.parent.parent if is_bundle else self.starter.parent
        self.home = home
        self.environment = self._environment()

    def _environment(self) -> dict[str, str]:
        """What a computer has that nobody programs on."""
        kept = ("SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "COMSPEC")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        path = self.home / "empty"
        path.mkdir(parents=True)
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"):
            environment[name] = str(self.home)
        system = str(Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32") if sys.platform == "win32" else ""
        return environment | {
            "PATH": system or str(path), "LEPTON_STUDIO_HOME": str(self.home / "kept"), "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
        }  # fmt: skip

    def ask(self, *words: object, status: int = 0) -> str:
        """Runs one command and returns what it wrote; WrongError if it ends with another exit status than expected."""
        command = [str(self.starter), *map(str, words)]
        done = subprocess.run(
            command, env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            encoding="utf-8", timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        said = f"{done.stdout}\n{done.stderr}".strip()
        if done.returncode != status:
            raise WrongError(
                f"'{' '.join(command[1:])}' ended with {done.returncode} instead of {status}: {said[-2000:]}"
            )
        if "Traceback" in said:
            raise WrongError(f"'{' '.join(command[1:])}' shows a traceback: {said[-2000:]}")
        return done.stdout if status == 0 else done.stderr

    def ask_json(self, *words: object) -> Any:
        """The same with ``--json``, read."""
        return json.loads(self.ask(*words, "--json"))

    def files(self) -> set[str]:
        """All files of the program."""
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir()}

    def size(self) -> int:
        """Bytes of all its files; links count nothing."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())


def expect(is_so: bool, what: str) -> None:
    """WrongError if something is not as it should be."""
    if not is_so:
        raise WrongError(what)


def check_version(packed: Packed) -> str:
    """It starts at all, and is the version that was to be packed."""
    source = (ROOT / "lepton_studio" / "__init__.py").read_text(encoding="utf-8")
    said = packed.ask("--version").strip()
    expect(f'"{said.split()[-1]}"' in source, f"it says '{said}'")
    return said


def check_names(packed: Packed) -> str:
    """It knows whatever the source knows."""
    told = {what: set(names) for what, names in packed.ask_json("registries").items()}
    source = names_in_source()
    for what in sorted(told.keys() | source.keys()):
        ours, theirs = source.get(what, set()), told.get(what, set())
        expect(ours == theirs, f"{what}: missing {sorted(ours - theirs)}, too many {sorted(theirs - ours)}")
    return ", ".join(f"{len(names)} {what}" for what, names in told.items())


def check_resources(packed: Packed) -> str:
    """It carries the same resources as the source."""
    found = [path for path in packed.folder.rglob("lepton_studio/resources") if path.is_dir() and not path.is_symlink()]
    expect(bool(found), "there is no folder lepton_studio/resources")
    theirs = set().union(*(resource_files(path) for path in found))
    ours = resource_files(ROOT / "resources")
    expect(ours == theirs, f"missing {sorted(ours - theirs)}, too many {sorted(theirs - ours)}")
    return f"{len(ours)} files"


def check_wrong_words(packed: Packed) -> str:
    """A wrong word is told in one line."""
    said = packed.ask("trian", status=2).strip()
    expect("train" in said and "\n" not in said, f"it says '{said}'")
    said_of_option = packed.ask("train", "--epochs", "many", status=2)
    expect("epochs" in said_of_option, f"it says '{said_of_option}'")
    packed.ask("bench", status=2)
    return said


def check_predict(packed: Packed) -> str:
    """The shipped network reads a seven."""
    picture = packed.home / "a seven.png"
    picture_of_a_seven(picture)
    entry = packed.ask_json("predict", "bundled", picture)[0]
    expect(entry.get("label") == "7", f"it reads {entry}")
    return f"label 7, probability {entry['probability']:.3f}"


def check_train(packed: Packed) -> str:
    """It trains, keeps the run, goes on with it and evaluates it."""
    packed.ask("train", *SHORT, "--name", "Tried")
    packed.ask("resume", "Tried", "--epochs", "2")
    told = packed.ask_json("evaluate", "Tried")
    packed.ask("predict", "Tried", packed.home / "a seven.png")
    return f"accuracy {told['accuracy']:.3f}"


def check_compiling(packed: Packed) -> str:
    """Where torch.compile is asked for, it says that it cannot, and trains."""
    packed.ask("train", *SHORT, "--set", "compile=true", "--name", "Compiled")
    return "trains without"


def check_sweep(packed: Packed) -> str:
    """Optuna and its database are there."""
    packed.ask(
        "sweep", "run", *SHORT, "--architecture", "softmax_regression", "--over", "batch_size=32,64", "--trials", "2"
    )
    return "2 trials"


def check_code(packed: Packed) -> str:
    """Code export copies the source of the program's own modules."""
    code = packed.ask("architecture", "code", "vit_tiny", "--script")
    expect("class " in code and "lepton_studio" not in code, "the script is not whole")
    file = packed.home / "network.py"
    file.write_text(packed.ask("architecture", "code", "resnet8"), encoding="utf-8")
    packed.ask("architecture", "check", file)
    return f"{len(code.splitlines())} lines"


def check_import(packed: Packed) -> str:
    """Pictures of a person come in."""
    for name in ("seven", "other"):
        (packed.home / "pictures" / name).mkdir(parents=True)
        picture_of_a_seven(packed.home / "pictures" / name / "1.png", 40 if name == "seven" else 50)
    told = packed.ask_json("data", "import", packed.home / "pictures")
    expect(told["loaded"] == 2, f"it says {told}")
    return "2 pictures"


def check_window(packed: Packed) -> str:
    """The main job in the real window: load, train, draw ten digits, read them."""
    told = packed.ask_json("demo", "--out", packed.home / "pages")
    pages = sorted(path.name for path in (packed.home / "pages").glob("*.png"))
    expect(len(pages) >= 5, f"it made only {pages}")
    right = sum(str(each["digit"]) == each["label"] for each in told["drawn"])
    expect(right >= DIGITS - 1, f"of {DIGITS} drawn digits only {right} are right: {told['drawn']}")
    expect(told["test_accuracy"] > 0.95, f"the network that it trained is right for {told['test_accuracy']:.1%} only")
    return f"{right} of {DIGITS} digits, {told['test_accuracy']:.1%} on the test split, {len(pages)} pages"


def check_tidiness(packed: Packed) -> str:
    """Nothing was written to the log."""
    log = packed.home / "kept" / "lepton-studio.log"
    text = log.read_text(encoding="utf-8") if log.is_file() else ""
    expect("Traceback" not in text and "ERROR" not in text, f"the log says: {text[-2000:]}")
    return "no fault in the log"


CHECKS: tuple[tuple[str, Callable[[Packed], str]], ...] = (
    ("first start", check_version),
    ("second start", check_version),
    ("what can be chosen", check_names),
    ("resources", check_resources),
    ("wrong words", check_wrong_words),
    ("first answer", check_predict),
    ("second answer", check_predict),
    ("training", check_train),
    ("compiling", check_compiling),
    ("sweep", check_sweep),
    ("code", check_code),
    ("import", check_import),
    ("window", check_window),
    ("log", check_tidiness),
)


def try_out(packed: Packed, say: Callable[[str], None]) -> dict[str, Any]:
    """Does all checks, also after one has failed.

    Returns:
        Size, seconds of each check, and ``wrong``: what is wrong by the name of its check.
    """
    before = packed.files()
    seconds: dict[str, float] = {}
    wrong: dict[str, str] = {}
    for name, check in CHECKS:
        start = time.perf_counter()
        try:
            outcome = check(packed)
        except (WrongError, subprocess.TimeoutExpired, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            wrong[name] = outcome = f"WRONG: {type(error).__name__}: {error}"
        seconds[name] = round(time.perf_counter() - start, 2)
        say(f"{name:20} {seconds[name]:8.2f} s   {outcome}")
    if written := packed.files() - before:
        wrong["own folder"] = f"It wrote into its own folder, which may be read-only: {sorted(written)[:10]}"
        say(wrong["own folder"])
    size = packed.size()
    say(f"{len(before):,} files, {size / 1e6:,.0f} MB")
    return {"bytes": size, "files": len(before), "seconds": seconds, "wrong": wrong}


def main() -> int:
    """Tries the program that is named on the command line."""
    parser = argparse.ArgumentParser(description="Tries a packed Lepton Studio.")
    parser.add_argument("program", type=Path, help="the starter, its folder, or the .app")
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="Zoé tries ", ignore_cleanup_errors=True) as home:
        packed = Packed(given.program, Path(home))
        result = try_out(packed, lambda line: print(line, file=sys.stderr, flush=True))
    if given.json:
        print(json.dumps(result, indent=2))
    if result["wrong"]:
        print(f"The packed program is not right: {', '.join(result['wrong'])}.", file=sys.stderr)
        return 1
    print("The packed program does all that was asked of it.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
