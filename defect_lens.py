"""Defect Lens from Python: what other programs may use, each imported when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detectors.catalog import open_catalog, open_product
    from detectors.search.tuning import TuningJob, tune_detector
    from detectors.training import TrainingJob, train_categories, train_product
    from eda.explore import ExplorationJob, explore_dataset
    from inspection.datasets.dataset import Dataset, read_dataset
    from inspection.errors import InspectionError
    from inspection.evaluation.service import EvaluationOptions, evaluate_product
    from inspection.findings import Inspection
    from inspection.images import read_image
    from inspection.products.inspecting import LoadedProduct, inspect_product
    from inspection.progress import Monitor, StoppedError
    from inspection.sensitivity.category_stress import StressOptions, stress_product
    from inspection.sensitivity.category_study import StudyRequest, study_product
    from inspection.sensitivity.fitting import fit_trials
    from inspection.sensitivity.healing import fade, heal
    from inspection.sensitivity.placing import place_defect
    from inspection.sensitivity.records import Trial
    from inspection.types import Finding, Sample, Verdict

__all__ = [
    "Dataset",
    "EvaluationOptions",
    "ExplorationJob",
    "Finding",
    "Inspection",
    "InspectionError",
    "LoadedProduct",
    "Monitor",
    "Sample",
    "StoppedError",
    "StressOptions",
    "StudyRequest",
    "TrainingJob",
    "Trial",
    "TuningJob",
    "Verdict",
    "evaluate_product",
    "explore_dataset",
    "fade",
    "fit_trials",
    "heal",
    "inspect_product",
    "open_catalog",
    "open_product",
    "place_defect",
    "read_dataset",
    "read_image",
    "stress_product",
    "study_product",
    "train_categories",
    "train_product",
    "tune_detector",
]

_MODULES = {
    "detectors.catalog": ("open_catalog", "open_product"),
    "detectors.search.tuning": ("TuningJob", "tune_detector"),
    "detectors.training": ("TrainingJob", "train_categories", "train_product"),
    "eda.explore": ("ExplorationJob", "explore_dataset"),
    "inspection.datasets.dataset": ("Dataset", "read_dataset"),
    "inspection.errors": ("InspectionError",),
    "inspection.evaluation.service": ("EvaluationOptions", "evaluate_product"),
    "inspection.images": ("read_image",),
    "inspection.products.inspecting": ("LoadedProduct", "inspect_product"),
    "inspection.progress": ("Monitor", "StoppedError"),
    "inspection.findings": ("Inspection",),
    "inspection.sensitivity.fitting": ("fit_trials",),
    "inspection.sensitivity.healing": ("fade", "heal"),
    "inspection.sensitivity.placing": ("place_defect",),
    "inspection.sensitivity.records": ("Trial",),
    "inspection.sensitivity.category_stress": ("StressOptions", "stress_product"),
    "inspection.sensitivity.category_study": ("StudyRequest", "study_product"),
    "inspection.types": ("Finding", "Sample", "Verdict"),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
