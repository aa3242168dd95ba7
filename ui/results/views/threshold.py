"""What the detectors flag at any threshold: the browser judges every test image anew."""

from functools import partial
from pathlib import Path

from inspection.products.checkpoint_folders import load_calibration
from ui.parts.components import make_part
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, is_evaluated
from ui.viewer.viewer import ARITHMETIC

HERE = Path(__file__).parent
TEXTS = {
    "ask": "False alarms allowed per 100 good parts",
    "rate": "{rate} per 100",
    "reset": "Reset to {rate}",
    "threshold": "threshold {threshold}",
    "normal": "good",
    "defective": "defective",
    "picture": "Scores: {found} defective images lie above the threshold and {missed} below, "
    "{alarms} good ones above and {right} below",
    "jointNote": "Scores of all detectors as one, calibrated on the good parts that all held out.",
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


def build(results: Results, selection: Selection) -> Updates:
    """Return what the browser needs to judge anew at any threshold."""
    from eda.results.scores import judge_values

    calibrations = {
        name: load_calibration(results.folder(selection.key, name)).calibration
        for name in (one.report.detector for one in selection.shown if not one.is_joint)
    }
    return {"judge": {**judge_values(selection.shown, calibrations), "texts": TEXTS}}


VIEW = ResultsView(
    "threshold",
    "Threshold",
    rows=(
        {
            "judge": partial(
                make_part, HERE / "judge", scripts=[*ARITHMETIC, HERE / "judge_count.js"]
            )
        },
    ),
    build=build,
    is_offered=is_evaluated,
)
