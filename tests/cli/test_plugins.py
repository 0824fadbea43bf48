import re

import pytest


def test_every_plugin_is_shown_with_what_it_brings(run, farm):
    code, out, err = run("plugins")
    assert (code, err) == (0, "")
    assert re.search(r"farm +│ loaded +│ models: farm +│\n│ arzoo-farm 1\.0 ", out)
    assert "farm-digits-class" in out
    assert "hilbert" in out


def test_the_table_fits_80_columns_and_cuts_nothing(run, farm):
    out = run("plugins").out
    assert max(map(len, out.splitlines())) <= 80
    assert "discretized-logistic-mixture" in out


@pytest.mark.filterwarnings("ignore::arzoo.plugins.PluginWarning")
def test_a_refused_plugin_says_why(run, install):
    install("arzoo-broken", "broken", "raise RuntimeError('no [such] farm')")
    code, out, _ = run("plugins")
    assert code == 0
    assert re.search(r"broken +│ refused +│ .*\n│ arzoo-broken 1\.0 ", out)
    assert "RuntimeError: no [such] farm" in out


def test_a_disabled_plugin_says_by_what(run, farm, monkeypatch):
    monkeypatch.setenv("ARZOO_DISABLE_PLUGINS", "farm")
    out = run("plugins").out
    assert re.search(r"farm +│ disabled +│ ARZOO_DISABLE_PLUGINS names it\.", out)


def test_a_plugin_that_is_not_installed_is_one_sentence(refused, farm, monkeypatch):
    monkeypatch.setenv("ARZOO_PLUGINS", "farm,fram")
    assert "`ARZOO_PLUGINS` must name installed plugins, got 'fram'. Did you mean 'farm'?" in refused("list")
