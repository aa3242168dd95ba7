"""What the names of folders say: good, defective, masks, annotations, training, testing."""

import re
from enum import StrEnum
from pathlib import Path

NORMAL_NAMES = frozenset(
    {"good", "ok", "normal", "ok_front", "pass", "passed", "healthy", "intact", "undamaged"}
    | {"no_defect", "no-defect", "no defect", "nodefect", "defect_free", "defect-free"}
    | {"non_defective", "non-defective", "nondefective"}
)
MASK_FOLDERS = frozenset(
    {"ground_truth", "groundtruth", "ground-truth", "ground truth", "gt"}
    | {"mask", "masks", "label", "labels", "segmentation", "segmentations", "annotations"}
)
IMAGE_FOLDERS = frozenset(
    {"images", "image", "img", "imgs", "jpegimages", "pictures", "photos", "data", "obj"}
)
ANNOTATION_FOLDERS = frozenset(
    {"labels", "label", "lable", "annotations", "annotation", "annots", "ann", "anns"}
    | {"json", "jsons", "xml", "xmls", "txt", "txts", "yolo", "coco", "voc", "labelme"}
)
TRAIN_FOLDERS = ("train", "training")
VALIDATION_FOLDERS = ("validation", "valid", "val", "dev", "eval")
TEST_FOLDERS = ("test", "testing")
GENERAL_TYPES = frozenset(
    {"anomalies", "anomalous", "anomaly", "bad", "defect", "defective", "defects", "faulty", "ng"}
    | {"nok", "not_good", "reject", "rejects"}
)
"""Names of folders that say only that something is wrong; the folders in them say what."""
NO_TYPES = IMAGE_FOLDERS - {"data", "obj"}
"""Names of folders that say nothing of what their images show."""
CAPTURE = re.compile(
    r"\W*(?:cam|camera|view|day|date|batch|lot|session|shift|line|station|part|run|set|img|image)s?"
    r"[\W_]*\d*|[\d\W_]+",
    re.IGNORECASE,
)
"""Names of folders that say how or when images were taken, such as cam1, 2024-05-01 or batch_7."""


class Part(StrEnum):
    """A part of a dataset, as annotation tools export it."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


PARTS = {
    **dict.fromkeys((*TRAIN_FOLDERS, "trainval"), Part.TRAIN),
    **dict.fromkeys(VALIDATION_FOLDERS, Part.VALID),
    **dict.fromkeys(TEST_FOLDERS, Part.TEST),
}
"""Words in the names of folders and files -> the part that they mean."""


def is_normal_name(name: str) -> bool:
    """Return whether a folder of this name holds normal images."""
    return name.casefold() in NORMAL_NAMES


def is_mask_folder(path: Path) -> bool:
    """Return whether a folder of this name holds masks."""
    return path.name.casefold() in MASK_FOLDERS


def part_named(name: str) -> Part | None:
    """Return the part that a folder or file of this name belongs to: `val2017`, `train_images`."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    found = {PARTS[word] for word in words if word in PARTS}
    is_plain = all(word in PARTS or word in IMAGE_FOLDERS | ANNOTATION_FOLDERS for word in words)
    return found.pop() if is_plain and len(found) == 1 else None


def part_of(path: Path, folder: Path) -> Part | None:
    """Return the part that the outermost folder below this one says."""
    names = path.relative_to(folder).parts[:-1]
    return next((part for name in names if (part := part_named(name)) is not None), None)


def is_in_normal_folder(image: Path, folder: Path) -> bool:
    """Return whether a folder between this one and the image says that it is good."""
    return any(is_normal_name(name) for name in image.relative_to(folder).parts[:-1])
