"""Where the page makes products: photographs, learning, and the catalogue that shows them."""

from collections.abc import Callable
from pathlib import Path

from inspection.products.dataset_folders import DatasetFolders
from inspection.products.learning import LearningQueue
from inspection.products.own import OWN, OwnProducts
from inspection.products.places import DEMO_DATA


class Workshop:
    """What the page needs to make products.

    Attributes:
        own: the products.
        queue: lets them learn.
    """

    def __init__(
        self,
        own: OwnProducts,
        queue: LearningQueue,
        folders: DatasetFolders,
        *,
        refresh: Callable[[], None],
    ) -> None:
        self.own = own
        self.queue = queue
        self._folders = folders
        self._refresh = refresh

    def show(self) -> None:
        """Let the catalogue show the products, before those of the demo, once there are any."""
        if OWN not in self._folders.by_name and self.own.has_photographs():
            self._folders.add(OWN, self.own.root, before=DEMO_DATA.name)
        self._refresh()

    def rename(self, name: object, given: object) -> str:
        """Give a product another name, and return it.

        Raises:
            InspectionError: it cannot be called so, or it is learning.
        """
        self.queue.check_idle(self.own.folder(name).name)
        new = self.own.rename(name, given)
        self.queue.forget(str(name))
        self.show()
        return new

    def forget(self, name: object) -> Path | None:
        """Move what a product has learned aside, and return where to; photographs stay.

        Raises:
            InspectionError: there is no such product, or it is learning.
        """
        self.queue.check_idle(self.own.folder(name).name)
        target = self.own.forget(name)
        self.queue.forget(str(name))
        self._refresh()
        return target
