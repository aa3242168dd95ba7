"""PatchCore."""

from detectors.entry import Entry
from detectors.patchcore.settings import PatchCoreSettings
from detectors.search.space import SIDES, Categorical
from inspection.detector import Appearance, DetectorInfo, Symbol

ENTRY = Entry(
    info=DetectorInfo(
        name="patchcore",
        title="PatchCore",
        method="nearest-neighbour memory",
        hint="Compares every patch with good ones it remembers. Bright where nothing is alike.",
        appearance=Appearance(Symbol.DIAMOND, "dot", "#08805f", "#3fcf9f", "#17916b"),
        is_default=True,
    ),
    location="detectors.patchcore.detector:PatchCore",
    settings=PatchCoreSettings,
    search_space={
        "input_size": SIDES,
        "layers": Categorical(("layer2,layer3", "layer1,layer2,layer3", "layer2", "layer3")),
        "coreset_ratio": Categorical(("0.01", "0.05", "0.1", "0.25")),
        "smoothing": Categorical(tuple(str(pixels) for pixels in range(9))),
    },
    tiny_settings={"max_memory": 200},
)
