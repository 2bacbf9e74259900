# region head
"""Learning to read pictures: the pattern of the training scripts that Lepton Studio writes.

It is a whole script that trains the smallest network there is. ``engine/script_export.py`` puts other things into
the places between "region" and "endregion", leaves away those that a training does not need (attack, average, limits,
penalties, plateau, stopping), and leaves the rest as it is.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional

# endregion
# region settings
EPOCHS = 3
SAMPLES_PER_EPOCH = 0
BATCH_SIZE = 64
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.0
STRATIFIED = True
SEED = 0
SPLIT_SEED = 0

SHAPE = (1, 28, 28)
CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
IS_INK = False
MEAN = [33.4]
STD = [78.6]


# endregion
# region network
class Network(nn.Module):
    """One weight for each pixel and class."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(STD).reshape(1, -1, 1, 1))
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(SHAPE), len(CLASSES)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers((pictures.float() - self.mean) / self.std)


# endregion
# region learning
class CrossEntropy:
    """How surprising the right answer was."""

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(logits, labels)


class Adam:
    """Gives every weight a step of its own."""

    learning_rate = 0.001

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr=self.learning_rate)


class Constant:
    """Keeps the learning rate as it is."""

    def factor(self, progress: float) -> float:
        return 1.0

    def plateau_factor(self, validation_losses: list[float]) -> float:
        return 1.0


class Nothing:
    """Neither attacks nor averages, and changes nothing while it is entered."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def share_attacked(self) -> float:
        return 0.0

    def share_kept(self) -> float:
        return 0.0


LOSS = CrossEntropy()
OPTIMIZER = Adam()
SCHEDULE = Constant()
AUGMENTATIONS = []
PENALTIES = []
LIMITS = []
STOPPING = []
AVERAGE = Nothing()
ATTACK = Nothing()


def as_in_use(network: nn.Module) -> Nothing:
    """Lets a network answer as it will when it is used."""
    return Nothing()


# endregion
# region pictures
def on_ground(image: Image.Image, is_16_bit: bool = False) -> Image.Image:
    """Puts pictures with transparency on a ground."""
    return image.convert("RGB")


def fitted(image: Image.Image, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Scales a picture into a frame."""
    small = ImageOps.pad(image.convert("L"), (shape[2], shape[1]))
    return np.asarray(small, np.uint8)[None]


def prepare_ink(image: Image.Image, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Crops, scales and centres ink."""
    return fitted(image, shape)


# endregion


# --- The data ----------------------------------------------------------------------------------


class Data:
    """Pictures with the right answers, and which of them are only for testing.

    images: N x channels x height x width, uint8 from 0 to 255. labels: N positions in CLASSES.
    """

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(images))
        self.labels = torch.from_numpy(labels)
        self.is_test = np.zeros(len(labels), bool)
        # Pictures that were put aside to check the progress, if somebody did.
        self.is_validation = np.zeros(len(labels), bool)
        if images.shape != (len(labels), *SHAPE):
            sys.exit(f"The network takes pictures of {SHAPE}, but there are {len(labels)} labels for {images.shape}.")
        if not len(labels) or labels.min() < 0 or labels.max() >= len(CLASSES):
            sys.exit(f"The labels must be from 0 to {len(CLASSES) - 1}.")


def read_data(path: Path) -> Data:
    """Reads a .npz file, a folder with the four files of MNIST, or one with a folder of pictures for each class."""
    if not path.exists():
        sys.exit(f"There is no {path}.")
    if path.is_file():
        return read_npz(path)
    return read_mnist(path) if any(path.glob("*train-images*")) else read_folders(path)


def read_npz(path: Path) -> Data:
    """Arrays of numpy: "images" (N x C x H x W, or N x H x W), "labels", and "is_test" if there is one."""
    # Without pickle, so that a file from a stranger cannot run code.
    with np.load(path, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
        data = Data(images[:, None] if images.ndim == 3 else images, labels)
        if "is_test" in arrays:
            data.is_test = arrays["is_test"]
    return data


def read_mnist(folder: Path) -> Data:
    """The four files of MNIST and its kin, packed or not: pictures and labels, for training and for testing."""
    parts = []
    for split in ("train", "t10k"):
        images, labels = (read_idx(folder, f"*{split}-{what}*") for what in ("images", "labels"))
        parts.append((images[:, None], labels.astype(np.int64)))
    data = Data(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]))
    data.is_test[len(parts[0][1]) :] = True
    return data


def read_idx(folder: Path, pattern: str) -> NDArray[np.uint8]:
    """One file: a magic number whose last byte counts the dimensions, their sizes, then the numbers themselves."""
    found = sorted(folder.glob(pattern))
    if not found:
        sys.exit(f"There is no file {pattern} in {folder}.")
    content = found[0].read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    dimensions = content[3]
    sizes = np.frombuffer(content, ">u4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(sizes).copy()


def read_folders(folder: Path) -> Data:
    """A folder of pictures for each class, or three such folders called train, validation and test."""
    tops = {name: folder / name for name in ("train", "validation", "test") if (folder / name).is_dir()}
    images, labels, splits = [], [], []
    for split, top in (tops or {"train": folder}).items():
        for label, name in enumerate(CLASSES):
            for file in sorted(path for path in (top / name).glob("*") if path.is_file()):
                images.append(fitted(open_picture(file), SHAPE))
                labels.append(label)
                splits.append(split)
    if not images:
        sys.exit(f"{folder} has no folders of pictures called {', '.join(CLASSES)}.")
    data = Data(np.stack(images), np.array(labels, np.int64))
    data.is_test = np.array(splits) == "test"
    data.is_validation = np.array(splits) == "validation"
    return data


def open_picture(path: Path) -> Image.Image:
    """Opens an image file upright, grey or in colour."""
    with Image.open(path) as image:
        return on_ground(ImageOps.exif_transpose(image), image.format == "PPM")


class Splits(NamedTuple):
    """Positions of the pictures to learn from, to check the progress with, and to test with at the very end."""

    train: Tensor
    validation: Tensor
    test: Tensor


def cut(data: Data) -> Splits:
    """Shares the pictures out; the same seed draws the same pictures."""
    random = np.random.default_rng(SPLIT_SEED)
    is_test, is_validation = data.is_test, data.is_validation
    if TEST_SHARE:
        is_test = drawn_share(data, np.ones(len(data.labels), bool), TEST_SHARE, random)
        is_validation = is_validation & ~is_test
    if not is_validation.any():
        is_validation = drawn_share(data, ~is_test, VALIDATION_SHARE, random)
    is_training = ~is_test & ~is_validation
    if not is_training.any():
        sys.exit("No picture is left to train on.")
    return Splits(*(torch.from_numpy(np.flatnonzero(group)) for group in (is_training, is_validation, is_test)))


def drawn_share(data: Data, among: NDArray[np.bool_], share: float, random: np.random.Generator) -> NDArray[np.bool_]:
    """Draws a share of the pictures; STRATIFIED: the same share of each class."""
    chosen = np.zeros(len(data.labels), bool)
    groups = [data.labels.numpy() == label for label in range(len(CLASSES))] if STRATIFIED else [among]
    for group in groups:
        members = np.flatnonzero(group & among)
        chosen[random.choice(members, round(len(members) * share), replace=False)] = True
    return chosen


def normalise_by(network: nn.Module, images: Tensor) -> None:
    """Measures mean and deviation of each channel, and keeps them in the network, which uses them in forward."""
    levels = torch.arange(256, dtype=torch.float64)
    for channel in range(images.shape[1]):
        # How often each grey level occurs says all, and takes less memory than the pictures as floats.
        shares = torch.bincount(images[:, channel].flatten().int(), minlength=256) / images[:, channel].numel()
        mean = (shares * levels).sum()
        variance = (shares * levels**2).sum() - mean**2
        network.mean[0, channel] = mean
        network.std[0, channel] = variance.sqrt() if variance > 0 else 1.0


# --- Learning ----------------------------------------------------------------------------------


def train(network: nn.Module, data: Data, splits: Splits, epochs: int) -> None:
    """Teaches the network: answer, measure how wrong that was, change the weights a little, and all over again."""
    device = network.mean.device
    per_epoch = min(SAMPLES_PER_EPOCH or len(splits.train), len(splits.train))
    batches = -(-per_epoch // BATCH_SIZE)
    # Weights that are frozen stay as they are.
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = OPTIMIZER.build(learned)
    waiting = torch.empty(0, dtype=torch.int64)
    # region plateau
    validation_losses: list[float] = []
    # endregion
    # region average
    average = [weight.detach().clone() for weight in learned]
    # endregion
    # region stopping
    rows: list[EpochRow] = []
    best: dict[str, Tensor] = {}
    # endregion
    for epoch in range(epochs):
        # In another order each time; what an epoch does not come to, the next one begins with.
        while len(waiting) < per_epoch:
            waiting = torch.cat([waiting, splits.train[torch.randperm(len(splits.train))]])
        order, waiting = waiting[:per_epoch], waiting[per_epoch:]
        network.train()
        loss_sum, hits = 0.0, 0
        for batch, chosen in enumerate(order.split(BATCH_SIZE)):
            progress = (epoch * batches + batch) / (epochs * batches)
            rate = OPTIMIZER.learning_rate * SCHEDULE.factor(progress)
            # region plateau
            rate *= SCHEDULE.plateau_factor(validation_losses)
            # endregion
            for group in optimizer.param_groups:
                group["lr"] = rate
            pictures, labels = data.images[chosen].to(device).float(), data.labels[chosen].to(device)
            for augmentation in AUGMENTATIONS:
                pictures = augmentation.apply(pictures)
            # region attack
            pictures = attacked(network, pictures, labels)
            # endregion
            # Forward: what does the network answer, and how wrong is that?
            logits = network(pictures)
            loss = LOSS.measure(logits, labels)
            # Backward: in which direction should each weight change to be less wrong?
            optimizer.zero_grad()
            loss.backward()
            # region penalties
            pay_for_size(learned)
            # endregion
            # region limits
            limit_gradients(learned)
            # endregion
            # Step: change them, a little.
            optimizer.step()
            # region average
            follow(average, learned)
            # endregion
            loss_sum += loss.item() * len(chosen)
            hits += (logits.argmax(dim=1) == labels).sum().item()
        training = as_text("training", loss_sum / per_epoch, hits / per_epoch)
        # region average
        exchange(average, learned)
        # endregion
        loss, accuracy = measure(network, data, splits.validation)
        print(f"Epoch {epoch + 1} of {epochs}: {training}; {as_text('validation', loss, accuracy)}", flush=True)
        # region plateau
        validation_losses.append(loss)
        # endregion
        # region stopping
        rows.append(EpochRow(epoch + 1, loss_sum / per_epoch, hits / per_epoch, loss, accuracy))
        if any(rule.epoch_to_keep(rows) == epoch + 1 for rule in STOPPING):
            best = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
        # endregion
        # region average
        exchange(average, learned)
        # endregion
        # region stopping
        if any(rule.is_over(rows) for rule in STOPPING):
            print("The validation loss has not fallen for some epochs: this is enough.")
            break
        # endregion
    # region average
    exchange(average, learned)
    # endregion
    # region stopping
    if best:
        network.load_state_dict(best)
    # endregion
    if len(splits.test):
        print(as_text("Test", *measure(network, data, splits.test)))


# region attack
def attacked(network: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
    """Lets the attack change its share of the pictures, so that the network learns to resist it."""
    count = round(ATTACK.share_attacked() * len(pictures))
    if not count:
        return pictures
    with as_in_use(network):
        changed = ATTACK.perturb(pictures[:count], labels[:count], network, LOSS.measure)
    return torch.cat([changed, pictures[count:]])


# endregion
# region penalties
def pay_for_size(learned: list[nn.Parameter]) -> None:
    """Adds the gradient of a penalty on large weights; biases and what normalisations learn pay nothing."""
    for penalty in PENALTIES:
        penalty.penalty([weight for weight in learned if weight.dim() > 1]).backward()


# endregion
# region limits
def limit_gradients(learned: list[nn.Parameter]) -> None:
    """Changes the gradients in place, before they change the weights."""
    for limit in LIMITS:
        limit.limit(learned)


# endregion
# region average
def follow(average: list[Tensor], learned: list[nn.Parameter]) -> None:
    """Lets the running average of the weights follow a step."""
    with torch.no_grad():
        for kept, weight in zip(average, learned, strict=True):
            kept.lerp_(weight, 1 - AVERAGE.share_kept())


def exchange(some: list[Tensor], others: list[nn.Parameter]) -> None:
    """Puts the numbers of two lists of tensors into each other's place."""
    with torch.no_grad():
        for one, other in zip(some, others, strict=True):
            before = one.clone()
            one.copy_(other)
            other.copy_(before)


# endregion
# region stopping
class EpochRow(NamedTuple):
    """Means over one epoch; accuracies are shares from 0 to 1."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


# endregion
def measure(network: nn.Module, data: Data, positions: Tensor) -> tuple[float, float]:
    """Loss and share of right answers for pictures that the network does not learn from."""
    device = network.mean.device
    network.eval()
    loss_sum, hits = 0.0, 0
    with torch.no_grad():
        for chosen in positions.split(512):
            logits, labels = network(data.images[chosen].to(device)), data.labels[chosen].to(device)
            loss_sum += LOSS.measure(logits, labels).item() * len(chosen)
            hits += (logits.argmax(dim=1) == labels).sum().item()
    count = max(1, len(positions))
    return loss_sum / count, hits / count


def as_text(what: str, loss: float, accuracy: float) -> str:
    """How well it goes, for people."""
    return f"{what} loss {loss:.4f}, accuracy {accuracy:.2%}"


# --- Weights -----------------------------------------------------------------------------------


def load_weights(network: nn.Module, path: Path) -> None:
    """Takes weights from a checkpoint.safetensors of Lepton Studio, or from a file that this script wrote."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        tensors = load_file(path)
    else:
        # weights_only, so that a file from a stranger cannot run code.
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    # A checkpoint holds what the optimizer remembers, too; its weights are called "network. ...". It answers with
    # their average, or with those of its best epoch, if it has them.
    ours = {}
    for prefix in ("network.", "average.", "answer."):
        ours |= {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    network.load_state_dict(ours or tensors)


def save_weights(network: nn.Module, path: Path) -> Path:
    """Writes the weights and returns where they are: in the format of torch if safetensors is not installed."""
    weights = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    try:
        from safetensors.torch import save_file
    except ImportError:
        path = path.with_suffix(".pt")
        torch.save(weights, path)
    else:
        save_file(weights, path)
    return path


def predict(network: nn.Module, paths: list[Path]) -> None:
    """Says for each image file what the network takes it for, and how sure it is."""
    network.eval()
    for path in paths:
        image = open_picture(path)
        # Strokes are cropped, centred and scaled as those that the network learned from.
        picture = prepare_ink(image, SHAPE) if IS_INK else fitted(image, SHAPE)
        with torch.no_grad():
            shares = network(torch.tensor(picture)[None].to(network.mean.device)).softmax(dim=1)[0]
        best = shares.topk(min(3, len(CLASSES)))
        answers = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        print(f"{path}: {', '.join(f'{CLASSES[label]} {share:.1%}' for share, label in answers)}")


def main() -> None:
    """Reads the command line and does what it says."""
    words = argparse.ArgumentParser(description="Trains the network of this file, or lets it answer.")
    words.add_argument("--data", type=Path, help="a .npz file, a folder of MNIST's files, or a folder for each class")
    words.add_argument("--epochs", type=int, default=EPOCHS, help=f"how often to go through the data ({EPOCHS})")
    words.add_argument("--weights", type=Path, help="begin with these weights (.safetensors or .pt)")
    words.add_argument("--out", type=Path, default=Path("weights.safetensors"), help="where to save what was learned")
    words.add_argument("--predict", type=Path, nargs="+", metavar="IMAGE", help="let it answer these pictures")
    words.add_argument("--device", help="cpu, cuda or mps; by default the fastest there is")
    given = words.parse_args()
    if not given.data and not (given.weights and given.predict):
        words.error("say --data PATH to train, or --weights FILE --predict IMAGE ... to let it answer")
    fastest = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    # The same seed draws the same first weights, the same order of the pictures and the same augmentations.
    torch.manual_seed(SEED)
    network = Network().to(given.device or fastest)
    if given.weights:
        load_weights(network, given.weights)
    if given.data:
        data = read_data(given.data)
        splits = cut(data)
        if not given.weights:
            normalise_by(network, data.images[torch.cat([splits.train, splits.validation])])
        train(network, data, splits, given.epochs)
        print(f"The weights are in {save_weights(network, given.out)}.")
    if given.predict:
        predict(network, given.predict)


if __name__ == "__main__":
    main()
