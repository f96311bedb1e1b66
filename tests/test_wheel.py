"""The wheel, installed alone into an empty environment, runs from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def mailmedic(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that holds the wheel; dependencies are borrowed from ours."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel], check=True
    )
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    theirs = next((folder / "lib").glob("python*/site-packages"))
    for entry in Path(ours).iterdir():
        is_ours = entry.name.startswith(("mailmedic", "_editable", "__editable", "_mailmedic"))
        if not is_ours and not (theirs / entry.name).exists():
            (theirs / entry.name).symlink_to(entry)
    return folder / "bin" / "mailmedic"


def test_the_wheel_holds_the_three_packages_and_their_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"app", "widgets", "checks"}
    assert "app/sop/default.toml" in names
    assert "app/drill/faults.toml" in names
    assert "app/notices/templates/first-users.txt" in names
    assert any(name.endswith(".tcss") for name in names)


@pytest.mark.parametrize("where", ["/", "decoy"])
def test_it_runs_from_anywhere(mailmedic: Path, tmp_path: Path, where: str) -> None:
    folder = Path(where)
    if where == "decoy":
        folder = tmp_path
        for name in ("app", "widgets", "checks"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text("raise SystemExit('the decoy ran')\n")
    done = subprocess.run(
        [mailmedic, "status", "--config", "/nonexistent.toml"],
        cwd=folder,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("mailmedic: /nonexistent.toml")
    assert done.stderr.count("\n") == 1
    version = subprocess.check_output([mailmedic, "--version"], cwd=folder, text=True)
    assert version.startswith("mailmedic ")
