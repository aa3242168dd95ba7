"""Defect Lens on the command line; `python cli.py --help` lists the commands."""

import signal
import sys

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `raise_interrupts`: imports take seconds

from typing import Annotated

import typer

from commands import (
    backbones,
    calibrate,
    demo,
    distill,
    doctor,
    eda,
    evaluate,
    inspect,
    report,
    sensitivity,
    stress,
    train,
    tune,
)
from inspection.errors import BREAKDOWNS, InspectionError, explain
from inspection.memory import check_libraries
from inspection.processors import share_processors
from inspection.terminal import accept_all_characters, raise_interrupts, report_error, say, show_log

STOPPED = (130, 143)  # what Typer makes of Ctrl+C, and a training of SIGTERM

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def set_up(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the tracebacks of what fails.")
    ] = False,
) -> None:
    """Inspect products with detectors side by side. Start the page with `python app.py`."""
    if verbose:
        show_log()


app.command("demo-data")(demo.demo_data)
app.command("train")(train.train)
app.command("train-all")(train.train_all)
app.command("calibrate")(calibrate.calibrate)
app.command("evaluate")(evaluate.evaluate)
app.command("tune")(tune.tune)
app.command("inspect")(inspect.inspect)
app.command("report")(report.report)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("stress")(stress.stress)
app.command("eda")(eda.eda)
app.command("backbones")(backbones.backbones)
app.command("distill-backbone")(distill.distill_backbone)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run a command; what a person can fix ends with a sentence and exit code 2."""
    raise_interrupts()
    accept_all_characters()
    share_processors()
    try:
        check_libraries()
        app()
    except (InspectionError, *BREAKDOWNS) as error:
        report_error(explain(error))
        sys.exit(2)
    except OSError as error:
        reason = f"{error.filename} cannot be used ({error.strerror})" if error.filename else error
        report_error(f"{reason}. Check the path, its rights and the free space.")
        sys.exit(2)
    except SystemExit as leaving:
        if leaving.code in STOPPED:
            say("Stopped. What was finished before is as it was.", err=True)
        raise


if __name__ == "__main__":
    main()
