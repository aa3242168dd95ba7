"""Import anomalib's PatchcoreModel without the forty other models and data modules of anomalib.

`import anomalib.models` runs every model file and takes 7-10 s on two cores, longer than anything
else between the command and the first inspection. While the two files that matter are imported,
the packages around them are stood in for by empty ones that offer just the names those files ask
for. Afterwards the stand-ins are taken away again, so that anybody else's `import anomalib.models`
finds the real packages.
"""

import importlib
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

PATCHCORE = "anomalib.models.image.patchcore.torch_model"
PARTS = "anomalib.models.components"
OFFERED = {  # package -> names that it offers -> submodule they come from
    "anomalib.data": {"InferenceBatch": "anomalib.data.dataclasses.torch.base"},
    "anomalib.data.dataclasses": {},
    "anomalib.data.dataclasses.torch": {},
    PARTS: {
        "DynamicBufferMixin": f"{PARTS}.base.dynamic_buffer",
        "GaussianBlur2d": f"{PARTS}.filters.blur",
        "KCenterGreedy": f"{PARTS}.sampling.k_center_greedy",
        "TimmFeatureExtractor": f"{PARTS}.feature_extractors.timm",
    },
    f"{PARTS}.base": {"DynamicBufferMixin": f"{PARTS}.base.dynamic_buffer"},
    "anomalib.models": {},
    "anomalib.models.image": {},
    "anomalib.models.image.patchcore": {},
}
_importing = threading.Lock()


def import_patchcore_model() -> type[Any]:
    """Return anomalib's `PatchcoreModel` class."""
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # timm and anomalib, about their own modules
        if PATCHCORE not in sys.modules and "anomalib.models" not in sys.modules:
            try:
                return _import_alone()
            except (ImportError, AttributeError):
                pass  # another version of anomalib, laid out differently: take the long way
        return _class_of(importlib.import_module(PATCHCORE))


def _import_alone() -> type[Any]:
    before = set(sys.modules)
    root = Path(importlib.import_module("anomalib").__path__[0])
    standins = {name: _Standin(name, root) for name in OFFERED if name not in sys.modules}
    sys.modules.update(standins)
    try:
        return _class_of(importlib.import_module(PATCHCORE))
    except (ImportError, AttributeError):
        for name in set(sys.modules) - before:  # nothing half-imported stays behind
            if name.startswith("anomalib."):
                del sys.modules[name]
        raise
    finally:
        for name, standin in standins.items():
            if sys.modules.get(name) is standin:
                del sys.modules[name]


def _class_of(module: ModuleType) -> type[Any]:
    found: type[Any] = module.PatchcoreModel
    return found


class _Standin(ModuleType):
    """An empty package in place of one whose `__init__` imports too much."""

    def __init__(self, name: str, root: Path) -> None:
        super().__init__(name)
        self.__path__ = [str(root.joinpath(*name.split(".")[1:]))]

    def __getattr__(self, name: str) -> Any:
        try:
            source = OFFERED[self.__name__][name]
        except KeyError:
            raise AttributeError(name) from None
        return getattr(importlib.import_module(source), name)
