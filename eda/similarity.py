"""Which images are alike: a projection onto a plane, and near-duplicates across the split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from eda.choice import COLOUR
from eda.classes import add_classes, add_measure
from eda.facts import decode_jpeg
from eda.frame import GOOD, readable, select_with_normal
from eda.index import Index
from eda.style import empty_plot, lay_out, make_room_for_legend

Vectors = NDArray[np.float32]
"""(n, d), one row per image."""

THRESHOLD = 0.6
MIN_COMPONENTS = 8
MAX_COMPONENTS = 256
MAX_POINTS = 2500
MAX_PAIRS = 20_000
BLOCK = 1024
SMALL = 64  # images or dimensions
SIDE = 32
TITLE = "Similar images lie close together"
FROM_STUDENT = "features of the small backbone"
FROM_THUMBNAILS = "grey values of thumbnails"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Near-duplicates: rows `first` < `second`, and how alike they are, 0-1."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ImageComparison:
    """Images compared with each other.

    Attributes:
        images: the readable ones; `pairs` and the table of near-duplicates count their rows.
        pairs: near-duplicates.
        points: (n, 2), every image on a plane.
        shares: of the variance, along both axes of the plane.
        source: what was compared, in words.
    """

    images: pd.DataFrame
    pairs: Pairs
    points: Vectors
    shares: tuple[float, float]
    source: str

    def draw(self, *, defect_type: str | None = None, colour: str | None = None) -> go.Figure:
        """Draw the plane: all images, or one defect type beside the normal ones.

        Args:
            defect_type: to show.
            colour: one of `COLOUR.values`; by default the class.
        """
        shown = choose_points(select_with_normal(self.images, defect_type=defect_type))
        return draw_projection(
            shown, self.points, self.shares, source=self.source, colour=colour or COLOUR.first
        )


def compare_images(index: Index, images: pd.DataFrame, vectors: Vectors | None) -> ImageComparison:
    """Compare images of a dataset with each other.

    Args:
        index: of the dataset.
        images: of them, with the index of the whole frame.
        vectors: (n, d), one per image of the dataset; thumbnails stand in where there are none.
    """
    source = FROM_STUDENT
    if vectors is None:
        ids = [sample.id for sample in index.samples]
        vectors = thumbnail_vectors(index.thumbnails(ids), ids)
        source = FROM_THUMBNAILS
    images = readable(images)
    vectors = vectors[images.index.to_numpy()]
    images = images.reset_index(drop=True)
    pairs = find_near_duplicates(vectors, list(images["category"]))
    return ImageComparison(images, pairs, *project(vectors), source)


def thumbnail_vectors(thumbnails: Mapping[str, bytes], ids: Sequence[str]) -> Vectors:
    """Return the grey values of thumbnails, (n, SIDE * SIDE), of mean 0 and length 1.

    They find copies and repeated exposures, and need no network.
    """
    vectors = np.zeros((len(ids), SIDE * SIDE), np.float32)
    for row, name in enumerate(ids):
        if name in thumbnails:
            grey = cv2.cvtColor(decode_jpeg(thumbnails[name]), cv2.COLOR_RGB2GRAY)
            small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            vectors[row] = small.astype(np.float32).ravel()
    return _normalise(vectors - vectors.mean(axis=1, keepdims=True))


def whiten(vectors: Vectors) -> Vectors:
    """Return the vectors of one category as (n, m) of length 1, free of what its images share.

    Their mean goes (two bottles are no duplicates because both are bottles), and every principal
    component is brought to the same variance: what many images have in common, such as the side
    that the light comes from, counts no more than what makes one image itself.
    """
    centred = vectors.astype(np.float32) - vectors.mean(axis=0)
    scores, variances = _principal_scores(
        centred, min(MAX_COMPONENTS, max(MIN_COMPONENTS, len(centred) // 4))
    )
    scale = np.sqrt(np.maximum(variances, 1e-3 * max(float(variances[0]), 1e-12)))
    whitened = _normalise(scores / scale)
    whitened[~vectors.any(axis=1)] = 0  # an unreadable image is like no other
    return whitened


def _principal_scores(
    centred: NDArray[Any], num_components: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the first principal components (n, m) and their variances (m,), the largest first.

    Of images and dimensions the fewer are compared with each other: both have the same components,
    and to take apart a square matrix costs its side to the third power.
    """
    count, width = centred.shape
    if count < width:
        variances, vectors = np.linalg.eigh(centred @ centred.T / count)
        variances = np.maximum(variances, 0)
        scores = vectors * np.sqrt(variances * count)
    else:
        variances, axes = np.linalg.eigh(centred.T @ centred / count)
        scores = centred @ axes
    return scores[:, ::-1][:, :num_components], variances[::-1][:num_components]


def find_near_duplicates(
    vectors: Vectors, categories: Sequence[str], *, threshold: float = THRESHOLD
) -> Pairs:
    """Return pairs of one category whose whitened vectors have a cosine of at least the threshold.

    Where few images make few components, chance likeness is large, and the threshold with it. Of
    more than `MAX_PAIRS` the most alike are kept.
    """
    names = np.asarray(categories)
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        part = whiten(vectors[rows])
        least = least_cosine(part.shape[1], threshold)
        for start in range(0, len(rows), BLOCK):
            alike = part[start : start + BLOCK] @ part.T  # (block, n)
            i, j = np.nonzero(alike >= least)
            keep = i + start < j
            i, j = i[keep], j[keep]
            found.append((rows[i + start], rows[j], alike[i, j].astype(np.float32)))
    first, second, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(-similarity, kind="stable")[:MAX_PAIRS]
    return Pairs(first[order], second[order], similarity[order])


def least_cosine(num_components: int, threshold: float = THRESHOLD) -> float:
    """Return the cosine from which on two whitened vectors are of near-duplicates."""
    return min(0.97, max(threshold, 6 / float(np.sqrt(num_components))))  # 6 standard deviations


def group_duplicates(pairs: Pairs, units: Sequence[str]) -> list[str]:
    """Return a group for every image: images linked by near-duplicates or by a unit share one.

    Args:
        pairs: near-duplicates.
        units: what counted as one part so far (`Sample.unit`), one per image.
    """
    parent = list(range(len(units)))

    def find(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first_of: dict[str, int] = {}
    for row, unit in enumerate(units):
        parent[find(row)] = find(first_of.setdefault(unit, row))
    for one, other in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        low, high = sorted((find(one), find(other)))
        parent[high] = low
    return [units[find(row)] for row in range(len(units))]


def tabulate_pairs(frame: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return one row per near-duplicate; a leak is a pair with one image on each side of the split.

    Args:
        frame: of the images, in the order of the vectors.
        pairs: near-duplicates.
    """
    first = frame.iloc[pairs.first].reset_index(drop=True)
    second = frame.iloc[pairs.second].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "similarity": pairs.similarity.astype(float).round(3),
            "leak": np.where(first["split"] != second["split"], "yes", "no"),
            "first": first["id"],
            "first_is": first["split"] + ", " + first["defect_type"],
            "second": second["id"],
            "second_is": second["split"] + ", " + second["defect_type"],
        }
    )
    order = table["leak"].map({"yes": 0, "no": 1})
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def describe_pairs(frame: pd.DataFrame, pairs: Pairs) -> str:
    """Return in a sentence how many near-duplicates cross the split."""
    if not len(pairs.first):
        return "No two images are near-duplicates."
    splits = frame["split"].to_numpy()
    crossing = splits[pairs.first] != splits[pairs.second]
    rows = np.concatenate([pairs.first[crossing], pairs.second[crossing]])
    tested = np.unique(rows[splits[rows] == "test"])
    total = int((splits == "test").sum())
    if not len(tested):
        return f"{len(pairs.first):,} pairs of near-duplicates, none of them across the split."
    return (
        f"{len(tested):,} of {total:,} test images have a near-duplicate among the training "
        "images: metrics on them flatter. `python cli.py train --split grouped` keeps such groups "
        "together."
    )


def project(vectors: Vectors) -> tuple[Vectors, tuple[float, float]]:
    """Return the first two principal components (n, 2) and the share of variance of each.

    The sign of each axis is fixed, so that the same images always lie the same way round.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    total = float((centred**2).sum())
    if len(vectors) < 3 or total == 0:
        return np.zeros((len(vectors), 2), np.float32), (0.0, 0.0)
    if min(centred.shape) > SMALL:  # two of very many components: not all of them are sought
        from scipy.sparse.linalg import svds

        start = np.random.default_rng(0).standard_normal(min(centred.shape))
        _, _, axes = svds(centred, k=2, v0=start)  # (2, d), the largest last
        points = centred @ axes[::-1].T
    else:
        points, _ = _principal_scores(centred, 2)
    axes = centred.T @ points  # (d, 2), not of length 1
    points = points * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    shares = (points**2).sum(axis=0) / total
    return points.astype(np.float32), (float(shares[0]), float(shares[1]))


def choose_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the images to draw: all, or of very many all kinds evenly."""
    if len(frame) <= MAX_POINTS:
        return frame
    bad = frame[frame["defect_type"] != GOOD]
    bad = bad.sample(min(len(bad), MAX_POINTS // 2), random_state=0)
    good = frame[frame["defect_type"] == GOOD]
    good = good.sample(min(len(good), MAX_POINTS - len(bad)), random_state=0)
    return pd.concat([good, bad]).sort_index()


def draw_projection(
    frame: pd.DataFrame,
    points: Vectors,
    shares: tuple[float, float],
    *,
    source: str,
    colour: str = COLOUR.first,
) -> go.Figure:
    """Draw images as points; a point carries its id as custom data.

    Args:
        frame: of the images to draw, whose index counts the rows of `points`.
        points: (n, 2).
        shares: of variance.
        source: what the vectors are, in words.
        colour: one of `COLOUR.values`.
    """
    if len(frame) < 3:
        return empty_plot(TITLE, "Fewer than three readable images are chosen.")
    plot = go.Figure()
    place = points[frame.index.to_numpy()]  # (m, 2)
    hover = "%{text}<extra></extra>"
    column = COLOUR.values[colour]
    if column is None:
        add_classes(plot, frame, place[:, 0], place[:, 1], hovertemplate=hover)
    elif column == "split":
        splits = frame.assign(defect_type=frame["split"], category="")
        add_classes(plot, splits, place[:, 0], place[:, 1], hovertemplate=hover)
    else:
        add_measure(plot, frame, place, column, title=colour)
    has_many = frame["category"].nunique() > 1
    lay_out(
        plot,
        TITLE,
        subtitle="choose a category to see more" if has_many else source,
        height=600,
        x_title=f"first principal component, {100 * shares[0]:.0f} % of the variance",
        y_title=f"second, {100 * shares[1]:.0f} %",
        showlegend=True,
    )
    plot.update_xaxes(showticklabels=False)
    plot.update_yaxes(showticklabels=False)
    return make_room_for_legend(plot)


def _normalise(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit
