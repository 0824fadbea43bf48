import io

from rich.console import Console

from arzoo.training import display as module
from arzoo.training.display import display


def shown(terminal, wanted=True):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=160)
    with display("made-digits", 20, wanted=wanted, console=console) as show:
        for step in range(1, 21):
            show(step, 1.25, 300.0)
    return stream.getvalue()


def test_a_file_gets_a_line_now_and_then_and_one_at_the_end():
    assert shown(terminal=False).splitlines() == [
        "made-digits: step 1/20  1.2500 bits/dim  300.0 items/s",
        "made-digits: step 20/20  1.2500 bits/dim  300.0 items/s",
    ]


def test_lines_come_at_their_interval(monkeypatch):
    clock = iter(range(100, 1000, 4))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    assert len(shown(terminal=False).splitlines()) > 4


def test_a_terminal_gets_a_bar_with_bits_per_dim_and_speed():
    text = shown(terminal=True)
    assert "20/20" in text
    assert "1.2500 bits/dim  300.0 items/s" in text


def test_nothing_where_it_is_not_wanted():
    assert shown(terminal=True, wanted=False) == shown(terminal=False, wanted=False) == ""
