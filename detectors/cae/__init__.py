"""The convolutional autoencoder."""

from detectors.cae.settings import CAESettings
from detectors.entry import Entry
from detectors.search.space import SIDES, SMOOTHING, Categorical, FloatRange
from inspection.detector import Appearance, DetectorInfo, Symbol

ENTRY = Entry(
    info=DetectorInfo(
        name="cae",
        title="CAE",
        method="convolutional autoencoder",
        hint="Has learned to redraw good parts. Bright where it cannot redraw yours.",
        appearance=Appearance(Symbol.SQUARE, "solid", "#6c58d3", "#a99bf5", "#8a78ea"),
        is_default=True,
    ),
    location="detectors.cae.detector:CAE",
    settings=CAESettings,
    search_space={
        "input_size": SIDES,
        "width": Categorical(("16", "32", "48")),
        "depth": Categorical(("3", "4", "5")),
        "bottleneck": Categorical(("16", "32", "64", "128")),
        "ssim_weight": FloatRange(0.0, 3.0, step=0.25),
        "damage_share": FloatRange(0.0, 1.0, step=0.125),
        "smoothing": SMOOTHING,
        "learning_rate": FloatRange(3e-4, 6e-3),
    },
    tiny_settings={"max_epochs": 2, "epoch_images": 16, "batch_size": 8},
)
