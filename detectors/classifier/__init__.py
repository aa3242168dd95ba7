"""The classifier."""

from detectors.classifier.settings import ClassifierSettings
from detectors.entry import Entry
from detectors.search.space import Categorical, FloatRange
from inspection.detector import Appearance, DetectorInfo, Symbol

ENTRY = Entry(
    info=DetectorInfo(
        name="classifier",
        title="Classifier",
        method="names the defect",
        hint="Has learned which defect is which. Bright where its answer comes from.",
        appearance=Appearance(Symbol.OPEN_SQUARE, "dashdot", "#7a5a3a", "#d5b38c", "#a37b4f"),
        needs_labels=True,
    ),
    location="detectors.classifier.detector:CNNClassifier",
    settings=ClassifierSettings,
    search_space={
        "input_size": Categorical(("160", "224", "320")),
        "stages": Categorical(("1", "2", "3")),
        "balance": FloatRange(0.0, 1.0, step=0.25),
        "hidden": Categorical(("64", "128", "256")),
        "dropout": FloatRange(0.0, 0.6, step=0.1),
        "learning_rate": FloatRange(3e-4, 3e-3),
    },
    multiple=32,
    tiny_settings={"max_epochs": 2, "epoch_images": 16, "batch_size": 8, "hidden": 8},
)
