"""All pages, in the order of the work. Imported after the window was painted, because pages need numpy."""

from __future__ import annotations

from lepton_studio.gui.page import Page
from lepton_studio.gui.pages.build_page import BuildPage
from lepton_studio.gui.pages.data_page import DataPage
from lepton_studio.gui.pages.draw_page import DrawPage
from lepton_studio.gui.pages.evaluate_page import EvaluatePage
from lepton_studio.gui.pages.runs_page import RunsPage
from lepton_studio.gui.pages.train_page import TrainPage


def page_classes() -> tuple[type[Page], ...]:
    """The class of each page."""
    return DataPage, BuildPage, TrainPage, EvaluatePage, DrawPage, RunsPage
