"""Defect Lens on the command line; `python cli.py --help` lists the commands."""

import sys

import typer

from commands import calibrate, demo, distill, evaluate, inspect, train
from inspection.errors import InspectionError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Inspect products with three detectors side by side. Start the page with `python app.py`.",
)
app.command("demo-data")(demo.demo_data)
app.command("train")(train.train)
app.command("calibrate")(calibrate.calibrate)
app.command("evaluate")(evaluate.evaluate)
app.command("inspect")(inspect.inspect)
app.command("distill-backbone")(distill.distill_backbone)


def main() -> None:
    """Run a command; what a person can mend ends with a sentence and exit code 2."""
    try:
        app()
    except InspectionError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was trained before is as it was.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
