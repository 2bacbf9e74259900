"""Files become architectures, or errors that name the line: never something else than what they say."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_studio.engine import LAYERS, presets
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.code_export import CARRIED_MARK, write_code
from lepton_studio.engine.code_import import LARGEST_FILE, parse_any_architecture, read_architecture
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, save_experiment
from lepton_studio.engine.files import write_struct
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.skip import Skip
from lepton_studio.engine.network import build_stack
from lepton_studio.engine.script_export import write_script

DIGITS = tuple("0123456789")
HEAD = "import torch\nfrom torch import nn\n\n"


def code_of(architecture: Architecture, shape: tuple[int, ...] = (1, 28, 28)) -> str:
    return write_code(architecture, shape, DIGITS, (33.4,) * shape[0], (78.6,) * shape[0]).text


def read(source: str, shape: tuple[int, ...] = (1, 28, 28)) -> tuple[Layer, ...]:
    return parse_any_architecture(source.encode(), "net.py", shape).layers


def read_layers(*calls: str) -> tuple[Layer, ...]:
    return read(f"{HEAD}net = nn.Sequential(\n" + "".join(f"    {call},\n" for call in calls) + ")\n")


def without_cards(source: str) -> str:
    return source[: source.index(CARRIED_MARK)]


def refusal(source: str) -> str:
    with pytest.raises(LeptonError) as caught:
        read(source)
    return str(caught.value)


# --- JSON


def test_an_architecture_a_preset_and_an_experiment_are_read(tmp_path: Path) -> None:
    architecture = Architecture("Mine", (Flatten(), Linear(outputs=10)))
    write_struct(tmp_path / "net.json", architecture)
    save_experiment(tmp_path / "experiment.json", Experiment(BundledDigits(), architecture))
    assert read_architecture(tmp_path / "net.json") == architecture
    assert read_architecture(tmp_path / "experiment.json") == architecture
    from lepton_studio import paths

    preset = paths.resources() / "architectures" / "lenet5.json"
    assert read_architecture(preset) == presets()["lenet5"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"name": "a", "layers": [{"type": "nothing"}]}', "layers"),
        (b'{"name": "a", "layers": [{"type": "conv2d", "channels": 0}]}', "channels"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON|no|Expected"),
        (b'{"layers":' + b'[{"type":"repeat","body":' * 50_000, "not valid JSON"),
    ],
    ids=["unknown", "range", "cut", "deep", "deep_layers"],
)
def test_wrong_json_is_told(content: bytes, message: str) -> None:
    with pytest.raises(LeptonError, match=message):
        parse_any_architecture(content, "net.json")


# --- code that we wrote


def test_every_preset_comes_back_from_its_code_and_its_script() -> None:
    for name, architecture in presets().items():
        if name.startswith("resnet18"):
            # Blocks like those of ResNet-8, and as long to read as all others together.
            continue
        shape = (1, 28, 28)
        script = write_script(Experiment(BundledDigits(), architecture), shape, DIGITS, (33.4,), (78.6,)).text
        assert parse_any_architecture(code_of(architecture).encode(), "a.py") == architecture
        assert parse_any_architecture(script.encode(), "a.py") == architecture


def test_formatting_comments_and_texts_may_be_changed() -> None:
    architecture = msgspec.structs.replace(presets()["lepton_net"], name="Näme, a  b")
    source = code_of(architecture)
    source = source.replace("# 32 × 28 × 28", "# so many").replace("parameters.", "of them.").replace("    ", "\t")
    source = source.replace("nn.Conv2d(1, 32, kernel_size=3, padding=1)", "nn.Conv2d(1,32,kernel_size=3,\n padding=1)")
    assert parse_any_architecture(source.encode(), "a.py") == architecture


def test_an_edited_file_is_read_as_it_is_now() -> None:
    source = code_of(presets()["lepton_net"])
    edited = source.replace("nn.Linear(3136, 128)", "nn.Linear(3136, 99)").replace("(128, 10)", "(99, 10)")
    assert edited != source
    layers = list(presets()["lepton_net"].layers)
    layers[7] = Linear(outputs=99)
    assert read(edited) == tuple(layers)


def test_a_file_whose_cards_were_edited_is_read_by_its_code() -> None:
    source = code_of(presets()["mlp"]).replace('"outputs":10', '"outputs":11')
    assert read(source) == presets()["mlp"].layers
    assert read(code_of(presets()["mlp"]).replace('{"shape"', '{"shade"')) == presets()["mlp"].layers


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = (pictures.float() - self.mean) / self.std", "x = (pictures.float() - self.mean) * self.std"),
        ("return self.layers(x)", "return self.layers(x).relu()"),
        ("return self.layers(x)", "return self.layers(self.layers(x))"),
        (
            "        super().__init__()\n        # Net",
            "        super().__init__()\n        self.forward = print\n        #",
        ),
    ],
    ids=["normalising", "relu", "twice", "other_part"],
)
def test_a_changed_network_class_is_not_misread(before: str, after: str) -> None:
    source = code_of(presets()["mlp"])
    assert before in source
    try:
        layers = read(source.replace(before, after))
    except LeptonError as error:
        assert "forward" in str(error)  # noqa: PT017 - either way is right, but nothing else
    else:
        raise AssertionError(layers)


def test_a_changed_class_of_ours_is_not_misread() -> None:
    body = (Conv2d(channels=4, padding=1),)
    source = code_of(Architecture("R", (Residual(body=body), Flatten(), Linear(outputs=10))), (4, 8, 8))
    assert "return kept + self.body(x)" in source
    assert re.search(
        "Sum is a network with", refusal(source.replace("return kept + self.body(x)", "return kept - self.body(x)"))
    )


CONTAINERS: dict[str, Layer] = {
    "residual": Residual(body=(Conv2d(channels=4, padding=1), Relu())),
    "projection": Residual(body=(Conv2d(channels=8, stride=2, padding=1),), shortcut="projection"),
    "parallel": Parallel(branches=(Conv2d(channels=2), Branch(body=(Conv2d(channels=3), Relu())))),
    "total": Parallel(branches=(Conv2d(channels=2), Conv2d(channels=2)), join="sum"),
    "skip": Skip(body=(Conv2d(channels=4, padding=1), Skip(body=(Relu(),)))),
    "repeat": Repeat(body=(Conv2d(channels=4, padding=1), Relu()), times=3),
    "branch": Branch(body=(Relu(), Residual(body=(Relu(),)))),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_are_read_from_code_without_cards(name: str) -> None:
    layers = (CONTAINERS[name], Flatten(), Linear(outputs=10))
    assert read(without_cards(code_of(Architecture("C", layers), (4, 8, 8))), (4, 8, 8)) == layers


FITTING = {"picture": (4, 8, 8), "row": (12,), "sequence": (6, 8)}


@pytest.mark.parametrize("tag", [tag for tag, kind in LAYERS.classes.items() if not kind.is_container])
def test_every_layer_is_read_from_code_without_cards(tag: str) -> None:
    from lepton_studio.engine.code_export import network_source

    layer = LAYERS[tag]()
    changed = {"group_norm": {"groups": 2}, "reshape": {"channels": 2, "height": 16, "width": 8}}.get(tag, {})
    layer = msgspec.structs.replace(layer, **changed)
    before = (Conv2d(channels=3),) if tag == "pretrained" else ()
    shape = next(
        shape for shape in FITTING.values() if not any(row.error for row in describe(
            Architecture("", (*before, layer)), shape, 1).layers)
    )  # fmt: skip
    if len(shape) < 3 or (tag == "flatten"):
        # Networks begin with pictures.
        shape = (4, 8, 8)
        before = () if tag == "flatten" else (LAYERS["flatten" if shape == (12,) else "rows_as_sequence"](),)
        if describe(Architecture("", (*before, layer)), shape, 1).output_shape is None:
            before = (Flatten(),)
    source = network_source(Architecture("L", (*before, layer)), shape, None)
    text = "\n\n".join([HEAD + "import math\nfrom torch.nn import functional\n", *source.pieces.values(), source.text])
    found = read(text, shape)
    with torch.device("meta"):
        wanted, _ = build_stack((*before, layer), shape)
        built, _ = build_stack(found, shape)
    assert repr(built).replace("Stack(", "Sequential(") == repr(wanted).replace("Stack(", "Sequential(")
    assert len(found) == len(before) + 1


# --- code of others


def test_a_plain_sequential_is_read() -> None:
    source = """
        import torch.nn as nn
        from collections import OrderedDict

        CLASSES = 10
        model = nn.Sequential(
            nn.Conv2d(1, 16, (3, 3), padding=(1, 1)),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            torch.nn.MaxPool2d(2),
            nn.Sequential(OrderedDict([("drop", nn.Dropout(0.25)), ("id", nn.Identity())])),
            nn.Flatten(),
            nn.Linear(16 * 14 * 14, CLASSES),
        )
    """.replace("torch.nn.Max", "nn.Max")
    assert read(textwrap.dedent(source)) == (
        Conv2d(channels=16, padding=1),
        BatchNorm2d(),
        Relu(),
        MaxPool2d(),
        Branch(body=(Dropout(p=0.25), Dropout(disabled=True))),
        Flatten(),
        Linear(outputs=10),
    )


def test_a_class_that_only_passes_on_is_read() -> None:
    source = f"""{HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    def forward(self, x):
        return self.body(x)
"""
    assert read(source) == (Flatten(), Linear(outputs=10))


def test_the_classic_slip_is_read_as_it_is_written_and_shown_by_the_checker() -> None:
    layers = read_layers(
        "nn.Conv2d(1, 32, 3, padding=1)", "nn.MaxPool2d(2)", "nn.Conv2d(32, 64, 3, padding=1)", "nn.MaxPool2d(2)",
        "nn.Flatten()", "nn.Linear(64 * 4 * 4, 10)",
    )  # fmt: skip
    assert layers[-1] == Linear(outputs=10, inputs=1024)
    report = describe(Architecture("Slip", layers), (1, 28, 28), 10)
    assert [row.path for row in report.layers if row.error] == [(5,)]


def test_colour_pictures_are_seen_by_the_first_layer() -> None:
    layers = read_layers("nn.Conv2d(3, 8, 3)", "nn.ReLU()", "nn.Flatten()", "nn.Linear(8 * 26 * 26, 10)")
    assert layers[-1] == Linear(outputs=10)


def test_layers_behind_one_that_does_not_fit_are_read_all_the_same() -> None:
    layers = read_layers("nn.Conv2d(1, 8, 31)", "nn.BatchNorm2d(8)", "nn.ReLU()", "nn.Flatten()", "nn.Linear(99, 10)")
    assert layers == (Conv2d(channels=8, kernel_size=31), BatchNorm2d(), Relu(), Flatten(), Linear(10, inputs=99))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("nn.Conv2d(1, 8, 3, padding_mode='reflect')", "line 5: There is no layer that does what 'nn.Conv2d"),
        ("nn.Conv2d(1, 8, (3, 5))", "line 5: There is no layer"),
        ("nn.Softmax(dim=1)", "line 5: .*before the softmax"),
        ("nn.LSTM(28, 64)", "line 5: There is no layer"),
        ("nn.LSTM(28, 64, 100000000)", "line 5: There is no layer"),
        ("nn.Transformer()", "line 5: There is no layer"),
        ("nn.Conv2d()", "line 5: .* cannot be made"),
        ("nn.Conv2d(1, 10 ** 9, 3)", "line 5: .* cannot be worked out"),
        ("nn.Linear(784, 99999999999)", "line 5: .* too large"),
        ("nn.Linear(784, 1e999)", "line 5: .* too large"),
        ("nn.Linear(784, 5 // 0)", "line 5: .* cannot be worked out"),
        ("nn.Linear(784, 0)", "line 5: There is no layer"),
        ("nn.Linear(784, -5)", "line 5"),
        ("nn.Linear(784, int('5'))", "line 5: .* is no plain number"),
        ("nn.Linear(784, *[5])", "line 5"),
        ("nn.Linear(784, **{})", "line 5: Arguments with"),
        ("Mine()", "line 5: 'Mine' is no module of torch.nn"),
        ("nn.Mine()", "line 5: 'nn.Mine' is no module"),
        ("nn.functional.relu", "line 5: .* is no call"),
        ("lambda x: x", "line 5: .* is no call"),
        ("__import__('os').system('true')", "line 5: .* is no module of torch.nn"),
        ("nn.ReLU(), nn.Conv2d(7, 8, 3)", "line 5: Conv2d is made for 7 channels or features, but 1 × 28 × 28 arrive"),
    ],
)
def test_what_cards_cannot_say_is_named_with_its_line(call: str, message: str) -> None:
    assert re.search(f"net.py, {message}", refusal(f"{HEAD}net = nn.Sequential(\n    {call},\n)\n"))


def test_a_network_with_a_forward_of_its_own_is_explained() -> None:
    source = f"""{HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    def forward(self, x):
        return self.a(x) + 1
"""
    assert re.search("line 9: Net is a network with a forward of its own. Its forward can do anything", refusal(source))
    assert re.search("forward of its own", refusal(source.replace("+ 1", "").replace("self.a =", "self.b =")))


def test_names_that_mean_something_else_are_not_taken_for_torch() -> None:
    net = "net = nn.Sequential(nn.Flatten())\n"
    assert re.search("no nn.Sequential", refusal(f"import mine as nn\n{net}"))
    assert re.search("no nn.Sequential", refusal(f"{HEAD}nn = other()\n{net}"))
    assert re.search("no nn.Sequential", refusal(f"{HEAD}def f(nn): pass\n{net}"))
    assert re.search("is no plain number", refusal(f"{HEAD}n = 1\nn = 2\nnet = nn.Sequential(nn.Linear(784, n))\n"))


def test_files_without_one_sequential_are_told() -> None:
    assert re.search("net.py has no nn.Sequential", refusal("print(1)\n"))
    assert re.search(
        "2 nn.Sequential, in lines 4, 5", refusal(f"{HEAD}a = nn.Sequential(nn.ReLU())\nb = nn.Sequential(nn.ReLU())\n")
    )
    assert re.search("neither JSON nor Python", refusal("x = (\n"))


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    evil = f"open({str(mark)!r}, 'w')"
    for source in (
        f"{HEAD}{evil}\nnet = nn.Sequential(nn.Flatten())\n",
        f"{HEAD}net = nn.Sequential(nn.Flatten(), nn.Linear(784, {evil}))\n",
        f"{HEAD}net = nn.Sequential(nn.Flatten(), {evil})\n",
    ):
        try:
            read(source)
        except LeptonError:
            continue
    assert not mark.exists()


# --- hostile files


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.py"
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    for path, message in (
        (tmp_path / "nothing.py", "could not be read"),
        (tmp_path, "no plain file"),
        (large, "too large"),
    ):
        with pytest.raises(LeptonError, match=message):
            read_architecture(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.py")
        with pytest.raises(LeptonError, match="no plain file"):
            read_architecture(tmp_path / "pipe.py")


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "-" * 100_000 + "1",
        "not " * 100_000 + "1",
        "a" + ".a" * 100_000,
        f"{HEAD}n = " + "1" + "+1" * 100_000,
        f"{HEAD}n = " + "1" + "+1" * 900 + "\nnet = nn.Sequential(nn.Linear(784, n))",
        HEAD + "net = " + "nn.Sequential(" * 90 + "nn.ReLU()" + ")" * 90,
        HEAD + "net = nn.Sequential(" + "nn.ReLU()," * 1001 + ")",
        HEAD + "net = nn.Sequential(nn.Linear(" + "9" * 5000 + ", 1))",
        "x = '\\d'\n\0",
        "# coding: zip\n",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        f"{CARRIED_MARK}\n#   " + "[" * 100_000,
        f'{CARRIED_MARK}\n#   {{"shape":[1,2,3],"architecture":{{"layers":[' + '{"type":"branch","body":[' * 5000,
        f'{CARRIED_MARK}\n#   {{"shape":[0,-1,99999999],"architecture":{{"layers":[]}}}}',
    ],
    ids=[
        "parentheses", "minus", "not", "dots", "sum", "small_sum", "sequentials", "many", "digits", "null", "coding",
        "surrogate", "cards", "deep_cards", "odd_shape",
    ],
)  # fmt: skip
def test_hostile_files_end_in_an_error_or_in_layers(source: str) -> None:
    try:
        found = parse_any_architecture(source.encode("utf-8", "replace"), "net.py").layers
    except LeptonError as error:
        assert error.what  # noqa: PT017 - either way is right
    else:
        assert isinstance(found, tuple)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_error_or_in_layers(content: bytes) -> None:
    try:
        found = parse_any_architecture(content, "net.py")
    except LeptonError as error:
        assert "net.py" in error.what  # noqa: PT017 - either way is right
    else:
        assert isinstance(found, Architecture)


PIECES = st.sampled_from([
    "nn.Sequential(", "nn.Conv2d(", "nn.Linear(", "nn.ReLU()", "nn.Flatten()", "Sum(", "body=", ")", ",", "1", "784",
    "-", "*", "64*4*4", "[", "]", "(3, 3)", "bias=False", "padding=1", "net = ", "\n", "class Net(nn.Module):", " ",
    "    def forward(self, x):\n", "return x", "nn.ModuleList([", "None", "'a'", "1e400", "True", "nn.LSTM(",
    "lambda: ",
])  # fmt: skip


@given(st.lists(PIECES, max_size=25))
def test_any_mixture_of_code_ends_in_an_error_or_in_layers(pieces: list[str]) -> None:
    try:
        found = read(HEAD + "".join(pieces))
    except LeptonError as error:
        assert re.search("net.py", error.what)  # noqa: PT017 - either way is right
    else:
        assert isinstance(found, tuple)


def containers(inside: st.SearchStrategy[Layer]) -> st.SearchStrategy[Layer]:
    """Layers that hold others and keep pictures of 4 x 8 x 8 as they are."""
    stacks = st.lists(inside, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        stacks.map(lambda body: Residual(body=body)),
        stacks.map(lambda body: Residual(body=body, shortcut="projection")),
        stacks.map(lambda body: Branch(body=body, name="a")),
        stacks.map(lambda body: Repeat(body=body, times=2)),
        stacks.map(lambda branches: Parallel(branches=branches, join="sum")),
        stacks.map(lambda body: Branch(body=(Skip(body=body), Conv2d(channels=4, kernel_size=1)))),
    )


KEEPING = st.sampled_from((
    Conv2d(channels=4, padding=1), Conv2d(channels=4, padding=2, dilation=2, bias=False), Relu(), BatchNorm2d(),
    Dropout(p=0.1), LAYERS["group_norm"](groups=2), LAYERS["squeeze_excite"](), LAYERS["layer_norm"](),
    LAYERS["leaky_relu"](slope=0.2), Relu(disabled=True), LAYERS["upsample"](height=8, width=8),
))  # fmt: skip


@settings(max_examples=6)
@given(st.lists(st.recursive(KEEPING, containers, max_leaves=12), max_size=6).map(tuple))
def test_any_tree_comes_back_from_its_code(layers: tuple[Layer, ...]) -> None:
    shape = (4, 8, 8)
    architecture = Architecture("Tree", (*layers, Flatten(), Linear(outputs=10)))
    source = code_of(architecture, shape)
    assert parse_any_architecture(source.encode(), "tree.py") == architecture
    found = read(without_cards(source), shape)
    with torch.device("meta"):
        built, wanted = build_stack(found, shape)[0], build_stack(architecture.layers, shape)[0]
    assert [(name, tuple(weight.shape)) for name, weight in built.state_dict().items()] == [
        (name, tuple(weight.shape)) for name, weight in wanted.state_dict().items()
    ]


@settings(max_examples=15)
@given(st.data())
def test_a_damaged_file_of_ours_is_never_misread(data: st.DataObject) -> None:
    architecture = Architecture("R", (Residual(body=(Relu(), Conv2d(channels=1, padding=1))), Flatten(), Linear(10)))
    source = code_of(architecture, (1, 8, 8))
    at = data.draw(st.integers(source.index("\nclass "), len(source) - 1))
    damaged = source[:at] + data.draw(st.sampled_from(["", "0", "1", "(", " ", "-", "x", "\n"])) + source[at + 1 :]
    try:
        found = parse_any_architecture(damaged.encode(), "net.py", (1, 8, 8))
    except LeptonError:
        return
    # Whatever is read builds what the file says now.
    names: dict[str, object] = {"__name__": "damaged"}
    try:
        exec(compile(damaged, "net.py", "exec"), names)
        theirs = names["R"]().layers  # type: ignore[operator]
    except Exception:  # noqa: BLE001 - broken elsewhere, in any way: the layers are what they were
        return
    assert len(found.layers) == len(theirs)
    if not describe(found, (1, 8, 8), 10).errors:
        with torch.device("meta"):
            built, _ = build_stack(found.layers, (1, 8, 8))
        assert [tuple(weight.shape) for weight in built.parameters()] == [tuple(w.shape) for w in theirs.parameters()]
