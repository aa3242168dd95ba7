"""Every sentence that the page as a whole, or several of its tabs, show a person."""

from collections.abc import Mapping

TITLE = "Defect Lens"
LOGIN_LABEL = "Password"
LOGIN_BUTTON = "Open the page"
LOGIN_WRONG = "That is not the password. Try again."
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
GOOD = "good"
NO_SAMPLES = "No unseen test image of this product is on this machine. Upload one above."
SAMPLE_LABEL = "{kind}, {name}"
STRIP_TITLE = "Unseen samples"
STRIP_LABEL = "Samples"
STRIP_TEXTS = {
    "place": "{k} of {n}",
    "previous": "Previous (K)",
    "next": "Next (J)",
    "any": "Any other",
    "anyHelp": "Inspect any other test sample that no detector has learned from",
    "back": "Back to the list",
    "label": "Label “{label}”:",
}
DEFECT = "defect"
LINK = {
    "link": "Link to what is shown",
    "address": "Address",
    "code": "The address as a QR code",
    "copy": "Copy",
    "copied": "Copied",
    "selected": "Selected: press Ctrl+C",
    "close": "Close",
}
LINK_OTHERS = "Whoever opens it sees the same product, sample, rate and tab."
LINK_OWN = (
    "Only this machine can open it. Start the page with --share or --host 0.0.0.0 for a link that "
    "a phone can open, too."
)
LINK_LONG = "The address is too long for a QR code."
