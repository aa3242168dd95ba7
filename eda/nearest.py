"""Which images of a dataset are most like one of them, or like an image that is not among them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.facts import MEASURED_SIDE, decode_jpeg, encode_jpeg
from eda.health.finding import Group, PictureGroups
from eda.index import Index
from eda.similarity import Vectors, least_cosine, thumbnail_vectors, whiten
from inspection.embedding import Embed
from inspection.images import shrink
from inspection.types import RGBImage

COUNT = 12
CHANCE = 3.0  # standard deviations of the cosine of two vectors that have nothing in common
OWN = ""  # id of the image that is not among them: no image of a dataset is called so
TITLE = "Most like your image"


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The images that are most like another one.

    Attributes:
        images: their rows, the most alike first.
        similarity: (n,) of each, the cosine of whitened vectors, -1 to 1.
        num_components: of the vectors.
    """

    images: pd.DataFrame
    similarity: NDArray[np.float32]
    num_components: int


def find_nearest(
    index: Index, images: pd.DataFrame, vectors: Vectors | None, row: int, *, count: int = COUNT
) -> list[int]:
    """Return the rows of the images of its category that are most like one, itself first.

    Args:
        index: of the dataset.
        images: all of it.
        vectors: (n, d), one per image; thumbnails stand in where there are none.
        row: of the image.
        count: at most so many.
    """
    rows = np.flatnonzero(images["category"] == images["category"].iloc[row])
    alike = whiten(_vectors_of(index, images, vectors, rows))
    near = alike @ alike[np.flatnonzero(rows == row)[0]]
    near[rows == row] = np.inf
    return [int(rows[place]) for place in np.argsort(-near, kind="stable")[:count]]


def find_neighbours(
    index: Index,
    images: pd.DataFrame,
    picture: RGBImage,
    *,
    vectors: Vectors | None,
    embed: Embed | None,
) -> Neighbours:
    """Return the images that are most like one that is not among them.

    Args:
        index: of the dataset.
        images: of it, readable ones, with the index of the whole frame.
        picture: of any size.
        vectors: (n, d), one per image of the dataset; thumbnails stand in where there are none.
        embed: has made the vectors.
    """
    thumbnail = encode_jpeg(shrink(picture, MEASURED_SIDE))  # as the index keeps the others
    rows = images.index.to_numpy()
    if vectors is None or embed is None:
        ids = [str(one) for one in images["id"]]
        both = thumbnail_vectors({**index.thumbnails(ids), OWN: thumbnail}, [*ids, OWN])
    else:
        both = np.concatenate([vectors[rows], embed([decode_jpeg(thumbnail)])])
    if len(both) == 1:
        return Neighbours(images, np.empty(0, np.float32), 0)
    alike = whiten(both)
    near = alike[:-1] @ alike[-1]
    order = np.argsort(-near, kind="stable")[:COUNT]
    return Neighbours(images.iloc[order], near[order], alike.shape[1])


def describe_neighbours(found: Neighbours, where: str) -> PictureGroups:
    """Return the neighbours as pictures, and what they say of the image in sentences.

    Args:
        found: the neighbours.
        where: among which images they were looked for, in words.
    """
    if found.images.empty:
        return PictureGroups(TITLE, f"There is no readable image in {where}.", ())
    kinds = found.images["defect_type"].str.replace("_", " ")
    counted = ", ".join(f"{number} {kind}" for kind, number in kinds.value_counts().items())
    number = "image" if len(kinds) == 1 else f"{len(kinds)} images"
    sentences = [f"The {number} of {where} most like it: {counted}."]
    best = float(found.similarity[0])
    if best >= least_cosine(found.num_components):
        sentences.append("The first shows nearly the same picture.")
    elif best < CHANCE / np.sqrt(found.num_components):
        sentences.append("None is more like it than any two images are by chance.")
    notes = [f"similarity {one:.2f}" for one in found.similarity]
    ids = tuple(str(one) for one in found.images["id"])
    groups = tuple(Group((key,), note) for key, note in zip(ids, notes, strict=True))
    return PictureGroups(TITLE, " ".join(sentences), groups, ids)


def _vectors_of(
    index: Index, images: pd.DataFrame, vectors: Vectors | None, rows: NDArray[np.int64]
) -> Vectors:
    if vectors is not None:
        return vectors[rows]
    ids: Sequence[str] = [str(one) for one in images["id"].iloc[rows]]
    return thumbnail_vectors(index.thumbnails(ids), ids)
