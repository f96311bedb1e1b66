from __future__ import annotations

from pathlib import Path
from string import Template

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.config import ConfigError
from app.incident.kinds import CommandEnded, EtaChanged
from app.notices.fill import OURS, fill, folder_of, name_of, read
from app.notices.notice import FIRST, IT, MANAGEMENT, RESOLVED, STAGES, TECHNICAL, UPDATE, USERS
from app.notices.notice import audiences_of as audiences
from app.notices.placeholders import PLACEHOLDERS
from checks.when import iso
from tests.app.incident.stories import at
from tests.app.notices.known import UP, known

ALL = [(stage, audience) for stage in STAGES for audience in audiences(stage)]

JARGON = ("smtp", "IMAP", "submission", "SEV", "queue", "Postfix", "mail1", "hypothes", "check")


@pytest.mark.parametrize(("stage", "audience"), ALL)
def test_there_is_a_template_of_ours_for_each_stage_and_audience(stage: str, audience: str) -> None:
    drafted = fill(stage, audience, known(800))
    assert drafted.subject
    assert drafted.text.strip()
    assert "$" not in drafted.subject + drafted.text
    assert not drafted.mistakes


def test_no_template_of_ours_is_without_a_notice_that_it_is_for() -> None:
    assert {path.name for path in OURS.iterdir()} == {name_of(*one) for one in ALL}


def test_each_placeholder_is_documented_and_asked_for_by_a_template_of_ours() -> None:
    asked = {
        name for path in OURS.iterdir() for name in Template(path.read_text()).get_identifiers()
    }
    assert asked == set(PLACEHOLDERS)
    assert all(one.help for one in PLACEHOLDERS.values())


def test_users_get_plain_words_and_it_gets_all_of_it() -> None:
    told = known(250, contact="the hotline, 100")
    plain, full = (fill(FIRST, audience, told) for audience in (USERS, IT))
    assert not [word for word in JARGON if word in plain.text]
    assert "Affected: Sending mail, Receiving mail (works for some)\n" in plain.text
    assert "Not affected: Reading mail\n" in plain.text
    assert "since 03:10 CET" in plain.text
    assert "You hear from us again at 03:35 CET" in plain.text
    assert plain.text.endswith("Questions: the hotline, 100\n")
    assert "smtp/mail1:25  connection refused, since 04:10 CET\n" in full.text
    assert "mail1: 1,204 wait, the oldest for 41m 0s\n" in full.text


def test_the_resolved_notice_has_summary_cause_prevention_and_what_becomes_of_the_mail() -> None:
    for audience in (USERS, MANAGEMENT, IT):
        text = fill(RESOLVED, audience, known(2300, UP)).text
        assert "from 03:10 CET to 03:23 CET, for 12m 40s" in text
        assert "Nobody could send for 13 minutes" in text
        assert "killed Postfix on mail1" in text
        assert "MemoryMax=2G" in text
        assert "Mail sent between 03:10 and 03:23 CET" in text


def test_a_line_of_which_nothing_is_known_is_left_out_and_said_to_be_unknown() -> None:
    drafted = fill(RESOLVED, USERS, known(1950, UP))
    assert "So that it does not come again" not in drafted.text
    assert set(drafted.unknown) == {"summary", "prevention", "contact"}
    assert "\n\n\n" not in drafted.text


def test_the_estimate_is_told_with_its_reason_until_it_has_passed() -> None:
    def estimate(*given: EtaChanged) -> str:
        said = [(100.0 + n, "ana", one) for n, one in enumerate(given)]
        text = fill(UPDATE, USERS, known(200, None, *said)).text
        return next(line for line in text.split("\n") if line.startswith("Expected"))

    ahead = EtaChanged(low=iso(at(3600)), high=iso(at(7200)), reason="a disk is on its way")
    by = EtaChanged(high=iso(at(3600)))
    past = EtaChanged(high=iso(at(150)))
    assert estimate(ahead) == (
        "Expected to work again: between 04:10 and 05:10 CET (a disk is on its way)"
    )
    assert estimate(ahead, by).endswith("by about 04:10 CET")
    assert estimate() == estimate(past) == estimate(by, EtaChanged())
    assert estimate().endswith("not known yet")


def test_a_secret_in_a_command_or_an_answer_is_in_no_notice() -> None:
    ran = CommandEnded(begun="x", host="mail1", argv=("login", "password=hunter2"), outcome="done")
    text = fill(TECHNICAL, IT, known(800, None, (799, "ana", ran))).text
    assert "mail1: login password=********" in text
    assert "hunter2" not in text


def test_the_house_has_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "first-users.txt").write_text("Subject: Post geht nicht\n\nSeit $since, $$ 5\n")
    drafted = fill(FIRST, USERS, known(250), tmp_path)
    assert (drafted.subject, drafted.text) == ("Post geht nicht", "Seit 03:10 CET, $ 5\n")
    assert fill(FIRST, IT, known(250), tmp_path) == fill(FIRST, IT, known(250))
    assert folder_of(Path("/etc/mailmedic/config.toml")) == Path("/etc/mailmedic/notices")


MISTAKES = [
    ("Subject: a\n\n$sinse", ':3: there is no placeholder $sinse; did you mean "since"?'),
    ("Subject: $\n", ":1: a $ that begins no placeholder; a dollar sign is written $$"),
    ("Subject: a\nfor ${title", ":2: a $ that begins no placeholder"),
    ("Mail is down\n", ":1: must begin with Subject:"),
    ("", ": is empty; delete it, and ours is taken"),
    ("Subject: \udcff", ":1: is not UTF-8 text"),
]


@pytest.mark.parametrize(("text", "mistake"), MISTAKES)
def test_a_mistake_is_named_and_ours_is_taken_instead(
    tmp_path: Path, text: str, mistake: str
) -> None:
    path = tmp_path / "first-users.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    drafted = fill(FIRST, USERS, known(250), tmp_path)
    (found,) = drafted.mistakes
    assert found.startswith(f"{path}{mistake}")
    assert replace(drafted, mistakes=()) == fill(FIRST, USERS, known(250))


def test_what_anybody_may_write_speaks_for_nobody(tmp_path: Path) -> None:
    path = tmp_path / "first-users.txt"
    path.write_text("Subject: pwned\n")
    path.chmod(0o666)
    assert "anybody may write it" in fill(FIRST, USERS, known(250), tmp_path).mistakes[0]


@settings(max_examples=40)
@given(text=st.text(st.sampled_from("S:ubject $ainc{}\n"), max_size=40))
def test_whatever_is_read_can_be_filled(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("t") / "first-users.txt"
    path.write_text(f"Subject: {text}")
    try:
        read(path)
    except ConfigError as error:
        assert all(one.startswith(str(path)) for one in error.problems)  # noqa: PT017
        return
    assert "\n" not in fill(FIRST, USERS, known(250), path.parent).subject
