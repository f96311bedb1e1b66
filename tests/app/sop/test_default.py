"""The procedure that comes with mailmedic asks for everything that it was made from."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from app import sop
from app.sop.tables import ACTIONS
from checks import registry

REQUESTS = {
    # what the source asks for, sentence by sentence, in our words: the items that ask for it
    "1 find out scope and severity first": ["who-is-hit", "which-way", "severity"],
    "1 look at the server: is it really down, does it not answer": ["mail-down"],
    "1 ask the monitoring whether one user is hit or all": ["monitoring-read", "who-is-hit"],
    "1 gather it early, and plan the response by it": ["onset", "response-planned"],
    "2 once it is confirmed, notify all who are concerned": ["it-told", "management-told"],
    "2 tell IT team, management and the users who may be hit": [
        "it-told",
        "management-told",
        "users-told",
    ],
    "2 be clear": ["management-told", "users-told"],
    "2 tell users by mail or intranet, with an estimate if there is one": [
        "users-told",
        "estimate",
    ],
    "2 keep users up to date about the fix": ["next-update", "progress-told"],
    "3 then search, in order: hardware, network, software": [
        "hardware",
        "reachability",
        "config",
        "cause",
    ],
    "3 is the server switched on, and does it work": [
        "power",
        "hardware",
        "processes",
        "resources",
        "queue",
    ],
    "3 read the server's logs for errors that explain it": ["error-logs"],
    "3 no trouble in the network keeps anybody from the server": ["reachability", "names"],
    "3 try to connect from several devices": ["vantage"],
    "3 look at routers and switches": ["network-gear"],
    "3 review the mail server's settings": ["config"],
    "3 look for updates and changes that did it by accident": ["changes"],
    "4 once the cause is known, implement a fix": [
        "cause",
        "fix-chosen",
        "fix-applied",
        "effect-seen",
    ],
    "4 restart, patch or roll back, as the trouble asks": ["fix-chosen", "fix-applied"],
    "4 document each step, for later and for the impact": ["evidence-kept", "steps-logged"],
    "5 test thoroughly after the fix": ["test-mail", "world", "all-services"],
    "5 send and receive test mail": ["test-mail", "world"],
    "5 look for delayed messages": ["delayed-mail"],
    "5 see every mail service work": ["all-services"],
    "5 have several people verify it": ["signed-off"],
    "6 once it works and is verified, tell users": ["users-told-over"],
    "6 with a summary, the cause and what prevents the next one": [
        "users-told-over",
        "prevention-told",
    ],
    "6 keep people informed, win back their trust": ["others-told-over", "prevention-told"],
    "7 review the outage and the response": ["everybody-heard", "review-response"],
    "7 with everybody concerned, to find what to improve": [
        "everybody-heard",
        "procedure-improved",
    ],
    "7 what was the root cause": ["review-cause"],
    "7 was the response fast enough": ["review-response"],
    "7 what prevents the next one": ["review-prevention"],
    "7 be better prepared the next time": ["procedure-improved", "log-filed"],
}

STEPS = sop.load()
ITEMS = [item for step in STEPS for item in step.items]
IDS = [item.id for item in ITEMS]


@pytest.mark.parametrize("request_", REQUESTS)
def test_each_request_of_the_source_has_its_items_in_its_step(request_: str) -> None:
    number = int(request_[0])
    asked = REQUESTS[request_]
    assert set(asked) <= set(IDS)
    here = {item.id for item in STEPS[number - 1].items}
    elsewhere = {
        "progress-told",
        "cause",
    }  # asked for in one step, at hand in the one before or after
    assert set(asked) & here
    assert set(asked) - here <= elsewhere


def test_no_item_is_there_that_nothing_asks_for() -> None:
    assert set(IDS) == {name for asked in REQUESTS.values() for name in asked}


def test_there_are_seven_steps() -> None:
    assert [step.id for step in STEPS] == [
        "assess",
        "notify",
        "troubleshoot",
        "fix",
        "verify",
        "recovery",
        "review",
    ]


@pytest.mark.parametrize("item", ITEMS, ids=IDS)
def test_an_item_says_what_and_why_and_fits_the_sidebar(item: sop.Item) -> None:
    assert cell_len(item.title) <= 24
    assert item.what.endswith(".")
    assert item.why.endswith(".")
    assert item.evidence.endswith(".")
    assert item.what != item.why
    assert set(item.checks) <= set(registry.kinds())
    assert item.action in ("", *ACTIONS)


def test_what_needs_two_people_is_what_the_source_wants_verified_by_several() -> None:
    assert {item.id: item.signoffs for item in ITEMS if item.signoffs > 1} == {"signed-off": 2}
