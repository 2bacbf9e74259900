"""Where things lie. No other file of the program knows a folder by name."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent


def resources() -> Path:
    """The folder of icons, translations, bundled data and the shipped network."""
    return _carried("resources", "resources")


def benchmarks() -> Path:
    """The folder of measuring scripts behind ``lepton-studio bench``."""
    return _carried("benchmarks", "tests/benchmarks")


def home() -> Path:
    """The one folder for everything a person makes or downloads; ``LEPTON_STUDIO_HOME`` moves it."""
    chosen = os.environ.get("LEPTON_STUDIO_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("lepton-studio", False))


def runs() -> Path:
    """The folder with one folder for each run."""
    return home() / "runs"


def queue_file() -> Path:
    """The queue of experiments that are to be trained one after the other."""
    return home() / "queue.json"


def sweeps() -> Path:
    """The folder with one folder for each sweep."""
    return home() / "sweeps"


def datasets() -> Path:
    """The folder with one folder for each dataset that a person brought in."""
    return home() / "datasets"


def sketches_file() -> Path:
    """What was drawn lately on the Draw page."""
    return home() / "sketches.jsonl"


def hand_labels() -> Path:
    """The folder with one file for each dataset whose labels were changed by hand."""
    return home() / "labels"


def previews() -> Path:
    """The folder with one strip of example pictures for each dataset that was looked at in the gallery."""
    return home() / "previews"


def weights() -> Path:
    """The folder of published weights that were downloaded."""
    return home() / "weights"


def torch_checkpoints() -> Path:
    """Where torch and torchvision keep the weights that they downloaded; ``TORCH_HOME`` moves it."""
    chosen = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch"
    return Path(chosen).expanduser() / "hub" / "checkpoints"


def log_file() -> Path:
    """The log of the program; the last lines say what went wrong."""
    return home() / "lepton-studio.log"


def preferences_file() -> Path:
    """The settings of the window."""
    return home() / "preferences.json"


def current_experiment_file() -> Path:
    """The experiment that was open last, kept at every edit."""
    return home() / "current_experiment.json"


def data_folders() -> list[Path]:
    """Where datasets are looked for, first match wins, in torchvision's layout below each."""
    chosen = os.environ.get("LEPTON_STUDIO_DATA")
    return ([Path(chosen).expanduser()] if chosen else []) + [home()]


def _carried(installed: str, in_checkout: str) -> Path:
    """The wheel carries these folders inside the package; a checkout has them beside it."""
    inside = PACKAGE / installed
    return inside if inside.is_dir() else PACKAGE.parent / in_checkout
