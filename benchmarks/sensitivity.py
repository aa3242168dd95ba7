"""Measure how many trials of a sensitivity study are answered in a second."""

import time
from collections.abc import Mapping

from inspection.demo.products import draw_sample
from inspection.detector import Channel
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.study import (
    StudyOptions,
    Subject,
    choose_sizes,
    make_ground,
    run_study,
)

NUM_TRIALS = 400
NUM_IMAGES = 8
RATE = 0.02
TARGET = 60.0  # seconds for all of them, on two cores


def time_study(channels: Mapping[str, Channel], *, num_trials: int = NUM_TRIALS) -> float:
    """Return the seconds of a study of demo washers, all kinds of defects in turn, warm."""
    images = [draw_sample("washer", "test", None, index)[0] for index in range(NUM_IMAGES)]
    grounds = [make_ground(str(place), image, images) for place, image in enumerate(images)]
    kinds = tuple(KINDS)
    options = StudyOptions(
        kinds, choose_sizes(grounds[0], channels), num_trials=-(-num_trials // len(kinds))
    )
    batches = run_study(Subject(channels, RATE), grounds, options)
    next(batches)  # warms up
    start = time.perf_counter()
    done = sum(map(len, batches))
    return (time.perf_counter() - start) * num_trials / done


def run(channels: Mapping[str, Channel]) -> None:
    """Print the trials per second, and what a study of 400 takes."""
    seconds = time_study(channels)
    title = f"study of {len(channels)} detectors"
    print(
        f"{title:<40} {NUM_TRIALS / seconds:8.1f} trials/s, {NUM_TRIALS} in {seconds:.0f} s"
        f"   (target {TARGET:.0f})"
    )
