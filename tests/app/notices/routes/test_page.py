from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.config import ConfigError, load
from app.notices.page.state import decode
from app.notices.route import Message, Route
from app.notices.routes import page
from checks.fate import Fate
from checks.secret import Credentials
from tests.boards import NOWHERE

MESSAGE = Message(
    notice="users-1",
    subject="Mail is disturbed",
    text="Nobody can send.\n",
    audience=("users",),
    phase="investigating",
    incident="2026-11-23-01",
    components={"Sending mail": "out"},
)


def route(folder: Path, *push: str) -> Route:
    return Route(
        name="page",
        kind="page",
        audience=("users",),
        url=f"page:{folder}",
        resolver=NOWHERE,
        push=push,
        zone="Europe/Vienna",
    )


async def sent(way: Route, message: Message = MESSAGE) -> Fate:
    return (await page.send(message, way, Credentials("", ""), deadline=20))[""]


async def test_a_notice_to_users_is_on_the_page_and_the_folder_is_the_proof(tmp_path: Path) -> None:
    fate = await sent(route(tmp_path))
    assert (fate.outcome, fate.proof) == ("accepted", str(tmp_path))
    (incident,) = decode((tmp_path / "status.json").read_bytes()).incidents
    assert (incident.id, incident.last.subject) == ("2026-11-23-01", "Mail is disturbed")
    assert " CET" in (tmp_path / "index.html").read_text()


async def test_a_folder_that_can_not_be_had_refuses_it(tmp_path: Path) -> None:
    fate = await sent(route(tmp_path / "no" / "where"))
    assert fate.outcome == "refused"
    assert "no/where" in fate.reply


async def test_a_test_is_not_published(tmp_path: Path) -> None:
    fate = await sent(route(tmp_path / "status"), replace(MESSAGE, is_test=True))
    assert fate.outcome == "accepted"
    assert not (tmp_path / "status").exists()


async def test_a_command_carries_it_further_and_its_failure_is_told(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    copied = await sent(route(here, "cp", "-r", str(here), str(there)))
    assert copied.outcome == "accepted"
    assert (there / "index.html").exists()
    failed = await sent(route(here, sys.executable, "-c", "import sys; sys.exit('no route')"))
    assert failed.outcome == "refused"
    assert failed.reply == f"published in {here}; push: exit status 1: no route"


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ('url = "page:status"\naudience = ["users"]', '"url" must be page:/FOLDER'),
        ('url = "page:/x"\naudience = ["it", "users"]', "everybody reads it"),
        ('url = "wall:"\naudience = ["users"]\npush = ["true"]', 'takes no "push"'),
    ],
)
def test_what_would_be_read_by_all_is_for_users_alone(
    tmp_path: Path, table: str, mistake: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[[host]]\nname = "mail1"\n[[route]]\nname = "page"\n{table}\n')
    with pytest.raises(ConfigError, match=mistake):
        load(path)
