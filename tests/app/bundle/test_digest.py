"""What `incident verify` says of bundles: the log may have been written by anybody in the group."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bundle.digest import check_bundles
from app.incident import folder as incidents
from app.incident.kinds import Bundled
from app.incident.log import IncidentLog


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "", "a/b", ".."])
def test_a_name_that_leads_out_of_the_folder_is_broken_and_not_opened(
    file: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("")
    folder = tmp_path / "incidents"
    log = IncidentLog.create(folder, "test", spare=tmp_path / "spare")
    log.append(Bundled(host="mx", file=file, size=0, sha256="0" * 64))
    fine, altered = check_bundles(folder, incidents.ids(folder)[0])
    assert fine == []
    assert altered == [f"BROKEN: {file} of entry 2 is no name of a bundle"]


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    log = IncidentLog.create(tmp_path / "incidents", "test", spare=tmp_path / "spare")
    log.append(Bundled(host="mx", file="x.tar.gz", size=0, sha256="0" * 64))
    (tmp_path / "incidents" / "x.tar.gz").symlink_to("/etc/passwd")
    fine, altered = check_bundles(tmp_path / "incidents", log.id)
    assert altered == []
    assert fine == ["x.tar.gz is not checked: Too many levels of symbolic links"]
