"""Every sentence of the named endpoints: what they are, and what they answer to wrong values."""

from collections.abc import Mapping

from ui.gate.uploads import MOST_FILES

ABOUT: Mapping[str, str] = {
    "products": "List the products that can be inspected, with their detectors and the "
    "false-alarm rates that their held-out good parts support.",
    "thresholds": "Return the threshold of each detector of a product at a false-alarm rate, in "
    "the detector's own units. An image is flagged where its score is strictly above.",
    "inspect": "Inspect an image with every detector of a product, and return scores, thresholds, "
    "verdicts and regions as docs/inspection.schema.json has them.",
    "inspect_batch": f"Inspect up to {MOST_FILES} images of a product. One that cannot be "
    "inspected is named with the reason and stops no other.",
}
VALUES: Mapping[str, str] = {
    "product": "A product of /products, such as demo/washer.",
    "image": "PNG, JPEG, BMP, TIFF or WebP: an upload, or a data URI in base64 as a text.",
    "images": f"A list of at most {MOST_FILES}, each an upload or a data URI.",
    "false_alarms_per_100": "At most so many among 100 good parts; the product's own rate if none.",
    "anyway": "Whether also what does not look like the product is inspected.",
    "overlays": "Whether each detector's heat map over the image is added, as a data URI.",
}
LABELS: Mapping[str, str] = {
    "product": "Product",
    "image": "Image",
    "images": "Images",
    "false_alarms_per_100": "False alarms per 100 good parts",
    "anyway": "Inspect anyway",
    "overlays": "Overlays",
}
ANSWER = "Answer"
INSTRUCTIONS = (
    "Several detectors inspect images of a product for defects. Ask for the products first. "
    "An image is given as a data URI in base64, or as the name by which an upload to "
    "/gradio_api/upload is called. The outcome of an image is that of all detectors together."
)
NO_MCP = "The package mcp is missing."
NO_MCP_FIX = "Run `python -m pip install -r requirements-mcp.txt`."
NO_TOLD = "The page has ended the call without an answer. Try again."

NO_TEXT = "The value product is no text."
NO_TEXT_FIX = "Send the name of a product, such as demo/washer; /products lists them."
NO_PRODUCT = "There is no trained product of that name."
NO_PRODUCT_FIX = "Choose from {known}."
NO_PRODUCT_AT_ALL = "none: train one first"
SEVERAL = "Several datasets have a product of that name."
NO_RATE = "The value false_alarms_per_100 is no number between 0 and 100."
NO_RATE_FIX = "Send one such as 2, or none for the product's own rate."
NO_FLAG = "The value {name} is neither true nor false."
NO_FLAG_FIX = "Send one of the two, or leave it out."
NO_IMAGE = "There is no image."
NO_IMAGE_FIX = "Upload a file to /gradio_api/upload and send its name, or send a data URI."
AN_ADDRESS = "The page fetches no images from addresses."
GONE = "There is no such upload."
GONE_FIX = "Upload the file again: uploads are kept for an hour at most."
NO_DATA_URI = "The image is no data URI in base64."
NO_DATA_URI_FIX = "Send one such as data:image/png;base64,iVBORw0..., or upload a file."
NO_LIST = "The value images is no list of images."
NO_LIST_FIX = f"Send a list of 1 to {MOST_FILES}."
NO_ANSWER = "No detector can answer for this image."
NO_ANSWER_FIX = "The page says why: open it and choose the product."
