"""Read boxes in Pascal VOC's XML files, as LabelImg, CVAT and Roboflow write them."""

import re
from pathlib import Path, PurePosixPath

from inspection.datasets.annotation_tools import AnnotationTool, looks_like_tool, read_tool
from inspection.datasets.annotations import Annotation, report_unreadable, to_size
from inspection.datasets.category_builder import CategoryBuilder, read_marks
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.voc_files import label_of, parse_xml, to_mark
from inspection.errors import first_line
from inspection.types import Sample

HEAD = 4096  # bytes that show what a file is


def looks_like(listing: Listing) -> bool:
    """Return whether images have Pascal VOC's XML files."""
    return looks_like_tool(listing, VOC)


def read(listing: Listing) -> list[Sample]:
    """Read Pascal VOC: a file without objects says that its image is good."""
    return read_tool(listing, VOC)


def _is_voc(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return re.search(rb"<annotation[\s/>]", head) is not None


def _image_name(path: Path) -> str:
    try:
        name = parse_xml(path).findtext("filename", "")
    except (ValueError, OSError):
        return ""
    return PurePosixPath(name.replace("\\", "/")).name


def _read(builder: CategoryBuilder, path: Path, _image: Path) -> Annotation | None:
    try:
        root = parse_xml(path)
    except (ValueError, OSError) as error:
        report_unreadable(builder.listing, path, first_line(error), category=builder.category)
        return None
    marks = read_marks(builder, path, root.iter("object"), label_of=label_of, place=to_mark)
    height, width = (_to_int(root.findtext(f"size/{name}")) for name in ("height", "width"))
    return Annotation(path, marks, to_size(height, width))


def _to_int(text: str | None) -> int:
    return int(text) if text is not None and text.strip().isdecimal() else 0


VOC = AnnotationTool(".xml", _is_voc, _read, _image_name)
LAYOUT = Layout(
    title="Pascal VOC",
    expects="an XML file beside each image or in a folder Annotations",
    looks_like=looks_like,
    read=read,
)
