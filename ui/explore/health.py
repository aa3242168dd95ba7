"""What the health check shows: sentences, and on request the pictures behind them."""

from collections.abc import Sequence
from typing import Any

from eda import gallery
from eda.health.finding import Finding, PictureGroups, describe_groups, summarise
from eda.opened import Opened
from inspection.errors import DatasetError
from ui.explore import messages
from ui.parts.labels.marking import marking_value

MOST = 12  # groups of images shown at once


def findings_value(opened: Opened, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what `health.js` draws."""
    return {
        "dataset": opened.index.dataset.name,
        "marking": _find_marking(opened),
        "summary": summarise(findings),
        "findings": [
            {
                "severity": one.severity.name.lower(),
                "title": one.severity.value,
                "text": one.text,
                "advice": one.advice,
                "select": messages.SELECT.format(count=len(one.ids)) if one.groups else "",
                "ids": one.ids,
                "show": describe_groups(one.groups, most=MOST),
                "groups": [{"ids": group.ids, "note": group.note} for group in one.groups[:MOST]],
            }
            for one in findings
        ],
    }


def shown_value(opened: Opened, shown: PictureGroups) -> dict[str, Any]:
    """Return what `shown.js` draws."""
    asked = [{"ids": group.ids, "note": group.note} for group in shown.groups]
    groups = groups_value(opened, asked, most=len(asked))["groups"]
    dataset = opened.index.dataset.name
    return {
        "dataset": dataset,
        "marking": _find_marking(opened),
        "title": shown.title,
        "note": shown.note,
        "groups": groups,
        "ids": shown.ids,
        "select": messages.SELECT.format(count=len(shown.ids)),
    }


def groups_value(opened: Opened, asked: object, *, most: int = MOST) -> dict[str, Any]:
    """Return pictures of groups of images that somebody asks for; ids are looked up.

    Raises:
        DatasetError: it is no list of groups, or the dataset has no such image.
    """
    by_id = {sample.id: sample for sample in opened.index.samples}
    groups = []
    try:
        for group in list(asked)[:most]:  # type: ignore[call-overload]
            samples = [by_id[key] for key in group["ids"]]
            items = [item for one in samples if (item := gallery.make_item(one)) is not None]
            groups.append({"note": str(group["note"]), "items": items})
    except (KeyError, TypeError) as error:
        raise DatasetError("There are no such images.", "Choose them on the page.") from error
    return {
        "dataset": opened.index.dataset.name,
        "marking": _find_marking(opened),
        "asked": asked,
        "groups": groups,
    }


def _find_marking(opened: Opened) -> dict[str, Any] | None:
    dataset = opened.index.dataset
    return marking_value(dataset.name, dataset.root)
