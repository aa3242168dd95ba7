"""How small and how faint a drawn defect each detector still finds."""

from functools import partial

from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from inspection.sensitivity.kept import Study, describe_study, load_study
from inspection.sensitivity.placing import KINDS
from ui.parts.components import make_plot, make_table
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

NOT_STUDIED = "It was not studied: `python cli.py sensitivity` with `--kind {kind}` does it."


def find_study(results: Results, selection: Selection) -> Study | None:
    """Return what `cli.py sensitivity` has found of a product; None where it is no longer true."""
    try:
        study = load_study(results.catalog.product(selection.key))
    except (EvaluationError, CheckpointError):
        return None
    return study if study.trials else None


def build(results: Results, selection: Selection) -> Updates:
    """Return the curves of one kind of defect, and its limits at every contrast."""
    from eda.sensitivity.curves import draw_pod, fit_infos
    from eda.sensitivity.study_page import describe_setting, tabulate_contrasts
    from eda.style import empty_plot
    from eda.tables import table_value
    from inspection.sensitivity.fitting import fit_trials

    study = find_study(results, selection)
    if study is None:
        return {"pod-plot": None, "pod": None}
    infos = {**results.catalog.detectors, JOINT: JOINT_INFO}
    kind = known(selection.choices.get("drawn-kind"), KINDS, study.options.kinds[0])
    title = f"{kind.replace('-', ' ').capitalize()}, {study.reference:g} grey levels"
    trials = study.pick(kind, study.reference)
    if not trials:
        return {"pod-plot": empty_plot(title, NOT_STUDIED.format(kind=kind)), "pod": None}
    titles = {name: info.title for name, info in infos.items()}
    return {
        "pod-plot": draw_pod(fit_infos(fit_trials(trials), infos), title=title),
        "pod": table_value(
            tabulate_contrasts(study, kind, infos),
            f"Still found: {kind.replace('-', ' ')}, {study.category}",
            file="sensitivity",
            note=" ".join((*describe_study(study, titles), describe_setting(study))),
        ),
    }


VIEW = ResultsView(
    "sensitivity",
    "Sensitivity",
    rows=({"pod-plot": make_plot}, {"pod": make_table}),
    build=build,
    filters={
        "drawn-kind": partial(
            make_filter, "Defect", [(one.replace("-", " ").capitalize(), one) for one in KINDS]
        )
    },
    is_offered=lambda results, selection: find_study(results, selection) is not None,
    is_rare=True,
)
