"""The New product tab: from photographs to verdicts, without a terminal."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.datasets.intake import Intake
from inspection.datasets.picture_folders import (
    find_picture,
    find_picture_folders,
    list_pictures,
)
from inspection.errors import DatasetError, ImageError, InspectionError, SettingsError
from inspection.images import read_reduced
from inspection.products.catalog import Catalog
from inspection.products.learning import Word
from inspection.products.own import OWN
from inspection.products.panels import attempt
from inspection.products.workshop import Workshop
from ui.new_product import messages
from ui.new_product.board import Board, Source, describe
from ui.new_product.looks import Looks
from ui.parts.components import HAND_OVER, LIST_FILES, POST_FILE, define, make_part
from ui.parts.images import encode_thumbnail
from ui.parts.request_events import AT_ONCE
from ui.parts.safe_image import find_upload

TITLE = "New product"
HERE = Path(__file__).parent
STYLES: Sequence[Path] = (HERE / "new_product.css",)
SCRIPTS = (
    HAND_OVER,
    LIST_FILES,
    POST_FILE,
    *(
        HERE / f"{name}.js"
        for name in ("talk", "send", "camera", "photographs", "look", "learning")
    ),
)
FIELDS = (
    *("do", "number", "product", "stamp", "name", "type", "file", "paths", "folder", "ids"),
    "detectors",
)
THUMBNAIL_SIDE = 120
MOST_PICTURES = 48  # thumbnails of one answer
FAILED = "() => document.dispatchEvent(new CustomEvent('defect-lens-new-product-failed'))"

Wanted = Mapping[str, Any]


class Handlers:
    """What happens on the tab; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._made: Source | None = None
        self._ways: Mapping[str, Callable[[Workshop, Wanted], Board]] = {
            "create": self._create,
            "take": self._take,
            "copy": self._copy,
            "leave out": self._leave_out,
            "take in": self._take_in_again,
            "learn": self._learn,
            "pause": self._tell,
            "go": self._tell,
            "stop": self._tell,
            "rename": self._rename,
            "forget": self._forget,
        }

    def act(self, wanted: Wanted) -> Board:
        """Do what is wanted, and return what the tab shows then; `show` does nothing."""
        number = wanted["number"] if isinstance(wanted.get("number"), int) else 0
        try:
            self.catalog.places.check_writing()
            if (workshop := self.catalog.workshop) is None:
                raise SettingsError(messages.NOT_HERE, "")
        except InspectionError as error:
            return {"number": number, "closed": str(error).strip()}
        if wanted.get("do") == "pictures":
            return {"number": number, "pictures": self._draw(workshop, wanted)}
        if wanted.get("do") == "folders":
            return {"number": number, **self._list(wanted)}
        source = self._source(workshop)
        said = attempt(lambda: self._do(workshop, wanted), fix=messages.RELOAD)
        if isinstance(said, InspectionError):
            said = {"problem": self.catalog.places.hide(str(said))}
        name = said.get("name", wanted.get("product"))
        stamp = wanted.get("stamp")
        is_arriving = wanted.get("do") in ("take", "copy", "create")
        shown = attempt(
            lambda: describe(source, name, stamp, is_arriving=is_arriving), fix=messages.RELOAD
        )
        if isinstance(shown, InspectionError):
            shown = {"problem": self.catalog.places.hide(str(shown))}
        return {**shown, **said, "number": number}

    def _source(self, workshop: Workshop) -> Source:
        if self._made is None:
            looks = Looks(workshop.own, self.catalog.embed)
            self._made = Source(self.catalog, workshop, looks)
        return self._made

    def _do(self, workshop: Workshop, wanted: Wanted) -> Board:
        what = wanted.get("do")
        if what == "show":
            self.catalog.refresh()
            return {}
        way = self._ways.get(what) if isinstance(what, str) else None
        if way is None:
            raise SettingsError(messages.NOT_UNDERSTOOD, messages.RELOAD)
        return way(workshop, wanted)

    def _create(self, workshop: Workshop, wanted: Wanted) -> Board:
        name = workshop.own.create(wanted["name"])
        return {"name": name, "said": messages.MADE.format(name=name)}

    def _take(self, workshop: Workshop, wanted: Wanted) -> Board:
        """Take in what has arrived, in one upload or in several parts."""
        called = wanted["file"] if isinstance(wanted["file"], str) else ""
        with _arrived(wanted["paths"]) as path:
            return self._take_in(workshop, wanted, path, called)

    def _copy(self, workshop: Workshop, wanted: Wanted) -> Board:
        """Take in a picture of a dataset, which stays where it is."""
        path = find_picture(self._datasets, wanted["folder"], wanted["file"])
        return self._take_in(workshop, wanted, path, path.name)

    def _take_in(self, workshop: Workshop, wanted: Wanted, path: Path, called: str) -> Board:
        kind = wanted["type"] or None
        found: Intake = workshop.own.take_in(wanted["product"], path, called, kind)
        workshop.show()
        hide = self.catalog.places.hide
        refused = [{"name": one.name, "reason": hide(one.reason)} for one in found.refused]
        return {"taken": len(found.taken), "refused": refused}

    @property
    def _datasets(self) -> Mapping[str, Path]:
        """The folders of the datasets but that of these products."""
        by_name = self.catalog.datasets.by_name
        return {name: folder for name, folder in by_name.items() if name != OWN}

    def _list(self, wanted: Wanted) -> Board:
        """Return the folders with pictures below the datasets, or the pictures of one."""
        if not wanted.get("folder"):
            found = find_picture_folders(self._datasets)
            return {"folders": [{"id": one, "count": count} for one, count in found]}
        try:
            return {"folders": [], "files": list_pictures(self._datasets, wanted["folder"])}
        except DatasetError as error:
            return {"folders": [], "problem": self.catalog.places.hide(str(error))}

    def _leave_out(self, workshop: Workshop, wanted: Wanted) -> Board:
        workshop.own.leave_out(wanted["product"], wanted["ids"])
        return {}

    def _take_in_again(self, workshop: Workshop, wanted: Wanted) -> Board:
        workshop.own.leave_out(wanted["product"], wanted["ids"], is_out=False)
        return {}

    def _learn(self, workshop: Workshop, wanted: Wanted) -> Board:
        asked = wanted["detectors"] if isinstance(wanted["detectors"], list) else []
        known = [name for name, info in self.catalog.detectors.items() if info.is_default]
        workshop.queue.ask(
            workshop.own.folder(wanted["product"]).name, [one for one in known if one in asked]
        )
        return {}

    def _tell(self, workshop: Workshop, wanted: Wanted) -> Board:
        workshop.queue.tell(workshop.own.folder(wanted["product"]).name, Word(wanted["do"]))
        return {}

    def _rename(self, workshop: Workshop, wanted: Wanted) -> Board:
        name = workshop.rename(wanted["product"], wanted["name"])
        return {"name": name, "said": messages.RENAMED.format(name=name)}

    def _forget(self, workshop: Workshop, wanted: Wanted) -> Board:
        target = workshop.forget(wanted["product"])
        words = messages.NOTHING_LEARNED if target is None else messages.FORGOTTEN
        return {"said": words.format(name=wanted["product"])}

    def _draw(self, workshop: Workshop, wanted: Wanted) -> dict[str, str]:
        """Return the thumbnails of some photographs, by id; "" for one that cannot be read."""
        asked = wanted["ids"] if isinstance(wanted["ids"], list) else []
        try:
            known = {one.id: one.path for one in workshop.own.photographs(wanted["product"])}
        except DatasetError:
            return {}
        found: dict[str, str] = {}
        for key in asked[:MOST_PICTURES]:
            if isinstance(key, str) and key in known:
                found[key] = _thumbnail(known[key])
        return found


def _thumbnail(path: Path) -> str:
    try:
        return encode_thumbnail(read_reduced(path, THUMBNAIL_SIDE).image, THUMBNAIL_SIDE)
    except ImageError:
        return ""


@contextmanager
def _arrived(paths: object) -> Iterator[Path]:
    """Give the file that a browser has sent, perhaps in parts; its uploads are removed then.

    Raises:
        ImageError: it is gone, or the paths name something else.
    """
    found = [find_upload(one) for one in paths] if isinstance(paths, list) else []
    parts = [one for one in found if one is not None and one.is_file()]
    if not parts or len(parts) < len(found):
        raise ImageError(messages.GONE, messages.GIVE_AGAIN)
    try:
        if len(parts) == 1:
            yield parts[0]
        else:
            with tempfile.NamedTemporaryFile(delete=False) as whole:
                for part in parts:
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, whole)
            joined = Path(whole.name)
            try:
                yield joined
            finally:
                joined.unlink(missing_ok=True)
    finally:
        for part in set(parts):
            with suppress(OSError):
                part.unlink(missing_ok=True)
                part.parent.rmdir()


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events."""
    handlers = Handlers(catalog)
    board = make_part(
        HERE / "new_product",
        texts=messages.PARTS,
        elem_id="new-product-board",
        scripts=[define("TEXTS", dict(messages.TEXTS)), *SCRIPTS],
    )

    def on_act(event: gr.EventData) -> Board:
        return handlers.act({name: getattr(event, name, None) for name in FIELDS})

    acted = board.apply(on_act, None, board, **AT_ONCE)
    acted.failure(None, None, None, js=FAILED)
    tab.select(None, None, None, js=OPENED, **AT_ONCE)


OPENED = "() => document.dispatchEvent(new CustomEvent('defect-lens-new-product-open'))"
