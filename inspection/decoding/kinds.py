"""What kind of image a file is, by its first bytes; which kinds are read, and which are not."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

IMAGE_SUFFIXES = frozenset(
    {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".bmp", ".dib"),
        *(".tif", ".tiff", ".webp", ".gif", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm"),
        *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".avif", ".heic", ".heif", ".hif"),
        *(".tga", ".icb", ".vda", ".vst", ".pcx", ".qoi"),
    }
)
"""Endings of files that are read; whatever they are called, the first bytes decide how."""

RAW = "a camera's raw file"
UNREADABLE: Mapping[str, str] = {
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf"), RAW),
    **dict.fromkeys((".orf", ".rw2", ".raf", ".pef", ".srw", ".3fr", ".fff", ".iiq", ".x3f"), RAW),
    **dict.fromkeys((".kdc", ".dcr", ".erf", ".mef", ".mos", ".mrw", ".raw"), RAW),
    **dict.fromkeys((".psd", ".psb"), "a Photoshop document"),
    **dict.fromkeys((".svg", ".svgz", ".eps", ".wmf", ".emf"), "a vector drawing"),
    **dict.fromkeys((".dcm", ".dicom"), "a DICOM file"),
    **dict.fromkeys((".exr", ".hdr"), "a high-dynamic-range picture"),
    **dict.fromkeys((".fits", ".fit", ".fts"), "a FITS file"),
    **dict.fromkeys((".jxl",), "a JPEG XL picture"),
    **dict.fromkeys((".jls",), "a JPEG-LS picture"),
    **dict.fromkeys((".jxr", ".wdp", ".hdp"), "a JPEG XR picture"),
    **dict.fromkeys((".xcf",), "a GIMP document"),
    **dict.fromkeys((".ico", ".cur", ".icns"), "an icon"),
    **dict.fromkeys((".dcx", ".dds", ".sgi", ".ras", ".xbm", ".xpm"), "a picture of a rare kind"),
}
"""Ending -> what such a file is; none of these is read, and none is dropped without a word."""

HEAD_BYTES = 132  # a DICOM file says so behind 128 bytes of nothing
TGA_SUFFIXES = frozenset({".tga", ".icb", ".vda", ".vst"})
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"qoif", "QOI"),
)
FOREIGN_STARTS = (
    (b"8BPS", ".psd"),
    (b"\x76\x2f\x31\x01", ".exr"),
    (b"#?RADIANCE", ".hdr"),
    (b"SIMPLE  =", ".fits"),
    (b"\xff\x0a", ".jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", ".jxl"),
    (b"FUJIFILM", ".raf"),
    (b"IIRO", ".orf"),
    (b"IIRS", ".orf"),
    (b"IIU\0", ".rw2"),
    (b"FOVb", ".x3f"),
    (b"gimp xcf", ".xcf"),
    (b"II\xbc\x01", ".jxr"),
)
BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # bytes, by version
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def find_format(path: Path) -> str | None:
    """Return Pillow's name for the kind of image that a file is; None for no image, or another.

    Raises:
        OSError: it cannot be read.
    """
    head = _read_head(path)
    if head[:4] == b"II*\0" and head[8:10] == b"CR":  # Canon's raw files are TIFFs otherwise
        return None
    for start, name in STARTS:
        if head.startswith(start):
            return name
    return _find_structured(head) or _find_by_suffix(head, path.suffix.lower())


def looks_like_image(path: Path) -> bool:
    """Return whether a file, whatever it is called, starts as a known kind of image does."""
    with contextlib.suppress(OSError):
        return find_format(path) is not None
    return False


def name_unreadable(path: Path) -> str | None:
    """Return what a picture of a kind that is not read is, such as "a DICOM file"; None if none."""
    head = b""
    with contextlib.suppress(OSError):
        head = _read_head(path)
    for start, suffix in FOREIGN_STARTS:
        if head.startswith(start):
            return UNREADABLE[suffix]
    if head[128:132] == b"DICM":
        return UNREADABLE[".dcm"]
    is_raw = head[8:10] == b"CR" or head[6:14] == b"HEAPCCDR" or head[4:12] == b"ftypcrx "
    return RAW if is_raw else UNREADABLE.get(path.suffix.lower())


def _find_structured(head: bytes) -> str | None:
    """Return the kind where it takes more than the very first bytes to tell."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _find_brand(head)
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return "BMP"
    if head[:1] == b"P" and head[1:2] in b"123456fF" and head[2:3].isspace():
        return "PPM"
    return None


def _find_brand(head: bytes) -> str | None:
    """Return the kind of a file made of ISO boxes, of which films have some too."""
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, 32, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if head[8:12] in HEIC_BRANDS else None


def _find_by_suffix(head: bytes, suffix: str) -> str | None:
    """Return the kind of a file that has no mark of its own."""
    if suffix in TGA_SUFFIXES and len(head) > 18:
        return "TGA"
    if suffix == ".dib" and int.from_bytes(head[:4], "little") in BMP_HEADERS:
        return "DIB"
    if suffix == ".pcx" and head[:1] == b"\n":
        return "PCX"
    return None


def _read_head(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(HEAD_BYTES)
