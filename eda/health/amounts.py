"""Are there enough images of every kind, and what can be learned and promised with them?"""

from collections.abc import Iterator

import pandas as pd

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Severity, count, name_some, single
from inspection.calibration import DEFAULT_RATE
from inspection.names import describe_namers, join_names
from inspection.products.splits import count_calibration

FEW_HELD_OUT = 10  # below, the strictest promise is worse than 9 false alarms per 100
SURE = 0.05  # what a test leaves possible is said with 95 % certainty
LOOSE = 0.10  # false alarms that a test with none of them still leaves possible
FEW_OF_A_TYPE = 10
UNEVEN = 10  # times more images of the most frequent type than of the rarest


def check_good_images(evidence: Evidence) -> Iterator[Finding]:
    """Are there good images to learn from?"""
    good = {
        name: int((~rows["is_bad"] & ~rows["is_test"]).sum())
        for name, rows in evidence.categories()
    }
    lacking = [name for name, number in good.items() if not number]
    if not lacking:
        total = sum(good.values())
        yield Finding(Severity.FINE, f"{count(total, 'good image')} to learn from.")
        return
    where = f" in {name_some(lacking)}" if len(lacking) < len(good) else ""
    namers = [info for info in evidence.detectors.values() if info.needs_labels]
    unable = [info.title for info in evidence.detectors.values() if not info.needs_labels]
    rows = evidence.images[evidence.images["category"].isin(lacking)]
    kinds = rows[rows["is_bad"]].groupby("category")["defect_type"].nunique()
    advice = "Add photographs of good parts."
    if len(kinds) and kinds.max() > 1 and namers:
        wanted = " ".join(f"--detector {info.name}" for info in namers)
        advice += f" {describe_namers(namers)}: `python cli.py train --data DIR {wanted}`."
    yield Finding(
        Severity.PROBLEM,
        f"There is no good image to learn from{where}: "
        f"{join_names(unable) or 'what learns from good parts'} cannot be trained, and no rate of "
        "false alarms can be promised.",
        advice,
        effect=len(rows) / max(1, len(evidence.images)),
    )


def check_rate(evidence: Evidence) -> Iterator[Finding]:
    """Are there enough good parts for the rate of false alarms that is wanted?"""
    parts = {
        name: rows.loc[~rows["is_bad"] & ~rows["is_test"], "unit"].nunique()
        for name, rows in evidence.categories()
    }
    parts = {name: number for name, number in parts.items() if number}
    if not parts:
        return
    name = min(parts, key=lambda one: parts[one])
    held_out = count_calibration(parts[name])
    floor, per_100 = 1 / (held_out + 1), f"{100 * DEFAULT_RATE:g} false alarms per 100 good parts"
    where = evidence.where(name)
    if floor <= DEFAULT_RATE:
        everywhere = "in every category " if evidence.has_many else ""
        text = f"Enough good parts {everywhere}to promise at most {per_100}."
        yield Finding(Severity.FINE, text)
        return
    wanted = next(number for number in range(10**6) if enough_for(number, DEFAULT_RATE))
    yield Finding(
        Severity.LOOK if held_out >= FEW_HELD_OUT else Severity.PROBLEM,
        f"{count(parts[name], 'good part is', 'good parts are')} few to learn from{where}: "
        f"{held_out:,} of them are held out to set the threshold, so at best 1 false alarm in "
        f"{held_out + 1:,} good parts can be promised ({100 * floor:.2g} per 100).",
        f"For at most {per_100} it takes {wanted:,}: {wanted - parts[name]:,} more.",
        effect=floor,
    )


def enough_for(num_parts: int, rate: float) -> bool:
    """Return whether so many good training parts support a rate of false alarms."""
    return 1 / (count_calibration(num_parts) + 1) <= rate


def check_test_part(evidence: Evidence) -> Iterator[Finding]:
    """Can false alarms and misses be measured?"""
    fewest: dict[bool, tuple[int, str]] = {}
    for name, rows in evidence.categories():
        for is_bad in (False, True):
            if is_bad or (~rows["is_bad"]).any():  # without any good image that is said already
                chosen = rows[rows["is_test"] & (rows["is_bad"] == is_bad)]
                found = (int(chosen["unit"].nunique()), name)
                fewest[is_bad] = min(found, fewest.get(is_bad, found))
    words = {False: ("good", "false alarms"), True: ("defective", "misses")}
    sentences = []
    worst = 0.0
    for is_bad, (number, name) in fewest.items():
        left = 1 - SURE ** (1 / number) if number else 1.0
        kind, error = words[is_bad]
        if left > LOOSE:
            worst = max(worst, left)
            sentences.append(
                f"{count(number, f'{kind} test part is', f'{kind} test parts are')} few"
                f"{evidence.where(name)}: a test without {error} would still leave up to "
                f"{100 * left:.0f} of 100 possible."
                if number
                else f"There is no {kind} test image{evidence.where(name)}: {error} cannot be "
                "measured."
            )
    if sentences:
        advice = "Read measured rates with their intervals, or add test images."
        yield Finding(Severity.LOOK, " ".join(sentences), advice, effect=worst)
    elif fewest:
        tested = " and ".join(
            f"{number:,} {words[is_bad][0]}" for is_bad, (number, _) in fewest.items()
        )
        least = "at least " if evidence.has_many else ""
        yield Finding(Severity.FINE, f"Enough to measure with: {least}{tested} test parts.")


def check_balance(evidence: Evidence) -> Iterator[Finding]:
    """Is any type of defect rare?"""
    bad = evidence.images[evidence.images["is_bad"]]
    if bad.empty:
        yield Finding(
            Severity.LOOK,
            "No image is defective: how many defects would be found cannot be measured.",
            "Add some defective parts, or judge by defects that are drawn on good ones.",
        )
        return
    names = bad["defect_type"]
    if evidence.has_many:
        names = names + " (" + bad["category"] + ")"
    counts = names.value_counts()
    low, high = int(counts.min()), int(counts.max())
    if low < FEW_OF_A_TYPE:
        yield _describe_rare(bad, names, counts, len(evidence.images))
    elif high > UNEVEN * low:
        yield Finding(
            Severity.LOOK,
            f"Types of defect are uneven: {high:,} images of {name_some([counts.index[0]])}, "
            f"{low:,} of {name_some([counts.index[-1]])}. What learns from them sees mostly the "
            "frequent ones.",
            "Add images of the rare ones, and read results type by type.",
            effect=1 - low / high,
        )
    elif len(counts) > 1:
        spread = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        yield Finding(
            Severity.FINE, f"No type of defect is rare: {len(counts)} types, {spread} images each."
        )


def _describe_rare(
    bad: pd.DataFrame, names: "pd.Series[str]", counts: "pd.Series[int]", total: int
) -> Finding:
    rare = sorted(str(one) for one in counts.index[counts < FEW_OF_A_TYPE])
    chosen = bad[names.isin(rare)]
    return Finding(
        Severity.LOOK,
        f"{count(len(rare), 'type')} of defect with fewer than {FEW_OF_A_TYPE} images: "
        f"{name_some(rare)}. What is measured on so few says little.",
        "Add images of them.",
        effect=len(chosen) / total,
        groups=single(list(chosen["id"]), list(chosen["defect_type"].str.replace("_", " "))),
    )
