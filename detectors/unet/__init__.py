"""The U-Net."""

from detectors.entry import Entry
from detectors.search.space import SIDES, SMOOTHING, YES_NO, FloatRange
from detectors.unet.settings import UNetSettings
from inspection.detector import Appearance, DetectorInfo, Symbol

ENTRY = Entry(
    info=DetectorInfo(
        name="unet",
        title="U-Net",
        method="segmentation network",
        hint="Has learned which departures from good parts are defects. Bright where it sees one.",
        appearance=Appearance(Symbol.CIRCLE, "dash", "#b54a8d", "#e892c2", "#cf62a8"),
        is_default=True,
    ),
    location="detectors.unet.detector:UNet",
    settings=UNetSettings,
    search_space={
        "input_size": SIDES,
        "synthetic_share": FloatRange(0.125, 1.0, step=0.125),
        "smoothing": SMOOTHING,
        "crop": YES_NO,
        "light": YES_NO,
        "learning_rate": FloatRange(3e-4, 6e-3),
    },
    tiny_settings={
        "max_epochs": 2,
        "epoch_images": 16,
        "batch_size": 8,
        "memory_rows": 50,
        "kept_images": 16,
    },
)
