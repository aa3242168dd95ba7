"""Defect Lens on the command line; `python cli.py --help` lists the commands."""

import io
import sys

import typer

from commands import calibrate, demo, distill, eda, evaluate, inspect, report, train, tune
from inspection.errors import BREAKDOWNS, InspectionError, explain

STOPPED = (130, 143)  # what Typer makes of Ctrl+C, and a training of SIGTERM

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Inspect products with detectors side by side. Start the page with `python app.py`.",
)
app.command("demo-data")(demo.demo_data)
app.command("train")(train.train)
app.command("train-all")(train.train_all)
app.command("calibrate")(calibrate.calibrate)
app.command("evaluate")(evaluate.evaluate)
app.command("tune")(tune.tune)
app.command("inspect")(inspect.inspect)
app.command("report")(report.report)
app.command("eda")(eda.eda)
app.command("distill-backbone")(distill.distill_backbone)


def main() -> None:
    """Run a command; what a person can mend ends with a sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a Windows pipe knows few scripts
    try:
        app()
    except (InspectionError, *BREAKDOWNS) as error:
        typer.echo(f"Error: {explain(error)}", err=True)
        sys.exit(2)
    except OSError as error:
        reason = f"{error.filename} cannot be used ({error.strerror})" if error.filename else error
        typer.echo(f"Error: {reason}. Check the path, its rights and the free space.", err=True)
        sys.exit(2)
    except SystemExit as leaving:
        if leaving.code in STOPPED:
            typer.echo("Stopped. What was finished before is as it was.", err=True)
        raise


if __name__ == "__main__":
    main()
