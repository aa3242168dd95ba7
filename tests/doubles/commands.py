"""Commands as a person types them."""

from typer.testing import CliRunner, Result

import cli
from inspection.errors import InspectionError


def invoke(*words: object) -> Result:
    """Run a command; what it would tell a person as an error is raised."""
    result = CliRunner().invoke(cli.app, [str(word) for word in words])
    if isinstance(result.exception, InspectionError):
        raise result.exception
    return result


def run(*words: object) -> str:
    """Run a command that must succeed, and return all that it says."""
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result.output
