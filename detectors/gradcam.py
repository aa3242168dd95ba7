"""Why a class was named: Grad-CAM (Selvaraju et al. 2017), by Captum."""

import threading

import torch
from captum.attr import LayerGradCam  # type: ignore[import-untyped]
from torch import Tensor

from detectors.classifier_networks import Classifier
from inspection.types import Size

_LOCK = threading.Lock()  # Captum hooks into the layer, which another thread may be using


def explain(network: Classifier, maps: Tensor, target: int, size: Size) -> Tensor:
    """Return where the logit of a class comes from, (h, w), not negative.

    Args:
        network: in evaluation mode.
        maps: its feature maps of one image, (1, C, h, w).
        target: index of the logit.
        size: (height, width) of what is returned.
    """
    with _LOCK, torch.enable_grad():
        cam = LayerGradCam(network.classify, network.maps).attribute(
            maps.detach().clone().requires_grad_(), target=target, relu_attributions=True
        )
    return torch.nn.functional.interpolate(cam.detach(), size, mode="bilinear")[0, 0]
