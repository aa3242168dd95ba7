"""Every sentence that a person reads on the Results tab."""

from collections.abc import Mapping

DATASET = "Dataset"
CATEGORY = "Category"
METRIC = "Metric"
FIRST = "Horizontal axis"
SECOND = "Vertical axis"
KIND = "Images"
READING = "Reading the evaluations…"
NO_PRODUCTS = "There is no trained detector yet. Train one with `python cli.py train --data DIR`."
MISSING = "It has not been evaluated yet."
TODO = "Not in these results"
TODO_ONE = "{product}, {detector}: {problem}"
TODO_ALL = "{num} detectors were not evaluated, or not these weights and thresholds: {names}."
CLASSIFIERS_TITLE = "Right about classes"
CLASSES_TITLE = "Class by class: {classifier}"
CLASSES_NOTE = (
    "Precision: share of the images called this class that are of it. Recall: share of the images "
    "of this class that are called so. F1: their harmonic mean."
)
CLASSES_NO_BASELINE = (
    "There is no baseline to compare with. Train one into another folder (`--backbone small-cnn`), "
    "then run `{command} --baseline DIR`."
)
CLASSES_ONLY = "There are no good parts to judge by: only classes and trainings have results."
BOARD_TITLE = "Leaderboard: {metric}"
METRICS_TITLE = "All metrics: {category}"
PIXEL_CURVES = "Curves of pixels"
SCATTER_HINT = "One point per test image. Click one to open it in Inspect."
MISTAKES = {
    "misses": "Misses",
    "false_alarms": "False alarms",
    "disagreements": "Disagreements",
}
MISSES_TITLE = "{detector} misses {count} of {total} defective images"
ALL_MISS_TITLE = "No detector finds {count} of {total} defective images"
FALSE_ALARMS_TITLE = "{detector} flags {count} of {total} good images"
DISAGREEMENTS_TITLE = "The detectors disagree about {count} of {total} images"
MISTAKES_ALONE = "It takes two detectors to disagree."
MISTAKES_NONE = "There is none."
MISTAKES_NOWHERE = "Pictures are missing: these images are not on this machine. {fix}"
MISTAKES_GIVE = "Start the page with `--data DIR`."
MISTAKES_SCORE = "{relative}× threshold"
MISTAKES_FLAGGED = "flagged by {names}"
TRAININGS_TITLE = "Trainings"
TRAINING_NONE = "Not trained yet: {names}."
JUDGE: Mapping[str, str] = {
    "ask": "False alarms allowed per 100 good parts",
    "rate": "{rate} per 100",
    "reset": "Reset to {rate}",
    "threshold": "threshold {threshold}",
    "normal": "good",
    "defective": "defective",
    "picture": "Scores: {found} defective images lie above the threshold and {missed} below, "
    "{alarms} good ones above and {right} below",
    "majority": "Majority",
    "majorityNote": "Flagged where more than half of the detectors flag.",
    "matrix": "Verdicts of {title} against the truth",
    "isFlagged": "flagged",
    "isNot": "not flagged",
    "found": "found",
    "missed": "missed",
    "alarm": "false alarms",
    "passed": "passed",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "alarms": "Good parts flagged",
    "seen": "{flagged} of {parts}",
    "kindsTitle": "Found, by defect type",
    "kindsNote": "Test images that no detector has seen. Thresholds come from held-out good parts, "
    "never from these images.",
    "kind": "defect type",
    "of": "{found} of {total}",
}
