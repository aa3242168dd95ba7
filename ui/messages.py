"""Every sentence that the page as a whole, or several of its tabs, show a person."""

from collections.abc import Mapping

TITLE = "Defect Lens"
CONNECTION_LOST = (
    "The connection to the server is lost. What is shown is the former answer; the page goes on by "
    "itself once the server is back."
)
GALLERY_PAGE = "page {page} of {pages}"
PARTS: Mapping[str, str] = {
    "progress": "Images done",
    "previous": "Previous",
    "next": "Next",
}
