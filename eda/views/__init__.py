"""The views of a dataset in their order; a new one is one file here and one line below."""

from collections.abc import Sequence

from eda.views import gallery, location, overview, quality, shape, similarity
from eda.views.view import View

VIEWS: Sequence[View] = (
    overview.VIEW,
    gallery.VIEW,
    quality.VIEW,
    location.VIEW,
    shape.VIEW,
    similarity.VIEW,
)
