"""How numbers are written on screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from lepton_studio.gui.widgets.grouped_number import grouped as grouped  # noqa: PLC0414 - pages take it from here


def percent(share: float, digits: int = 2) -> str:
    """0.9873 as "98.73 %"."""
    return f"{share * 100:.{digits}f} %"


def duration(seconds: float) -> str:
    """Seconds as people say them: "8 s", "2 min 5 s", "1 h 3 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def pictures_word(count: int) -> str:
    """How many pictures: "1 picture", "1 200 pictures" with the thin spaces of :func:`grouped`."""
    translate = QCoreApplication.translate
    return (
        translate("wording", "1 picture") if count == 1 else translate("wording", "{} pictures").format(grouped(count))
    )


def classes_word(count: int) -> str:
    """How many classes: "1 class", "10 classes"."""
    translate = QCoreApplication.translate
    return translate("wording", "1 class") if count == 1 else translate("wording", "{} classes").format(grouped(count))


def epochs_word(count: int) -> str:
    """How many epochs: "1 epoch", "10 epochs"."""
    translate = QCoreApplication.translate
    return translate("wording", "1 epoch") if count == 1 else translate("wording", "{} epochs").format(grouped(count))


def megabytes(count: int) -> str:
    """A size in bytes as "11.6 MB"."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def memory(count: int) -> str:
    """Memory in bytes with three digits: "512 MB", "1.23 GB"."""
    return f"{count / 1e6:.0f} MB" if count < 999.5e6 else f"{count / 1e9:#.3g} GB"


def milliseconds(seconds: float) -> str:
    """A short time with three digits: "9.87 ms", "12.3 ms", "1 234 ms"."""
    count = seconds * 1e3
    return f"{grouped(round(count))} ms" if count >= 99.95 else f"{count:#.3g} ms"


def state_word(state: str) -> str:
    """The state of a run in the language of the window."""
    translate = QCoreApplication.translate
    return {
        "running": translate("wording", "running"),
        "interrupted": translate("wording", "interrupted"),
        "stopped": translate("wording", "stopped"),
        "finished": translate("wording", "finished"),
        "failed": translate("wording", "failed"),
        "damaged": translate("wording", "damaged"),
    }[state]


def kernels_word(kernels: str) -> str:
    """Which code does the steps of a training, in the language of the window; empty if nobody knows."""
    translate = QCoreApplication.translate
    words = {
        "plain": translate("wording", "PyTorch"),
        "onednn": translate("wording", "oneDNN"),
        "compiled": translate("wording", "compiled"),
        "cuda_graph": translate("wording", "CUDA graph"),
    }
    return words.get(kernels, kernels)


def split_word(split: str) -> str:
    """A split of a dataset in the language of the window, to stand alone."""
    translate = QCoreApplication.translate
    return {
        "train": translate("wording", "Train"),
        "validation": translate("wording", "Validation"),
        "test": translate("wording", "Test"),
    }[split]
