"""What the tab New product shows of a product, as JSON: its script draws it."""

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspection.errors import DatasetError, InspectionError
from inspection.products.catalog import Catalog
from inspection.products.learning_state import Phase
from inspection.products.own import OWN, Photograph
from inspection.products.product import Product
from inspection.products.showcase import find_opening
from inspection.products.stamped import StampedCache
from inspection.products.workshop import Workshop
from inspection.progress import describe_duration
from ui.new_product import messages
from ui.new_product.looks import Looks, describe_look, estimate_seconds
from ui.new_product.results import describe_next, describe_result

Board = dict[str, Any]
BEGUN = 0.05  # share of the work, from which on the rest of its time is told


@dataclass(frozen=True, slots=True)
class Source:
    """What a board is made of.

    Attributes:
        catalog: with the detectors of the products.
        workshop: with the products.
        looks: at their photographs.
        unseen: the photographs that Inspect opens with.
    """

    catalog: Catalog
    workshop: Workshop
    looks: Looks
    unseen: StampedCache[Product, str | None] = field(default_factory=StampedCache)

    def find_unseen(self, product: Product) -> str | None:
        """Return the id of a photograph that no detector has seen, a defective one if there is."""
        try:
            listed = self.catalog.datasets.list_all(product)
        except DatasetError:  # Inspect says what is wrong
            return None
        state = (*self.catalog.checkpoints.state(product), listed)
        return self.unseen.get(product, state, lambda: find_unseen(self.catalog, product))


def describe(source: Source, name: object, stamp: object, *, is_arriving: bool = False) -> Board:
    """Return what is shown of a product, or of the first one where there is none of that name.

    Args:
        source: what there is.
        name: of the product.
        stamp: of the photographs that the page shows already; they are left out if still true.
        is_arriving: whether more photographs may follow at once, so that no look is begun.
    """
    workshop, catalog = source.workshop, source.catalog
    names = workshop.own.names
    shown = name if isinstance(name, str) and name in names else next(iter(names), "")
    board: Board = {
        "products": [{"name": one, "phase": _phase(workshop, one)} for one in names],
        "name": shown,
        "folder": "",
        "look": None,
        "learning": None,
        "detectors": [],
        "results": [],
        "next": [],
        "unseen": None,
    }
    if not shown:
        return {**board, "stamp": "", "photographs": []}
    photographs = workshop.own.photographs(shown)
    listed = [_describe_photograph(one) for one in photographs]
    fresh = f"{shown} {zlib.crc32(repr(listed).encode('utf-8', 'replace'))}"
    folder = catalog.places.hide(str(workshop.own.folder(shown)))
    board |= {"stamp": fresh, "folder": messages.FOLDER.format(folder=folder)}
    if stamp != fresh:
        board["photographs"] = listed
    used = tuple(one.id for one in photographs if not one.is_left_out)
    looks = source.looks
    look = looks.peek(shown) if is_arriving else looks.open(shown, used)
    board["look"] = describe_look(look)
    board |= _describe_learning(source, shown, photographs)
    for one in board["detectors"]:
        seconds = estimate_seconds(look, one["name"])
        if seconds is not None:
            one["estimate"] = messages.ESTIMATE.format(duration=describe_duration(seconds))
    return board


def _phase(workshop: Workshop, name: str) -> str:
    state = workshop.queue.find(name)
    return "" if state is None else messages.PRODUCT_PHASE[state.phase]


def _describe_photograph(one: Photograph) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "name": one.path.name,
        "type": one.defect_type or "",
        "out": one.is_left_out,
    }


def _describe_learning(source: Source, name: str, photographs: Sequence[Photograph]) -> Board:
    """Return how far the detectors are, what they find, and what to do next."""
    catalog, workshop = source.catalog, source.workshop
    state = workshop.queue.snapshot(name)
    product = catalog.products.get(f"{OWN}/{name}")
    trained = () if product is None else catalog.checkpoints.trained(product)
    board: Board = {"detectors": _list_detectors(catalog, trained)}
    if state is None:
        return board
    results = {
        key: one["result"]
        for key, one in state["detectors"].items()
        if one["result"] and key in trained
    }
    unseen = None if product is None or not trained else source.find_unseen(product)
    used = [one.id for one in photographs if not one.is_left_out]
    is_outdated = sorted(used) != sorted(state["ids"])
    for one in board["detectors"]:
        one["isOutdated"] = is_outdated
    next_lines = describe_next(results, photographs, unseen=unseen, is_outdated=is_outdated)
    return board | {
        "learning": _describe_state(catalog, name, state),
        "results": [
            {"name": key, "title": catalog.detectors[key].title, "text": describe_result(one)}
            for key, one in results.items()
        ],
        "unseen": {"product": f"{OWN}/{name}", "sample": unseen} if trained else None,
        "next": [] if Phase(state["phase"]).is_open else next_lines,
    }


def _list_detectors(catalog: Catalog, trained: Sequence[str]) -> list[Board]:
    return [
        {
            "name": info.name,
            "title": info.title,
            "method": info.method,
            "isTrained": info.name in trained,
        }
        for info in catalog.detectors.values()
        if info.is_default
    ]


def _describe_state(catalog: Catalog, name: str, state: Mapping[str, Any]) -> Board:
    """Return how far a product is."""
    hide = catalog.places.hide
    return {
        "phase": state["phase"],
        "words": f"{name} {messages.PRODUCT_PHASE[state['phase']]}.",
        "problem": hide(state["problem"]),
        "notes": [hide(one) for one in state["notes"]],
        "detectors": [
            {"name": key, **_describe_detector(one, state)}
            for key, one in state["detectors"].items()
        ],
    }


def find_unseen(catalog: Catalog, product: Product) -> str | None:
    """Return the id of a photograph that no detector has seen, a defective one if there is one."""
    try:
        found = find_opening(catalog, product)
    except InspectionError:  # Inspect says what is wrong
        return None
    return None if found is None else found.id


def _describe_detector(one: Mapping[str, Any], state: Mapping[str, Any]) -> Board:
    """Return how far a detector is, in words and numbers."""
    phase, share = one["phase"], one["share"]
    if state["phase"] == "paused" and phase == "learning":
        phase = "paused"
    left = ""
    if phase == "learning" and share > BEGUN:
        taken = time.time() - one["begun"]
        left = messages.LEFT.format(duration=describe_duration(taken * (1 - share) / share))
    words = messages.DETECTOR[phase].format(
        step=messages.STEPS.get(one["step"], messages.STEPS["reading"]),
        percent=round(100 * share),
        left=left,
        seconds=describe_duration(one["seconds"]).removeprefix("about "),
    )
    if phase == "waiting" and state["place"] > 1:
        words = messages.WAITING_AT.format(n=state["place"] - 1)
    return {"phase": phase, "share": share, "words": words, "epochs": one["epochs"]}
