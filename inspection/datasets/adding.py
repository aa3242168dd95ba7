"""Where a new defective image, and its mask, may be put into a dataset."""

from dataclasses import dataclass
from pathlib import Path

from inspection.datasets.dataset import Dataset
from inspection.datasets.layouts import LAYOUTS
from inspection.datasets.type_folders import read_split_categories
from inspection.errors import DatasetError
from inspection.types import Split

TEST, MASKS = "test", "ground_truth"  # as MVTec AD has them
OTHER_LAYOUT = "This dataset is laid out as {title}, into which no image can be added."
OTHER_LAYOUT_FIX = (
    f"Only one that is laid out as MVTec AD takes any ({TEST}/<type>, {MASKS}/<type>)."
)


@dataclass(frozen=True, slots=True)
class Room:
    """A category that takes new images by their type.

    Attributes:
        folder: of the category.
        test: name of its folder of test images; it may be missing.
    """

    folder: Path
    test: str = TEST

    def place(self, defect_type: str, name: str) -> tuple[Path, Path]:
        """Return where an image of this name goes, and its mask; folders may be missing."""
        image = self.folder / self.test / defect_type / f"{name}.png"
        return image, self.folder / MASKS / defect_type / f"{name}_mask.png"


def find_room(dataset: Dataset, category: str) -> Room:
    """Return where a category takes new images.

    Images for validation are the test images where there are no others, and stay them.

    Raises:
        DatasetError: it takes none, or there is no such category.
    """
    layout = LAYOUTS[dataset.layout]
    if layout.read is not read_split_categories:
        raise DatasetError(OTHER_LAYOUT.format(title=layout.title), OTHER_LAYOUT_FIX)
    samples = dataset.of(category).samples
    inner = dataset.root / category  # unless the root is the category itself
    folder = inner if samples[0].image_path.is_relative_to(inner) else dataset.root
    tested = (
        one.image_path.relative_to(folder).parts[0] for one in samples if one.split is Split.TEST
    )
    return Room(folder, next(tested, TEST))
