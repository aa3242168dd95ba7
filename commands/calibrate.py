"""`cli.py calibrate`: give a product its own false-alarm rate."""

from typing import Annotated

import typer

from commands.options import Checkpoints, ProductName
from detectors.catalog import open_catalog
from inspection.joint import JOINT, join
from inspection.names import NO_JOINT, describe_blind
from inspection.products.checkpoint_folders import load_calibration
from inspection.products.places import CHECKPOINTS
from inspection.products.product_file import save_product_rate
from inspection.terminal import say


def calibrate(
    category: ProductName,
    false_alarm_rate: Annotated[
        float, typer.Option(help="Share of good parts that may be flagged, such as 0.02.")
    ],
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Store a product's own false-alarm rate, which the page and every command then use."""
    catalog = open_catalog(checkpoints)
    product = catalog.find(category)
    for error in catalog.checkpoints.mismatched(product).values():
        say(f"Left out: {error}", err=True)
    names = catalog.checkpoints.matching(product)
    calibrations = [load_calibration(product.folder / name).calibration for name in names]
    thresholds = [calibration.threshold(false_alarm_rate) for calibration in calibrations]
    for name, calibration, threshold in zip(names, calibrations, thresholds, strict=True):
        say(f"{name}: threshold {threshold:.4g} from {calibration.num_normal} normal parts")
    if len(names) > 1:
        joint = join(dict(zip(names, calibrations, strict=True)))
        if joint is None or false_alarm_rate < joint.floor:
            say(f"{JOINT}: {NO_JOINT}")
        else:
            say(f"{JOINT}: from {len(joint.units)} good parts that all detectors held out")
            for sentence in describe_blind(catalog.titles(joint.blind)):
                say(f"{JOINT}: {sentence}")
    save_product_rate(product.folder, false_alarm_rate)
    say(f"{product.key} now allows {100 * false_alarm_rate:g} false alarms per 100 good parts.")
