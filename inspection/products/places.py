"""Folders of this machine as people read them: in commands to paste, or hidden from visitors."""

from pathlib import Path

from inspection.errors import SettingsError
from inspection.paths import expand_home, quote, quote_path, shorten_paths
from inspection.products.dataset_folders import DatasetFolders
from inspection.products.product import Product
from inspection.products.stored_detectors import Checkpoints

HERE = Path(__file__).resolve().parents[2]
CHECKPOINTS = HERE / "checkpoints"
DEMO_DATA = HERE / "data" / "demo"
OWN_DATA = HERE / "data" / "own"
"""Photographs of the products that are made in the page."""


class Places:
    """Where the checkpoints and the datasets of a catalogue lie, in words.

    Attributes:
        is_shared: whether visitors from elsewhere see the page, which then names no folder.
        has_password: whether they are asked for one.
    """

    def __init__(self, folder: Path, datasets: DatasetFolders, checkpoints: Checkpoints) -> None:
        self.is_shared = False
        self.has_password = False
        self._folder = folder
        self._datasets = datasets
        self._checkpoints = checkpoints

    @property
    def is_read_only(self) -> bool:
        """Whether visitors may be anybody, so that nothing is written for them."""
        return self.is_shared and not self.has_password

    def check_writing(self) -> None:
        """Refuse what changes something on this machine where just anybody may ask for it.

        Raises:
            SettingsError: others reach the page, and it has no password.
        """
        if self.is_read_only:
            raise SettingsError(
                "Others can open this page, so nothing can be changed on it.",
                "Start it with --password, or without --share and --host and open it here.",
            )

    def train_command(self, product: Product, detector: str) -> str:
        """Return the command that trains a detector of a product."""
        chosen = _choose(product, detector) + " --all-good" * self._datasets.is_flat(product)
        return self._command("train", product, chosen)

    def evaluate_command(self, product: Product, detector: str | None = None) -> str:
        """Return the command that evaluates a detector, or all of the product's dataset."""
        chosen = "" if detector is None else _choose(product, detector)
        return self._command("evaluate", product, chosen)

    def hide(self, text: str) -> str:
        """Return a text as the page shows it: without any path of this machine if it is shared."""
        return self.shorten(text) if self.is_shared else text

    def shorten(self, text: str) -> str:
        """Return a text without any path of this machine, as programs get it."""
        names = [(self._folder, CHECKPOINTS.name), (CHECKPOINTS, CHECKPOINTS.name)]
        names += [(folder, "DIR") for folder in self._datasets.by_name.values()]
        home = expand_home("~")
        names += [(HERE, "."), (Path.cwd(), "."), (home, "~")]
        return shorten_paths(text, names)

    def _command(self, verb: str, product: Product, chosen: str) -> str:
        data = self._datasets.by_name.get(product.dataset)
        shown = "DIR" if data is None else self._show(data)
        command = f"python cli.py {verb} --data {shown}{chosen}"
        if self._checkpoints.is_foreign(product):
            command += " --dataset NAME"
        elif data is not None and data.name != product.dataset:
            command += f" --dataset {quote(product.dataset)}"
        if self._folder.resolve() != CHECKPOINTS:
            command += f" --checkpoints {self._show(self._folder)}"
        if data is not None and data.resolve() == DEMO_DATA:  # of which only samples may be there
            command = f"python cli.py demo-data\n{command}"
        return command

    def _show(self, folder: Path) -> str:
        return "DIR" if self.is_shared else quote_path(folder)


def _choose(product: Product, detector: str) -> str:
    return f" --category {quote(product.category)} --detector {detector}"
