"""Marks on labels: a person says of an image whether its label is wrong, fine, or unclear.

The browser keeps them, so a page that is shared stays one that only reads.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import gradio as gr

from eda.assets import WEB
from ui.parts.components import SAVE_FILE, make_part
from ui.parts.labels import messages

HERE = Path(__file__).parent
MARKS = HERE / "marks.js"
"""The buttons below a picture; whoever uses it takes `marking_value`, too."""


def make_label_bar() -> gr.HTML:
    """Return the bar that counts the marks of a dataset, shows the images, and saves a list."""
    return make_part(HERE / "bar", scripts=[WEB / "csv.js", SAVE_FILE, MARKS])


def marking_value(dataset: str, root: Path | None) -> dict[str, Any] | None:
    """Return what the browser needs to mark images of a dataset; None where it has no folder.

    Marks count for the folder: another one of the same name often has images of the same ids.

    Args:
        dataset: its name.
        root: its folder, of which no more than a short hash is told.
    """
    if root is None:
        return None
    stamp = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:8]
    return {"dataset": dataset, "place": f"{dataset} {stamp}", "texts": messages.MARKS}


def bar_value(marking: dict[str, Any] | None, tab: str, category: str = "") -> dict[str, Any]:
    """Return what the bar shows.

    Args:
        marking: from `marking_value`.
        tab: on which it stands: "results" or "explore".
        category: whose marked images it can show; of all by default.
    """
    texts = messages.BARS[tab]
    return {"marking": marking, "tab": tab, "category": category, "texts": texts}
