"""How the time of a classifier's training is divided: reading features, the head, the blocks."""

from dataclasses import dataclass

READING_SHARE = 0.4  # of the time, at most, for the features that the head learns from
HEAD_SHARE = 0.25  # of the time after that, where blocks are trained, too
STEP = 2.0  # batches read, the time of a step that also trains the last blocks
LEAST_EPOCHS = 2  # of a stage that is worth beginning


@dataclass(frozen=True, slots=True)
class Work:
    """What a training consists of, in batches, and the seconds of one.

    Attributes:
        num_learned: batches of training images.
        num_held: batches of validation images.
        num_steps: of an epoch.
        plain: seconds to read a batch as it is.
        varied: seconds to vary and read one.
    """

    num_learned: int
    num_held: int
    num_steps: int
    plain: float
    varied: float

    def read_seconds(self, num_views: int) -> float:
        """Return the time for the features of all images, the first view of each as it is."""
        plain = (self.num_learned + self.num_held) * self.plain
        return plain + (num_views - 1) * self.num_learned * self.varied

    @property
    def check_seconds(self) -> float:
        """The time to score the validation images, as after every epoch."""
        return self.num_held * self.plain

    @property
    def epoch_seconds(self) -> float:
        """The time of an epoch that trains blocks."""
        return STEP * self.num_steps * self.varied + self.check_seconds


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a training does in its time.

    Attributes:
        num_views: varied copies of each image whose features are read.
        num_stages: of those that were wanted.
        head_seconds: most seconds of the first stage; the others share what is left.
    """

    num_views: int
    num_stages: int
    head_seconds: float | None = None


def fit_schedule(work: Work, *, seconds: float | None, num_views: int, num_stages: int) -> Schedule:
    """Return the schedule that keeps within so many seconds, with what is wanted as far as it fits.

    The last stages are left out first, so that those which remain can learn; at least the head
    is trained, on one view.
    """
    if seconds is None:
        return Schedule(num_views, num_stages)
    while num_views > 1 and work.read_seconds(num_views) > READING_SHARE * seconds:
        num_views -= 1
    left = max(0.0, seconds - work.read_seconds(num_views))
    blocks = (1 - HEAD_SHARE) * left
    while num_stages > 1 and blocks / (num_stages - 1) < LEAST_EPOCHS * work.epoch_seconds:
        num_stages -= 1
    return Schedule(num_views, num_stages, HEAD_SHARE * left if num_stages > 1 else left)
