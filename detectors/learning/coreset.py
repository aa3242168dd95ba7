"""Greedy k-center selection: a few rows that leave no other row far from all of them."""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor
from tqdm import tqdm

FEW, MANY = 4, 24  # steps that `estimate_seconds` takes
PROJECTED = 64
"""Dimensions in which distances are compared: as accurate as all of them, and much faster."""
ASKED_EVERY = 32  # rows


def always(_: int) -> bool:
    """Choose as many as are wanted."""
    return True


def estimate_seconds(
    num_rows: int,
    count: int,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return about how long `select_coreset` will take, from a few of its steps on other rows.

    Few and many steps are set up alike, so that their difference is that of the steps alone.
    """
    if count >= num_rows:
        return 0.0
    rows = torch.zeros(num_rows, PROJECTED, device=device)

    def take(steps: int) -> float:
        start = clock()
        select_coreset(rows, steps, generator=torch.Generator())
        return clock() - start

    few, many = min(FEW, count), min(MANY, count)
    take(few)  # memory is allocated
    shorter, longer = take(few), take(many)
    if many == few or longer <= shorter:  # too short to be told apart
        return longer / many * count
    return longer + (longer - shorter) / (many - few) * (count - many)


def select_coreset(
    rows: Tensor,
    count: int,
    *,
    generator: torch.Generator,
    progress: bool = False,
    goes_on: Callable[[int], bool] = always,
) -> Tensor:
    """Return the indices (count,) of rows (n, d) chosen by the greedy k-center rule.

    Each chosen row is the one farthest from all rows chosen before (Sener and Savarese 2018, as
    in algorithm 1 of Roth et al. 2022), with distances in a random projection.

    Args:
        rows: (n, d) float, on any device.
        count: how many to choose; all of them if there are no more.
        generator: of the CPU; the same state gives the same choice.
        progress: whether to show a bar on stderr.
        goes_on: asked now and then, with how many are chosen: whether to choose more. Those chosen
            until then are the best so many.
    """
    num_rows, width = rows.shape
    if count >= num_rows:
        return torch.arange(num_rows, device=rows.device)
    if width > PROJECTED:
        matrix = torch.randn(width, PROJECTED, generator=generator) / math.sqrt(PROJECTED)
        rows = rows @ matrix.to(rows)  # (n, projected)
    lengths = rows.square().sum(dim=1)  # (n,)
    chosen = torch.empty(count, dtype=torch.long, device=rows.device)
    newest = int(torch.randint(num_rows, (1,), generator=generator))
    nearest = torch.full((num_rows,), torch.inf, device=rows.device, dtype=rows.dtype)
    for step in tqdm(range(count), "choosing patches", disable=not progress, leave=False):
        chosen[step] = newest
        # |a - b|^2 = |a|^2 - 2 ab + |b|^2: no (n, d) difference is needed
        distances = torch.addmv(lengths, rows, rows[newest], alpha=-2).add_(lengths[newest])
        torch.minimum(nearest, distances, out=nearest)
        nearest[newest] = -torch.inf
        newest = int(nearest.argmax())
        if (step + 1) % ASKED_EVERY == 0 and not goes_on(step + 1):
            return chosen[: step + 1]
    return chosen
