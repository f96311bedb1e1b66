"""Which change stands on top."""

from __future__ import annotations

from datetime import timedelta

from checks.changed import listed
from checks.facts import BY_ITSELF, Change, ChangeFacts, DriftFacts, FileChange, Good
from tests.boards import ONSET
from tests.widgets.scene import AT, OK, UPGRADE, WARNING, answer, board, standing
from widgets.change_rows import change_entry
from widgets.entry import Entry, details
from widgets.panels.config import Config

MINUTE = timedelta(minutes=1)
LONG_AGO = ONSET - timedelta(days=3)


def entries(*changes: Change, files: tuple[FileChange, ...] = ()) -> list[Entry]:
    asked = [
        standing("changes", "mail1", answer(OK, facts=ChangeFacts(LONG_AGO, changes))),
        standing("config", "mail1", answer(OK, facts=DriftFacts(LONG_AGO, 9, files))),
    ]
    return [change_entry(change, ONSET) for change in listed(asked, ONSET)]


def told(entry: Entry) -> str:
    return "  ".join("".join(span.text for span in cell) for cell in entry.cells)


def test_what_preceded_the_onset_stands_above_what_was_done_about_it() -> None:
    old = Change("package", "postfix", ONSET - 60 * MINUTE, old="3.7.10", new="3.7.11")
    last = Change("unit", "opendkim.service", ONSET - 3 * MINUTE, new="masked", who="ana")
    ancient = Change("reboot", "the host was started", ONSET - 3 * 24 * 60 * MINUTE)
    repair = Change("sudo", "/usr/bin/systemctl unmask opendkim", ONSET + 4 * MINUTE, who="ana")
    assert [told(entry) for entry in entries(ancient, old, repair, last)] == [
        "03:01  −3m  mail1  unit opendkim.service masked  by ana",
        "02:04  −1h  mail1  package postfix 3.7.10 → 3.7.11",
        "03:08  +4m  mail1  sudo /usr/bin/systemctl unmask opendkim  by ana",
        "20 Nov  −3d  mail1  the host was started",
    ]


def test_what_may_have_preceded_the_onset_counts_as_if_it_had() -> None:
    before = Change("package", "postfix", ONSET - MINUTE, new="3.7.11")
    rule = Change("firewall", "+ drop", ONSET + 5 * MINUTE, LONG_AGO)
    first, _ = entries(before, rule)
    assert told(first) == "≤03:09  −?  mail1  firewall + drop"


def test_what_is_in_a_baseline_taken_by_itself_stays_a_suspect_and_says_so() -> None:
    at, good = ONSET - timedelta(hours=5), ONSET - timedelta(hours=4)
    edit = FileChange("/etc/postfix/main.cf", "changed", at, 1, 1, good_since=good)
    limit = Change("parameter", "x", at - MINUTE, new="1", good_since=good)
    for entry in entries(limit, files=(edit,)):
        (note,) = entry.more
        assert note[0].text == (
            "in the baseline of 22 Nov 23:04Z: mail was healthy with it by then"
        )


def test_the_panel_says_how_far_back_the_list_reaches_and_what_the_newest_baseline_is() -> None:
    good = Good(ONSET - timedelta(hours=4), BY_ITSELF, ONSET - timedelta(hours=1))
    facts = DriftFacts(LONG_AGO, 9, good=good)
    shown = board(standing("config", "mail1", answer(OK, facts=facts)))
    (line,) = Config().below(shown, AT)
    assert "".join(span.text for span in line) == (
        "baseline Fri 20 Nov 03:04Z · 9 files watched · baseline of 22 Nov 23:04Z,"
        " taken by itself while healthy, last seen healthy 23 Nov 02:04Z"
    )


def test_where_only_the_dns_is_known_the_panel_says_that_no_configuration_is() -> None:
    shown = board(standing("records", "dns", answer(OK, facts=ChangeFacts(LONG_AGO))))
    (line,) = Config().below(shown, AT)
    assert line[0].text == Config.EMPTY


def test_a_setting_is_told_with_the_file_that_was_edited() -> None:
    at = ONSET - 3 * MINUTE
    edit = FileChange("/etc/postfix/main.cf", "changed", at - timedelta(seconds=0.4), 1, 1)
    setting = Change("parameter", "mynetworks", at, old="127.0.0.0/8", new="0.0.0.0/0")
    other = Change("parameter", "relayhost", at - MINUTE, new="[old.test]")
    file, alone = entries(setting, other, files=(edit,))
    assert told(file) == "03:01  −3m  mail1  /etc/postfix/main.cf  +1 −1"
    (effective,) = file.more
    assert effective[0].text == "effective: mynetworks 127.0.0.0/8 → 0.0.0.0/0"
    assert told(alone) == "03:00  −4m  mail1  parameter relayhost = [old.test]"


def test_a_file_is_told_with_who_alone_had_root_just_then() -> None:
    edit = FileChange("/etc/x", "added", ONSET - MINUTE)
    ana = Change("sudo", "/usr/bin/vi /etc/x", ONSET - 2 * MINUTE, who="ana")
    bob = Change("sudo", "/bin/sh", ONSET - 3 * MINUTE, who="bob")
    assert told(entries(ana, files=(edit,))[0]) == "03:03  −1m  mail1  /etc/x  added  by ana"
    assert told(entries(ana, bob, files=(edit,))[0]) == "03:03  −1m  mail1  /etc/x  added"


def test_what_is_wrong_now_stands_above_all_changes() -> None:
    said = answer(WARNING, "Dovecot would not start again: line 97", "config.broken-if-restarted")
    on = board(
        standing("restart", "mail1", said),
        standing("changes", "mail1", answer(OK, facts=ChangeFacts(LONG_AGO, (UPGRADE,)))),
    )
    assert [told(entry) for entry in Config().entries(on, AT)] == [
        "now  mail1  Dovecot would not start again: line 97",
        "02:58  −12m  mail1  package postfix 3.7.10 → 3.7.11  by ana",
    ]


def test_the_cursor_can_tell_apart_what_was_done_twice_or_at_the_same_moment() -> None:
    good = ONSET - timedelta(hours=4)
    edits = [FileChange("/etc/x", "changed", ONSET, 1, 1, good_since=at) for at in (None, good)]
    logins = tuple(Change("login", "ssh from 192.0.2.1", ONSET, who=who) for who in ("ana", "bob"))
    on = board(
        standing("config", "mail1", answer(OK, facts=DriftFacts(LONG_AGO, 9, tuple(edits)))),
        standing("changes", "mail1", answer(OK, facts=ChangeFacts(LONG_AGO, logins))),
    )
    keys = [entry.key for entry in Config().entries(on, AT)]
    assert len(set(keys)) == 4
    assert keys == [entry.key for entry in Config().entries(on, AT)]


def test_the_diff_of_a_row_is_shown_side_by_side_where_that_is_wanted() -> None:
    edit = FileChange("/etc/x", "changed", ONSET, 1, 1, ("-limit = 100", "+limit = 1000"))
    (entry,) = entries(files=(edit,))
    for width, lines in ((0, ["-limit = 100", "+limit = 1000"]), (31, ["-limit = 100"])):
        shown = ["".join(span.text for span in one) for one in details(entry, AT, beside_in=width)]
        assert [line.partition(" │ ")[0].rstrip() for line in shown[: len(lines)]] == lines
    assert "-limit = 100   │ +limit = 1000" in shown
