"""The views of a dataset in their order; a new one is one file here and one line below."""

from collections.abc import Sequence

from eda.views import defects, drift, gallery, overview, quality, similarity
from eda.views.view import View

VIEWS: Sequence[View] = (
    overview.VIEW,
    gallery.VIEW,
    quality.VIEW,
    defects.VIEW,
    similarity.VIEW,
    drift.VIEW,
)
