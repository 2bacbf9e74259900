"""Why: the map follows the drawing, strokes are weighed when the pen rests, and nothing is done while nobody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton

from lepton_studio.engine import (
    EXPLAINERS,
    Architecture,
    LeptonError,
    Predictor,
    Question,
    Run,
    Stroke,
    explain_now,
    placing_of,
)
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.gui import why_asking as module
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.why_question import WhyQuestion
from lepton_studio.gui.why_view import CANVAS_SHARE, WhyView
from lepton_studio.gui.widgets.heat_colours import clear_heat
from lepton_studio.gui.widgets.painting import image_of

CROSS = (
    Stroke(((0.2, 0.2), (0.5, 0.5), (0.8, 0.8)), 0.1),
    Stroke(((0.8, 0.2), (0.5, 0.5), (0.2, 0.8)), 0.1),
)
HOOK = (Stroke(((0.2, 0.2), (0.2, 0.5), (0.2, 0.8), (0.5, 0.8), (0.8, 0.8)), 0.08),)
PATIENCE = 60_000
QUICK = [name for name, kind in EXPLAINERS.classes.items() if kind.is_one_pass]
DEAR = [name for name in EXPLAINERS.names() if name not in QUICK]


@pytest.fixture
def make(easel: Easel, qtbot: Any) -> Iterator[Callable[[], WhyView]]:
    """Opens the view; it is stopped at the end, as its page does it."""
    made: list[WhyView] = []

    def make() -> WhyView:
        view = WhyView(easel)
        qtbot.addWidget(view)
        view.resize(330, 620)
        view.show()
        qtbot.waitExposed(view)
        made.append(view)
        return view

    yield make
    easel.stop()
    for view in made:
        view.stop()


@pytest.fixture
def view(make: Callable[[], WhyView]) -> WhyView:
    return make()


@pytest.fixture
def always_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is now."""
    monkeypatch.setattr(module, "MOST_SECONDS", 1e9)


def settle(view: WhyView, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not view._easel._soon.isActive() and view.is_settled, timeout=PATIENCE)
    qtbot.wait(1)
    qtbot.waitUntil(lambda: view.is_settled, timeout=PATIENCE)


def draw(view: WhyView, qtbot: Any, strokes: tuple[Stroke, ...]) -> None:
    view._easel.show(strokes)
    view._easel.answer()
    settle(view, qtbot)


def choose(view: WhyView, qtbot: Any, method: str) -> None:
    view.question.method.setCurrentIndex(view.question.method.findData(method))
    settle(view, qtbot)


def expected(view: WhyView, method: str, against: int | None = None) -> Any:
    part, predictor = view._easel.part, view._easel.predictor
    assert part is not None
    assert predictor is not None
    question = Question(view.question.explainer, int(part.probabilities.argmax()), against)
    assert type(question.explainer) is EXPLAINERS[method]
    return explain_now(predictor, part.picture, question).heat


def shows(view: WhyView, heat: Any) -> bool:
    return view.map.heat is not None and bool(
        np.allclose(view.map.heat, heat, atol=1e-5 * float(np.abs(heat).max() + 1e-9))
    )


def test_an_empty_view_says_what_it_will_show(view: WhyView, qtbot: Any) -> None:
    settle(view, qtbot)
    assert view.empty.isVisible()
    assert "Draw a digit" in view.empty.text()
    assert not view.map.isVisible()
    assert view.overlay is None


@pytest.mark.parametrize("method", sorted(EXPLAINERS.names()))
def test_each_method_explains_the_answer_and_says_how_its_map_is_read(view: WhyView, qtbot: Any, method: str) -> None:
    draw(view, qtbot, CROSS)
    choose(view, qtbot, method)
    assert shows(view, expected(view, method))
    assert not view.map.is_old
    assert view.question.how_to_read.text() == EXPLAINERS[method].how_to_read
    assert view.caption.text().startswith("Why ")
    assert not view.empty.isVisible()
    assert not view.trouble.isVisible()
    assert view.legend.texts[1] == ("0" if EXPLAINERS[method].is_signed else "")


def test_the_question_may_be_why_not_another_class(view: WhyView, qtbot: Any) -> None:
    draw(view, qtbot, CROSS)
    choose(view, qtbot, "saliency")
    part, names = view._easel.part, view._easel.predictor.class_names if view._easel.predictor else ()
    assert part is not None
    answer = int(part.probabilities.argmax())
    other = (answer + 1) % 4
    view.question.asked.setCurrentIndex(other + 1)
    settle(view, qtbot)
    assert shows(view, expected(view, "saliency", against=other))
    assert f"and not {names[other]}?" in view.caption.text()
    choose(view, qtbot, "hires_cam")
    assert view.legend.texts == (f"for {names[other]}", "0", f"for {names[answer]}")
    # The answer itself is compared with no other.
    view.question.asked.setCurrentIndex(answer + 1)
    settle(view, qtbot)
    assert shows(view, expected(view, "hires_cam"))


@pytest.mark.usefixtures("always_quick")
def test_a_cheap_method_follows_the_pen_within_the_thread_of_the_window(
    view: WhyView, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(view, qtbot)
    beside: list[Any] = []
    ask_beside = module.explain_beside
    monkeypatch.setattr(module, "explain_beside", lambda *given: beside.append(given[2]) or ask_beside(*given))
    draw(view, qtbot, CROSS[:1])
    draw(view, qtbot, CROSS)
    assert shows(view, expected(view, "hires_cam"))
    # Only strokes are weighed in another thread.
    assert beside
    assert set(beside) == {None}


def test_a_method_that_is_slow_here_is_asked_in_another_thread_and_still_follows(
    view: WhyView, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)

    def never(*_given: Any) -> None:
        raise AssertionError("asked in the thread of the window")

    monkeypatch.setattr(module, "explain_now", never)
    for strokes in (CROSS[:1], CROSS, HOOK):
        draw(view, qtbot, strokes)
        assert not view.map.is_old
    monkeypatch.undo()
    assert shows(view, expected(view, "hires_cam"))


@pytest.mark.parametrize("method", DEAR)
def test_until_a_dear_map_is_there_the_one_before_is_marked_as_old(view: WhyView, qtbot: Any, method: str) -> None:
    draw(view, qtbot, CROSS)
    choose(view, qtbot, method)
    assert view.overlay is not None
    view._easel.show(HOOK)
    qtbot.waitUntil(lambda: view.map.is_old, timeout=PATIENCE)
    assert "before" in view.caption.text()
    assert view.overlay is None
    assert view.strokes._is_old
    settle(view, qtbot)
    assert not view.map.is_old
    assert shows(view, expected(view, method))


def test_nothing_is_asked_while_nobody_looks(view: WhyView, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(view, qtbot)
    view.hide()
    asked: list[int] = []
    look = module.WhyAsking._look
    monkeypatch.setattr(module.WhyAsking, "_look", lambda self: asked.append(1) or look(self))
    view._easel.show(CROSS)
    view._easel.answer()
    qtbot.wait(60)
    assert asked == []
    assert view.map.heat is None
    monkeypatch.undo()
    view.show()
    settle(view, qtbot)
    assert shows(view, expected(view, "hires_cam"))


def test_each_stroke_tells_what_would_be_read_without_it(view: WhyView, qtbot: Any) -> None:
    draw(view, qtbot, CROSS)
    cells = view.strokes.cells
    assert len(cells) == 2
    assert max(abs(cell.share) for cell in cells) == pytest.approx(1)
    assert all(cell.tip.startswith("Without this stroke: ") for cell in cells)
    assert all(cell.text.startswith("→ ") == cell.is_other for cell in cells)
    assert view._strokes_title.text() == "Which stroke mattered"
    place = view.strokes.cell_place(1).center().toPoint()
    qtbot.mouseMove(view.strokes, place)
    qtbot.waitUntil(lambda: view.told.text() == cells[1].tip, timeout=PATIENCE)
    assert view._weighed is not None
    assert view.map._marked is view._weighed.parts[1].places
    view.strokes.leaveEvent(None)  # type: ignore[arg-type]
    assert view.map._marked is None
    assert "Below each stroke" in view.told.text()


def test_a_single_stroke_is_weighed_in_pieces(view: WhyView, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lepton_studio.engine import stroke_occlusion as engine

    # On pictures of 8 x 8 a stroke is short.
    monkeypatch.setattr(engine, "SHORTEST", 1.0)
    draw(view, qtbot, HOOK)
    assert len(view.strokes.cells) > 2
    assert view._strokes_title.text() == "Which piece mattered"
    assert view.strokes.cells[0].tip.startswith("Without this piece: ")


def test_a_clear_canvas_empties_the_view(view: WhyView, qtbot: Any) -> None:
    draw(view, qtbot, CROSS)
    assert view.overlay is not None
    draw(view, qtbot, ())
    assert view.empty.isVisible()
    assert view.overlay is None
    assert view.strokes.cells == ()
    assert view.map.heat is None


def test_a_photograph_is_explained_without_strokes_and_its_map_lies_over_its_ink(view: WhyView, qtbot: Any) -> None:
    picture = np.full((60, 60), 255, np.uint8)
    picture[10:50, 26:34] = 0
    view._easel.show((), picture)
    view._easel.answer()
    # Paper is levelled beside the window.
    qtbot.waitUntil(lambda: view._easel.part is not None, timeout=PATIENCE)
    settle(view, qtbot)
    assert shows(view, expected(view, "hires_cam"))
    assert view.strokes.cells == ()
    assert "no strokes" in view.told.text()
    assert view.is_over_photograph
    assert view.overlay is not None
    # The picture of 8 x 8 has the ink in its middle: 34 of 60 pixels high, on 6 of its 8 rows.
    square = view.overlay_square
    assert (square.center().x(), square.center().y()) == pytest.approx((0.5, 0.5), abs=0.07)
    assert square.height() == pytest.approx(40 / 60 * 8 / 6, rel=0.1)
    assert square.width() == pytest.approx(square.height(), rel=0.02)
    view.on_canvas.setChecked(False)
    assert view.overlay is None


def test_the_overlay_lies_where_the_network_sees_the_drawing(view: WhyView, qtbot: Any) -> None:
    changes: list[int] = []
    view.overlay_changed.connect(lambda: changes.append(1))
    draw(view, qtbot, CROSS)
    assert view.overlay is not None
    placing = placing_of(CROSS, (1, 8, 8))
    assert placing is not None
    left, top, width, height = placing.square(8)
    square = view.overlay_square
    assert (square.x(), square.y(), square.width(), square.height()) == pytest.approx((left, top, width, height))
    heat = view.map.heat
    assert heat is not None
    assert view.overlay == image_of(clear_heat(heat, True, view.opacity.value() / 100 * CANVAS_SHARE))
    assert changes
    view.on_canvas.setChecked(False)
    assert view.overlay is None
    view.on_canvas.setChecked(True)
    assert view.overlay is not None
    view.hide()
    assert view.overlay is None


def test_a_method_without_meaning_for_this_network_says_what_to_do(
    view: WhyView, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(view, qtbot, "grad_cam")
    monkeypatch.setattr(
        EXPLAINERS["grad_cam"],
        "in_steps",
        lambda *_given: (_ for _ in ()).throw(LeptonError("Grad-CAM says nothing of this.", "Choose Saliency.")),
    )
    draw(view, qtbot, CROSS)
    assert view.trouble.isVisible()
    assert view.trouble.text() == "Grad-CAM says nothing of this. Choose Saliency."
    assert view.map.heat is None
    # Strokes are weighed all the same, and another method takes the words away.
    assert len(view.strokes.cells) == 2
    choose(view, qtbot, "saliency")
    assert not view.trouble.isVisible()
    assert shows(view, expected(view, "saliency"))


def test_a_network_without_convolutions_is_asked_by_its_pixels(qtbot: Any, fresh_predictor: Any) -> None:
    question = WhyQuestion()
    qtbot.addWidget(question)
    flat = fresh_predictor(Architecture("Flat", (Flatten(), Linear(outputs=10))))
    deep = fresh_predictor(Architecture("Deep", (Conv2d(channels=2), Relu(), Flatten(), Linear(outputs=10))))
    for predictor, method in ((deep, "hires_cam"), (flat, "input_times_gradient"), (deep, "hires_cam")):
        question.take_network(predictor)
        assert question.explainer == EXPLAINERS[method]()
    # What a person has chosen stays, and is kept with the rest.
    question.method.setCurrentIndex(question.method.findData("saliency"))
    question.take_network(flat)
    again = WhyQuestion(question.settings())
    qtbot.addWidget(again)
    again.take_network(deep)
    assert question.explainer == again.explainer == EXPLAINERS["saliency"]()


def test_settings_of_a_method_are_used_and_outlive_the_view(
    make: Callable[[], WhyView], easel: Easel, qtbot: Any
) -> None:
    view = make()
    draw(view, qtbot, CROSS)
    choose(view, qtbot, "occlusion")
    tool = view.findChild(QToolButton, "why_settings")
    assert tool is not None
    qtbot.mouseClick(tool, Qt.MouseButton.LeftButton)
    form = view.question._form
    assert form is not None
    assert form.isVisible()
    form.editor("window").setValue(6)  # type: ignore[attr-defined]
    view.question.asked.setCurrentIndex(2)
    view.opacity.setValue(40)
    settle(view, qtbot)
    assert msgspec.to_builtins(view.question.explainer)["window"] == 6
    part = easel.part
    assert part is not None
    against = 1 if int(part.probabilities.argmax()) != 1 else None
    assert shows(view, expected(view, "occlusion", against))
    view.stop()
    view.hide()
    other = make()
    settle(other, qtbot)
    assert other.question.explainer == view.question.explainer
    assert other.question.asked.currentIndex() == 2
    assert other.opacity.value() == 40


def test_the_convolution_that_is_looked_at_can_be_chosen(view: WhyView, qtbot: Any) -> None:
    draw(view, qtbot, CROSS)
    assert view.question.layers.count() == 2
    view.question.layers.setCurrentIndex(1)
    view.question.layers.activated.emit(1)
    settle(view, qtbot)
    assert msgspec.to_builtins(view.question.explainer)["layer"] == "1"
    assert shows(view, expected(view, "hires_cam"))


def test_newer_weights_are_explained_anew(view: WhyView, easel: Easel, qtbot: Any, trained_run: Run) -> None:
    draw(view, qtbot, CROSS)
    before = view.map.heat
    weights = {name: value.clone() * 0.5 for name, value in Predictor(trained_run).network.state_dict().items()}
    trained_run.leave_weights(weights)
    easel.refresh()
    settle(view, qtbot)
    assert not np.array_equal(view.map.heat, before)  # type: ignore[arg-type]
    assert shows(view, expected(view, "hires_cam"))


def test_names_of_classes_are_no_markup(view: WhyView) -> None:
    labels = [view.findChild(QLabel, name) for name in ("why_caption", "why_told", "why_trouble")]
    assert all(label is not None and label.textFormat() == Qt.TextFormat.PlainText for label in labels)


def test_after_its_end_nothing_is_asked_any_more(view: WhyView, qtbot: Any) -> None:
    draw(view, qtbot, CROSS)
    view.stop()
    view._asking.follow()
    assert not view._asking._soon.isActive()
