"""Do the images fit together, and into a detector?"""

from collections.abc import Iterator

import numpy as np

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Severity, count, name_some, single
from inspection.products.input_size import SIDE

STRETCHED = 0.10  # an aspect ratio that differs more from the usual one is seen by eye
MANY = 0.05  # of the images of a category
LARGER = 2.0  # in pixels along a side, between the largest and the smallest of the images


def check_shapes(evidence: Evidence) -> Iterator[Finding]:
    """Have the images of a category one shape and size?"""
    images = evidence.images
    ratios = images["width"] / images["height"]
    by_category = images["category"]
    stretch = (ratios / ratios.groupby(by_category).transform("median")).apply(np.log).abs()
    is_odd = stretch > STRETCHED
    is_odd &= is_odd.groupby(by_category).transform("mean") > MANY
    odd = images.assign(stretch=stretch)[is_odd].sort_values("stretch", ascending=False)
    sizes = images.groupby(["width", "height"]).size()
    if len(odd):
        share = len(odd) / len(images)
        where = f" in {name_some(sorted(odd['category'].unique()))}" if evidence.has_many else ""
        notes = [f"{w} × {h}" for w, h in zip(odd["width"], odd["height"], strict=True)]
        yield Finding(
            Severity.LOOK,
            f"Images differ in shape: {100 * share:.0f} % of them are more than "
            f"{100 * STRETCHED:.0f} % wider or narrower than usual{where}, and are stretched where "
            "all are brought to one input size.",
            "Crop them to one shape.",
            effect=share * min(1.0, float(odd["stretch"].median())),
            groups=single(list(odd["id"]), notes),
        )
    elif len(sizes) == 1:
        width, height = sizes.index[0]
        yield Finding(Severity.FINE, f"All images have one size: {width} × {height} pixels.")
    else:
        yield from _compare_sizes(evidence)


def _compare_sizes(evidence: Evidence) -> Iterator[Finding]:
    sides = (evidence.images["width"] * evidence.images["height"]) ** 0.5
    ranges = sides.groupby(evidence.images["category"]).agg(["min", "max"])
    widest = (ranges["max"] / ranges["min"]).max()
    if widest > LARGER:
        yield Finding(
            Severity.LOOK,
            f"Images of one kind differ in size, up to {widest:.1f} times along a side: parts and "
            "defects look larger in some than in others once all are brought to one size.",
            "Take or crop them at one scale.",
            effect=1 - 1 / widest,
        )
    else:
        yield Finding(Severity.FINE, "Sizes differ, but shapes are alike: nothing is stretched.")


def check_colours(evidence: Evidence) -> Iterator[Finding]:
    """Are some images of a category grey and others coloured?"""
    for name, rows in evidence.categories():
        is_grey = rows["mode"].str.split(";").str[0].isin(("L", "1", "I", "F", "LA"))
        if 0 < is_grey.sum() < len(rows):
            few = rows[is_grey if is_grey.mean() <= 0.5 else ~is_grey]
            yield Finding(
                Severity.LOOK,
                f"{count(int(is_grey.sum()), 'image')} grey and {int((~is_grey).sum()):,} coloured"
                f"{evidence.where(name)}: a detector may learn the kind of file.",
                "Save them all alike.",
                effect=len(few) / len(evidence.images),
                groups=single(list(few["id"])),
            )


def check_resolution(evidence: Evidence) -> Iterator[Finding]:
    """Are defects still seen at the usual input size?"""
    known = evidence.defects[evidence.defects["thickness_share"].notna()]
    if known.empty:
        return
    from eda import shape

    row = shape.check_resolution(known, (SIDE,)).iloc[0]
    size = f"{SIDE} × {SIDE}"
    if row["verdict"] == shape.VERDICTS[0]:
        yield Finding(
            Severity.FINE,
            f"Defects are thick enough for the usual input size of {size}: {row['percent_2']:g} % "
            "become thinner than 2 pixels.",
        )
        return
    thickest = SIDE * known.groupby("id")["thickness_share"].max().sort_values()
    thin = thickest[thickest < 2]
    side = shape.find_side(known, shape.SIZES)
    is_lost = row["verdict"] == shape.VERDICTS[2]
    what = (
        f"{row['percent_1']:g} % become thinner than 1 pixel and are lost"
        if is_lost
        else (f"{row['percent_2']:g} % become thinner than 2 pixels and may be missed")
    )
    yield Finding(
        Severity.PROBLEM if is_lost else Severity.LOOK,
        f"Defects are thin for the usual input size of {size}: {what}.",
        f"Train with `--input-size {side}`." if side else "Cut the images into tiles.",
        effect=float(row["percent_2"]) / 100,
        groups=single(list(thin.index), [f"{value:.1f} pixels thick" for value in thin]),
    )
