import re


def test_a_new_plugin_is_written_here_and_what_to_do_next_is_said(run, farm):
    code, out, err = run("plugin", "new", "barn")
    assert (code, err) == (0, "")
    assert "Wrote barn/: the model is in barn/arzoo_barn/barn.py." in out
    for command in ("pip install -e './barn[dev]'", "arzoo check barn", "arzoo train barn-digits --out runs/barn"):
        assert command in out


def test_a_bad_name_is_one_sentence(refused, farm):
    assert re.search(r"must be lower-case .*, got 'My-Net'\. Use mynet\.", refused("plugin", "new", "My-Net"))
    assert re.search(r"got 'farm', which is taken by plugin 'farm'", refused("plugin", "new", "farm"))
