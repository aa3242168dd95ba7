"""Write miniature datasets of every documented layout: tiny images, the real folder structure."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inspection.datasets.dataset import Dataset
from inspection.ground_truth import read_mask

SIZE = (24, 32)  # (height, width)
DEFECT = (slice(4, 10), slice(20, 28))  # rows, columns
OUTLINE = [[20, 4], [28, 4], [28, 10], [20, 10]]  # the same as corners (x, y)
YOLO_BOX = "0 0.75 0.2916666667 0.25 0.25\n"
COCO_BOX = {"image_id": 0, "category_id": 3, "bbox": [20, 4, 8, 6]}


def write_image(path: Path, *, size: tuple[int, int] = SIZE, shade: int = 120) -> Path:
    """Write a grey image whose brightness runs from left to right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = size
    pixels = np.tile(np.linspace(shade, 255, width), (height, 1)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_mask(
    path: Path, *, size: tuple[int, int] = SIZE, level: int = 255, is_empty: bool = False
) -> Path:
    """Write a black mask with one rectangle of this grey level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros(size, np.uint8)
    if not is_empty:
        pixels[DEFECT] = level
    Image.fromarray(pixels).save(path)
    return path


def write_mvtec(root: Path) -> Path:
    """MVTec AD: two categories, one with two defect types."""
    for category in ("bottle", "screw"):
        folder = root / category
        for number in range(3):
            write_image(folder / "train/good" / f"{number:03d}.png")
        write_image(folder / "test/good/000.png")
        write_image(folder / "test/scratch/000.png")
        write_mask(folder / "ground_truth/scratch/000_mask.png")
    write_image(root / "bottle/test/dent/000.png")
    write_mask(root / "bottle/ground_truth/dent/000_mask.png")
    (root / "readme.txt").write_text("terms of use", encoding="utf-8")
    return root


def write_loco(root: Path) -> Path:
    """MVTec LOCO AD: a validation part, and several masks per image in a folder of their own."""
    folder = root / "juice_bottle"
    write_image(folder / "train/good/000.png")
    write_image(folder / "validation/good/000.png")
    write_image(folder / "test/good/000.png")
    for defect_type in ("logical_anomalies", "structural_anomalies"):
        write_image(folder / "test" / defect_type / "000.png")
    write_mask(folder / "ground_truth/logical_anomalies/000/000.png", level=250)
    write_mask(folder / "ground_truth/logical_anomalies/000/001.png", level=240)
    write_mask(folder / "ground_truth/structural_anomalies/000/000.png")
    return root


def write_mvtec_3d(root: Path) -> Path:
    """MVTec 3D-AD: colour images in `rgb`, masks in `gt`, point clouds in `xyz`."""
    for part in ("train/good", "validation/good", "test/good", "test/hole"):
        folder = root / "bagel" / part
        write_image(folder / "rgb/000.png")
        write_image(folder / "xyz/000.tiff")
        if part.startswith("test"):
            write_mask(folder / "gt/000.png", is_empty=part == "test/good")
    return root


def write_btad(root: Path) -> Path:
    """BTAD: types `ok` and `ko`, BMP images with PNG masks, black masks of good images too."""
    write_image(root / "01/train/ok/0000.bmp")
    write_image(root / "01/test/ok/0001.bmp")
    write_image(root / "01/test/ko/0000.bmp")
    write_mask(root / "01/ground_truth/ko/0000.png")
    write_mask(root / "01/ground_truth/ok/0001.png", is_empty=True)
    return root


def write_mpdd(root: Path) -> Path:
    """MPDD: as MVTec AD."""
    folder = root / "bracket_black"
    write_image(folder / "train/good/000.png")
    write_image(folder / "test/good/000.png")
    write_image(folder / "test/hole/000.png")
    write_mask(folder / "ground_truth/hole/000_mask.png")
    return root


def write_casting(root: Path) -> Path:
    """Casting products: defective images in both parts, no masks."""
    for part in ("train", "test"):
        write_image(root / part / "ok_front/cast_ok_0_1.jpeg")
        write_image(root / part / "def_front/cast_def_0_1.jpeg")
    return root


def write_magnetic_tile(root: Path) -> Path:
    """Magnetic tiles: eight tiles of three exposures, three of them with one defective exposure."""
    for tile in range(8):
        for exposure in range(3):
            is_cracked = tile < 3 and exposure == 0
            folder = root / ("MT_Crack" if is_cracked else "MT_Free") / "Imgs"
            name = f"exp{exposure + 1}_num_{1000 * (tile + 1) + 50 * exposure}"
            write_image(folder / f"{name}.jpg")
            write_mask(folder / f"{name}.png", is_empty=not is_cracked, level=200)
    write_image(root / "dataset.jpg")
    return root


def write_visa(root: Path) -> Path:
    """VisA: splits in a table, masks that hold the number of the defect type."""
    rows = ["object,split,label,image,mask"]
    for number, (split, label) in enumerate(
        [("train", "normal"), ("test", "normal"), ("test", "anomaly")]
    ):
        folder = "Normal" if label == "normal" else "Anomaly"
        image = f"candle/Data/Images/{folder}/{number:04d}.JPG"
        mask = f"candle/Data/Masks/Anomaly/{number:04d}.png" if label == "anomaly" else ""
        write_image(root / image)
        if mask:
            write_mask(root / mask, level=3)
        rows.append(f"candle,{split},{label},{image},{mask}")
    (root / "split_csv").mkdir()
    (root / "split_csv/1cls.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


def write_dagm(root: Path) -> Path:
    """DAGM 2007: two classes, ellipses in `Label`, defective images in both parts."""
    for name in ("Class1", "Class10"):
        for part in ("Train", "Test"):
            folder = root / name / part
            write_image(folder / "0001.PNG")
            write_image(folder / "0002.PNG")
            write_mask(folder / "Label/0002_label.PNG")
            (folder / "Label/Labels.txt").write_text("1\n", encoding="utf-8")
    return root


def write_kolektor(root: Path) -> Path:
    """KolektorSDD: six items with three surfaces each, one of them defective."""
    for item in range(1, 7):
        for part in range(3):
            folder = root / f"kos{item:02d}"
            write_image(folder / f"Part{part}.jpg")
            write_mask(folder / f"Part{part}_label.bmp", is_empty=part != 1)
    return root


def write_neu(root: Path) -> Path:
    """NEU-DET: VOC boxes, the class in the file name, corners counted from 1."""
    for shade, defect_type in ((60, "crazing"), (120, "rolled-in_scale")):
        for number in range(1, 11):
            write_image(root / "IMAGES" / f"{defect_type}_{number}.jpg", shade=shade + 4 * number)
            write_voc(root / "ANNOTATIONS" / f"{defect_type}_{number}.xml", defect_type)
    return root


def write_voc(path: Path, name: str) -> Path:
    """Write a VOC file with one box around the defect."""
    rows, columns = DEFECT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<annotation><object><name>{name}</name><bndbox>"
        f"<xmin>{columns.start + 1}</xmin><ymin>{rows.start + 1}</ymin>"
        f"<xmax>{columns.stop}</xmax><ymax>{rows.stop}</ymax>"
        "</bndbox></object></annotation>",
        encoding="utf-8",
    )
    return path


def write_deep_pcb(root: Path) -> Path:
    """DeepPCB: three pairs of a tested image and its template, with lists of the parts."""
    names = []
    for number in range(3):
        name = f"group00041/00041/0004100{number}"
        write_image(root / f"PCBData/{name}_test.jpg")
        write_image(root / f"PCBData/{name}_temp.jpg")
        notes = root / f"PCBData/group00041/00041_not/0004100{number}.txt"
        notes.parent.mkdir(exist_ok=True)
        second = "1 1 5 5 2\n" if number == 1 else ""
        notes.write_text("20 4 28 10 1\n" + second, encoding="utf-8")
        names.append(f"{name}.jpg group00041/00041_not/0004100{number}.txt\n")
    (root / "PCBData/trainval.txt").write_text("".join(names[:2]), encoding="utf-8")
    (root / "PCBData/test.txt").write_text(names[2], encoding="utf-8")
    return root


def write_plain(root: Path) -> Path:
    """Plain folder: ten good images, two defect types, masks in both of the usual places."""
    for number in range(1, 11):
        write_image(root / "good" / f"{number}.png")
    write_image(root / "scratch/a.png")
    write_mask(root / "scratch/a_mask.png")
    write_image(root / "dent/b.jpg")
    write_mask(root / "ground_truth/dent/b.png")
    return root


def write_flat(root: Path) -> Path:
    """Flat folder: ten photographs and nothing that says what they show."""
    for number in range(1, 11):
        write_image(root / f"{number}.png")
    return root


def write_ad2(root: Path) -> Path:
    """MVTec AD 2: validation images, public test images with masks, private ones without labels."""
    folder = root / "fruit_jelly"
    for number in range(3):
        write_image(folder / f"train/good/{number:03d}_regular.png")
        write_image(folder / f"test_private/{number:03d}_regular.png")
        write_image(folder / f"test_private_mixed/{number:03d}_mixed.png")
    write_image(folder / "validation/good/000_regular.png")
    for kind in ("good", "bad"):
        write_image(folder / f"test_public/{kind}/000_overexposed.png")
    write_mask(folder / "test_public/ground_truth/bad/000_overexposed_mask.png")
    return root


def write_text(path: Path, text: str) -> Path:
    """Write text in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_coco(root: Path) -> Path:
    """COCO: one file per part; an outline, a box, runs of pixels, and images without a defect."""
    counts = [20 * 24 + 4, *[6, 18] * 7, 6, 4 * 24 + 14]
    marks: tuple[dict[str, object], ...] = (
        {"segmentation": [[value for point in OUTLINE for value in point]]},
        {"bbox": [20, 4, 8, 6], "segmentation": []},
        {"segmentation": {"size": [24, 32], "counts": counts}, "iscrowd": 1},
    )
    for part in ("train", "val", "test"):
        names = [write_image(root / f"images/{part}/{number} ä.JPG").name for number in range(4)]
        annotations = [
            {"image_id": number + 1, "category_id": 3, **mark} for number, mark in enumerate(marks)
        ]
        write_coco_file(root / f"annotations/instances_{part}.json", names, annotations)
    return root


def write_coco_file(path: Path, names: Sequence[str], annotations: Sequence[object]) -> Path:
    """Write a COCO file of images with the ids 0, 1 and so on, and the defect types 3 and 4."""
    document = {
        "images": [
            {"id": number, "file_name": name, "height": SIZE[0], "width": SIZE[1]}
            for number, name in enumerate(names)
        ],
        "annotations": annotations,
        "categories": [{"id": 3, "name": "scratch"}, {"id": 4, "name": "dent"}],
    }
    return write_text(path, json.dumps(document))


def write_yolo(root: Path) -> Path:
    """YOLO as Roboflow exports it: a box, an outline and an empty label file in each part."""
    labels = (
        "1 0.75 0.2916666667 0.25 0.25\n",
        "0 0.625 0.1666666667 0.875 0.1666666667 0.875 0.4166666667 0.625 0.4166666667\n",
        "",
    )
    for part in ("train", "valid", "test"):
        for number, text in enumerate(labels):
            write_image(root / f"{part}/images/{number}_png.rf.0a{part}.jpg")
            write_text(root / f"{part}/labels/{number}_png.rf.0a{part}.txt", text)
    write_text(root / "data.yaml", "train: ../train/images\nnc: 2\nnames: ['scratch', 'dent']\n")
    return root


def write_pascal_voc(root: Path) -> Path:
    """Pascal VOC as Roboflow exports it: an XML file beside each image, without objects if good."""
    for part in ("train", "valid", "test"):
        for number in range(2):
            write_image(root / f"{part}/{number}.jpg")
        write_text(root / f"{part}/0.xml", "<annotation><filename>0.jpg</filename></annotation>")
        write_voc(root / f"{part}/1.xml", "dent")
    return root


def write_labelme(root: Path) -> Path:
    """LabelMe: ten good images and one with an outline, a JSON file beside each."""
    for number in range(11):
        write_image(root / f"IMG {number}.PNG")
        write_labelme_file(root / f"IMG {number}.json", [make_shape()] if number == 7 else [])
    return root


def make_shape(
    label: str = "scratch", *, kind: str = "polygon", points: object = OUTLINE, **more: object
) -> dict[str, Any]:
    """Return a shape as LabelMe writes it."""
    return {"label": label, "shape_type": kind, "points": points, **more}


def write_labelme_file(
    path: Path, shapes: Sequence[object], *, size: tuple[int, int] = SIZE, **more: object
) -> Path:
    """Write LabelMe's file of an image."""
    document: dict[str, object] = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{path.stem}.PNG",
        "imageData": None,
        "imageHeight": size[0],
        "imageWidth": size[1],
    }
    return write_text(path, json.dumps(document | more))


def count_samples(dataset: Dataset) -> dict[tuple[str, str | None], int]:
    """Return (split, defect type) -> number of samples."""
    return dict(Counter((one.split.value, one.defect_type) for one in dataset.samples))


def count_marked(dataset: Dataset) -> dict[str, int]:
    """Return the number of marked pixels of each defective image by its name."""
    return {
        one.image_path.name: int(read_mask(one, SIZE).sum())
        for one in dataset.samples
        if one.is_anomalous
    }


def write_images(folder: Path, number: int = 4) -> list[str]:
    """Write images 0.png and so on, and return their names."""
    return [write_image(folder / f"{index}.png").name for index in range(number)]


MINIATURES: dict[str, Callable[[Path], Path]] = {
    "magnetic_tile": write_magnetic_tile,
    "visa": write_visa,
    "dagm": write_dagm,
    "deep_pcb": write_deep_pcb,
    "neu_det": write_neu,
    "kolektor_sdd": write_kolektor,
    "mvtec_ad2": write_ad2,
    "coco": write_coco,
    "yolo": write_yolo,
    "voc": write_pascal_voc,
    "labelme": write_labelme,
    "mvtec_3d": write_mvtec_3d,
    "mvtec_loco": write_loco,
    "btad": write_btad,
    "casting": write_casting,
    "mvtec": write_mvtec,
    "plain": write_plain,
    "flat": write_flat,
}
UNMARKED = frozenset({"casting", "flat"})
"""Layouts whose miniature says of no defect where it is."""
