"""Is a dataset fit for training? A check is a function that yields findings, and a line here."""

from collections.abc import Callable, Iterator, Sequence

from eda.choice import Choice
from eda.health import amounts, files, judged, labels, light, likeness, outliers, sizes, strangers
from eda.health.evidence import Evidence, gather
from eda.health.finding import Finding, rank
from eda.opened import Opened

Check = Callable[[Evidence], Iterator[Finding]]

CHECKS: Sequence[Check] = (
    files.check_readable,
    amounts.check_good_images,
    amounts.check_rate,
    amounts.check_test_part,
    amounts.check_balance,
    files.check_masks,
    files.check_marks,
    files.check_other_files,
    sizes.check_shapes,
    sizes.check_colours,
    sizes.check_resolution,
    outliers.check_outliers,
    judged.check_judged,
)
THOROUGH: Sequence[Check] = (  # these take seconds
    light.check_light,
    likeness.check_leaks,
    likeness.check_contradictions,
    likeness.check_copies,
    strangers.check_strangers,
    labels.check_labels,
)


def check_health(
    opened: Opened, choice: Choice, *, is_thorough: bool = True
) -> tuple[Finding, ...]:
    """Return what the checks find in the chosen category, or in all, the worst first."""

    def check() -> tuple[Finding, ...]:
        evidence = gather(opened, choice)
        checks = (*CHECKS, *THOROUGH) if is_thorough else CHECKS
        return rank([finding for check in checks for finding in check(evidence)])

    return opened.once(_key(choice, is_thorough=is_thorough), check)


def is_checked(opened: Opened, choice: Choice) -> bool:
    """Return whether all checks were made already."""
    return opened.has(_key(choice, is_thorough=True))


def _key(choice: Choice, *, is_thorough: bool) -> tuple[object, ...]:
    stamps = tuple(one.stamp for one in choice.judges)
    return "health", choice.category, choice.vectors is not None, stamps, is_thorough
