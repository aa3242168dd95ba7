"""The second view: a defect is painted or placed on any image, and who sees it is told."""

import base64
import io
import itertools
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.datasets.adding import Room, find_room
from inspection.errors import DatasetError, InspectionError, first_line
from inspection.images import write_png
from inspection.products.catalog import Catalog
from inspection.sensitivity.answering import inspect_images, read_answers
from inspection.sensitivity.drawing import (
    Layer,
    describe_answers,
    describe_too_small,
    draw,
)
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.records import Answer, Trial
from inspection.types import Mask, RGBImage
from ui.parts.updates import Payload, Updates
from ui.sensitivity import messages
from ui.sensitivity.frames import describe_scene, encode_frame, encode_picture, read_overlay
from ui.sensitivity.scenes import Kept, Scene

MAX_STAMPS = 200
NUMBERS = ("size", "contrast", "angle", "row", "column")
Sent = dict[str, Any]


class PlaceView:
    """Answers what is drawn; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog, next_run: Callable[[], int]) -> None:
        self._catalog = catalog
        self._titles = {name: info.title for name, info in catalog.detectors.items()}
        self._next_run = next_run
        self._before: Kept[Mapping[str, Answer]] = Kept()

    def show(self, scene: Scene, *, drawing: object, sent: Sent) -> Iterator[Updates]:
        """Yield the picture, then the answer to what is drawn on it.

        What cannot be read or placed is said, and stays on the page.
        """
        if sent.get("key") != scene.key:
            room, refusal = self._find_room(scene)
            sent |= {"key": scene.key, "run": self._next_run(), "drawn": None, "saved": None}
            sent |= {"room": room, "refusal": refusal}
            yield {
                "place": self._header(scene, sent),
                "feed": ("place-picture", encode_picture(scene.image, sent["run"])),
            }
            drawing = None
        wanted = drawing if isinstance(drawing, Mapping) else {}
        try:
            stamps, layer = read_drawing(wanted, scene)
            drawn, mask = draw(scene.image, stamps, layer)
        except InspectionError as error:  # what is drawn stays, to be mended
            yield {"place": self._header(scene, sent, (error.problem, error.fix))}
            return
        if wanted.get("save") and wanted["save"] != sent["saved"]:
            sent["saved"] = wanted["save"]  # whatever comes of it: nothing is written twice
            yield self._keep(scene, drawn, mask, sent, is_file=wanted.get("way") != "save")
            return
        number = wanted.get("number")
        if sent["drawn"] is not None and sent["drawn"] == number:
            return
        (found,) = inspect_images(scene.channels, [drawn], false_alarm_rate=scene.rate)
        answers = read_answers(found, mask)
        frame = {
            "number": number if isinstance(number, int) else 0,
            **encode_frame(scene.image, drawn, found, answers, has_defect=bool(mask.any())),
        }
        said = self._describe(scene, stamps, mask, answers)
        yield {
            "place": self._header(scene, sent, said),
            "feed": ("place-frames", {"run": sent["run"], "frames": [frame]}),
        }
        sent["drawn"] = number

    def _keep(
        self, scene: Scene, image: RGBImage, mask: Mask, sent: Sent, *, is_file: bool
    ) -> Updates:
        """Return a file for the browser, or write into the dataset and say where."""
        if is_file:
            return {"feed": ("place-file", pack_drawing(scene, image, mask) | {"run": sent["run"]})}
        room = sent["room"]
        if room is None:  # no page offers it then
            return {"place": self._header(scene, sent, (messages.NOT_UNDERSTOOD, messages.RELOAD))}
        try:
            path = write_drawing(room, _name(scene), image, mask)
        except OSError as error:
            said = (messages.NOT_SAVED.format(reason=first_line(error)), messages.NOT_SAVED_FIX)
        else:
            said = (messages.SAVED.format(image=path.relative_to(room.folder).as_posix()), "")
        return {"place": self._header(scene, sent, said)}

    def _find_room(self, scene: Scene) -> tuple[Room | None, str]:
        """Return where drawings may be saved, never for just anybody; else why they cannot be."""
        if self._catalog.places.is_read_only:
            return None, ""
        try:
            dataset = self._catalog.datasets.find(scene.product)
            if dataset is None:
                return None, messages.NO_FOLDER
            return find_room(dataset, scene.product.category), ""
        except DatasetError as error:
            return None, f"{error} {messages.NOT_SAVED_FIX}"

    def _describe(
        self, scene: Scene, stamps: Sequence[Trial], mask: Mask, answers: Mapping[str, Answer]
    ) -> tuple[str, str]:
        """Return who sees what is drawn, and what to know of it."""
        if not mask.any():
            self._before.get(scene.key, lambda: answers)
            _, doubt = describe_answers(answers, answers, self._titles)
            return messages.NOTHING_DRAWN, doubt
        before = self._before.get(scene.key, lambda: self._look(scene))
        sight, doubt = describe_answers(before, answers, self._titles)
        small = describe_too_small(stamps, scene.image, scene.channels, self._titles)
        return sight, " ".join(filter(None, (small, doubt)))

    def _look(self, scene: Scene) -> Mapping[str, Answer]:
        (found,) = inspect_images(scene.channels, [scene.image], false_alarm_rate=scene.rate)
        return read_answers(found, np.zeros(scene.image.shape[:2], np.bool_))

    def _header(self, scene: Scene, sent: Sent, said: tuple[str, str] | None = None) -> Payload:
        sub, doubt = said or (messages.PLACE_BUSY, "")
        return {
            **describe_scene(scene, sent["run"]),
            "state": "running" if said is None else "done",
            "title": messages.PLACE_TITLE,
            "sub": sub,
            "note": " ".join(filter(None, (doubt, scene.note))),
            "canSave": sent["room"] is not None,
            "refusal": sent["refusal"],
            "kinds": [{"name": one, "title": one.replace("-", " ")} for one in KINDS],
        }


def read_drawing(wanted: Mapping[str, object], scene: Scene) -> tuple[list[Trial], Layer | None]:
    """Return the stamps and the painted layer that a browser asks for, whoever has sent them.

    Raises:
        InspectionError: they cannot be understood.
    """
    stamps, paint = wanted.get("stamps") or [], wanted.get("paint") or ""
    if not isinstance(stamps, list) or len(stamps) > MAX_STAMPS:
        raise _not_understood()
    size = (scene.image.shape[0], scene.image.shape[1])
    layer = read_overlay(paint, size) if paint else None
    return [_read_stamp(one, scene) for one in stamps], layer


def _read_stamp(stamp: object, scene: Scene) -> Trial:
    if not isinstance(stamp, Mapping):
        raise _not_understood()
    values = [stamp.get(name) for name in NUMBERS]
    seed, kind = stamp.get("seed"), stamp.get("kind")
    are_numbers = all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        for one in values
    )
    if not (are_numbers and isinstance(kind, str) and type(seed) is int and 0 <= seed < 2**31):
        raise _not_understood()
    size, contrast, angle, row, column = (float(str(one)) for one in values)
    return Trial(
        source=scene.sample,
        kind=kind,
        size=size,
        contrast=contrast,
        angle=angle,
        row=row,
        column=column,
        seed=seed,
    )


def pack_drawing(scene: Scene, image: RGBImage, mask: Mask) -> Payload:
    """Return image and mask as a ZIP that unpacks into a category's folder, for the browser."""
    name = _name(scene)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        places = Room(Path()).place(messages.DRAWN, name)
        for path, picture in zip(places, (image, _paint(mask)), strict=True):
            packed.writestr(path.as_posix(), _png(picture))
    return {
        "name": f"{name}.zip",
        "content": base64.b64encode(buffer.getvalue()).decode(),
    }


def write_drawing(room: Room, name: str, image: RGBImage, mask: Mask) -> Path:
    """Write image and mask into a category, under a new name; return the image's path.

    Raises:
        OSError: it cannot be written.
    """
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    places = (room.place(messages.DRAWN, one) for one in itertools.chain([name], numbered))
    image_path, mask_path = next(one for one in places if not one[0].exists())
    for path, picture in ((image_path, image), (mask_path, _paint(mask))):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, picture)
    return image_path


def _paint(mask: Mask) -> NDArray[np.uint8]:
    return mask.astype(np.uint8) * 255


def _name(scene: Scene) -> str:
    return messages.DRAWN_NAME.format(name=Path(scene.sample).stem or "image")


def _png(image: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _not_understood() -> DatasetError:
    return DatasetError(messages.NOT_UNDERSTOOD, messages.RELOAD)
