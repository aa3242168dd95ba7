import pytest
import torch

from detectors.unet.platt import MOST_SCALE, fit_platt


def test_the_scale_and_shift_that_made_the_truth_are_found_again() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(100, 1000, generator=generator)
    chance = torch.sigmoid(3.0 * logits - 2.0)
    truth = (torch.rand(chance.shape, generator=generator) < chance).float()
    scale, shift = fit_platt(logits, truth)
    assert scale == pytest.approx(3.0, rel=0.05)
    assert shift == pytest.approx(-2.0, rel=0.05)


def test_logits_that_stop_short_of_one_half_become_sure() -> None:
    logits = torch.tensor([-0.07] * 50 + [-2.0] * 5000)
    truth = (logits > -1).float()
    scale, shift = fit_platt(logits, truth)
    probability = torch.sigmoid(scale * logits + shift)
    assert float(probability[0]) > 0.95
    assert float(probability[-1]) < 0.01
    assert 0 < scale <= MOST_SCALE


def test_nothing_is_fitted_where_there_is_one_class_only() -> None:
    assert fit_platt(torch.randn(8), torch.zeros(8)) == (1.0, 0.0)
    assert fit_platt(torch.randn(8), torch.ones(8)) == (1.0, 0.0)


def test_logits_that_say_the_opposite_keep_their_order() -> None:
    scale, _ = fit_platt(torch.linspace(-1, 1, 100), (torch.linspace(1, -1, 100) > 0).float())
    assert scale > 0
