"""How small and how faint a defect each detector still finds, drawn ones and real ones."""

from functools import partial

from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from inspection.sensitivity.kept import Study, describe_real, describe_study
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.real_defects import REAL, make_real_trials
from inspection.sensitivity.records import Trial
from ui.parts.components import make_plot, make_table
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, say_fixed

NOT_STUDIED = "It was not studied: `python cli.py sensitivity` with `--kind {kind}` does it."
NO_REAL = (
    "No defect with a mask was measured and judged by all detectors: `python cli.py evaluate` and "
    "then `python cli.py sensitivity` do it."
)
QUESTIONS = {
    **{one: one.replace("-", " ").capitalize() for one in KINDS},
    **{name: title for name, (_, title) in REAL.items()},
}


def judge_real(study: Study, selection: Selection) -> list[Trial]:
    """Return the real defects as trials; none where a detector of the study was not evaluated."""
    names = {one.detector for one in study.checkpoints} | {JOINT}
    reports = [one.report for one in selection.shown if one.info.name in names]
    if len(reports) < len(study.checkpoints):
        return []
    return make_real_trials(study.defects, reports)


def say_rate(results: Results, selection: Selection) -> str:
    """Return at which rate the study was made."""
    study = results.studies.find(selection.key)
    return "" if study is None else say_fixed(study.false_alarm_rate)


def build(results: Results, selection: Selection) -> Updates:
    """Return the curves of one kind of defect, or of the real ones, and their limits.

    They take seconds, so each is worked out once.
    """
    study = results.studies.find(selection.key)
    if study is None:
        return {"pod-plot": None, "pod": None}
    name = known(selection.choices.get("question"), QUESTIONS, study.options.kinds[0])
    return results.studies.view(
        selection.key, name, study, selection.shown, lambda: _draw(results, selection, study, name)
    )


def _draw(results: Results, selection: Selection, study: Study, name: str) -> Updates:
    from eda.sensitivity.curves import MODELS
    from eda.sensitivity.exhibits import show_drawn, show_real
    from eda.sensitivity.study_page import describe_setting
    from eda.style import empty_plot
    from eda.tables import table_value

    infos = {**results.catalog.detectors, JOINT: JOINT_INFO}
    real = judge_real(study, selection)
    if not (real if name in REAL else study.pick(name)):
        why = NO_REAL if name in REAL else NOT_STUDIED.format(kind=name)
        return {"pod-plot": empty_plot(QUESTIONS[name], why), "pod": None}
    shown = show_real(real, name, infos) if name in REAL else show_drawn(study, name, infos)
    titles = {key: info.title for key, info in infos.items()}
    said = [*describe_study(study, titles), *describe_real(real, titles)]
    words = [*shown.compare(), shown.note, *said, *study.notes, describe_setting(study), MODELS]
    table = table_value(
        shown.table,
        f"Still found: {shown.title}, {study.category}",
        file="sensitivity",
        note="\n".join(filter(None, words)),  # a line each
    )
    return {"pod-plot": shown.draw(), "pod": table}


VIEW = ResultsView(
    "sensitivity",
    "Sensitivity",
    rows=({"pod-plot": make_plot}, {"pod": make_table}),
    build=build,
    filters={
        "question": partial(
            make_filter, "Defect", [(title, name) for name, title in QUESTIONS.items()]
        )
    },
    is_offered=lambda results, selection: results.studies.find(selection.key) is not None,
    is_rare=True,
    say_rate=say_rate,
)
