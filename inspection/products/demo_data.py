"""The demo products of a page: whether they are shown, and their samples drawn in time."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from pathlib import Path

from inspection.datasets.dataset import read_dataset
from inspection.demo.folder import DemoFolder
from inspection.demo.products import PRODUCTS, is_demo, write_demo_data
from inspection.errors import CheckpointError, DatasetError, InspectionError, SettingsError
from inspection.paths import quote_path
from inspection.products.places import DEMO_DATA
from inspection.products.showcase import PER_KIND, spread
from inspection.products.split_plan import SplitPlan, load_split
from inspection.types import Split


def add_demo_data(folders: dict[str, Path]) -> InspectionError | None:
    """Show the demo products as well, or return why not: nobody has asked for them."""
    if (own := folders.get(DEMO_DATA.name)) is not None:
        if own.resolve() == DEMO_DATA.resolve():
            return None
        return SettingsError(
            f"The demo images are not shown: {own} is called {DEMO_DATA.name}, too.",
            f"Give it another name: --data NAME={quote_path(own)}.",
        )
    try:
        if DEMO_DATA.is_dir():
            read_dataset(DEMO_DATA)
    except InspectionError as error:
        return error
    folders[DEMO_DATA.name] = DEMO_DATA
    return None


def find_demo(folders: Mapping[str, Path], checkpoints: Path) -> DemoFolder | None:
    """Return the demo products, if they are shown and are those that are drawn now."""
    if folders.get(DEMO_DATA.name) != DEMO_DATA or not is_demo(DEMO_DATA):
        return None
    places = (DEMO_DATA, checkpoints / DEMO_DATA.name)
    names = [name for name in PRODUCTS if any((place / name).is_dir() for place in places)]
    return DemoFolder(DEMO_DATA, names)


def draw_samples(
    root: Path, checkpoints: Path, *, is_stopped: Callable[[], bool] = bool
) -> list[InspectionError]:
    """Draw the demo samples that the page offers and that are not there yet.

    Args:
        root: folder of the demo data.
        checkpoints: folder that holds the demo products' detectors; it may not exist.
        is_stopped: called every few images; the rest is left out once it says so.

    Returns:
        Why samples are missing, if some are: the page opens without them.
    """

    def check(*_: int) -> None:
        if is_stopped():
            raise CancelledError

    plans, troubles = _read_plans(checkpoints)
    if not plans:
        return troubles
    try:
        write_demo_data(root, products=list(plans), only=wanted_samples(plans), progress=check)
    except DatasetError as error:
        troubles.append(error)
    except CancelledError:
        pass
    return troubles


def _read_plans(
    checkpoints: Path,
) -> tuple[dict[str, SplitPlan | None], list[InspectionError]]:
    """Return the splits of the trained demo products, and what is wrong with the others'."""
    plans: dict[str, SplitPlan | None] = {}
    troubles: list[InspectionError] = []
    for name in PRODUCTS:
        if (checkpoints / name).is_dir():
            try:
                plans[name] = load_split(checkpoints / name)
            except CheckpointError as error:
                troubles.append(error)
    return plans, troubles


def wanted_samples(plans: Mapping[str, SplitPlan | None]) -> Callable[[str], bool]:
    """Return which images of a dataset in the MVTec layout the page would choose if all were there.

    Args:
        plans: category -> its split, or None where none was made yet.

    Returns:
        A test of an image id such as "washer/test/scratch/000.png".
    """
    wanted: set[str] = set()
    for plan in plans.values():
        by_kind: dict[str, list[str]] = defaultdict(list)
        for sample_id, role in sorted(plan.roles.items()) if plan is not None else ():
            if role is Split.TEST:
                by_kind[sample_id.rpartition("/")[0]].append(sample_id)
        wanted.update(chosen for ids in by_kind.values() for chosen in spread(ids, PER_KIND))

    def is_wanted(sample_id: str) -> bool:
        category, split, _, name = sample_id.split("/")
        if plans.get(category) is None:
            return split == "test" and int(Path(name).stem) < PER_KIND
        return sample_id in wanted

    return is_wanted
