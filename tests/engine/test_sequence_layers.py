"""Layers for sequences: against torch's own, against their formulas, and what they refuse."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lepton_studio.engine.description import describe_layer
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape
from lepton_studio.engine.layers.gru import Gru
from lepton_studio.engine.layers.lstm import Lstm
from lepton_studio.engine.layers.patch_embedding import PatchEmbedding
from lepton_studio.engine.layers.positional_encoding import PositionalEncoding
from lepton_studio.engine.layers.rnn import Rnn
from lepton_studio.engine.layers.rows_as_sequence import RowsAsSequence
from lepton_studio.engine.layers.self_attention import SelfAttention
from lepton_studio.engine.layers.sequence_pool import SequencePool
from lepton_studio.engine.layers.transformer_encoder import TransformerEncoder
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.sequence_layer import require_heads

TORCH_CLASSES = {Rnn: nn.RNN, Lstm: nn.LSTM, Gru: nn.GRU}
recurrent = pytest.mark.parametrize("kind", TORCH_CLASSES, ids=lambda kind: kind.tag())

# A layer and an input for it: together all settings that change what is computed.
CASES: list[tuple[Layer, Shape]] = [
    (RowsAsSequence(), (3, 5, 4)),
    (PatchEmbedding(features=6), (3, 8, 12)),
    (PatchEmbedding(patch_size=7, features=5, class_token=True), (1, 28, 28)),
    (PositionalEncoding(), (7, 6)),
    (PositionalEncoding(kind="sinusoidal"), (7, 5)),
    (SelfAttention(heads=3), (7, 6)),
    (SelfAttention(heads=1), (1, 1)),
    (TransformerEncoder(heads=2), (9, 8)),
    (TransformerEncoder(heads=4, mlp_ratio=1), (3, 4)),
    *((SequencePool(kind=kind), (5, 3)) for kind in ("mean", "last", "first", "max")),
    *(
        (kind(hidden_size=5, num_layers=layers, bidirectional=both, output=output), (6, 4))
        for kind in TORCH_CLASSES
        for layers, both, output in ((1, False, "last"), (2, True, "last"), (2, False, "all"), (1, True, "all"))
    ),
    *((kind(hidden_size=3), (1, 2)) for kind in TORCH_CLASSES),
]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda value: type(value).__name__)
def test_shape_parameters_and_operations_are_those_of_a_real_pass(
    layer: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    # oneDNN's own LSTM is one operation that the counter does not know.
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    module = layer.build(shape).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        out = module(torch.randn(1, *shape))
    described = describe_layer(layer, shape)
    assert described.output_shape == tuple(out.shape[1:])
    assert described.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert described.flops == counter.get_total_flops()


def test_each_row_of_a_picture_becomes_a_step() -> None:
    pictures = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    steps = RowsAsSequence().build((3, 4, 5))(pictures)
    assert steps.shape == (2, 4, 15)
    assert torch.equal(steps[1, 2], pictures[1, :, 2].flatten())


def test_patches_are_the_same_matrix_times_each_square() -> None:
    module = PatchEmbedding(patch_size=2, features=6).build((3, 4, 6))
    pictures = torch.randn(2, 3, 4, 6)
    matrix = module.embed.weight.flatten(1)
    # The second row of patches, the third from the left.
    square = pictures[:, :, 2:4, 4:6].flatten(1)
    assert torch.allclose(module(pictures)[:, 5], square @ matrix.T + module.embed.bias, atol=1e-6)


def test_a_class_token_stands_first_and_leaves_the_patches_as_they_are() -> None:
    with_token = PatchEmbedding(features=6, class_token=True).build((1, 8, 8))
    nn.init.normal_(with_token.token)
    without = PatchEmbedding(features=6).build((1, 8, 8))
    without.load_state_dict({name: value for name, value in with_token.state_dict().items() if name != "token"})
    pictures = torch.randn(3, 1, 8, 8)
    steps = with_token(pictures)
    assert torch.equal(steps[:, 1:], without(pictures))
    assert torch.equal(steps[:, 0], with_token.token[0].expand(3, -1))


def test_patches_that_do_not_divide_the_picture_are_refused_with_sizes_that_do() -> None:
    with pytest.raises(LeptonError) as caught:
        PatchEmbedding(patch_size=5).build((1, 28, 28))
    assert "28 × 28 cannot be cut into patches of 5 × 5" in caught.value.what
    assert caught.value.remedy == "Use a patch size that divides both sides: 2, 4, 7."
    with pytest.raises(LeptonError, match="does not fit"):
        PatchEmbedding(patch_size=30).build((1, 28, 28))


@pytest.mark.parametrize("size", range(1, 29))
def test_each_patch_size_that_is_advised_fits(size: int) -> None:
    try:
        PatchEmbedding(patch_size=size).build((1, 28, 20))
        advised = [size]
    except LeptonError as error:
        advised = [int(number) for number in error.remedy.split(": ")[-1].rstrip(".").split(", ") if number.isdigit()]
    for each in advised:
        assert describe_layer(PatchEmbedding(patch_size=each), (1, 28, 20)).error is None
    assert advised or size > 20


def test_the_waves_are_those_of_the_paper() -> None:
    places = PositionalEncoding(kind="sinusoidal").build((12, 7))(torch.zeros(1, 12, 7))[0]
    for step in range(12):
        for feature in range(7):
            angle = step / 10_000 ** (2 * (feature // 2) / 7)
            wave = math.cos(angle) if feature % 2 else math.sin(angle)
            assert float(places[step, feature]) == pytest.approx(wave, abs=1e-5)


def test_learned_places_are_added_to_each_step() -> None:
    module = PositionalEncoding().build((4, 3))
    x = torch.randn(2, 4, 3)
    assert torch.equal(module(x), x + module.places)
    assert 0 < float(module.places.detach().std()) < 0.1


def copy_attention(ours: nn.Module, theirs: nn.MultiheadAttention) -> None:
    """Gives torch's attention the weights of ours."""
    with torch.no_grad():
        assert theirs.in_proj_weight is not None
        theirs.in_proj_weight.copy_(ours.ask.weight)
        theirs.in_proj_bias.copy_(ours.ask.bias)
        theirs.out_proj.load_state_dict(ours.join.state_dict())


@pytest.mark.parametrize("heads", [1, 2, 6])
def test_self_attention_is_that_of_torch_given_the_same_weights(heads: int) -> None:
    torch.manual_seed(3)
    ours = SelfAttention(heads=heads).build((9, 12))
    theirs = nn.MultiheadAttention(12, heads, batch_first=True)
    copy_attention(ours, theirs)
    x = torch.randn(4, 9, 12, requires_grad=True)
    looked: list[Tensor] = []
    hook = ours.drop.register_forward_hook(lambda module, inputs, out: looked.append(inputs[0]))
    answer = ours(x)
    hook.remove()
    expected, weights = theirs(x, x, x, average_attn_weights=False)
    assert torch.allclose(answer, expected, atol=1e-5)
    assert torch.allclose(looked[0], weights, atol=1e-6)
    (gradient,) = torch.autograd.grad(answer.square().sum(), x)
    (expected_gradient,) = torch.autograd.grad(expected.square().sum(), x)
    assert torch.allclose(gradient, expected_gradient, atol=1e-4)


def test_a_transformer_block_is_that_of_torch_given_the_same_weights() -> None:
    torch.manual_seed(4)
    ours = TransformerEncoder(heads=2, mlp_ratio=3).build((9, 8)).eval()
    theirs = nn.TransformerEncoderLayer(8, 2, 24, 0.1, "gelu", batch_first=True, norm_first=True).eval()
    copy_attention(ours.attention, theirs.self_attn)
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.mlp_norm.state_dict())
    theirs.linear1.load_state_dict(ours.mlp[0].state_dict())
    theirs.linear2.load_state_dict(ours.mlp[3].state_dict())
    x = torch.randn(4, 9, 8)
    assert torch.allclose(ours(x), theirs(x), atol=1e-5)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


def test_dropout_of_a_transformer_block_is_for_learning_only() -> None:
    module = TransformerEncoder(heads=2, dropout=0.5).build((5, 4))
    x = torch.randn(2, 5, 4)
    torch.manual_seed(0)
    assert not torch.equal(module.train()(x), module(x))
    assert torch.equal(module.eval()(x), module(x))


@pytest.mark.parametrize("layer", [SelfAttention(heads=4), TransformerEncoder(heads=4)], ids=["attention", "block"])
def test_heads_that_do_not_divide_the_features_are_refused_with_numbers_that_do(layer: Layer) -> None:
    with pytest.raises(LeptonError) as caught:
        layer.build((5, 10))
    assert "10 features cannot be shared evenly by 4 heads" in caught.value.what
    assert "Use 2 or 5 heads" in caught.value.remedy


@pytest.mark.parametrize("features", range(1, 13))
@pytest.mark.parametrize("heads", range(1, 15))
def test_the_heads_that_are_advised_divide_the_features(features: int, heads: int) -> None:
    advised = [heads]
    try:
        require_heads(features, heads)
    except LeptonError as error:
        advised = [int(word) for word in error.remedy.split(", or a number")[0].split() if word.isdigit()]
    assert advised
    assert all(features % number == 0 for number in advised)


@pytest.mark.parametrize("kind", ["mean", "last", "first", "max"])
def test_a_sequence_pool_takes_what_it_says(kind: str) -> None:
    x = torch.randn(3, 5, 2)
    expected = {"mean": x.sum(1) / 5, "last": x[:, 4], "first": x[:, 0], "max": x.sort(dim=1).values[:, -1]}
    assert torch.allclose(SequencePool(kind=kind).build((5, 2))(x), expected[kind])  # type: ignore[arg-type]


@recurrent
@pytest.mark.parametrize("both", [False, True], ids=["forwards", "both ways"])
def test_a_recurrent_layer_ends_with_what_torch_remembers(kind: type[Layer], both: bool) -> None:
    torch.manual_seed(5)
    x = torch.randn(3, 6, 4)
    every = kind(hidden_size=5, num_layers=2, bidirectional=both, output="all").build((6, 4))
    last = kind(hidden_size=5, num_layers=2, bidirectional=both).build((6, 4))
    last.load_state_dict(every.state_dict())
    plain = TORCH_CLASSES[kind](4, 5, 2, batch_first=True, bidirectional=both)
    plain.load_state_dict(every.cell.state_dict())
    known, state = plain(x)
    hidden = state[0] if kind is Lstm else state
    assert torch.allclose(every(x), known, atol=1e-6)
    # The state of the uppermost layer: of the way back, too, if there is one.
    top = hidden[-2:] if both else hidden[-1:]
    assert torch.allclose(last(x), torch.cat(list(top), dim=1), atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [PositionalEncoding(), SelfAttention(), TransformerEncoder(), SequencePool(), Rnn(), Lstm(), Gru()],
    ids=lambda layer: layer.tag(),
)
def test_a_layer_for_sequences_says_what_makes_a_sequence_of_a_picture(layer: Layer) -> None:
    with pytest.raises(LeptonError) as caught:
        layer.build((1, 28, 28))
    assert "needs a sequence" in caught.value.what
    assert "Rows as sequence or Patch embedding" in caught.value.remedy
    with pytest.raises(LeptonError, match="needs a sequence"):
        layer.build((784,))


@pytest.mark.parametrize("layer", [RowsAsSequence(), PatchEmbedding()], ids=["rows", "patches"])
def test_only_a_picture_can_be_made_a_sequence(layer: Layer) -> None:
    with pytest.raises(LeptonError, match="needs a picture"):
        layer.build((28, 28))


def test_a_patch_sees_its_square_and_attention_sees_all() -> None:
    assert PatchEmbedding(patch_size=4).reach((1, 28, 28)) == Reach(3, 4)
    assert SelfAttention().reach((49, 64)) == TransformerEncoder().reach((49, 64)) == Reach.everything()
    assert SequencePool(kind="mean").reach((49, 64)) == Reach.everything()
    assert SequencePool(kind="first").reach((49, 64)) == Reach()


@recurrent
def test_describing_a_long_sequence_takes_one_step(kind: type[Layer]) -> None:
    # Each step would be taken apart in Python: a million of them would not end in time.
    described = describe_layer(kind(output="all", num_layers=2), (1_000_000, 8))
    short = describe_layer(kind(output="all", num_layers=2), (10, 8))
    assert described.output_shape == (1_000_000, 64)
    assert described.flops == 100_000 * short.flops
