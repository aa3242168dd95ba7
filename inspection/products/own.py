"""The products that a person makes in the page: folders of photographs in the layout of MVTec AD.

`<name>/train/good/*`, `<name>/test/<type>/*`, and `<name>/left-out.txt`, a list of photographs that
take part in nothing, as `cli.py train --exclude` reads it.
"""

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from inspection.datasets.dataset import Dataset, read_dataset
from inspection.datasets.exclusion import exclude_images, read_exclusions
from inspection.datasets.intake import Intake, KnownPictures, list_photographs, take_in
from inspection.datasets.plain_names import check_product_name, check_type_name
from inspection.errors import DatasetError, InspectionError
from inspection.files import replace_bytes
from inspection.paths import natural_key
from inspection.products.renaming import rename_ids

OWN = "own"
"""What the dataset of these products is called."""
GOOD = "train/good"
LEFT_OUT = "left-out.txt"
REMOVED = "removed"
LAYOUT = "mvtec"


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph of a product; `defect_type` is None for a good part.

    Attributes:
        id: path below the folder of all products, as in the dataset.
    """

    id: str
    path: Path
    defect_type: str | None
    is_left_out: bool


class OwnProducts:
    """Products below one folder; safe to share between threads.

    Args:
        root: the folder of all of them; it is made with the first.
        checkpoints: where their detectors are kept, as NAME/DETECTOR.
    """

    def __init__(self, root: Path, checkpoints: Path) -> None:
        self.root = root
        self.checkpoints = checkpoints
        self._known: dict[str, KnownPictures] = {}

    @property
    def names(self) -> list[str]:
        """Names of the products, in natural order."""
        with suppress(OSError):
            found = [one.name for one in self.root.iterdir() if (one / "train").is_dir()]
            return sorted(found, key=natural_key)
        return []

    def folder(self, name: object) -> Path:
        """Return the folder of a product.

        Raises:
            DatasetError: there is none of that name.
        """
        if not isinstance(name, str) or name not in self.names:
            raise DatasetError("There is no such product any more.", "Choose another, or make one.")
        return self.root / name

    def create(self, given: object) -> str:
        """Make a product without photographs, and return its name.

        Raises:
            DatasetError: it cannot be called so, or the folder cannot be written.
        """
        name = check_product_name(given, self._names_in_use())
        try:
            (self.root / name / GOOD).mkdir(parents=True)
        except OSError as error:
            raise DatasetError(
                f"The folder {self.root / name} cannot be made ({error.strerror or error}).",
                "Allow writing there, or start the page with another folder: --products DIR.",
            ) from error
        return name

    def take_in(self, name: object, given: Path, called: str, defect_type: object = None) -> Intake:
        """Copy a photograph, or those in a ZIP, into a product.

        Args:
            name: of the product.
            given: the file as it has arrived.
            called: as the person's file is called.
            defect_type: what is wrong with the part; None for a good one.

        Raises:
            DatasetError: there is no such product, no such type, or no room.
        """
        folder = self.folder(name)
        part = GOOD if defect_type is None else f"test/{check_type_name(defect_type)}"
        known = self._known.setdefault(folder.name, KnownPictures())
        return take_in(given, called, folder, part, known=known)

    def photographs(self, name: object) -> list[Photograph]:
        """Return the photographs of a product, the good ones first.

        Raises:
            DatasetError: there is no such product.
        """
        folder = self.folder(name)
        out = self._left_out(folder)
        found = []
        for path in list_photographs(folder):
            key = path.relative_to(self.root).as_posix()
            is_good = path.parent.parent.name == "train"
            found.append(Photograph(key, path, None if is_good else path.parent.name, key in out))
        return sorted(found, key=lambda one: (one.defect_type or "", natural_key(one.id)))

    def leave_out(self, name: object, ids: object, *, is_out: bool = True) -> None:
        """Leave photographs out of everything, or take them in again; no file is touched.

        Raises:
            DatasetError: there is no such product or photograph, or the list cannot be written.
        """
        folder = self.folder(name)
        wanted = {one for one in ids if isinstance(one, str)} if isinstance(ids, list) else set()
        known = [one.id for one in self.photographs(name)]
        if not wanted or not wanted <= set(known):
            raise DatasetError("There is no such photograph.", "Reload the page.")
        out = self._left_out(folder)
        out = out | wanted if is_out else out - wanted
        lines = [
            f'# python cli.py train --exclude "{LEFT_OUT}"',
            *(one for one in known if one in out),
        ]
        try:
            replace_bytes(folder / LEFT_OUT, ("\n".join(lines) + "\n").encode())
        except OSError as error:
            raise DatasetError(
                f"{folder / LEFT_OUT} cannot be written ({error.strerror or error}).",
                "Allow writing there, or free some room on the disk.",
            ) from error

    def read(self, name: object) -> Dataset:
        """Return the dataset of one product, without what is left out.

        Raises:
            DatasetError: there is no such product, or it has no photographs.
        """
        folder = self.folder(name)
        source = read_dataset(self.root, layout=LAYOUT, name=OWN).of(folder.name)
        there = {sample.id for sample in source.samples}
        out = [one for one in self._left_out(folder) if one in there]
        return exclude_images(source, out, by=LEFT_OUT)

    def has_photographs(self) -> bool:
        """Return whether a dataset can be read from the folder."""
        if not self.root.is_dir():
            return False
        try:
            read_dataset(self.root, layout=LAYOUT, name=OWN)
        except DatasetError:
            return False
        return True

    def rename(self, name: object, given: object) -> str:
        """Give a product another name, and return it; what was learned goes with it.

        Raises:
            DatasetError: there is no such product, or it cannot be called so.
        """
        folder = self.folder(name)
        others = [one for one in self._names_in_use() if one != folder.name]
        new = check_product_name(given, others)
        if new == folder.name:
            return new
        try:
            folder.rename(self.root / new)
            learned = self.checkpoints / folder.name
            if learned.is_dir():
                learned.rename(self.checkpoints / new)
            for place in (self.checkpoints / new, self.root / new):
                rename_ids(place, folder.name, new)
        except OSError as error:
            raise DatasetError(
                f"{folder.name} cannot be renamed ({error.strerror or error}).",
                "Close what uses its folder, and try again.",
            ) from error
        self._known.pop(folder.name, None)
        return new

    def forget(self, name: object) -> Path | None:
        """Move what was learned of a product aside, and return where to; photographs stay.

        Raises:
            DatasetError: there is no such product, or another program keeps the folder.
        """
        folder = self.folder(name)
        learned = self.checkpoints / folder.name
        if not learned.is_dir():
            return None
        # one level deeper than products lie, so that it is none
        aside = self.checkpoints.parent / REMOVED / OWN
        target = aside / f"{folder.name} {time.strftime('%Y-%m-%d %H%M%S')}"
        try:
            aside.mkdir(parents=True, exist_ok=True)
            shutil.move(learned, target)
        except OSError as error:
            raise DatasetError(
                f"What was learned of {folder.name} cannot be moved ({error.strerror or error}).",
                "Close what uses it, and try again.",
            ) from error
        return target

    def _left_out(self, folder: Path) -> set[str]:
        with suppress(InspectionError):  # most products have no list
            return set(read_exclusions(folder / LEFT_OUT))
        return set()

    def _names_in_use(self) -> Sequence[str]:
        """Return every name below the folder, be it of a product or of something else."""
        taken = {*self.names}
        for place in (self.root, self.checkpoints):
            with suppress(OSError):
                taken |= {one.name for one in place.iterdir()}
        return sorted(taken)
