"""Every sentence of the view of many images."""

from collections.abc import Mapping

FULL = "{n} visitors inspect many images already; this goes on when one of them has finished."
LOST_IMAGE = "It did not arrive. Inspect it again."
NO_SPLIT = "There are no such images."
NO_SPLIT_FIX = "Choose others, or drop files."
NO_ITEMS = "The server no longer holds these results."
NO_ITEMS_FIX = "Inspect the images again."
FEWER = (
    "The report holds {held} of the {n} images: the server was started anew, or the page was left "
    "for long. Inspect them again for all."
)
SPLITS: Mapping[str, str] = {
    "test": "Test images that no detector has seen ({n})",
    "held_out": "Good parts held out for the thresholds ({n})",
    "all": "All images of the dataset ({n})",
}
TOO_FEW = "{title}: too few images that it does not flag, or too few good parts, to see a drift."
LIKE_GOOD = (
    "{title}: no drift is seen. The {n} images that it does not flag score like good parts, "
    "{x} times as high at the median."
)
SHIFTED = (
    "{title}: the scores have shifted. The {n} images that it does not flag score {x} times as "
    "high as good parts at the median, which chance does in {chance} batches. Light, camera or "
    "material may differ, and then the promised rate of false alarms does not hold."
)
SELDOM = "fewer than 1 of 1,000"
SOMETIMES = "{k} of 1,000"

BATCH: Mapping[str, str] = {
    "batch": "Many images",
    "batchHelp": "Several files, a ZIP, a folder or images of the dataset, in one table",
    "label": "Many images",
    "close": "Back to the photograph",
    "choose": "Choose files or ZIPs",
    "dataset": "Images of the dataset",
    "noSplit": "Choose…",
    "stop": "Stop",
    "goOn": "Go on",
    "again": "Inspect again",
    "anyway": "Inspect whatever they look like",
    "offTitle": "Drop many images here",
    "offSub": "Files, folders or ZIPs, up to {most} images; or images of the dataset. A ZIP is "
    "unpacked in this browser. Nothing is kept on the server but small pictures and numbers, as "
    "long as this page is open.",
    "readingTitle": "Looking at the files…",
    "runningTitle": "Inspecting images of {product}: {n} of {all}",
    "runningSub": "{counts}{left}",
    "left": ". About {time} left",
    "doneTitle": "{n} images of {product}: {k} with a defect",
    "doneOneTitle": "1 image of {product}: {k} with a defect",
    "stoppedTitle": "Stopped after {n} of {all} images of {product}: {k} with a defect",
    "stoppedEarlyTitle": "Stopped before the first image of {product}",
    "doneSub": "{counts}. At {rate} false alarms per 100 good parts. A click opens an image in the "
    "viewer; J and K go through the list.",
    "rateMoved": "The slider stands at {now} false alarms per 100 good parts now, this table at "
    "{rate}: “Inspect again” uses the new one.",
    "troubleTitle": "These images cannot be inspected",
    "notSent": "An image did not reach the server. “Go on” tries again with the rest.",
    "lost": "The connection was lost, and this page cannot go on. Stay on it to save the table as "
    "CSV, or load it anew and inspect the rest.",
    "waiting": "Waiting for the server…",
    "seconds": "{n} seconds",
    "minutes": "{n} minutes",
    "tooMany": "Of {n} images, the first {most} are inspected. Give the rest as the next batch, or "
    "use `python cli.py report`, which takes any number.",
    "noImages": "{names} {verb} no image and {was} left out.",
    "oneIs": "is",
    "manyAre": "are",
    "oneWas": "was",
    "manyWere": "were",
    "andMore": "{names} and {n} more",
    "noFolder": "That folder cannot be read ({reason}). Choose its files instead.",
    "nothing": "There is no image among these files.",
    "nothingFix": "PNG, JPEG, BMP, TIFF, WebP and ZIPs of such are taken.",
    "image": "Image",
    "verdict": "Verdict",
    "together": "Together",
    "largest": "Largest region",
    "share": "{share}, {width} × {height} px",
    "times": "{x} ×",
    "openHelp": "Open {name} in the viewer",
    "otherProduct": "These images were inspected as {product}. Choose that product to open them, "
    "or “Inspect again” as the other one.",
    "truth": "dataset: {truth}",
    "all": "All {n}",
    "defect": "Defect {n}",
    "mixed": "Models disagree {n}",
    "normal": "No defect {n}",
    "unfamiliar": "Another product {n}",
    "named": "No verdict {n}",
    "problem": "Not inspected {n}",
    "wrong": "Against the dataset {n}",
    "badgeDefect": "Defect",
    "badgeMixed": "Models disagree",
    "badgeNormal": "No defect",
    "badgeUnfamiliar": "Another product",
    "badgeNamed": "No verdict",
    "badgeProblem": "Not inspected",
    "filter": "Show",
    "sort": "Sorted by",
    "worst": "Highest score",
    "differ": "Detectors differ most",
    "given": "Order given",
    "name": "Name",
    "csv": "CSV",
    "csvHelp": "A row per image: verdict, scores in thresholds, largest region",
    "pdf": "PDF",
    "pdfHelp": "A report of all inspected images",
    "masks": "Masks as ZIP",
    "masksHelp": "A PNG per image and detector that flags it, white where it does",
    "making": "Making the {what}…",
    "made": "{name} is made.",
    "noMasks": "No detector flags anything, so there are no masks.",
    "drift": "These images beside good parts held out",
    "driftLabel": "{title}: histogram of the scores of {n} images and of {good} good parts, in "
    "thresholds",
    "good": "good parts held out",
    "these": "these images",
    "driftTitle": "{title}: score, in thresholds",
    "zipBroken": "{name} is damaged: it cannot be unpacked. Pack it again.",
    "zipLocked": "{name} is locked with a password. Pack it again without one.",
    "zipMethod": "{name} is packed in a way that browsers do not know. Pack it again as a plain "
    "ZIP.",
    "zipLarge": "{name} is packed as ZIP64, for archives of 4 GB or more. Pack fewer images into "
    "it.",
    "zipEmpty": "{name} holds no files. Pack the images into it.",
    "tooLarge": "{name} is larger than {most} MB. Save it smaller.",
    "gone": "{name} can no longer be read ({reason}). Choose it again.",
    "refused": "{name} did not arrive. Check the connection, then inspect again.",
}
