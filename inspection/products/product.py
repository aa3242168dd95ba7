"""A product: one category of one dataset."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Product:
    """One category of one dataset; `folder` holds its checkpoints and may not exist yet."""

    dataset: str
    category: str
    folder: Path

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.category}"
