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
        hint="Has learned to rebuild good parts. Bright where it cannot rebuild yours.",
        appearance=Appearance(Symbol.SQUARE, "solid", "#6c58d3", "#a99bf5", "#8a78ea"),
        is_default=True,
    ),
    location="detectors.cae.detector:CAE",
    settings=CAESettings,
    search_space={
        "input_size": SIDES,
        "layers": Categorical(("layer2,layer3", "layer1,layer2,layer3", "layer2", "layer3")),
        "width": Categorical(("128", "256", "512")),
        "bottleneck": Categorical(("16", "32", "64")),
        "num_patches": Categorical(("2000", "4000", "8000")),
        "noise": FloatRange(0.0, 0.2, step=0.05),
        "smoothing": SMOOTHING,
    },
    tiny_settings={"max_epochs": 2, "num_patches": 64, "batch_size": 8, "width": 32},
)
