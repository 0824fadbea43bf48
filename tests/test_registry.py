import pytest

import arzoo
from arzoo import PluginError, UnknownModelError, plugins, registry

FARM = """
import arzoo

@arzoo.hookimpl
def register_models():
    return [
        arzoo.ModelEntry(
            "farmgated",
            "arzoo_farm:build",
            {"tiny": {}},
            checkpoints=[arzoo.Checkpoint("farmgated-mnist"), arzoo.Checkpoint("farmgated-cows-brown")],
        ),
        arzoo.ModelEntry("farmbroken", "arzoo_farm_models:build", {"tiny": {}}),
        arzoo.ModelEntry("farmlost", "arzoo_farm:bild", {"tiny": {}}),
    ]

def build():
    return "built"
"""


@pytest.fixture
def farm(install):
    install("arzoo-farm", "farm", FARM, version="3.1")


@pytest.mark.usefixtures("farm")
def test_lists_match_a_shell_pattern():
    assert arzoo.list_models("farm*") == ["farmbroken", "farmgated", "farmlost"]
    assert arzoo.list_models("FARMG*") == ["farmgated"]
    assert arzoo.list_models("farm*", pretrained=True) == ["farmgated-cows-brown", "farmgated-mnist"]
    assert arzoo.list_models("nothing*") == []


@pytest.mark.usefixtures("farm")
def test_info_finds_architectures_and_checkpoints():
    assert arzoo.info("farmgated").build == "arzoo_farm:build"
    assert arzoo.info("farmgated-mnist").architecture == "farmgated"


@pytest.mark.usefixtures("farm")
def test_an_unknown_name_is_answered_with_the_nearest_and_the_number_there_is():
    total = len(registry.models()) + len(registry.checkpoints())
    message = f"^Unknown model 'farmgatd-mnist'. Did you mean 'farmgated-mnist'.*`arzoo list` shows all {total}.$"
    with pytest.raises(UnknownModelError, match=message):
        arzoo.info("farmgatd-mnist")


@pytest.mark.usefixtures("farm")
def test_an_architecture_is_no_checkpoint():
    with pytest.raises(UnknownModelError, match="'farmgated' is an architecture, not a checkpoint") as raised:
        registry.checkpoint_entry("farmgated")
    assert "Did you mean 'farmgated-mnist' or 'farmgated-cows-brown'?" in str(raised.value)
    assert "arzoo.create('farmgated') builds it" in str(raised.value)


@pytest.mark.usefixtures("farm")
def test_a_checkpoint_is_no_architecture():
    with pytest.raises(UnknownModelError, match="'farmgated-mnist' is a checkpoint, not an architecture") as raised:
        registry.model_entry("farmgated-mnist")
    assert "arzoo.load('farmgated-mnist') reads it, arzoo.create('farmgated') starts afresh" in str(raised.value)


@pytest.mark.usefixtures("farm")
def test_each_kind_of_name_is_looked_for_among_its_own():
    with pytest.raises(UnknownModelError, match=r"Unknown model 'farmgted'. Did you mean 'farmgated'\?"):
        registry.model_entry("farmgted")
    with pytest.raises(UnknownModelError, match=r"Unknown model 'farm_gated-mnist'. Did you mean 'farmgated-mnist'\?"):
        registry.checkpoint_entry("farm_gated-mnist")


@pytest.mark.usefixtures("own_zoo")
def test_an_empty_zoo_says_how_to_get_models(monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", lambda group: [])
    with pytest.raises(UnknownModelError, match=r"Unknown model 'made'. No installed plugin brings any: `pip install"):
        arzoo.info("made")
    images, sequences = {"binarized-mnist", "cifar10", "digits", "mnist"}, {"fsdd", "fsdd-16bit", "tiny-shakespeare"}
    assert set(registry.datasets()) == images | sequences


def test_an_unknown_name_recalls_refused_plugins(install):
    install("arzoo-farm", "farm", "import nowhere_at_all")
    with (
        pytest.warns(plugins.PluginWarning),
        pytest.raises(UnknownModelError, match="Refused plugins: 1, `arzoo plugins`"),
    ):
        arzoo.info("farmgated")


@pytest.mark.parametrize("kind", ["datasets", "orderings", "heads"])
def test_the_core_brings_parts_whose_functions_exist(kind):
    entries = getattr(registry, kind)()
    assert list(entries) == sorted(entries)
    for entry in entries.values():
        assert callable(registry.resolve(entry.load if kind == "datasets" else entry.build))


@pytest.mark.usefixtures("farm")
def test_a_function_is_imported_when_it_is_needed():
    assert registry.resolve(arzoo.info("farmgated").build)() == "built"


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize(
    ("id", "fault"),
    [
        ("farmbroken", "ModuleNotFoundError: No module named 'arzoo_farm_models'"),
        ("farmlost", "module 'arzoo_farm' has no attribute 'bild'"),
    ],
)
def test_a_function_that_cannot_be_imported_is_blamed_on_its_distribution(id, fault):
    with pytest.raises(PluginError, match=r"of plugin 'farm' \(arzoo-farm 3.1\) cannot be imported") as raised:
        registry.resolve(arzoo.info(id).build)
    assert fault in str(raised.value)
    assert (raised.value.distribution, raised.value.version) == ("arzoo-farm", "3.1")


def test_a_function_of_nobody_is_blamed_on_nobody():
    with pytest.raises(PluginError, match=r"^'nowhere:build' cannot be imported: ModuleNotFoundError") as raised:
        registry.resolve("nowhere:build")
    assert raised.value.distribution == ""
