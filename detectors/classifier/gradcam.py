"""Why a class was named: Grad-CAM (Selvaraju et al. 2017), by Captum."""

import torch
from captum.attr import LayerGradCam  # type: ignore[import-untyped]
from torch import Tensor

from detectors.classifier.networks import Classifier
from inspection.types import Size


def explain(network: Classifier, maps: Tensor, target: int, size: Size) -> Tensor:
    """Return where the logit of a class comes from, (h, w), not negative.

    No other thread may run the network's `classify` meanwhile: Captum hooks into it.

    Args:
        network: in evaluation mode.
        maps: its feature maps of one image, (1, C, h, w).
        target: index of the logit.
        size: (height, width) of what is returned.
    """
    with torch.enable_grad():
        cam = LayerGradCam(network.classify, network.maps).attribute(
            maps.detach().clone().requires_grad_(), target=target, relu_attributions=True
        )
    return torch.nn.functional.interpolate(cam.detach(), size, mode="bilinear")[0, 0]
