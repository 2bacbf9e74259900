"""The weights of well-known networks: where they lie, and how they come here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_studio import paths
from lepton_studio.engine.download import download
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.known_weights import KNOWN_WEIGHTS
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.pretrained import Pretrained

if TYPE_CHECKING:
    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.events import Progress

PUBLISHER = "https://download.pytorch.org/models/"
# How the command line gets them.
COMMAND = "lepton-studio architecture weights"


def weight_folders() -> tuple[Path, ...]:
    """Where weights are looked for, in this order: in torchvision's own cache, then where the program puts them."""
    return paths.torch_checkpoints(), paths.weights()


def weights_file(network: str) -> Path | None:
    """The file with the weights of a network; None if it is not on this computer."""
    name = KNOWN_WEIGHTS[network].file
    return next((folder / name for folder in weight_folders() if (folder / name).is_file()), None)


def fetch_weights(network: str) -> Iterator[Progress]:
    """Downloads the weights of a network, or the rest of them; yields progress in bytes.

    Raises:
        LeptonError: no such network is known, they cannot be fetched or not be written.
    """
    if network not in KNOWN_WEIGHTS:
        raise LeptonError(f"There is no network called '{network}'.", f"Known are: {', '.join(KNOWN_WEIGHTS)}.")
    known = KNOWN_WEIGHTS[network]
    remedy = f"Check the network, or put {known.file} into {paths.torch_checkpoints()} yourself."
    yield from download(
        [PUBLISHER + known.file], f"sha256:{known.checksum}", paths.weights() / known.file,
        f"Fetching the weights of {network}", remedy,
    )  # fmt: skip


def missing_weights(architecture: Architecture) -> tuple[str, ...]:
    """The networks in an architecture whose weights must be downloaded before it can be trained, each once."""
    wanted = (
        layer.network for layer in pretrained_layers(architecture.layers) if layer.weights == "imagenet"
    )  # fmt: skip
    return tuple(dict.fromkeys(network for network in wanted if weights_file(network) is None))


def check_weights(architecture: Architecture) -> None:
    """Raises LeptonError if weights with which a training begins are not on this computer."""
    for layer in pretrained_layers(architecture.layers):
        source_of(layer)


def weights_trouble(architecture: Architecture) -> LeptonError | None:
    """The same as a value: what to say of weights that are not here; None if all are."""
    try:
        check_weights(architecture)
    except LeptonError as error:
        return error
    return None


def source_of(layer: Pretrained) -> Path | None:
    """The file from which a layer takes its weights when a training begins; None if they are to be random.

    Raises:
        LeptonError: there is none, or nobody said which.
    """
    if layer.weights == "random":
        return None
    if layer.weights == "file":
        path = Path(layer.file).expanduser()
        if not layer.file or not path.is_file():
            what = f"There is no file {path}" if layer.file else f"No file is named for the weights of {layer.network}"
            raise LeptonError(f"{what}.", "Name a .pth or .safetensors file in the settings of Pretrained network.")
        return path
    found = weights_file(layer.network)
    if found is None:
        looked = " and ".join(str(folder) for folder in weight_folders())
        raise LeptonError(
            f"The weights of {layer.network} are not on this computer; {KNOWN_WEIGHTS[layer.network].file} was looked "
            f"for in {looked}.",
            f"Get them on the Build page or with '{COMMAND} {layer.network}', or choose random weights.",
        )
    return found


def pretrained_layers(layers: Sequence[Layer]) -> Iterator[Pretrained]:
    """All such layers in a tree that are not left out."""
    for layer in layers:
        if layer.disabled:
            continue
        if isinstance(layer, Pretrained):
            yield layer
        yield from pretrained_layers(layer.children())
