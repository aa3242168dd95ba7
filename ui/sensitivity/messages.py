"""Every sentence that a person reads on the Sensitivity tab."""

from collections.abc import Mapping

PRODUCT_LABEL = "Product"
IMAGE_LABEL = "Your own image"
NO_PRODUCTS = "There is no product to choose yet."
NO_PRODUCTS_FIX = (
    "Train one with `python cli.py train --data DIR --category NAME`, then reload the page."
)
NO_SAMPLE = "No unseen test image of this product is on this machine."
NO_SAMPLE_FIX = "Use your own image."
GONE = "That image is no longer on the server."
GONE_FIX = "Choose it again."
NOT_UNDERSTOOD = "That request could not be understood."
RELOAD = "Reload the page and try again."
NO_DETECTOR = "No detector of this product gives a verdict."
NO_DETECTOR_FIX = "The Inspect tab says what is missing and what to do."
NOTHING_FLAGGED = "Nothing is marked in this image, and no detector flags anything."
NOTHING_FLAGGED_FIX = "Brush over what you take for the defect, or choose a defective sample."
NOT_BRUSHED = "Nothing is brushed yet."
NOT_BRUSHED_FIX = "Brush over the defect, then press Use this area."
BAD_BRUSH = "The brushed area could not be read."
DEFECT = "defect"
ERROR_TITLE = "That did not work"
FLAGGED_NOTE = "The dataset does not say where the defect is: the flagged area was taken."

WAITING: Mapping[str, str] = {
    "inspecting": "Inspecting the new image…",
    "place": "The new image is number {place} in the queue.",
    "placeAndSeconds": "The new image is number {place} in the queue, about {seconds} s.",
    "full": "Too many images are waiting at the moment. Try again in a minute.",
    "failed": "The server could not accept the new image. Try again in a moment.",
    "former": "What stands below is still of the former one.",
}

FADE_TITLE = "How faint can this {kind} be?"
FADE_BUSY = "Trying it at different strengths and sizes…"
SIZE_SENTENCE = "By size: {limits}"

FADE: Mapping[str, str] = {
    "idleTitle": "How faint can a defect be?",
    "idleSub": "Choose a sample with a defect.",
    "busy": "Looking…",
    "strength": "Strength of the defect",
    "scale": "Size of the defect",
    "percent": "{x} %",
    "areaLabel": "Where the defect is",
    "truth": "As marked",
    "flagged": "What is flagged",
    "brushed": "Brush it",
    "truthHelp": "The area that the dataset marks",
    "flaggedHelp": "The area that the detectors flag",
    "brushedHelp": "Paint over the defect yourself",
    "useArea": "Use this area",
    "view": "View",
    "overlay": "Overlay",
    "outline": "Outline",
    "original": "Picture",
    "defectBadge": "Defect",
    "normalBadge": "Normal",
    "relative": "{x}× threshold",
    "overlap": "IoU {iou}",
    "overlapHelp": "Overlap of the outline with the marked area: common area / area of both",
    "elsewhere": "flags another place",
    "picture": "{title} at {strength} % strength and {scale} % size: {verdict}, {x} times the "
    "threshold",
    "joint": "Together",
    "jointSays": "Together: {verdict}, {x}× threshold",
    "strengthChart": "Score by strength",
    "scaleChart": "Score by size",
    "chartY": "score / threshold",
    "chartLabel": "{title} of {names}: score / threshold against percent of the defect. {limits}",
    "limitAt": "{title} from {x} %",
    "limitNone": "{title} not reached",
    "limitTrace": "{title} always",
    "threshold": "threshold",
    "and": "and",
    "failed": "The server could not accept it. Try again in a moment.",
}

FADE_TAB = "Fade"
PLACE_TAB = "Draw"
NOTHING_DRAWN = "Paint on the picture, or place a defect. Every detector answers when you pause."
PLACE_TITLE = "Draw a defect: who sees it?"
PLACE_BUSY = "Looking at the image as it is…"
DRAWN_NAME = "drawn_on_{name}"
DRAWN = "drawn"
SAVED = "Saved as {image}, with its mask."
NOT_SAVED = "The drawing could not be saved ({reason})."
NOT_SAVED_FIX = "Download it instead."
NO_FOLDER = (
    "The folder of this dataset is not open here (`python app.py --data DIR`): a drawing can only "
    "be downloaded."
)

PLACE: Mapping[str, str] = {
    **FADE,
    "idleTitle": PLACE_TITLE,
    "idleSub": "Choose a sample, best a good one.",
    "colour": "Colour",
    "opacity": "Opacity",
    "softness": "Softness",
    "kind": "Kind",
    "size": "Size",
    "contrast": "Contrast",
    "angle": "Angle",
    "pixels": "{x} px",
    "levels": "{x} grey levels",
    "degrees": "{x}°",
    "download": "Download image and mask",
    "save": "Save into the dataset",
    "saveHelp": "Writes the image into test/drawn of the category, and its mask beside the others",
    "placed": "{title}: {verdict}, {x} times the threshold",
}

STRESS_TAB = "Stress"
STRESS_TITLE = "{label}: from where on does a verdict turn?"
STRESS_BUSY = "Trying the whole range…"
STRESS_BESIDE = "With {others} besides: {said}"
MEASURED = "Measured over {good} good and {defective} defective test images of this product:"

STRESS: Mapping[str, str] = {
    **FADE,
    "idleTitle": "Another light, focus or place: who still answers the same?",
    "idleSub": "Choose a sample.",
    "stresses": "What happens to the picture",
    "reset": "Reset all",
    "stressed": "{title} at {level}: {verdict}, {x} times the threshold",
    "stressChart": "Score by {label}, {unit}",
    "stressChartLabel": "{title}: score / threshold of {names}.",
}

STUDY_TAB = "Study"
KIND = "Kind of defect"
TRIALS = "Trials"
PLACES_LABEL = "Places"
PLACE_NAMES = ("on the part", "everywhere")
CURVE = "Curve"
SCALE = "Millimetres per pixel"
START = "Start the study"
STOP = "Stop"
BY_SIZE = "size, at {fixed} grey levels"
BY_CONTRAST = "contrast, at {fixed} px"
CURVE_TITLES: Mapping[str, str] = {
    "size": "Probability of detection: {kind}, at {fixed} grey levels",
    "contrast": "Probability of detection: {kind}, {fixed} px long",
}
LIMITS = "Detection limits"
LIMITS_NOTE = (
    "a50, a90: found with 50 and 90 % probability. a90/95: found with 90 % probability, with 95 % "
    "confidence. A hit is a flag whose outline touches the defect."
)
STUDY_IDLE = (
    "Defects of many sizes and contrasts are drawn on this image, and every detector is asked: how "
    "small and how faint may they be? Choose a good sample, then press Start."
)
KEPT = "The whole category, by `cli.py sensitivity`:"
KEPT_LIMITS = "Detection limits of the category, {num:,} trials on {images} images"
STUDY_BOUNDED = "This page is shared: a study has {most} trials at most."
STUDY_BEGINS = "Looking for places on the part…"
STUDY_RUNS = "{done} of {total} trials, about {seconds} s left"
STUDY_DONE = "{done} trials."
STUDY_STOPPED = "Stopped after {done} of {total} trials: Start goes on with them."
FLAGGED_BEFORE = "{names} {flags} this image before anything is drawn: a limit would mean nothing."
FLAGGED_BEFORE_FIX = "Choose a good sample, marked by a blue dot."

PAINT: Mapping[str, str] = {
    "brush": "Brush",
    "eraser": "Eraser",
    "brushSize": "Brush size",
    "undo": "Undo",
    "redo": "Redo",
    "clear": "Clear",
    "stamp": "Place",
    "canvas": "Picture to paint on. Arrow keys move the brush, the space bar paints.",
}
