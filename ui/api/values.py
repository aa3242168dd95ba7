"""What programs send to the named endpoints, checked: nothing is taken on trust."""

import base64
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspection.errors import DatasetError, ImageError, SettingsError
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from ui.api import messages
from ui.gate.folder import open_folder
from ui.gate.uploads import MOST_FILES
from ui.parts.safe_image import find_upload

DATA_URI = re.compile(r"data:image/(?P<kind>[a-z]+)[a-z0-9.+-]*;base64,(?P<content>.*)", re.DOTALL)

UPLOAD = re.compile(r"[0-9a-f]{32}/[^/]{1,120}")


def read_product(catalog: Catalog, value: object) -> Product:
    """Return the product that is named by its key, or by its category if that is unique.

    Raises:
        DatasetError: there is none.
    """
    if not isinstance(value, str):
        raise DatasetError(messages.NO_TEXT, messages.NO_TEXT_FIX)
    trained = [one for one in catalog.products.values() if catalog.checkpoints.matching(one)]
    found = [one for one in trained if one.key == value]
    found = found or [one for one in trained if one.category == value]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.key for one in found or trained) or messages.NO_PRODUCT_AT_ALL
    problem = messages.SEVERAL if found else messages.NO_PRODUCT
    raise DatasetError(problem, messages.NO_PRODUCT_FIX.format(known=known))


def read_rate(value: object) -> float | None:
    """Return a share between 0 and 1 for a number per 100; None for the product's own.

    Raises:
        SettingsError: it is no such number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 100:
        raise SettingsError(messages.NO_RATE, messages.NO_RATE_FIX)
    return value / 100


def read_flags(**values: object) -> dict[str, bool]:
    """Return by name whether something is wanted.

    Raises:
        SettingsError: a value is neither true nor false.
    """
    found: dict[str, bool] = {}
    for name, value in values.items():
        if not isinstance(value, bool):
            raise SettingsError(messages.NO_FLAG.format(name=name), messages.NO_FLAG_FIX)
        found[name] = value
    return found


def read_list(value: object) -> list[object]:
    """Return the values that stand for images.

    Raises:
        SettingsError: it is no list, an empty one or one of too many.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MOST_FILES:
        raise SettingsError(messages.NO_LIST, messages.NO_LIST_FIX)
    return value


@contextmanager
def image_file(value: object) -> Iterator[Path]:
    """Give the file of an image: an upload as it is, the content of a data URI until the end.

    Raises:
        ImageError: there is no such file.
    """
    named = value.get("path") if isinstance(value, dict) else value
    if not isinstance(named, str) or not named:
        raise ImageError(messages.NO_IMAGE, messages.NO_IMAGE_FIX)
    if named.startswith(("http://", "https://")):
        raise ImageError(messages.AN_ADDRESS, messages.NO_IMAGE_FIX)
    if not named.startswith("data:"):
        path = find_upload(named) if UPLOAD.fullmatch(named) else None
        if path is None or not path.is_file():
            raise ImageError(messages.GONE, messages.GONE_FIX)
        yield path
        return
    kind, content = _read_data_uri(named)
    with tempfile.TemporaryDirectory(dir=open_folder()) as folder:
        path = Path(folder) / f"image.{kind}"
        path.write_bytes(content)
        yield path


def _read_data_uri(text: str) -> tuple[str, bytes]:
    found = DATA_URI.fullmatch(text)
    try:
        if found is not None:
            return found["kind"], base64.b64decode(found["content"], validate=True)
    except ValueError:  # letters that base64 does not know
        pass
    raise ImageError(messages.NO_DATA_URI, messages.NO_DATA_URI_FIX)


def name_image(value: object, number: int) -> str:
    """Return what an image is called that cannot be read: the end of its name, or its place."""
    named = value.get("path") if isinstance(value, dict) else value
    is_name = isinstance(named, str) and not named.startswith("data:")
    last = str(named).replace("\\", "/").rpartition("/")[2] if is_name else ""
    return last[:100] or f"image {number}"
