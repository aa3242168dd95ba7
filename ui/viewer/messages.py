"""Every sentence that a person reads in the compare viewer."""

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


def viewer_texts() -> dict[str, str]:
    """Return the sentences that the viewer fills in, in the browser."""
    return dict(VIEWER)


def detector_texts(name: str) -> dict[str, str]:
    """Return how the page introduces a detector, also one that has no text of its own yet."""
    text = DETECTORS.get(name, DetectorText(name, "", ""))
    return {"name": name, "mark": look_of(name).mark, **asdict(text)}
