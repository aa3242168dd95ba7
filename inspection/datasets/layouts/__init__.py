"""The layouts that are read: a file each, with a record `LAYOUT`, and a line each in this list."""

from collections.abc import Mapping
from importlib import import_module

from inspection.datasets.layout import Layout

NAMES = (  # the first that looks right is taken, so the particular come before the general
    "magnetic_tile",
    "visa",
    "dagm",
    "deep_pcb",
    "neu_det",
    "kolektor_sdd",
    "mvtec_ad2",
    "coco",
    "yolo",
    "voc",
    "labelme",
    "mvtec_3d",
    "mvtec_loco",
    "btad",
    "casting",
    "mvtec",
    "plain",
    "flat",
)
LAYOUTS: Mapping[str, Layout] = {name: import_module(f"{__name__}.{name}").LAYOUT for name in NAMES}
