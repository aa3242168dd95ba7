"""Every sentence that a person reads on the Results tab."""

DATASET = "Dataset"
CATEGORY = "Category"
READING = "Reading the evaluations…"
NO_PRODUCTS = "There is no trained detector yet. Train one with `python cli.py train --data DIR`."
MISSING = "It has not been evaluated yet."
TROUBLES_TITLE = "Not in these results"
TROUBLE = "{product}, {detector}: {problem}"
MANY_TROUBLES = "{num} detectors were not evaluated, or not these weights and thresholds: {names}."
CLASSES_ONLY = "There are no good parts to judge by: only classes and trainings have results."

ANSWER = {"sure": "How sure is that?"}
ANSWER_ROWS = {
    "found": "{found} of {defects} found",
    "unknown": "no defect tested",
    "alarms": "{alarms} of {good} good parts flagged",
    "noGood": "no good part tested",
    "tooMany": "(more than promised)",
    "behind": "clearly fewer",
    "interval": "The share of all such defects that it finds is 95 % sure to lie between {low} and "
    "{high} %.",
}
EVIDENCE = (
    "All were tested on the same images, which none had seen before. A difference counts where "
    "McNemar's exact test and resamples of whole parts (paired bootstrap) agree, at 5 % for all "
    "pairs together (Bonferroni). The line in each bar is the exact 95 % interval of its share."
)
RATE = {
    "ask": "Good parts that may be flagged for nothing",
    "label": "False alarms allowed per 100 good parts, for all views of this tab",
    "fewer": "Fewer false alarms",
    "more": "Find more",
}
RATE_VALUES = {"rate": "{rate} in 100", "reset": "Back to {rate}"}
