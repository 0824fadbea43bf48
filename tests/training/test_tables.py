import dataclasses
import re
from typing import Literal

import pytest

from arzoo.errors import ConfigError
from arzoo.training.tables import differences, key, override, read_table


@dataclasses.dataclass(frozen=True)
class Cage:
    animal: str = key(says="who lives there")
    height: float = key(2.0, says="in metres", above=0)
    bars: int = key(7, says="how many", at_least=1)
    open: bool = key(False, says="whether the door is open")
    food: tuple[str, ...] = key((), says="what is eaten")
    span: tuple[float, float] = key((0.5, 0.9), says="two shares", at_least=0, below=1)
    kind: Literal["indoor", "outdoor"] = key("indoor", says="where it stands")


@dataclasses.dataclass(frozen=True)
class House:
    cage: Cage


def read(**table):
    return read_table(Cage, {"animal": "owl", **table}, source="zoo.toml", path="cage")


def test_defaults_and_conversions():
    assert read() == Cage("owl")
    assert read(height=3, food=["mice"], span=[0, 0.5]) == Cage("owl", 3.0, food=("mice",), span=(0.0, 0.5))
    assert isinstance(read(height=3).height, float)
    assert read_table(House, {"cage": {"animal": "owl"}}, source="zoo.toml") == House(Cage("owl"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"hight": 2}, "zoo.toml: unknown key `cage.hight`. Did you mean 'height'?"),
        ({"xyz": 2}, "zoo.toml: unknown key `cage.xyz`. [cage] knows animal, height, bars, open, food, span, kind."),
        ({"bars": "8"}, "zoo.toml: `cage.bars` must be an integer, got '8'. Write bars = 7."),
        ({"bars": True}, "zoo.toml: `cage.bars` must be an integer, got True. Write bars = 7."),
        ({"bars": 8.0}, "zoo.toml: `cage.bars` must be an integer, got 8.0. Write bars = 7."),
        ({"bars": 0}, "zoo.toml: `cage.bars` must be >= 1, got 0."),
        ({"height": 0}, "zoo.toml: `cage.height` must be > 0, got 0.0."),
        ({"height": float("inf")}, "zoo.toml: `cage.height` must be a finite number, got inf. Write height = 2.0."),
        ({"height": float("nan")}, "zoo.toml: `cage.height` must be a finite number, got nan. Write height = 2.0."),
        ({"open": 1}, "zoo.toml: `cage.open` must be true or false, got 1. Write open = false."),
        ({"animal": 3}, "zoo.toml: `cage.animal` must be a string, got 3."),
        ({"food": "mice"}, "zoo.toml: `cage.food` must be a list of strings, got 'mice'. Write food = [\"mice\"]."),
        ({"food": [1]}, "zoo.toml: `cage.food` must be a list of strings, got [1]."),
        ({"span": [0.1]}, "zoo.toml: `cage.span` must be a list of two numbers, got [0.1]. Write span = [0.5, 0.9]."),
        ({"span": [0.1, 1]}, "zoo.toml: `cage.span` must be < 1, got 1.0."),
        (
            {"kind": "outdor"},
            "zoo.toml: `cage.kind` must be one of 'indoor', 'outdoor', got 'outdor'. Did you mean 'outdoor'?",
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(table, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        read(**table)


def test_a_missing_key_or_table_is_named():
    with pytest.raises(ConfigError, match=r"^zoo\.toml: the key `cage\.animal` \(who lives there\) must be given"):
        read_table(Cage, {}, source="zoo.toml", path="cage")
    with pytest.raises(ConfigError, match=r"^zoo\.toml: the key `cage` must be given, and is not there\.$"):
        read_table(House, {}, source="zoo.toml")
    with pytest.raises(ConfigError, match=r"^zoo\.toml: `cage` must be a table, got 3\. Write a section \[cage\]\.$"):
        read_table(House, {"cage": 3}, source="zoo.toml")


def test_overrides_are_toml_or_bare_strings():
    table = {"a": {"b": 1}}
    texts = ["a.b=2", "a.c = [1, 2]", "d.e.f=true", "g=bare word", 'h="quoted"', "i=a=b"]
    expected = {"a": {"b": 2, "c": [1, 2]}, "d": {"e": {"f": True}}, "g": "bare word", "h": "quoted", "i": "a=b"}
    assert override(table, texts) == expected
    assert table == {"a": {"b": 1}}


@pytest.mark.parametrize("text", ["a.b", "=3"])
def test_an_override_without_key_or_value_is_refused(text):
    with pytest.raises(
        ConfigError, match=f"^An override must read section.key=value, got '{text}'. Write training.steps"
    ):
        override({}, [text])


def test_an_override_cannot_go_through_a_value():
    with pytest.raises(ConfigError, match=r"^The override 'a\.b\.c=1' goes through `b`, which is 1 and no table\.$"):
        override({"a": {"b": 1}}, ["a.b.c=1"])


def test_differences_go_down_to_the_leaf():
    assert differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 4}, "d": 3}) == ["a.c"]
    assert differences({"a": {"b": 1}}, {"a": {}}) == ["a.b"]
    assert differences({"a": [1]}, {"a": [1]}) == []
