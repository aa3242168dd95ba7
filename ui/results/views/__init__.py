"""The views of evaluations in their order; a new one is one file here and one line below."""

from collections.abc import Sequence

from ui.results.views import (
    boxes,
    classes,
    compare,
    curves,
    leaderboard,
    mistakes,
    robustness,
    sensitivity,
    threshold,
    training,
)
from ui.results.views.view import ResultsView

VIEWS: Sequence[ResultsView] = (
    leaderboard.VIEW,
    threshold.VIEW,
    curves.VIEW,
    compare.VIEW,
    mistakes.VIEW,
    classes.VIEW,
    boxes.VIEW,
    robustness.VIEW,
    sensitivity.VIEW,
    training.VIEW,
)
