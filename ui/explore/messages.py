"""Every sentence that a person reads on the Explore data tab."""

from collections.abc import Mapping

DATASET = "Dataset"
CATEGORY = "Category"
TYPE = "Defect type"
ALL_CATEGORIES = "All categories"
ALL_TYPES = "All types"
STOP = "Stop"
NO_DETECTOR = "no detector: by defect type"
READING = "Reading the folder…"
MEASURING = "Measuring {done:,} of {total:,} images. The next visit finds them ready."
PARTIAL = "Stopped: these are the first {done:,} images. Choose the dataset again to go on."
DRAWING = "The demo is being drawn: {done:,} of {total:,} images. Below is an excerpt of {shown:,}."
EXCERPT = "This is an excerpt: {shown:,} of the {total:,} images of the demo. {trouble}"
NO_DATASETS = "There is no dataset to explore. Start the page with `--data DIR`."
GALLERY_GOOD = "Good ({count:,})"
GALLERY_BAD = "Defective ({count:,})"
GALLERY_NO_GOOD = "There is no good image among the chosen ones."
GALLERY_NO_BAD = "No defective image matches these filters."
BOXES_NOTE = "The ground truth of this image is boxes, drawn as rectangles."
NO_PRODUCT_NOTE = "No detector can inspect it: its category is not among the products."
IMAGE_FACTS: Mapping[str, str] = {
    "Category": "{category}",
    "Class": "{defect_type}",
    "Split": "{split}",
    "Size": "{width} × {height} px, {mode}",
    "File": "{kilobytes:,.0f} kB",
    "Brightness": "{brightness:.0f} of 255",
    "Contrast": "{contrast:.0f}",
    "Sharpness": "{sharpness:.0f} %",
}
DEFECT_FACTS: Mapping[str, str] = {
    "Defects": "{num_defects}",
    "Defect area": "{defect_area:.3g} %",
    "Their contrast": "{defect_contrast:+.0f} grey levels",
}
SELECT = "Select ({count:,})"
CHECKING = "Checking images against each other…"
LOADING = "Loading the small backbone…"
EMBEDDING = "Comparing images: {done:,} of {total:,} are done."
INSPECT_ALL = "Inspect {count:,}"
INSPECT_SOME = "Inspect {count:,} of {category}"
GALLERY_CHOSEN = "Only the selected images ({count:,})."
OWN_LABEL = "Your image"
OWN_TITLE = "Most like your image"
OWN_HINT = (
    "Drop, paste or choose an image of your own: the 12 images of the chosen category that are "
    "most like it stand here, to be opened or selected."
)
OWN_TEXTS: Mapping[str, str] = {
    "drop": "Drop to find what is like it",
    "several": "Only the first of {n} files is compared.",
}
PARTS: Mapping[str, str] = {
    "how": "Select images anywhere on this tab: drag in a plot, click a point, a bar or a place on "
    "a map, tick pictures or rows of a table. Shift adds to the selection.",
    "dragging": "Dragging selects by",
    "box": "box",
    "lasso": "lasso",
    "nothing": "nothing",
    "selected": "Selected images",
    "one": "{count} image selected",
    "many": "{count} images selected",
    "of": "of",
    "show": "Show in the gallery",
    "similar": "Find similar",
    "showAll": "Show all images",
    "save": "Save CSV",
    "exclude": "Save exclusion list",
    "excludeHint": "A file for cli.py train --exclude: these images are neither trained on, "
    "calibrated with nor evaluated.",
    "clear": "Clear",
    "fill": "Fill",
    "fillLabel": "Opacity of the filled masks",
    "outline": "Outline",
    "detail": "One image",
    "close": "Close",
    "before": "The image before",
    "after": "The image after",
    "inspect": "Inspect this image",
    "health": "Health check",
}
