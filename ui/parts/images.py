"""Pictures for the browser, as data URIs: no file of them is ever served."""

import base64
import io

from PIL import Image

from inspection.images import shrink
from inspection.types import Mask, RGBImage

MAX_DISPLAY_SIDE = 1280
PREVIEW_SIDE = 480
LOSSLESS_PIXELS = 300 * 300
JPEG_QUALITY = 93


def encode_image(image: RGBImage) -> str:
    """Return a data URI: PNG for a small image, else JPEG, which takes only milliseconds."""
    picture = Image.fromarray(image)
    if image.shape[0] * image.shape[1] <= LOSSLESS_PIXELS:
        return _to_uri(picture, "PNG", compress_level=1)
    return _to_uri(picture, "JPEG", quality=JPEG_QUALITY, subsampling=0)


def encode_preview(image: RGBImage) -> str:
    """Return a data URI of the size that the image input shows."""
    return encode_image(shrink(image, PREVIEW_SIDE))


def encode_mask(mask: Mask) -> str:
    """Return a 1-bit PNG as a data URI."""
    return _to_uri(Image.fromarray(mask), "PNG", compress_level=1)


def encode_thumbnail(image: RGBImage, side: int) -> str:
    """Return the whole image as a small data URI: a defect may lie at its end."""
    return _to_uri(Image.fromarray(shrink(image, side)), "JPEG", quality=86, subsampling=0)


def _to_uri(picture: Image.Image, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
