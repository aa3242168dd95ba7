"""Every sentence that a person reads on the page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from inspection.looks import look_of
from inspection.names import (
    DETECTOR_TITLES,
    NAMED_NOTE,
    OUTCOME_TITLES,
    UNFAMILIAR_TITLE,
    Outcome,
)

TITLE = "Defect Lens"
GOOD_PART = "a good part"


@dataclass(frozen=True, slots=True)
class DetectorText:
    """How the page introduces a detector."""

    title: str
    method: str
    hint: str


DETECTORS: Mapping[str, DetectorText] = {
    "cae": DetectorText(
        DETECTOR_TITLES["cae"],
        "convolutional autoencoder",
        "Has learned to redraw good parts. Bright where it cannot redraw yours.",
    ),
    "unet": DetectorText(
        DETECTOR_TITLES["unet"],
        "segmentation network",
        "Has learned what defects look like. Bright where it sees one.",
    ),
    "patchcore": DetectorText(
        DETECTOR_TITLES["patchcore"],
        "nearest-neighbour memory",
        "Compares every patch with good ones it remembers. Bright where nothing is alike.",
    ),
    "classifier": DetectorText(
        DETECTOR_TITLES["classifier"],
        "names the defect",
        "Has learned which defect is which. Bright where its answer comes from.",
    ),
}

VIEWER: Mapping[str, str] = {
    "emptyTitle": "Add an image to begin",
    "emptySub": "Drop a photo, paste one, take one, or pick a sample. Every detector looks at it.",
    "runningTitle": "Inspecting…",
    "runningSub": "{done} of {total} detectors finished",
    "askedSub": "One moment.",
    "formerSub": "What stands below is still of the former image.",
    "formerBadge": "Former image",
    "uploadTitle": "Uploading…",
    "uploadSub": "{name}: {share}",
    "lostTitle": "No connection",
    "failedTitle": "That did not work",
    "failedSub": "The server could not take it up. Try again in a moment.",
    "missedTitle": "Missed defect",
    "missedSub": "The dataset calls it {truth}.",
    "alarmTitle": "False alarm",
    "alarmSub": "The dataset calls it a good part.",
    "unknown": "–",
    "unfamiliarTitle": UNFAMILIAR_TITLE,
    "inspectAs": "Inspect as {product}",
    "inspectAnyway": "Inspect anyway",
    "skippedBadge": "Not inspected",
    "defectTitle": OUTCOME_TITLES[Outcome.DEFECT],
    "mixedTitle": OUTCOME_TITLES[Outcome.MIXED],
    "goodTitle": OUTCOME_TITLES[Outcome.NORMAL],
    "namedTitle": OUTCOME_TITLES[Outcome.NAMED],
    "namedSub": NAMED_NOTE,
    "namedBadge": "No verdict",
    "silentTitle": "No detector can answer",
    "silentSub": "None is ready for this product. Each panel says what is missing and what to do.",
    "allAbove": "All {n} detectors are above their thresholds.",
    "bothAbove": "Both detectors are above their thresholds.",
    "oneAbove": "{names} is above its threshold; {others}.",
    "manyAbove": "{names} are above their thresholds; {others}.",
    "onlyAbove": "{names} is above its threshold.",
    "oneNot": "{names} is not",
    "manyNot": "{names} are not",
    "noneAbove": "None of the {n} detectors is above its threshold.",
    "onlyNotAbove": "{names} is not above its threshold.",
    "neitherAbove": "Neither of the 2 detectors is above its threshold.",
    "didNotAnswer": "{names} could not answer.",
    "lookClosely": "Look at the outlined area yourself.",
    "and": "and",
    "flaggedBy": "Flagged by",
    "ofAll": "{k} of {n}",
    "flaggedByHelp": "How many of the detectors that answered are above their thresholds",
    "time": "Time",
    "timeHelp": "All detectors together, without loading",
    "sampleIs": "This sample is",
    "goodPart": GOOD_PART,
    "sampleHelp": "What the dataset says of it",
    "perHundred": "{rate} per 100",
    "joint": "The majority flags {k} of {n} held-out good parts",
    "jointOne": "{names} flags {k} of {n} held-out good parts",
    "jointHelp": "Measured on the good parts that calibrated every detector, at this setting: "
    "{rate} false alarms per 100",
    "jointUnknown": "Joint false-alarm rate unknown: no held-out part is common to all detectors",
    "raised": "Raised from {wanted}: {n} held-out good parts support no less than {rate} per 100.",
    "raisedOne": "Raised from {wanted}: 1 held-out good part supports no less than {rate} per 100.",
    "resetTo": "Reset to {rate}",
    "loading": "Loading the model…",
    "running": "Looking…",
    "waiting": "Waiting…",
    "missingBadge": "Not trained",
    "brokenBadge": "Cannot run",
    "missingTitle": "Not trained for this product",
    "missingSub": "Train it with this command:",
    "defectBadge": "Defect",
    "normalBadge": "Normal",
    "relative": "{x}× threshold",
    "versus": "{score} vs {threshold}",
    "versusHelp": "Score against threshold, in the detector's own units",
    "flags": "Would flag",
    "flagsFrom": "Would flag from",
    "flagsFromHelp": "Lowest rate of false alarms at which this image is flagged: lower is surer, "
    "and the same in every panel",
    "never": "never",
    "leastAlways": "Smallest threshold: the slider has no effect here.",
    "leastFrom": "Smallest threshold: no slider effect from {rate} per 100.",
    "leastHelp": "What lies below this detector's smallest meaningful threshold is no defect for "
    "it, however many false alarms are allowed",
    "learning": "Learning",
    "area": "Flagged area",
    "areaNone": "none",
    "areaOne": "{share} in 1 region",
    "areaMany": "{share} in {n} regions",
    "viewerLabel": "Comparison of the detectors",
    "rate": "False alarms per 100 good parts",
    "rateLabel": "False alarms allowed per 100 good parts, for each detector",
    "rateHelp": "Allowed for each detector: the slider moves all thresholds, outlines and "
    "verdicts.",
    "jumpLabel": "Go to a detector",
    "displayLabel": "Display",
    "viewLabel": "View",
    "overlay": "Overlay",
    "heatmap": "Heatmap",
    "outline": "Outline",
    "edges": "Edges",
    "edgesHelp": "Sobel edges inside the flagged regions",
    "noEdges": "No region is flagged, so there are no edges to show.",
    "original": "Original",
    "opacity": "Opacity",
    "opacityLabel": "Opacity of the heat map",
    "colours": "Colours",
    "coloursLabel": "Colour map",
    "threshold": "threshold",
    "goodParts": "good parts",
    "boxes": "Boxes",
    "truth": "Ground truth",
    "zoomLabel": "Zoom",
    "zoomOut": "Zoom out",
    "zoomIn": "Zoom in",
    "zoomFit": "Fit",
    "regions": "Regions",
    "regionsHelp": "In pixels of the image, counted from the top left. Peak: times the threshold. "
    "Elongation: length / width.",
    "columnDetector": "Detector",
    "columnNumber": "No.",
    "columnPlace": "Box: left, top",
    "columnSize": "Width × height",
    "columnPixels": "Area in pixels",
    "columnArea": "Area",
    "columnCentroid": "Centroid",
    "columnPeak": "Peak",
    "columnPeakAt": "Peak at",
    "columnElongation": "Elongation",
    "report": "Report",
    "reportLabel": "Report as a file",
    "reportMaking": "Making the {format}…",
    "reportMade": "Saved as {name}",
    "classes": "Class probabilities",
    "otherClass": "1 other",
    "otherClasses": "{n} others",
    "regionsLeftOut": "{n} more are not listed: the {most} strongest of each detector are. "
    "Reports hold them all.",
    "here": "{x}×",
    "meterEmpty": "{title}: no score yet",
    "meterLabel": "{x} times the threshold; nine of ten good parts lie between {low} and {high}",
    "picture": "{title}, {mode}: {verdict}, {x} times the threshold",
    "pictureEmpty": "{title}: no result yet",
    "copied": "Copied",
    "copy": "Copy",
    "selected": "Selected: press Ctrl+C",
}

CONNECTION_LOST = (
    "The connection to the server is lost. What is shown is the former answer; the page goes on by "
    "itself once the server is back."
)
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
LACKS_GOOD = "No image to learn from shows a good part: {names} cannot learn here."
CAN_NAME = "The classifier can learn to name the defects."
NO_SAMPLES = "No unseen test image of this product is on this machine. Upload one above."
GOOD = "good"
SAMPLE_LABEL = "{kind}, {name}"
STRIP_TITLE = "Unseen samples"
STRIP_LABEL = "Samples"
DEFECT = "defect"


FIRST_INSPECTION = "First inspection: {sample}, at {rate} false alarms per 100 good parts"
FIRST_NAMED = "  {title:<10} {sentence}"
FIRST_OUTCOME = (
    "  Verdict    {outcome}: {flagged} of {total} flag it. The dataset says of this sample: {truth}"
)
NO_FIRST_INSPECTION = "First inspection: none, for there is no unseen sample. Upload an image."

EXPLORE_DATASET = "Dataset"
EXPLORE_CATEGORY = "Category"
EXPLORE_TYPE = "Defect type"
EXPLORE_ALL_CATEGORIES = "All categories"
EXPLORE_ALL_TYPES = "All types"
EXPLORE_STOP = "Stop"
EXPLORE_READING = "Reading the folder…"
EXPLORE_MEASURING = "Measuring {done:,} of {total:,} images. The next visit finds them ready."
EXPLORE_PARTIAL = "Stopped: these are the first {done:,} images. Choose the dataset again to go on."
EXPLORE_DRAWING = (
    "The demo is being drawn: {done:,} of {total:,} images. Below is an excerpt of {shown:,}."
)
EXPLORE_EXCERPT = "This is an excerpt: {shown:,} of the {total:,} images of the demo. {trouble}"
EXPLORE_NO_DATASETS = "There is no dataset to explore. Start the page with `--data DIR`."
COUNTS_TITLE = "Images per category, defect type and split"
PROBLEMS_TITLE = "Missing or odd files"
PROBLEMS_NONE = "No file is missing or odd."
IMAGES_TITLE = "All images"
IMAGES_NOTE = (
    "Brightness and contrast are mean and standard deviation of the grey level, on a copy of at "
    "most 256 pixels. Areas are percent of the image."
)
GALLERY_AREA = "Defect area"
GALLERY_CONTRAST = "Contrast of the largest defect"
GALLERY_GOOD = "Good ({count:,})"
GALLERY_BAD = "Defective ({count:,})"
GALLERY_NO_GOOD = "There is no good image among the chosen ones."
GALLERY_NO_BAD = "No defective image is like that."
GALLERY_PAGE = "page {page} of {pages}"
BOXES_NOTE = "The ground truth of this image is boxes, drawn as rectangles."
NO_PRODUCT_NOTE = "No detector can inspect it: its category is not among the products."
TYPES_TITLE = "Defect types: medians"
TYPES_NOTE = (
    "One row per type; boxes count as one defect each. Contrast: mean inside minus mean of a ring "
    "around, in the colour channel where they differ most. Thickness: diameter of the largest disc "
    "inside. The figures show the middle half as a box, with whiskers from 5 to 95 %."
)
RESOLUTION_TITLE = "Resolution check"
SHAPE_TITLE = "Defect shape"
NO_GROUND_TRUTH = (
    "No image of this dataset has a mask or a box, so nobody knows where its defects are."
)
DEFECTS_TITLE = "All defects"
LOCATIONS_TITLE = "Where defects gather"
LOCATIONS_NOTE = (
    "Middle x and y: centre of gravity in percent of width and height. Gathered: share of the "
    "defect area in the densest tenth of all places; 10 % where defects are spread evenly."
)
PAIRS_TITLE = "Near-duplicates"
PAIRS_NOTE = (
    "A leak is a pair with one image in training and one in test. Similarity is the cosine after "
    "taking away what all images of the category share."
)
PARTS: Mapping[str, str] = {
    "progress": "Images done",
    "fill": "Fill",
    "fillLabel": "Opacity of the filled masks",
    "outline": "Outline",
    "previous": "Previous",
    "next": "Next",
    "detail": "One image",
    "close": "Close",
    "inspect": "Inspect this image",
}
IMAGE_FACTS: Mapping[str, str] = {
    "Category": "{category}",
    "Class": "{defect_type}",
    "Split": "{split}",
    "Size": "{width} × {height} px, {mode}",
    "File": "{kilobytes:,.0f} kB",
    "Brightness": "{brightness:.0f} of 255",
    "Contrast": "{contrast:.0f}",
}
DEFECT_FACTS: Mapping[str, str] = {
    "Defects": "{num_defects}",
    "Defect area": "{defect_area:.3g} %",
    "Their contrast": "{defect_contrast:+.0f} grey levels",
}
EXPLORE_LOADING = "Loading the small backbone…"
EXPLORE_EMBEDDING = "Comparing images: {done:,} of {total:,} are looked at."


def viewer_texts() -> dict[str, str]:
    """Return the sentences that the viewer fills in, in the browser."""
    return dict(VIEWER)


def detector_texts(name: str) -> dict[str, str]:
    """Return how the page introduces a detector, also one that has no text of its own yet."""
    text = DETECTORS.get(name, DetectorText(name, "", ""))
    return {"name": name, "mark": look_of(name).mark, **asdict(text)}
