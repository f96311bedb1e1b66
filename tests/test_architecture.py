"""The house's promises, kept by machine."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import checks
from checks import registry
from checks.model import CheckOptions

ROOT = Path(checks.__file__).parents[1]
KINDS = sorted(registry.kinds())


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running `code`."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", script], text=True).split())


@pytest.mark.parametrize(
    "code",
    [
        "import app.__main__, app.cli.status, app.status, app.engine, app.plan, app.choose",
        "from checks import registry\nfor kind in registry.kinds(): registry.load(kind)",
        "import contextlib, io\nfrom app.__main__ import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])",
    ],
)
def test_what_needs_no_screen_never_imports_textual(code: str) -> None:
    assert not {name for name in loaded_by(code) if name.split(".")[0] in ("textual", "rich")}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import contextlib, io\nfrom app.__main__ import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])"
    )
    assert not loaded_by(code) & {"msgspec", "asyncio", "dns", "psutil", "ssl", "cryptography"}


def test_the_screen_is_painted_before_checks_and_log_are_loaded() -> None:
    code = (
        "import app.choose, app.cli._console, app.console.console, app.console.open, "
        "app.console.session, app.console.terminal"
    )
    later = {
        "app.desk",
        "app.incident.kinds",
        "app.monitor",
        "dns",
        "psutil",
        "textual.widgets._text_area",
        "tinydb",
    }
    assert not loaded_by(code) & later


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_of_a_check_room_is_a_check(kind: str) -> None:
    check = registry.load(kind)
    assert check.FINDINGS
    assert all(code and meaning for code, meaning in check.FINDINGS.items())
    assert issubclass(check.Options, CheckOptions)
    check.Options()
    assert callable(check.targets)
    parameters = inspect.signature(check.check).parameters
    assert list(parameters) == ["target", "options", "deadline"]
    assert importlib.import_module(registry.kinds()[kind]).__doc__


def test_kinds_have_distinct_names() -> None:
    found = [
        module.name
        for room in registry.ROOMS
        for module in pkgutil.iter_modules([str(ROOT / "checks" / room)])
        if not module.name.startswith("_")
    ]
    assert sorted(found) == sorted(set(found))


def test_textual_is_imported_in_its_two_rooms_only() -> None:
    wrong = []
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("checks/**/*.py")]:
        if (ROOT / "app" / "console") in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("textual", "rich") for name in names):
                wrong.append(str(path.relative_to(ROOT)))
    assert not wrong


def test_no_text_from_outside_is_given_to_textual_as_markup() -> None:
    """Where Textual takes a str for markup, we give it Content or a literal."""
    takes_markup = {"Static", "Label", "Button", "notify", "Option", "add_row", "update"}
    wrong = []
    for path in [*ROOT.glob("app/console/**/*.py"), *ROOT.glob("widgets/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            has_no_markup = any(keyword.arg == "markup" for keyword in node.keywords)
            first = node.args[0]
            is_content = isinstance(first, ast.Call) and getattr(first.func, "id", "") == "content"
            is_safe = isinstance(first, ast.Constant) or is_content or has_no_markup
            if name in takes_markup and not is_safe:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert not wrong
