"""Embedded colour profiles: whatever a picture's colours are, sRGB comes out."""

import functools
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from inspection.issues import FileNote, IssueKind

SAME_COLOUR = 2  # grey levels; profiles that call themselves sRGB differ by no more
STEPS = (0, 32, 64, 96, 128, 160, 192, 224, 255)
KNOWN_MODES = ("L", "LA", "RGB", "RGBA", "CMYK", "LAB")


class Transform(NamedTuple):
    """What turns a profile's colours into sRGB, and whether they are that already."""

    apply: Any  # of ImageCms, which is imported only where a file has a profile
    is_srgb: bool


def to_srgb(
    picture: Image.Image, profile: bytes | None, path: Path
) -> tuple[Image.Image, tuple[FileNote, ...]]:
    """Return a picture of mode L, LA, RGB or RGBA in sRGB, and a note if its profile is damaged.

    Deep pictures are converted with the precision of 8 bits. What a PNG says by gAMA, cHRM or cICP
    alone, without a profile, is not looked at.
    """
    picture = _to_known_mode(picture)
    if profile is None and picture.mode != "LAB":
        return _without_profile(picture), ()
    has_alpha = picture.mode in ("LA", "RGBA")
    colours = picture.convert(picture.mode[:-1]) if has_alpha else picture
    converted = _convert(colours, profile)
    if converted is None:
        problem = f"The colour profile of {path.name} cannot be used; sRGB was taken instead."
        note = FileNote(IssueKind.BAD_PROFILE, problem, "Export it with the profile sRGB.")
        return _without_profile(picture), (note,)
    if has_alpha and converted is not colours:
        converted.putalpha(picture.getchannel("A"))
    return (picture if converted is colours else converted), ()


def _to_known_mode(picture: Image.Image) -> Image.Image:
    """Return the picture in one of `KNOWN_MODES`, its transparency as a channel."""
    mode = picture.mode
    if "transparency" in picture.info or mode in ("PA", "RGBa", "La"):
        return picture.convert("LA" if mode in ("1", "L", "La") else "RGBA")
    if mode in KNOWN_MODES:
        return picture
    return picture.convert("L" if mode == "1" else "RGB")


def _without_profile(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _convert(picture: Image.Image, profile: bytes | None) -> Image.Image | None:
    """Return a picture of mode L, RGB, CMYK or LAB in sRGB, the same one if it is that already.

    None if the profile is damaged, or one for other colours.
    """
    from PIL import ImageCms

    found = _find_transform(profile, picture.mode)
    if found is None and picture.mode == "L":  # a grey picture may have the profile of colours
        picture, found = picture.convert("RGB"), _find_transform(profile, "RGB")
    if found is None:
        return None
    return picture if found.is_srgb else ImageCms.applyTransform(picture, found.apply)


@functools.lru_cache(maxsize=64)
def _find_transform(profile: bytes | None, mode: str) -> Transform | None:
    """Return how a profile's colours of a mode become sRGB; None if it is not for them."""
    from PIL import ImageCms

    try:
        source = (
            ImageCms.createProfile("LAB")
            if mode == "LAB"
            else ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        )
        apply = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return Transform(apply, mode in ("L", "RGB") and _changes_nothing(apply, mode))


def _changes_nothing(apply: Any, mode: str) -> bool:
    """Return whether a transform leaves the colours of a grid as they are."""
    from PIL import ImageCms

    steps = np.array(STEPS, np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 1, 3)  # (729, 1, 3)
    grid = Image.fromarray(colours) if mode == "RGB" else Image.fromarray(colours[:, :, 0])
    changed = np.asarray(ImageCms.applyTransform(grid, apply)).astype(int)
    return int(np.abs(changed - np.asarray(grid.convert("RGB"))).max()) <= SAME_COLOUR
