"""A measured dataset with its tables, as views show it."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from eda.index import Index

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd  # at run time only when somebody explores
    from numpy.typing import NDArray

    from eda.similarity import ImageComparison


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """One dataset with its tables."""

    index: Index
    images: "pd.DataFrame"
    defects: "pd.DataFrame"
    problems: "pd.DataFrame"
    _made: dict[Hashable, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def compared(
        self, category: str | None, vectors: "NDArray[np.float32] | None"
    ) -> "ImageComparison":
        """Return the images of a category compared with each other, once for all visitors.

        Args:
            category: None takes every one.
            vectors: (n, d), one per image; thumbnails stand in where there are none.
        """
        from eda.frame import select
        from eda.similarity import compare_images

        return self.once(
            ("compared", category, vectors is not None),
            lambda: compare_images(self.index, select(self.images, category=category), vectors),
        )

    def has(self, key: Hashable) -> bool:
        """Return whether something is made already (see `once`)."""
        return key in self._made

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is made of the dataset, once for all visitors.

        Args:
            key: names it.
            make: called the first time.
        """
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: Made = self._made[key]
            return made


def open_tables(index: Index) -> Opened:
    """Return a measured dataset with its tables."""
    from eda.frame import make_defect_frame, make_frame, make_problem_frame

    return Opened(index, make_frame(index), make_defect_frame(index), make_problem_frame(index))
