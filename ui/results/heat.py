"""Small pictures of what detectors see in test images, made when somebody looks at them."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from inspection.detector import Channel
from inspection.errors import InspectionError
from inspection.images import read_sample, shrink
from inspection.overlay import draw_finding
from inspection.pipeline import judge, predict_one
from inspection.products.panels import attempt
from inspection.types import Sample
from ui.parts.images import encode_thumbnail

SIDE = 224  # px
MOST = 600  # pictures that are kept, about 10 MB


class HeatMaps:
    """Overlays of detectors, each made once for an image and a rate; safe between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str, float], str] = OrderedDict()
        self._lock = threading.Lock()

    def draw(
        self, channel: Channel, samples: Iterable[Sample], rate: float, *, stamp: str
    ) -> dict[str, str]:
        """Return id -> overlay as a data URI, of the images that can be read and answered.

        Args:
            channel: the detector.
            samples: of its product.
            rate: of false alarms.
            stamp: names detector and weights.
        """
        found = {}
        for sample in samples:
            key = (stamp, sample.id, rate)
            with self._lock:
                source = self._held.get(key) or _draw(channel, sample, rate)
                if source:
                    found[sample.id] = self._held[key] = source
                    self._held.move_to_end(key)
                while len(self._held) > MOST:
                    self._held.popitem(last=False)
        return found


def _draw(channel: Channel, sample: Sample, rate: float) -> str:
    """Return the overlay of one image; empty where it cannot be read or answered."""

    def work() -> str:
        image = read_sample(sample)
        finding = judge(predict_one(channel, image), image.shape[:2], false_alarm_rate=rate)
        return encode_thumbnail(draw_finding(shrink(image, SIDE), finding), SIDE)

    drawn = attempt(work, subject=f"The heat map of {sample.id}")
    return "" if isinstance(drawn, InspectionError) else drawn
