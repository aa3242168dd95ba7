"""Which backbone a detector uses: chosen by its settings, and found again by its hash."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from detectors.backbones.extractors import Backbone, BackboneRef, load_backbone
from detectors.backbones.record import record_state, stored_record
from inspection.detector import StoredDetector
from inspection.errors import CheckpointError
from inspection.paths import train_again


class BackboneSettings(Protocol):
    """What a detector's settings say about its backbone."""

    @property
    def backbone(self) -> str: ...
    @property
    def backbone_weights(self) -> str | None: ...


def choose_backbone(settings: BackboneSettings, *, layers: Sequence[str] | None) -> Backbone:
    """Load the backbone that the settings ask for.

    Raises:
        BackboneError: no weights were found, or they are damaged or of another architecture.
    """
    weights = None if settings.backbone_weights is None else Path(settings.backbone_weights)
    return load_backbone(settings.backbone, layers=layers, weights=weights)


def backbone_state(ref: BackboneRef) -> dict[str, Any]:
    """Return what a checkpoint stores of a backbone: a reference, not a copy."""
    return {
        "backbone_sha256": ref.sha256,
        "backbone_origin": ref.origin,
        **record_state(ref.record),
    }


def reopen_backbone(
    settings: BackboneSettings, stored: StoredDetector, *, layers: Sequence[str] | None
) -> Backbone:
    """Find the backbone that a stored detector learned with, without asking the network.

    A file of weights that is no longer there is looked for in the other places.

    Raises:
        BackboneError: no weights were found.
        CheckpointError: other weights were found, or the checkpoint does not say which it needs.
    """
    weights = None if settings.backbone_weights is None else Path(settings.backbone_weights)
    backbone = load_backbone(
        settings.backbone,
        layers=layers,
        weights=weights if weights is not None and weights.is_file() else None,
        allow_download=False,
        record=stored_record(stored.state),
    )
    folder = stored.folder
    wanted = stored.state.get("backbone_sha256")
    if wanted is None:
        raise CheckpointError(f"{folder} was written by another version.", train_again(folder))
    if backbone.ref.sha256 != wanted:
        raise CheckpointError(
            f"{folder} was made with other weights of the backbone {settings.backbone} "
            f"than those found ({backbone.ref.origin}).",
            f"Bring the former weights back, or train again. {train_again(folder)}",
        )
    return backbone
