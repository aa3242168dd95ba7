"""What the health check found, as markup of the report."""

import base64
import html
import re
from collections.abc import Mapping, Sequence

from eda.frame import GOOD
from eda.health.finding import Finding, Group, PictureGroups, describe_groups, summarise
from eda.index import Index

MOST = 12  # groups of images of one finding, shown or named


def write_findings(findings: Sequence[Finding], index: Index, *, pictures: bool) -> str:
    """Return the findings as a list, with small pictures of the images behind them, or their names.

    Args:
        findings: the worst first.
        index: of the dataset.
        pictures: show images of the dataset, or name them.
    """
    groups = [group for one in findings for group in one.groups[:MOST]]
    images = _write_images(groups, index, pictures=pictures)
    items = "".join(_write_finding(one, images) for one in findings)
    return (
        f'<section class="health"><h3>Health check</h3><p>{html.escape(summarise(findings))}</p>'
        f"<ol>{items}</ol></section>"
    )


def write_groups(shown: PictureGroups, index: Index, *, pictures: bool) -> str:
    """Return groups of images as small pictures, or as names."""
    images = _write_images(shown.groups, index, pictures=pictures)
    inner = "".join(_write_group(group, images) for group in shown.groups)
    return (
        f'<section class="health"><h3>{html.escape(shown.title)}</h3>'
        f'<p>{html.escape(shown.note)}</p><div class="groups">{inner}</div></section>'
    )


def _write_images(groups: Sequence[Group], index: Index, *, pictures: bool) -> dict[str, str]:
    ids = [key for group in groups for key in group.ids]
    sources = index.thumbnails(ids) if pictures else {}
    labels = {
        one.id: f"{(one.defect_type or GOOD).replace('_', ' ')} · {one.split.value}"
        for one in index.samples
    }
    return {key: _write_image(key, sources.get(key), labels[key]) for key in ids}


def _write_finding(finding: Finding, images: Mapping[str, str]) -> str:
    shown = finding.groups[:MOST]
    pictures = "".join(_write_group(group, images) for group in shown)
    behind = (
        f"<details><summary>{describe_groups(finding.groups, most=MOST)}</summary>"
        f'<div class="groups">{pictures}</div></details>'
        if shown
        else ""
    )
    advice = f'<p class="advice">{_words(finding.advice)}</p>' if finding.advice else ""
    return (
        f'<li data-severity="{finding.severity.name.lower()}"><b>{finding.severity}</b>'
        f"<div><p>{_words(finding.text)}</p>{advice}{behind}</div></li>"
    )


def _write_group(group: Group, images: Mapping[str, str]) -> str:
    pictures = "".join(images[key] for key in group.ids)
    note = f"<figcaption>{html.escape(group.note)}</figcaption>" if group.note else ""
    return f'<figure style="--images: {len(group.ids)}"><div>{pictures}</div>{note}</figure>'


def _write_image(key: str, data: bytes | None, label: str) -> str:
    name, words = html.escape(key), html.escape(label)
    if data is None:
        return f"<span>{name}<br>{words}</span>"
    source = base64.b64encode(data).decode()
    picture = f'<img src="data:image/jpeg;base64,{source}" alt="{name}" title="{name}">'
    return f"<span>{picture}{words}</span>"


def _words(text: str) -> str:
    """Return a sentence in which `backticks` stand around what is typed."""
    return re.sub(r"`(.*?)`", r"<code>\1</code>", html.escape(text))
