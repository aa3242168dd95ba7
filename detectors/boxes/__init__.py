"""The detector of boxes."""

from detectors.boxes.settings import BoxesSettings
from detectors.entry import Entry
from inspection.detector import Appearance, DetectorInfo, Symbol

ENTRY = Entry(
    info=DetectorInfo(
        name="boxes",
        title="Box detector",
        method="object detector",
        hint="Has learned from marked defects. Draws a box around each, with its kind.",
        appearance=Appearance(Symbol.TRIANGLE, "dot", "#8a3a6b", "#e19cc4", "#b5588f"),
        needs_labels=True,
        gives_boxes=True,
    ),
    location="detectors.boxes.detector:BoxDetector",
    settings=BoxesSettings,
    multiple=32,
    tiny_settings={"max_epochs": 2, "epoch_images": 16, "batch_size": 8, "channels": 32},
)
