"""Every sentence that a person reads on the Inspect tab, beside the viewer."""

from collections.abc import Mapping

ERROR_TITLE = "This image cannot be inspected"
ERROR_OTHER = "That did not work"
GONE_PROBLEM = "That image is no longer on the server."
GONE_FIX = "Upload it again."
UNREADABLE_REQUEST = "That request could not be understood."
RELOAD = "Reload the page and try again."
NOTHING_TO_REPORT = "No detector can answer, so there is nothing to report."
NOTHING_TO_REPORT_FIX = "Each panel says what is missing and what to do."
PRODUCT_LABEL = "Product"
IMAGE_LABEL = "Image to inspect"
IMAGE_HINT = "Drop anywhere, paste or click\nPNG · JPEG · BMP · TIFF · WebP, up to 20 MB"
UPLOADS: Mapping[str, str] = {
    "drop": "Drop to inspect",
    "several": "Only the first of {n} files is inspected.",
    "tooLarge": "{name} is larger than {most} MB. Choose a smaller file.",
    "failed": "{name} did not arrive. Check the connection and try again.",
    "noCamera": "The camera needs https or localhost. Upload or paste a photo instead.",
    "cameraRefused": "The browser keeps the camera from this page. Allow it there, or upload a "
    "photo.",
    "cameraMissing": "No camera was found. Upload or paste a photo instead.",
    "nothingToPaste": "There is no image on the clipboard.",
    "pasteByKeys": "Press Ctrl+V (⌘V on a Mac) to paste an image.",
}
CLEAR = "Clear"
NO_PRODUCTS = "There is no product to choose yet."
NO_PRODUCTS_FIX = (
    "Train one with `python cli.py train --data DIR --category NAME`, then reload the page."
)
LACKS_GOOD = "There are no good training images: {names} cannot be trained."
FIRST_INSPECTION = "First inspection: {sample}, at {rate} false alarms per 100 good parts"
FIRST_OUTCOME = "  Verdict    {outcome}. {joint} The dataset says of this sample: {truth}"
NO_FIRST_INSPECTION = "First inspection: none, because there is no unseen sample. Upload an image."
