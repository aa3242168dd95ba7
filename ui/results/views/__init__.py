"""The views of evaluations in their order; a new one is one file here and one line below."""

from collections.abc import Sequence

from ui.results.views import (
    boxes,
    classes,
    compare,
    costs,
    details,
    images,
    review,
    robustness,
    sensitivity,
)
from ui.results.views.view import ResultsView

VIEWS: Sequence[ResultsView] = (
    compare.VIEW,
    review.VIEW,
    costs.VIEW,
    images.VIEW,
    classes.VIEW,
    boxes.VIEW,
    robustness.VIEW,
    sensitivity.VIEW,
    details.VIEW,
)
