"""An experiment as one file that trains without Lepton Studio.

What is the same in all of them is a whole script of its own, ``resources/code/training_script.py``, in which this
file fills the places between "region" and "endregion".
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lepton_studio import paths
from lepton_studio.engine.code_export import (
    ExportedCode,
    carried,
    constants,
    network_source,
    one_line,
    write_code,
)
from lepton_studio.engine.code_layout import WIDEST, WIDEST_COMMENT
from lepton_studio.engine.layer import Layer, Shape
from lepton_studio.engine.script_learning import CONSTANTS, GIVEN, OPTIONAL, learning_of

if TYPE_CHECKING:
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.experiment import Experiment
    from lepton_studio.engine.source_copy import Import, SourceCopier

HEAD = '''"""{title}: a training script, written by Lepton Studio, that needs only torch, numpy and Pillow.

Train it:            python train.py --data PATH
Let it answer:       python train.py --weights weights.safetensors --predict picture.png
Weights from Lepton Studio: the file checkpoint.safetensors of a run, after --weights.

PATH is a .npz file with the arrays images, labels and is_test; a folder with the four files of MNIST or its kin; or a
folder with a folder of pictures for each class (or three such folders called train, validation and test).
{left_out}"""
'''

LEFT_OUT = "\nWhat Lepton Studio does and this script does not:\n{}\n"

SETTINGS = """# --- Settings: what is decided before the training ---------------------------------------------

EPOCHS = {epochs}  # how often to go through the training pictures
SAMPLES_PER_EPOCH = {samples}  # training pictures in each epoch; 0: all of them
BATCH_SIZE = {batch}  # pictures looked at before each step of the weights
VALIDATION_SHARE = {validation}  # share of the training pictures that only check the progress
TEST_SHARE = {test}  # share of all pictures drawn for the test; 0.0: the test pictures are given
STRATIFIED = {stratified}  # draw the same share of each class, rather than of all pictures
SEED = {seed}  # the same seed gives the same training
SPLIT_SEED = {split_seed}  # the same seed draws the same pictures for validation and test

SHAPE = {shape}  # channels, height and width of a picture
CLASSES = {classes}
IS_INK = {ink}  # strokes on a plain ground: crop and centre them before the network answers
{constants}"""

PRECISION = "It may compute in bfloat16 where the hardware knows it; the script computes in float32."
WRITERS = "It keeps the numbers for {}, too; the script only tells them."
PRETRAINED = (
    "It loads the weights that {} learned on photos; the script begins with random ones. Give it a checkpoint of "
    "Lepton Studio after --weights."
)

OTHER_FILES = (
    "The files of {} are laid out in a way of their own. Write them as a folder of pictures for each class first: "
    "lepton-studio data export {} FOLDER --splits"
)

REGION = re.compile(r"^ *# region (\w+)\n(.*?)^ *# endregion\n", re.MULTILINE | re.DOTALL)


def write_script(
    experiment: Experiment, shape: Shape, class_names: Sequence[str], mean: Sequence[float], std: Sequence[float]
) -> ExportedCode:
    """A whole file that trains the experiment's network, answers with it, and needs nothing of ours.

    Args:
        experiment: what to train and how.
        shape: (channels, height, width) of one picture.
        class_names: what the outputs are called, in their order.
        mean: of each channel, in units of 0..255; the script measures them anew before it trains.
        std: likewise, the deviation.

    Raises:
        LeptonError: the network cannot be built; or a layer, the loss, the optimizer or the schedule cannot be
            written as code.
    """
    from lepton_studio.engine.source_copy import SourceCopier

    template = (paths.resources() / "code" / "training_script.py").read_text(encoding="utf-8")
    regions = {found[1]: found[2] for found in REGION.finditer(template)}
    rest = _names(REGION.sub(lambda found: found[2] if found[1] in OPTIONAL else "", template))
    names = frozenset(rest | _names(regions["head"]) | _names(regions["settings"]) | CONSTANTS)
    network = network_source(experiment.architecture, shape, len(class_names), names)
    # The rest of the file calls it by one name.
    text = network.text.replace(f"class {network.name}(", "class Network(", 1)
    copier = SourceCopier(names | set(network.pieces) | {"Network"}, ("numpy", "PIL", "contextlib"), GIVEN)
    pictures = _pictures(copier)
    learning = learning_of(copier, experiment)
    left_out = [*learning.left_out, *_remarks(experiment)]
    imports = set(network.imports) | copier.imports | _imports(regions["head"])
    filled = {
        "head": _head(experiment.architecture.name, left_out, imports),
        "settings": _settings(experiment, shape, class_names, mean, std) + "\n",
        "network": _blocks("The network", [*network.pieces.values(), text.rstrip("\n")]),
        "learning": _blocks("How it learns", learning.pieces),
        "pictures": _blocks("From picture files to numbers", pictures),
    }

    def choose(found: re.Match[str]) -> str:
        return filled[found[1]] if found[1] in filled else found[2] if found[1] in learning.regions else ""

    script = REGION.sub(choose, template) + f"\n\n{carried(experiment.architecture, shape)}"
    script = re.sub(r"\n{4,}", "\n\n\n", script)
    before = script[: script.index(text.rstrip("\n"))].count("\n")
    places = tuple(place.moved(before) for place in network.places)
    return ExportedCode(script, places, tuple(left_out))


def code_for(experiment: Experiment, samples: Samples | None, as_script: bool) -> Iterator[ExportedCode]:
    """The network of an experiment as code, or the whole of it as a script; a job for the background.

    Args:
        experiment: what to write.
        samples: its dataset; None: not loaded, so that the usual pictures stand for it.
        as_script: whether the training is wanted, too.

    Raises:
        LeptonError: the network cannot be built, or something of it cannot be written as code.
    """
    if samples is None:
        about: tuple[Shape, tuple[str, ...], tuple[float, ...], tuple[float, ...]]
        about = (1, 28, 28), tuple("0123456789"), (0.0,), (255.0,)
    else:
        about = samples.shape, samples.class_names, *samples.mean_and_std
    yield write_script(experiment, *about) if as_script else write_code(experiment.architecture, *about)


def _pictures(copier: SourceCopier) -> list[str]:
    """Our own ways from a picture file to what the network sees, so that both see the same."""
    from lepton_studio.engine import picture_files, strokes
    from lepton_studio.engine.source_copy import source_file

    for name, module in (("on_ground", strokes), ("fitted", picture_files), ("prepare_ink", strokes)):
        copier.copy_name(name, source_file(module.__name__))
    return list(copier.pieces.values())


def _remarks(experiment: Experiment) -> list[str]:
    """What else a person has to know who trains with the script instead of with us."""
    found = [] if experiment.hyperparameters.precision == "float32" else [PRECISION]
    if experiment.hyperparameters.writers:
        titles = " and ".join(type(writer).title for writer in experiment.hyperparameters.writers)
        found.append(WRITERS.format(titles))
    kind = type(experiment.dataset)
    if getattr(kind, "transposed", False) or getattr(kind, "first_label", 0):
        found.append(OTHER_FILES.format(kind.title, kind.tag()))
    return [*found, *_pretrained(experiment.architecture.layers)]


def _pretrained(layers: tuple[Layer, ...]) -> list[str]:
    """What to know of weights that come from elsewhere."""
    found: list[str] = []
    for layer in layers:
        if getattr(layer, "weights", "random") != "random" and not layer.disabled:
            found.append(PRETRAINED.format(one_line(str(getattr(layer, "network", layer.title)))))
        found += _pretrained(layer.children())
    return list(dict.fromkeys(found))


def _head(title: str, left_out: list[str], imports: set[Import]) -> str:
    from lepton_studio.engine.source_copy import import_lines

    listed = "\n".join(
        textwrap.fill(sentence, WIDEST_COMMENT, initial_indent="- ", subsequent_indent="  ") for sentence in left_out
    )
    told = LEFT_OUT.format(listed) if left_out else ""
    return f"{HEAD.format(title=one_line(title), left_out=told)}\n{import_lines(imports)}\n\n"


def _settings(
    experiment: Experiment, shape: Shape, class_names: Sequence[str], mean: Sequence[float], std: Sequence[float]
) -> str:
    settings, splits = experiment.hyperparameters, experiment.splits
    return SETTINGS.format(
        epochs=settings.epochs,
        samples=settings.samples_per_epoch,
        batch=settings.batch_size,
        validation=settings.validation_share,
        test=splits.test_share if splits.test == "drawn" else 0.0,
        stratified=splits.stratified,
        seed=experiment.seed,
        split_seed=splits.seed or experiment.seed,
        shape=tuple(shape),
        classes=_texts(class_names),
        ink=experiment.dataset.of_ink(),
        constants=constants(mean, std),
    )


def _texts(names: Sequence[str]) -> str:
    """A list of texts, in one line or one a line."""
    words = [f'"{one_line(name)}"' if one_line(name) == name else repr(name) for name in names]
    line = f"[{', '.join(words)}]"
    if len(f"CLASSES = {line}") <= WIDEST:
        return line
    return "".join(["[\n", *(f"    {each},\n" for each in words), "]"])


def _blocks(title: str, pieces: list[str]) -> str:
    rule = f"# --- {title} ".ljust(97, "-")
    return f"\n\n{rule}\n\n\n" + "\n\n\n".join(pieces) + "\n\n\n"


def _names(source: str) -> set[str]:
    """What a piece of source binds at its top level."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _imports(source: str) -> set[Import]:
    from lepton_studio.engine.source_copy import imports_of

    return {one for node in ast.parse(source).body for one in imports_of(node)}
