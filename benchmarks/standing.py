"""Whether the axis orders detectors as their test images do: `python -m benchmarks.standing DIR`.

Of every evaluated detector below the folders: its image AUROC, its partial AUROC up to 20 false
alarms per 100, and of its defective test images the mean share of good parts that they stand out
from and their median place on the axis of the Inspect tab; at the end, how well the ranks agree.
"""

from pathlib import Path
from statistics import NormalDist, mean, median
from typing import Annotated

import typer
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from inspection.evaluation.files import EVALUATION, load_evaluation
from inspection.products.checkpoint_folders import read_calibration
from inspection.standing import stand

MAX_RATE = 0.2


def compare(
    checkpoints: Annotated[list[Path], typer.Argument(help="Folders of checkpoints.")],
) -> None:
    """Print a row per detector and the rank correlations."""
    rows = []
    for file in sorted(one for folder in checkpoints for one in folder.rglob(EVALUATION)):
        report = load_evaluation(file.parent)
        calibration = read_calibration(file.parent).calibration
        labels = [image.is_anomalous for image in report.images]
        if len(set(labels)) < 2:
            continue
        scores = [image.image_score for image in report.images]
        places = [stand(one, calibration).position for one in scores]
        found = [place for place, is_defect in zip(places, labels, strict=True) if is_defect]
        auroc = float(roc_auc_score(labels, scores))
        partial = float(roc_auc_score(labels, scores, max_fpr=MAX_RATE))
        share = mean(NormalDist().cdf(place) for place in found)
        rows.append((auroc, partial, share, median(found)))
        name = "/".join(file.parent.parts[-3:])
        print(f"{name:<34} {auroc:.3f}  {partial:.3f}  {share:.3f}  {median(found):6.2f}")
    columns = dict(
        zip(("AUROC", "partial AUROC", "share", "place"), zip(*rows, strict=True), strict=True)
    )
    for measure in ("AUROC", "partial AUROC"):
        for ours in ("share", "place"):
            found = spearmanr(columns[measure], columns[ours]).statistic
            print(f"{measure} and {ours}: rank correlation {found:.2f}")


if __name__ == "__main__":
    typer.run(compare)
