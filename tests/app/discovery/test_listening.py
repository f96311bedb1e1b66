from app.discovery.listening import parse_listening


def test_listening_elsewhere_or_not_at_all_does_not_count() -> None:
    lines = [
        "  sl  local_address rem_address   st",
        "   0: 0500000A:0019 00000000:0000 0A 0",
        "   1: 0100007F:024B 00000000:0000 01 0",
        "   2: 0100007F:008F 00000000:0000 0A 0",
        "   3: 00000000000000000000000000000000:03E1 00000000000000000000000000000000:0000 0A 0",
    ]
    assert list(parse_listening(lines, "127.0.0.1")) == [143, 993]
    assert list(parse_listening(lines, "10.0.0.5")) == [25, 993]
