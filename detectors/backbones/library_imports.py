"""Import the two networks of large libraries without the rest of these libraries.

`import segmentation_models_pytorch` and `import anomalib.models` run every network that they have,
timm, torchvision (and with it torch._dynamo), scikit-learn and SciPy: longer than everything else
between the command and the first inspection. While the files that matter are imported, the packages
around them are stood in for by empty ones that offer just the names those files ask for. Afterwards
all of it is taken out of `sys.modules` again, so that anybody else's import finds the real, whole
library. A version of a library that is laid out differently is imported the long way.
"""

import importlib
import sys
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import Tensor, nn

COMPONENTS = "anomalib.models.components"
SMP = "segmentation_models_pytorch"
_importing = threading.Lock()


class _InferenceBatch(NamedTuple):
    """In place of anomalib's record of the same fields, which is declared beside its data sets."""

    pred_score: Tensor | None = None
    pred_label: Tensor | None = None
    anomaly_map: Tensor | None = None
    pred_mask: Tensor | None = None


class _NoFeatures(nn.Module):
    """In place of a feature extractor of timm, whose place is then taken by one of ours."""

    def __init__(self, **_: Any) -> None:
        super().__init__()


class _NoEncoder(nn.Module):
    """In place of an encoder of timm, whose place is then taken by one of as many channels."""

    def __init__(
        self,
        _name: str,
        *,
        in_channels: int,
        depth: int,
        channels: tuple[int, ...],
        stem_width: int,
        **_: Any,
    ) -> None:
        super().__init__()
        self.out_channels = [in_channels, 2 * stem_width, *channels[: depth - 1]]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Which class of which file, and what the packages around that file offer meanwhile.

    Attributes:
        offered: package -> name -> what stands for it, or the file that it really comes from.
    """

    file: str
    name: str
    offered: Mapping[str, Mapping[str, Any]]


PATCHCORE = _Plan(
    "anomalib.models.image.patchcore.torch_model",
    "PatchcoreModel",
    {
        "anomalib.data": {"InferenceBatch": _InferenceBatch},
        "anomalib.models": {},
        "anomalib.models.image": {},
        "anomalib.models.image.patchcore": {},
        COMPONENTS: {
            "DynamicBufferMixin": f"{COMPONENTS}.base.dynamic_buffer",
            "GaussianBlur2d": f"{COMPONENTS}.filters.blur",
            "KCenterGreedy": None,  # the memory bank is chosen by `detectors.learning.coreset`
            "TimmFeatureExtractor": _NoFeatures,
        },
        f"{COMPONENTS}.base": {},
        "kornia": {},
        "kornia.core": {},
        "kornia.filters": {"get_gaussian_kernel2d": "kornia.filters.kernels"},
    },
)
UNET = _Plan(
    f"{SMP}.decoders.unet.model",
    "Unet",
    {
        SMP: {},
        f"{SMP}.decoders": {},
        f"{SMP}.decoders.unet": {},
        f"{SMP}.encoders": {"get_encoder": _NoEncoder},
    },
)


def import_patchcore_model() -> type[Any]:
    """Return anomalib's `PatchcoreModel`; its feature extractor has to be put in its place."""
    return _import_class(PATCHCORE)


def import_unet() -> type[Any]:
    """Return the `Unet` of segmentation-models-pytorch; its encoder has to be put in its place."""
    return _import_class(UNET)


def _import_class(plan: _Plan) -> type[Any]:
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # timm and anomalib, about their own modules
        return _import_once(plan)


@cache
def _import_once(plan: _Plan) -> type[Any]:
    if plan.file not in sys.modules:
        try:
            return _import_alone(plan)
        except (ImportError, AttributeError):
            pass  # another version of the library, laid out differently: take the long way
    return _import_whole(plan)


def _import_whole(plan: _Plan) -> type[Any]:
    found: type[Any] = getattr(importlib.import_module(plan.file), plan.name)
    return found


def _import_alone(plan: _Plan) -> type[Any]:
    libraries = {package.partition(".")[0] for package in plan.offered}
    before = set(sys.modules)
    sys.modules.update(
        {name: _Standin(name, names) for name, names in plan.offered.items() if name not in before}
    )
    try:
        return _import_whole(plan)
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in libraries:
                del sys.modules[name]


class _Standin(ModuleType):
    """An empty package in place of one whose `__init__` imports too much."""

    def __init__(self, name: str, offered: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__path__ = [str(_find_library(name).joinpath(*name.split(".")[1:]))]
        self._offered = offered

    def __getattr__(self, name: str) -> Any:
        if name not in self._offered:
            raise AttributeError(name)
        found = self._offered[name]
        return getattr(importlib.import_module(found), name) if isinstance(found, str) else found


def _find_library(package: str) -> Path:
    library = package.partition(".")[0]
    spec = find_spec(library)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No package named {library!r}", name=library)
    return Path(spec.submodule_search_locations[0])
