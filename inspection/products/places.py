"""Folders of this machine as a page names them: whole in commands, or not at all for strangers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inspection.paths import quote, quote_path, shorten_paths
from inspection.products.product import Product

HERE = Path(__file__).resolve().parents[2]
CHECKPOINTS = HERE / "checkpoints"
DEMO_DATA = HERE / "data" / "demo"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the checkpoints lie, and the datasets by name."""

    checkpoints: Path
    data: Mapping[str, Path]

    def command(
        self, verb: str, product: Product, chosen: str, *, is_foreign: bool, is_shared: bool
    ) -> str:
        """Return the command that trains or evaluates a product.

        Args:
            verb: of `cli.py`.
            product: to name.
            chosen: options that say what of it.
            is_foreign: whether the images that are shown are of another dataset.
            is_shared: whether strangers read it, who are told no folder.
        """

        def show(folder: Path) -> str:
            return "DIR" if is_shared else quote_path(folder)

        data = self.data.get(product.dataset)
        command = f"python cli.py {verb} --data {'DIR' if data is None else show(data)}{chosen}"
        if is_foreign:
            command += " --dataset NAME"
        elif data is not None and data.name != product.dataset:
            command += f" --dataset {quote(product.dataset)}"
        if self.checkpoints.resolve() != CHECKPOINTS:
            command += f" --checkpoints {show(self.checkpoints)}"
        if data is not None and data.resolve() == DEMO_DATA:  # of which only samples may be there
            command = f"python cli.py demo-data\n{command}"
        return command

    def hide(self, text: str) -> str:
        """Return a text without any path of this machine."""
        names = [(self.checkpoints, CHECKPOINTS.name), (CHECKPOINTS, CHECKPOINTS.name)]
        names += [(folder, "DIR") for folder in self.data.values()]
        home = Path(os.path.expanduser("~"))  # noqa: PTH111 (an account may have none)
        names += [(HERE, "."), (Path.cwd(), "."), (home, "~")]
        return shorten_paths(text, names)
