import types

import pytest

import arzoo
from arzoo import DuplicateModelError, PluginError, plugins
from arzoo.plugins import PluginWarning

HEADER = """
import arzoo

def entry(id):
    return arzoo.ModelEntry(id, "nowhere:build", {"tiny": {}})
"""
SOUND = """
@arzoo.hookimpl
def register_models():
    return [entry("%s")]
"""
MISSPELT = """
@arzoo.hookimpl
def register_model():
    return [entry("farmgated")]
"""
UNMARKED = """
def register_models():
    return [entry("farmgated")]
"""
GENERATOR = """
@arzoo.hookimpl
def register_models():
    yield entry("farmgated")
"""
NOTHING = """
@arzoo.hookimpl
def register_models():
    [entry("farmgated")]
"""
STRANGER = """
@arzoo.hookimpl
def register_models():
    return [entry("farmgated"), arzoo.DatasetEntry("fields", "a:b")]
"""
TWICE = """
@arzoo.hookimpl
def register_models():
    return [entry("farmgated"), entry("barn"), entry("farmgated")]
"""
ARGUMENT = """
@arzoo.hookimpl
def register_models(zoo):
    return [entry("farmgated")]
"""
RAISING = """
@arzoo.hookimpl
def register_models():
    raise OSError("disk on fire")
"""
BAD_ENTRY = """
@arzoo.hookimpl
def register_models():
    return [entry("Farm")]
"""
OTHER_API = """
import arzoo

ARZOO_API = "2.0"

@arzoo.hookimpl
def register_models():
    return [arzoo.ModelEntry("farmgated", "nowhere:build", {"tiny": {}}, songs=["of a later arzoo"])]
"""
HOOKLESS = "def build():\n    return None\n"
EXITING = "raise SystemExit('bye')"
BROKEN = "import nowhere_at_all"

FAULTS = {
    "raises on import": (BROKEN, "ModuleNotFoundError: No module named 'nowhere_at_all'"),
    "exits on import": (EXITING, "It must not exit where it is imported or asked. SystemExit: bye ("),
    "misspelt hook": (MISSPELT, "arzoo has no hook `register_model`. Did you mean 'register_models'?"),
    "unmarked hook": (UNMARKED, "`register_models` is not marked as a hook. Put @arzoo.hookimpl above it."),
    "no hook": (HOOKLESS, "It implements no hook. Define one of register_models, register_datasets, "),
    "generator": (GENERATOR, "`register_models` must return a list of ModelEntry, got a generator. Use `return [...]`"),
    "no return": (NOTHING, "`register_models` must return a list of ModelEntry, got a NoneType."),
    "wrong entry": (STRANGER, "`register_models` must return a list of ModelEntry, got the item DatasetEntry"),
    "same id twice": (TWICE, "`register_models` must return distinct ids, got 'farmgated' more than once"),
    "hook with an argument": (
        ARGUMENT,
        "`register_models` must take no arguments, got (zoo). Write `def register_models():`.",
    ),
    "hook that raises": (RAISING, "OSError: disk on fire ("),
    "another API": (
        OTHER_API,
        "It is made for version 2.0 of the plugin API, and arzoo 0.1.0 has version 1.0. Install",
    ),
    "no version of an API": (HEADER + "ARZOO_API = 1\n", '`ARZOO_API` must be a version such as "1.0", got 1.'),
    "entry that is refused": (
        BAD_ENTRY,
        "The id of a ModelEntry must be lower-case letters and digits, no dash, got 'Farm'",
    ),
}


def record(distribution):
    return next(found for found in plugins.records() if found.distribution == distribution)


def sound(id):
    return HEADER + SOUND % id


@pytest.fixture
def broken(request, install):
    """A sound plugin, and one with a fault that sorts before it."""
    source, reason = FAULTS[request.param]
    install("arzoo-farm", "farm", HEADER + source, version="1.2")
    install("arzoo-sound", "sound", sound("soundarch"))
    return reason


@pytest.mark.parametrize("broken", FAULTS, indirect=True)
def test_a_broken_plugin_is_refused_and_the_rest_of_the_zoo_is_there(broken):
    with pytest.warns(PluginWarning) as warned:
        names = arzoo.list_models()
    assert "soundarch" in names
    assert "farmgated" not in names
    assert [str(warning.message) for warning in warned] == [
        f"The plugin 'farm' (arzoo-farm 1.2) is refused. {record('arzoo-farm').reason}"
    ]
    refused = record("arzoo-farm")
    assert (refused.name, refused.version, refused.status, refused.entries) == ("farm", "1.2", "refused", ())
    assert broken in refused.reason
    assert "\n" not in refused.reason


@pytest.mark.parametrize("broken", FAULTS, indirect=True)
def test_a_refused_plugin_is_not_left_registered_with_pluggy(broken):
    with pytest.warns(PluginWarning):
        manager = plugins.zoo().manager
    assert manager.get_plugin("farm") is None
    assert manager.get_plugin("sound") is not None


@pytest.mark.parametrize("broken", FAULTS, indirect=True)
def test_strict_raises_with_the_distribution(broken, monkeypatch):
    monkeypatch.setenv("ARZOO_STRICT", "1")
    with pytest.raises(PluginError, match=r"The plugin 'farm' \(arzoo-farm 1.2\) is refused") as raised:
        arzoo.list_models()
    assert broken in str(raised.value)
    assert (raised.value.distribution, raised.value.version) == ("arzoo-farm", "1.2")


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_strict_can_be_switched_off(install, monkeypatch, value):
    install("arzoo-farm", "farm", BROKEN)
    monkeypatch.setenv("ARZOO_STRICT", value)
    with pytest.warns(PluginWarning):
        arzoo.list_models()


def test_the_warning_is_given_once(install, recwarn):
    install("arzoo-farm", "farm", BROKEN)
    with pytest.warns(PluginWarning):
        arzoo.list_models()
    arzoo.list_models()
    plugins.records()
    assert not recwarn.list


def test_a_sound_plugin_is_recorded_with_what_it_registers(install):
    install("arzoo-farm", "farm", sound("farmgated"), version="2.1")
    found = record("arzoo-farm")
    assert (found.name, found.version, found.status, found.reason) == ("farm", "2.1", "loaded", "")
    assert list(found.of(arzoo.ModelEntry)) == ["farmgated"]
    assert found.of(arzoo.DatasetEntry) == {}


def test_entries_come_sorted_whatever_the_order_of_plugins_and_lists(install):
    install("arzoo-b", "b", sound("zebra"))
    install("arzoo-a", "a", HEADER + '@arzoo.hookimpl\ndef register_models():\n    return [entry("yak"), entry("bee")]')
    names = arzoo.list_models()
    assert names == sorted(names)
    assert {"bee", "yak", "zebra"} <= set(names)
    assert [found.name for found in plugins.records()] == sorted(found.name for found in plugins.records())


def test_a_second_plugin_of_one_name_is_refused_and_not_skipped(install):
    install("arzoo-one", "farm", sound("onearch"))
    install("arzoo-two", "farm", sound("twoarch"))
    with pytest.warns(PluginWarning, match="The name 'farm' is taken. Give its entry point another"):
        names = arzoo.list_models()
    assert "onearch" in names
    assert "twoarch" not in names
    assert (record("arzoo-one").status, record("arzoo-two").status) == ("loaded", "refused")


def test_a_name_is_free_again_after_its_plugin_was_refused(install):
    install("arzoo-one", "farm", BROKEN)
    install("arzoo-two", "farm", sound("twoarch"))
    with pytest.warns(PluginWarning, match="arzoo-one"):
        assert "twoarch" in arzoo.list_models()


def test_a_contested_id_goes_to_the_first_by_name(install):
    install("arzoo-zed", "zed", sound("contested"))
    install("arzoo-abe", "abe", sound("contested"))
    with pytest.warns(PluginWarning, match="The plugin 'zed'"):
        arzoo.list_models()
    reason = record("arzoo-zed").reason
    assert (
        "The id 'contested' is claimed by plugin 'abe' (arzoo-abe 1.0) and by plugin 'zed' (arzoo-zed 1.0)." in reason
    )
    assert "contested" in record("arzoo-abe").of(arzoo.ModelEntry)
    assert plugins.zoo().manager.get_plugin("zed") is None


def test_a_contested_id_goes_to_the_plugin_that_bears_it_before_all(install):
    install("arzoo-contested", "contested", sound("contested"))
    install("arzoo-abe", "abe", sound("contested"))
    with pytest.warns(PluginWarning, match="The plugin 'abe'"):
        arzoo.list_models()
    assert record("arzoo-contested").status == "loaded"


def test_who_loses_one_id_registers_nothing(install):
    install("arzoo-abe", "abe", sound("contested"))
    install(
        "arzoo-zed",
        "zed",
        HEADER + '@arzoo.hookimpl\ndef register_models():\n    return [entry("contested"), entry("yak")]',
    )
    with pytest.warns(PluginWarning):
        assert "yak" not in arzoo.list_models()


def test_the_core_keeps_its_own(install):
    source = 'import arzoo\n@arzoo.hookimpl\ndef register_datasets():\n    return [arzoo.DatasetEntry("digits", "a:b")]'
    install("arzoo-digits", "digits", source)
    with pytest.warns(PluginWarning, match="The id 'digits' is claimed by plugin 'arzoo'"):
        assert arzoo.registry.datasets()["digits"].load == "arzoo.data.digits:load_digits"


def test_strict_raises_on_a_contested_id(install, monkeypatch):
    monkeypatch.setenv("ARZOO_STRICT", "1")
    install("arzoo-zed", "zed", sound("contested"))
    install("arzoo-abe", "abe", sound("contested"))
    with pytest.raises(DuplicateModelError, match=r"'contested' .* \(arzoo-abe 1.0\) and .* \(arzoo-zed 1.0\)"):
        arzoo.list_models()


def test_an_uninstalled_plugin_leaves_nothing(install):
    install("arzoo-farm", "farm", sound("farmgated"))
    assert "farmgated" in arzoo.list_models()
    (install.site / "arzoo_farm-1.0.dist-info" / "entry_points.txt").unlink()
    plugins.reload()
    assert "farmgated" not in arzoo.list_models()


@pytest.mark.parametrize(
    ("ours", "theirs", "repair"),
    [
        ("1.3", "1.4", "Install an earlier version of it"),
        ("2.0", "1.9", "Install a later version of it"),
        ("1.9", "1.10", "Install an earlier version of it"),
    ],
)
def test_a_plugin_of_another_api_is_refused_with_both_versions(install, monkeypatch, ours, theirs, repair):
    monkeypatch.setattr("arzoo.hookcalls.API_VERSION", ours)
    install("arzoo-farm", "farm", f'ARZOO_API = "{theirs}"\n' + sound("farmgated"))
    with pytest.warns(PluginWarning):
        assert "farmgated" not in arzoo.list_models()
    reason = record("arzoo-farm").reason
    assert reason.startswith(f"It is made for version {theirs} of the plugin API, and arzoo {arzoo.__version__} has ")
    assert f"has version {ours}. {repair}, or another arzoo." in reason


@pytest.mark.parametrize("declared", ["", 'ARZOO_API = "1.2"', 'ARZOO_API = "1.3"'])
def test_a_plugin_of_an_earlier_minor_api_or_of_none_is_taken(install, monkeypatch, declared):
    monkeypatch.setattr("arzoo.hookcalls.API_VERSION", "1.3")
    install("arzoo-farm", "farm", f"{declared}\n" + sound("farmgated"))
    assert "farmgated" in arzoo.list_models()


def test_every_plugin_here_says_which_api_it_is_made_for():
    for found in plugins.records():
        if found.distribution.startswith("arzoo-"):
            assert found.load().ARZOO_API == arzoo.API_VERSION, found.name


SETTINGS = {
    "ARZOO_PLUGINS": ("sound , barn", "ARZOO_PLUGINS does not name it."),
    "ARZOO_DISABLE_PLUGINS": ("farm", "ARZOO_DISABLE_PLUGINS names it."),
}


@pytest.mark.parametrize("variable", SETTINGS)
def test_the_environment_chooses_plugins_and_the_others_are_not_even_imported(install, monkeypatch, variable):
    install("arzoo-farm", "farm", BROKEN)
    install("arzoo-barn", "barn", sound("barnarch"))
    install("arzoo-sound", "sound", sound("soundarch"))
    value, reason = SETTINGS[variable]
    monkeypatch.setenv(variable, value)
    assert {"soundarch", "barnarch"} <= set(arzoo.list_models())
    found = record("arzoo-farm")
    assert (found.status, found.reason, found.entries) == ("disabled", reason, ())
    assert "digits" in arzoo.registry.datasets()  # the core is no plugin that could be left out
    with pytest.raises(arzoo.UnknownModelError, match=r"Disabled plugins: \d+, `arzoo plugins` says why"):
        arzoo.info("farmgated")


def test_what_is_disabled_is_disabled_though_it_is_chosen(install, monkeypatch):
    install("arzoo-farm", "farm", sound("farmgated"))
    install("arzoo-sound", "sound", sound("soundarch"))
    monkeypatch.setenv("ARZOO_PLUGINS", "farm,sound")
    monkeypatch.setenv("ARZOO_DISABLE_PLUGINS", "farm")
    assert arzoo.list_models() == ["soundarch"]


@pytest.mark.parametrize("variable", SETTINGS)
@pytest.mark.parametrize("name", ["frm", "arzoo"])
def test_only_what_is_installed_can_be_chosen(install, monkeypatch, variable, name):
    install("arzoo-farm", "farm", sound("farmgated"))
    monkeypatch.setenv(variable, name)
    with pytest.raises(PluginError, match=rf"`{variable}` must name installed plugins, got '{name}'\."):
        arzoo.list_models()


@pytest.mark.parametrize("value", ["", " , "])
def test_an_empty_setting_chooses_nothing_in_particular(install, monkeypatch, value):
    install("arzoo-farm", "farm", sound("farmgated"))
    for variable in SETTINGS:
        monkeypatch.setenv(variable, value)
    assert "farmgated" in arzoo.list_models()


class Farm:
    """A plugin of this process."""

    @arzoo.hookimpl
    def register_models(self):
        return [arzoo.ModelEntry("farmgated", "nowhere:build", {"tiny": {}})]

    @arzoo.hookimpl
    def register_heads(self):
        return [arzoo.HeadEntry("cow", "nowhere:Cow")]


@pytest.mark.usefixtures("own_zoo")
def test_a_plugin_of_this_process_comes_and_goes():
    found = plugins.register(Farm(), "farm")
    assert found.origin == "plugin 'farm' (registered in this process)"
    assert "farmgated" in arzoo.list_models()
    assert "cow" in arzoo.registry.heads()
    plugins.unregister("farm")
    assert "farmgated" not in arzoo.list_models()
    assert "cow" not in arzoo.registry.heads()


@pytest.mark.usefixtures("own_zoo")
def test_a_refused_plugin_of_this_process_raises_and_leaves_nothing():
    with pytest.raises(PluginError, match=r"'farm' \(registered in this process\) is refused. It implements no hook"):
        plugins.register(types.SimpleNamespace(), "farm")
    plugins.register(Farm(), "farm")
    with pytest.raises(DuplicateModelError, match="The id 'farmgated' is claimed by plugin 'farm'"):
        plugins.register(Farm(), "barn")
    assert [found.name for found in plugins.records()].count("barn") == 0
    assert plugins.zoo().manager.get_plugin("barn") is None


@pytest.mark.usefixtures("own_zoo")
def test_one_object_cannot_be_two_plugins():
    farm = Farm()
    plugins.register(farm, "farm")
    with pytest.raises(PluginError, match="Plugin already registered"):
        plugins.register(farm, "barn")


def test_a_hook_of_a_later_arzoo_may_be_marked_optional(install):
    later = "@arzoo.hookimpl(optionalhook=True)\ndef register_songs():\n    return []\n"
    install("arzoo-farm", "farm", sound("farmgated") + later)
    assert "farmgated" in arzoo.list_models()


@pytest.mark.usefixtures("own_zoo")
def test_a_plugin_of_this_process_has_no_distribution():
    assert plugins.register(Farm(), "farm").distribution == ""


@pytest.mark.usefixtures("own_zoo")
def test_only_a_plugin_that_is_here_can_be_unregistered():
    plugins.register(Farm(), "farm")
    with pytest.raises(PluginError, match=r"No plugin is called 'frm'. Did you mean 'farm'\?"):
        plugins.unregister("frm")


def test_a_distribution_without_metadata_is_found_all_the_same(install):
    install("arzoo-farm", "farm", sound("farmgated"))
    (install.site / "arzoo_farm-1.0.dist-info" / "METADATA").unlink()
    plugins.reload()
    assert "farmgated" in arzoo.list_models()
    assert record("unknown").version == "unknown"
