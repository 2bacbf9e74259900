"""Edits of the tree of layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.engine.tree import (
    all_paths,
    duplicate_layers,
    insert_layer,
    insert_layers,
    layer_at,
    move_layer,
    move_layers,
    outermost,
    place_in,
    place_out,
    remove_layer,
    remove_layers,
    replace_layer,
    shift_layers,
    stack_at,
    unwrap_layer,
    with_disabled,
    wrap_layers,
)

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


# --- several at once


def numbered(depths: list[int]) -> tuple[Layer, ...]:
    """A tree with a number in each leaf: every layer goes as deep as asked, as far as the one before allows."""
    tree: tuple[Layer, ...] = ()
    for number, depth in enumerate(depths):
        path: tuple[int, ...] = ()
        while len(path) < depth:
            stack = stack_at(tree, path)
            if not stack or not stack[-1].is_container:
                break
            path = (*path, len(stack) - 1)
        layer: Layer = Residual() if number % 3 == 0 else Linear(outputs=number + 1)
        tree = insert_layer(tree, (*path, len(stack_at(tree, path))), layer)
    return tree


def leaves(layers: tuple[Layer, ...]) -> list[int]:
    """The numbers of the leaves in their order."""
    found = (layer_at(layers, path) for path in all_paths(layers))
    return [layer.outputs for layer in found if isinstance(layer, Linear)]


trees = st.lists(st.integers(0, 4), min_size=1, max_size=14).map(numbered)


@st.composite
def chosen_in_trees(draw: st.DrawFn) -> tuple[tuple[Layer, ...], list[tuple[int, ...]]]:
    tree = draw(trees)
    return tree, draw(st.lists(st.sampled_from(all_paths(tree)), min_size=1, max_size=5, unique=True))


def held(layers: tuple[Layer, ...], paths: list[tuple[int, ...]]) -> list[Layer]:
    return [layer_at(layers, path) for path in outermost(paths)]


def places(layers: tuple[Layer, ...]) -> list[tuple[int, ...]]:
    """Everywhere that a layer can be put."""
    holders = [(), *(path for path in all_paths(layers) if layer_at(layers, path).is_container)]
    return [(*holder, at) for holder in holders for at in range(len(stack_at(layers, holder)) + 1)]


def test_several_layers_are_put_in_one_after_the_other() -> None:
    changed = insert_layers(TREE, (0, 1, 1), (Tanh(), Relu()))
    assert layer_at(changed, (0, 1)).children() == (Dropout(), Tanh(), Relu())


def test_what_lies_in_a_chosen_container_goes_with_it() -> None:
    assert outermost([(0, 1, 0), (2,), (0,), (0, 0)]) == ((0,), (2,))
    assert outermost([(0, 1, 0), (0, 0)]) == ((0, 0), (0, 1, 0))
    assert outermost([]) == ()


@given(chosen_in_trees())
def test_taking_out_leaves_the_others_in_their_order(case: tuple[tuple[Layer, ...], list[tuple[int, ...]]]) -> None:
    tree, paths = case
    gone = {number for layer in held(tree, paths) for number in leaves((layer,))}
    assert leaves(remove_layers(tree, paths)) == [number for number in leaves(tree) if number not in gone]


@given(chosen_in_trees())
def test_copies_stand_where_the_paths_say_and_nothing_else_changes(
    case: tuple[tuple[Layer, ...], list[tuple[int, ...]]],
) -> None:
    tree, paths = case
    changed, copies = duplicate_layers(tree, paths)
    assert [layer_at(changed, path) for path in copies] == held(tree, paths)
    assert remove_layers(changed, copies) == tree


def test_neighbours_are_copied_as_one() -> None:
    changed, copies = duplicate_layers((Relu(), Tanh(), Flatten()), [(0,), (1,)])
    assert changed == (Relu(), Tanh(), Relu(), Tanh(), Flatten())
    assert copies == ((2,), (3,))


@given(chosen_in_trees(), st.data())
def test_moved_layers_keep_their_order_and_stand_where_the_paths_say(
    case: tuple[tuple[Layer, ...], list[tuple[int, ...]]], data: st.DataObject
) -> None:
    tree, paths = case
    inside = outermost(paths)
    target = data.draw(st.sampled_from(places(tree)))
    if any(len(target) > len(path) and target[: len(path)] == path for path in inside):
        with pytest.raises(LeptonError, match="into itself"):
            move_layers(tree, paths, target)
        return
    changed, where = move_layers(tree, paths, target)
    assert [layer_at(changed, path) for path in where] == held(tree, paths)
    assert sorted(leaves(changed)) == sorted(leaves(tree))
    assert leaves(remove_layers(changed, where)) == leaves(remove_layers(tree, paths))


@given(chosen_in_trees(), st.sampled_from([-1, 1]))
def test_a_step_and_a_step_back_move_layers_that_had_room_to_where_they_were(
    case: tuple[tuple[Layer, ...], list[tuple[int, ...]]], by: int
) -> None:
    tree, paths = case
    changed, where = shift_layers(tree, paths, by)
    assert sorted(map(str, held(changed, list(where)))) == sorted(map(str, held(tree, paths)))
    assert sorted(leaves(changed)) == sorted(leaves(tree))
    if all(path[-1] > 0 for path in outermost(paths)) and by == -1:
        assert shift_layers(changed, where, 1)[0] == tree


def test_layers_at_the_end_of_their_stack_stay_and_hold_up_those_behind() -> None:
    tree = (Relu(), Tanh(), Flatten())
    assert shift_layers(tree, [(0,), (1,)], -1) == (tree, ((0,), (1,)))
    assert shift_layers(tree, [(0,), (2,)], 1) == ((Tanh(), Relu(), Flatten()), ((1,), (2,)))


def test_neighbours_move_together_both_ways() -> None:
    tree = (Relu(), Tanh(), Flatten())
    assert shift_layers(tree, [(0,), (1,)], 1) == ((Flatten(), Relu(), Tanh()), ((1,), (2,)))
    assert shift_layers(tree, [(1,), (2,)], -1) == ((Tanh(), Flatten(), Relu()), ((0,), (1,)))


@given(chosen_in_trees())
def test_leaving_out_and_taking_in_again_changes_nothing(
    case: tuple[tuple[Layer, ...], list[tuple[int, ...]]],
) -> None:
    tree, paths = case
    without = with_disabled(tree, paths, True)
    assert all(layer.disabled for layer in held(without, paths))
    assert with_disabled(without, paths, False) == tree


def test_neighbours_are_put_into_a_container_and_taken_out_of_it() -> None:
    wrapped, path = wrap_layers(TREE, [(1,), (2,)], Residual())
    assert wrapped == (TREE[0], Residual(body=(Flatten(), Linear())))
    assert path == (1,)
    assert unwrap_layer(wrapped, path) == (TREE, ((1,), (2,)))
    inner, path = wrap_layers(TREE, [(0, 1), (0, 1, 0)], Residual())
    assert path == (0, 1)
    assert layer_at(inner, (0, 1, 0)) == TREE[0].children()[1]


def test_layers_with_others_between_them_cannot_be_put_into_one_container() -> None:
    for paths in ([(0,), (2,)], [(0, 0), (1,)]):
        with pytest.raises(LeptonError, match="directly after each other"):
            wrap_layers(TREE, paths, Residual())
    with pytest.raises(LeptonError, match="Linear holds no layers"):
        unwrap_layer(TREE, (2,))


def test_the_ways_into_the_container_above_and_out_of_its_own_are_known() -> None:
    assert place_in(TREE, [(1,), (2,)]) == (0, 2)
    assert place_in(TREE, [(2,)]) is None
    assert place_in(TREE, [(0,)]) is None
    assert place_in(TREE, []) is None
    assert place_out([(0, 1, 0)]) == (0, 2)
    assert place_out([(0, 1), (2,)]) == (1,)
    assert place_out([(1,)]) is None
    assert place_out([]) is None
