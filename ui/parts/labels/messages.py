"""Every sentence about marks on labels."""

from collections.abc import Mapping

MARKS: Mapping[str, str] = {
    "ask": "The label “{label}” of {name}",
    "wrong": "The label is wrong",
    "fine": "The label is fine",
    "unsure": "Unsure",
}
BAR: Mapping[str, str] = {
    "hint": "Is a label wrong? Mark it below its picture: ✗ wrong, ✓ fine, ? unsure. This browser "
    "keeps the marks.",
    "counts": "Labels marked in {dataset}: {counts}.",
    "wrong": "{n} wrong",
    "fine": "{n} fine",
    "unsure": "{n} unsure",
    "lost": "This browser keeps nothing for this page: save the marks before you leave.",
    "save": "Save marks as CSV",
    "exclude": "Save exclusion list",
    "excludeHint": "A file for cli.py train --exclude: the images whose labels are wrong are then "
    "neither trained on, calibrated with nor evaluated. It replaces a list given before.",
    "clear": "Forget all",
    "sure": "Forget all marks of {dataset}?",
}
BARS: Mapping[str, Mapping[str, str]] = {
    "results": {**BAR, "show": "Show the {n} marked"},
    "explore": {**BAR, "hint": "", "show": "Select the {n} marked"},
}
