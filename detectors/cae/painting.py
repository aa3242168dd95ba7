"""How the painter learns: for some seconds, from whole normal images as they are rebuilt."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.backbones.extractors import resample
from detectors.cae.networks import FeatureCAE
from detectors.cae.settings import CAESettings
from detectors.learning.budget import LEAST_SECONDS
from detectors.learning.features import compute_features
from detectors.learning.networks import spread_out, to_batch
from inspection.preprocess import LoadedSamples

MOST_LEARNED, MOST_HELD = 48, 8  # images
MOST_EPOCHS = 12
BATCH = 1  # many small steps learn more in the same time than a few large ones
LEARNING_RATE = 3e-3
TIME_SHARE = 0.2  # of the seconds that a training may take


def learn_to_paint(
    network: FeatureCAE, learned: LoadedSamples, held: LoadedSamples, settings: CAESettings
) -> None:
    """Train the painter in place; the autoencoder must have learned."""
    from detectors.learning.loop import TrainingSet, train_network

    rebuilt, images = _rebuild(network, spread_out(learned.images, most=MOST_LEARNED))
    tested, originals = _rebuild(network, spread_out(held.images, most=MOST_HELD))

    def draw(index: int) -> tuple[Tensor, Tensor]:
        return rebuilt[index].float(), images[index]

    seconds = settings.max_seconds
    epochs = min(MOST_EPOCHS, settings.max_epochs)
    chosen = replace(
        settings,
        max_epochs=epochs,
        patience=epochs,
        num_patches=MOST_LEARNED,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        max_seconds=None if seconds is None else max(LEAST_SECONDS, TIME_SHARE * seconds),
    )
    train_network(
        network.painter,
        TrainingSet(draw, len(images), (tested.float(), originals), _compare_pictures),
        chosen,
        device=rebuilt.device,
        progress=False,
    )


@torch.inference_mode()
def _rebuild(network: FeatureCAE, images: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Return scaled features (n, c, h, w), float16, as they are rebuilt of images, and these."""
    found = [
        network.autoencoder.rebuild(batch)[1].half()
        for batch in compute_features(network.features, images)
    ]
    return torch.cat(found), to_batch(images)


def _compare_pictures(painter: nn.Module, rebuilt: Tensor, images: Tensor) -> Tensor:
    """Return the mean absolute difference, which leaves edges sharper than the squared one."""
    picture = resample(painter(rebuilt).float(), (images.shape[-2], images.shape[-1]))
    return (picture - images).abs().mean()
