"""Edits of the tree of layers."""

from __future__ import annotations

import pytest

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.engine.tree import insert_layer, layer_at, move_layer, remove_layer, replace_layer

TREE = (Residual(body=(Relu(), Residual(body=(Dropout(),)))), Flatten(), Linear())


def test_a_layer_is_found_by_its_path() -> None:
    assert layer_at(TREE, (2,)) == Linear()
    assert layer_at(TREE, (0, 0)) == Relu()
    assert layer_at(TREE, (0, 1, 0)) == Dropout()
    with pytest.raises(IndexError):
        layer_at(TREE, (0, 1, 1))


@pytest.mark.parametrize("path", [(0,), (3,), (0, 0), (0, 2), (0, 1, 0), (0, 1, 1)])
def test_an_inserted_layer_is_where_it_was_put_and_taking_it_out_undoes_it(path: tuple[int, ...]) -> None:
    changed = insert_layer(TREE, path, Tanh())
    assert layer_at(changed, path) == Tanh()
    assert remove_layer(changed, path) == TREE


def test_inserting_moves_what_was_there_one_down() -> None:
    changed = insert_layer(TREE, (0, 0), Tanh())
    assert changed == (Residual(body=(Tanh(), *TREE[0].children())), Flatten(), Linear())


def test_replacing_changes_one_place_only() -> None:
    assert replace_layer(TREE, (0, 1, 0), Tanh()) == (
        Residual(body=(Relu(), Residual(body=(Tanh(),)))),
        Flatten(),
        Linear(),
    )


def test_edits_leave_the_tree_they_were_given_alone() -> None:
    before = (Residual(body=(Relu(), Residual(body=(Dropout(),)))), Flatten(), Linear())
    insert_layer(TREE, (0, 1, 0), Tanh())
    remove_layer(TREE, (0, 1, 0))
    move_layer(TREE, (0,), 1)
    assert before == TREE


@pytest.mark.parametrize(
    ("path", "by", "order", "new_path"),
    [
        ((1,), 1, (0, 2, 1), (2,)),
        ((1,), -1, (1, 0, 2), (0,)),
        ((0,), 2, (1, 2, 0), (2,)),
        ((0,), -1, (0, 1, 2), (0,)),
        ((2,), 5, (0, 1, 2), (2,)),
    ],
)
def test_a_layer_moves_within_its_stack_and_stops_at_its_ends(
    path: tuple[int, ...], by: int, order: tuple[int, ...], new_path: tuple[int, ...]
) -> None:
    moved, where = move_layer(TREE, path, by)
    assert moved == tuple(TREE[place] for place in order)
    assert where == new_path
    assert layer_at(moved, where) == layer_at(TREE, path)


def test_a_layer_moves_inside_its_container() -> None:
    moved, where = move_layer(TREE, (0, 0), 1)
    assert where == (0, 1)
    assert moved[0].children() == TREE[0].children()[::-1]


def test_a_layer_that_is_no_container_takes_no_layers() -> None:
    with pytest.raises(LeptonError, match="Linear holds no layers"):
        insert_layer(TREE, (2, 0), Tanh())
