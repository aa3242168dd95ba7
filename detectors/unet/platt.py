"""Platt scaling: logits that rank well become probabilities, without changing their order."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

LEAST_SCALE, MOST_SCALE = 0.1, 20.0  # of perfectly separated logits the best scale is infinite
MAX_STEPS = 50


def fit_platt(logits: Tensor, truth: Tensor) -> tuple[float, float]:
    """Return scale and shift with which sigmoid(scale * logit + shift) fits the truth best.

    By maximum likelihood (Platt 1999; Guo et al. 2017); the scale is positive. Where the truth is
    all 0 or all 1 there is nothing to fit: (1, 0).

    Args:
        logits: of any shape.
        truth: 0 or 1, of the same shape.
    """
    if bool((truth == truth.flatten()[0]).all()):
        return 1.0, 0.0
    with torch.inference_mode(False), torch.enable_grad():
        values, wanted = logits.detach().clone().float(), truth.detach().clone().float()
        log_scale, shift = (torch.zeros((), requires_grad=True) for _ in range(2))
        solver = torch.optim.LBFGS(
            [log_scale, shift], max_iter=MAX_STEPS, line_search_fn="strong_wolfe"
        )

        def loss() -> Tensor:
            solver.zero_grad()
            scale = log_scale.exp().clamp(LEAST_SCALE, MOST_SCALE)
            value = binary_cross_entropy_with_logits(scale * values + shift, wanted)
            value.backward()  # type: ignore[no-untyped-call]
            return value

        solver.step(loss)  # type: ignore[no-untyped-call]
    scale = log_scale.detach().exp().clamp(LEAST_SCALE, MOST_SCALE)
    return float(scale), float(shift.detach())
