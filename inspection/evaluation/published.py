"""Published metrics of the MVTec AD categories, to be read beside one's own.

They were measured by other code, on all test images of the category and, for PatchCore, with a
backbone trained on ImageNet: a yardstick, no promise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """Metrics of one published method.

    Attributes:
        detector: ours that it is to be compared with.
        source: who measured it, and how.
        keys: what the numbers of a category are, as in `METRICS`.
        percent: category -> one number per key.
    """

    detector: str
    source: str
    keys: tuple[str, ...]
    percent: Mapping[str, tuple[float, ...]]

    def metric(self, category: str, key: str) -> float | None:
        """Return a metric between 0 and 1; None where none was published."""
        if key not in self.keys or category not in self.percent:
            return None
        return self.percent[category][self.keys.index(key)] / 100


PATCHCORE = Published(
    "patchcore",
    "Roth et al. 2022, official repository: Wide ResNet-50, 224 px, 10 % coreset",
    ("image_auroc", "pixel_auroc", "aupro_30"),
    {
        "bottle": (100, 98.5, 97.1),
        "cable": (99.7, 98.4, 93.8),
        "capsule": (97.9, 99.0, 97.1),
        "carpet": (98.6, 99.1, 97.0),
        "grid": (97.9, 98.8, 97.0),
        "hazelnut": (100, 98.7, 92.9),
        "leather": (100, 99.3, 99.2),
        "metal_nut": (99.9, 98.3, 92.8),
        "pill": (96.7, 97.8, 94.4),
        "screw": (98.8, 99.5, 98.5),
        "tile": (99.5, 95.7, 89.9),
        "toothbrush": (100, 98.6, 94.8),
        "transistor": (99.9, 96.1, 83.2),
        "wood": (99.1, 95.1, 90.2),
        "zipper": (99.5, 98.9, 97.8),
    },
)

CAE_SSIM = Published(
    "cae",
    "Bergmann et al. 2019: convolutional autoencoder trained with SSIM",
    ("pixel_auroc",),
    {
        "bottle": (93,),
        "cable": (82,),
        "capsule": (94,),
        "carpet": (87,),
        "grid": (94,),
        "hazelnut": (97,),
        "leather": (78,),
        "metal_nut": (89,),
        "pill": (91,),
        "screw": (96,),
        "tile": (59,),
        "toothbrush": (92,),
        "transistor": (90,),
        "wood": (73,),
        "zipper": (88,),
    },
)

PUBLISHED = (PATCHCORE, CAE_SSIM)

DEFECT_TYPES: Mapping[str, frozenset[str]] = {
    "bottle": frozenset({"broken_large", "broken_small", "contamination"}),
    "cable": frozenset(
        {
            *("bent_wire", "cable_swap", "combined", "cut_inner_insulation"),
            *("cut_outer_insulation", "missing_cable", "missing_wire", "poke_insulation"),
        }
    ),
    "capsule": frozenset({"crack", "faulty_imprint", "poke", "scratch", "squeeze"}),
    "carpet": frozenset({"color", "cut", "hole", "metal_contamination", "thread"}),
    "grid": frozenset({"bent", "broken", "glue", "metal_contamination", "thread"}),
    "hazelnut": frozenset({"crack", "cut", "hole", "print"}),
    "leather": frozenset({"color", "cut", "fold", "glue", "poke"}),
    "metal_nut": frozenset({"bent", "color", "flip", "scratch"}),
    "pill": frozenset(
        {
            *("color", "combined", "contamination", "crack"),
            *("faulty_imprint", "pill_type", "scratch"),
        }
    ),
    "screw": frozenset(
        {"manipulated_front", "scratch_head", "scratch_neck", "thread_side", "thread_top"}
    ),
    "tile": frozenset({"crack", "glue_strip", "gray_stroke", "oil", "rough"}),
    "toothbrush": frozenset({"defective"}),
    "transistor": frozenset({"bent_lead", "cut_lead", "damaged_case", "misplaced"}),
    "wood": frozenset({"color", "combined", "hole", "liquid", "scratch"}),
    "zipper": frozenset(
        {
            *("broken_teeth", "combined", "fabric_border", "fabric_interior"),
            *("rough", "split_teeth", "squeezed_teeth"),
        }
    ),
}
"""Defect types of MVTec AD (Bergmann et al. 2021), which tell its categories from namesakes."""


def is_published(category: str, defect_types: Iterable[str]) -> bool:
    """Return whether a category is that of MVTec AD, by its name and all of its defect types."""
    known = DEFECT_TYPES.get(category, frozenset())
    found = set(defect_types)
    return bool(found) and found <= known


def find_published(detector: str) -> Published | None:
    """Return the published metrics to read beside those of a detector, if there are any."""
    return next((one for one in PUBLISHED if one.detector == detector), None)
