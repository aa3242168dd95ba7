"""Evaluate the viewer's arithmetic: in Node where it is installed, else in a headless browser."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser import find_browser, open_browser

ROOT = Path(__file__).parent.parent
NAMES = ("calibration", "standing", "joint", "contour", "palette", "format")
TEXTS = {"TEXTS": {"and": "and"}}
PURE = tuple(f"ui/viewer/{name}.js" for name in NAMES)


def evaluate(
    body: str,
    argument: Any,
    *,
    scripts: Sequence[str] = PURE,
    constants: Mapping[str, Any] = TEXTS,
) -> Any:
    """Return what a function body returns for the argument `input`, or what it promises.

    Args:
        body: of the function.
        argument: of the function.
        scripts: paths in the project of what stands before it; else of the viewer's arithmetic.
        constants: that the scripts need, by name.
    """
    code = "\n".join((ROOT / script).read_text(encoding="utf-8") for script in scripts)
    known = "".join(f"const {name} = {json.dumps(one)};\n" for name, one in constants.items())
    source = f"{known}{code}\nconst run = (input) => {{ {body} }};\n"
    node = shutil.which("node")
    if node:
        return _in_node(node, source, argument)
    if find_browser() is None:
        pytest.skip("neither Node nor a browser is installed")
    with open_browser() as browser:
        page = browser.new_page()
        return page.evaluate(f"(input) => {{ {source} return run(input); }}", argument)


def _in_node(node: str, source: str, argument: Any) -> Any:
    reading = "JSON.parse(require('fs').readFileSync(0, 'utf8'))"
    finish = "(found) => process.stdout.write(JSON.stringify(found))"
    program = f"{source}\nPromise.resolve(run({reading})).then({finish});"
    result = subprocess.run(
        [node, "-e", program],
        input=json.dumps(argument),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
