"""Defects that a person draws on an image, with a brush or as kinds with size and contrast."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.detector import Channel
from inspection.names import join_names
from inspection.sensitivity.placing import place_defect
from inspection.sensitivity.records import Answer, Trial
from inspection.types import Mask, RGBImage

Layer = NDArray[np.uint8]
"""(H, W, 4): what was painted, with its opacity."""

LEAST_ALPHA = 13
"""Of 255: a twentieth is the least that counts as painted."""

SEE_ALL = "All detectors see it."
SEE_NONE = "No detector sees it."
SEE_SOME = "{seeing} {sees} it, {blind} {does} not."
ELSEWHERE = "{names} {flags} another place."
BEFORE = (
    "{names} {flags} this image before anything is drawn: what is said of the drawing is worth "
    "little. Choose a good sample."
)
TOO_SMALL = (
    "{size:.0f} pixels of the image are less than one pixel of {names}: so small a defect cannot "
    "be seen at this input size."
)


def draw(image: RGBImage, stamps: Sequence[Trial], layer: Layer | None) -> tuple[RGBImage, Mask]:
    """Return the image with what was drawn on it, and where that is, (H, W).

    Args:
        image: to draw on; it stays as it is.
        stamps: defects of a kind, laid one over the other.
        layer: painted over them, (H, W, 4); None for nothing.

    Raises:
        SettingsError: a stamp cannot be placed.
    """
    drawn, mask = image, np.zeros(image.shape[:2], np.bool_)
    for stamp in stamps:
        drawn, marked = place_defect(drawn, stamp)
        mask |= marked
    if layer is not None:
        mask |= layer[:, :, 3] >= LEAST_ALPHA
        drawn = _lay_over(drawn, layer)
    return drawn, mask


def _lay_over(image: RGBImage, layer: Layer) -> RGBImage:
    """Blend as browsers do: in sRGB, so that the answer is about what a person sees."""
    opacity = layer[:, :, 3:].astype(np.float32) / 255
    blended = image + opacity * (layer[:, :, :3].astype(np.float32) - image)
    return np.where(layer[:, :, 3:] > 0, np.rint(blended), image).astype(np.uint8)


def describe_answers(
    before: Mapping[str, Answer], after: Mapping[str, Answer], titles: Mapping[str, str]
) -> tuple[str, str]:
    """Say who sees what was drawn, and why that may mean little; detectors alone.

    Args:
        before: answers to the image without it.
        after: answers to the image with it.
        titles: of the detectors that are spoken of.
    """
    names = [name for name in after if name in titles]
    seeing = [titles[name] for name in names if after[name].is_hit]
    blind = [titles[name] for name in names if not after[name].is_hit]
    elsewhere = [
        titles[name] for name in names if after[name].is_flagged and not after[name].is_hit
    ]
    flagging = [titles[name] for name in names if before[name].is_flagged]
    sentences = [_describe_sight(seeing, blind)]
    if elsewhere:
        sentences.append(ELSEWHERE.format(names=join_names(elsewhere), flags=_flags(elsewhere)))
    doubt = BEFORE.format(names=join_names(flagging), flags=_flags(flagging)) if flagging else ""
    return " ".join(sentences), doubt


def describe_too_small(
    stamps: Sequence[Trial],
    image: RGBImage,
    channels: Mapping[str, Channel],
    titles: Mapping[str, str],
) -> str:
    """Say for which detectors the last defect is less than one pixel; empty if for none."""
    if not stamps:
        return ""
    size = stamps[-1].size
    names = [
        titles[name]
        for name, channel in channels.items()
        if size * max(channel.detector.input_size) < max(image.shape[:2])
    ]
    return TOO_SMALL.format(size=size, names=join_names(names)) if names else ""


def _describe_sight(seeing: Sequence[str], blind: Sequence[str]) -> str:
    if not blind:
        return SEE_ALL
    if not seeing:
        return SEE_NONE
    return SEE_SOME.format(
        seeing=join_names(seeing),
        sees="sees" if len(seeing) == 1 else "see",
        blind=join_names(blind),
        does="does" if len(blind) == 1 else "do",
    )


def _flags(names: Sequence[str]) -> str:
    return "flags" if len(names) == 1 else "flag"
