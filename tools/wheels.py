"""Build core and plugins as anybody would install them, and use them from the wheels alone.

    python tools/wheels.py            # what is committed; leaves the distributions in dist/

In throw-away environments, with the repository off the path: sdists build, and wheels from them; `twine check`; wheels
carry licence, recipes and weights; the core alone works and says how to get models; core and all plugins list all
architectures and draw from bundled weights; a plugin made by `arzoo plugin new` is built, installed and loads; an
uninstalled plugin takes its models and nothing else. Dependencies come from the package index, as constraints.txt pins.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
NEW = "toadstool"
LOADS = f"""
import arzoo, tempfile
arzoo.save(arzoo.create({NEW!r}, "tiny"), tempfile.gettempdir() + "/saved")
print(arzoo.load("local-dir:" + tempfile.gettempdir() + "/saved").sample(2, progress=False).shape)
"""


class Environment:
    """A virtual environment, and commands in it that run in an empty folder.

    Args:
        folder: Where both are made.
    """

    def __init__(self, folder: Path) -> None:
        self.bin, self.here = folder / "venv/bin", folder / "here"
        self.here.mkdir(parents=True)
        venv.create(folder / "venv", with_pip=True)
        self.settings = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ARZOO"))}
        self.settings |= {"TMPDIR": str(self.here), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run a command of the environment and return what it says; it must end with `code`."""
        command = [str(self.bin / str(words[0])), *map(str, words[1:])]
        ran = subprocess.run(command, cwd=self.here, env=self.settings, capture_output=True, text=True)
        if ran.returncode != code:
            sys.exit(f"{' '.join(command)} ended with {ran.returncode} instead of {code}:\n{ran.stdout}{ran.stderr}")
        return ran.stdout + ran.stderr

    def architectures(self) -> set[str]:
        """The ids that `arzoo list` names."""
        return {entry["id"] for entry in json.loads(self.run("arzoo", "list", "--json"))["architectures"]}

    def install(self, *words: str | Path) -> None:
        """Install wheels, their dependencies within the constraints."""
        self.run("pip", "install", "--quiet", "-c", ROOT / "constraints.txt", *words)


def require(holds: bool, rule: str) -> None:
    """Say what holds, or end with what does not."""
    if not holds:
        sys.exit(f"FAILED: {rule}")
    print(f"ok      {rule}", flush=True)


def committed(folder: Path) -> list[Path]:
    """The source of each distribution as it is committed, the core first."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    return [folder, *sorted(path.parent for path in folder.glob("plugins/*/pyproject.toml"))]


def build(tools: Environment, source: Path, dist: Path) -> Path:
    """Build an sdist, and a wheel from it; return the wheel."""
    before = set(dist.glob("*.whl"))
    tools.run("python", "-m", "build", "--outdir", dist, source)
    (wheel,) = set(dist.glob("*.whl")) - before
    return wheel


def require_carried(source: Path, wheel: Path) -> None:
    """A wheel must hold the licence, and every recipe and weight of its source."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = next(path.parent for path in source.glob("arzoo*/__init__.py"))
    shipped = [*package.glob("recipes/*.toml"), *package.glob("weights/lock.json"), *package.glob("weights/*/*")]
    missing = [str(path.relative_to(source)) for path in shipped if str(path.relative_to(source)) not in inside]
    licensed = any(name.endswith("/licenses/LICENSE") for name in inside)
    require(
        licensed and not missing, f"{wheel.name} carries its licence and {len(shipped)} recipes and weights {missing}"
    )


def prove_core(user: Environment, core: Path) -> None:
    """The core without a plugin."""
    user.install(core)
    said = user.run("arzoo", "list", code=2)
    require("pip install arzoo-" in said, f"the core alone says how to get models: {said.strip()}")
    user.run("python", "-c", "import arzoo; assert arzoo.list_models() == []; arzoo.heads.Categorical(2)")


def prove_plugins(user: Environment, wheels: list[Path]) -> set[str]:
    """All plugins together; returns their architectures."""
    user.install(*wheels)
    names, expected = user.architectures(), {wheel.name.split("-")[0].removeprefix("arzoo_") for wheel in wheels}
    require(names == expected, f"arzoo list names all {len(expected)}: {', '.join(sorted(names))}")
    said = user.run("arzoo", "sample", "gatedpixelcnn-digits-class", "-n", "2", "--label", "3")
    require("2 samples" in said, "weights in a wheel are drawn from")
    where = user.run("python", "-c", "import arzoo, arzoo_pixelcnn; print(arzoo.__file__, arzoo_pixelcnn.__file__)")
    require(all(str(user.bin.parent) in path for path in where.split()), "nothing is imported from the repository")
    return names


def prove_scaffold(user: Environment, tools: Environment, dist: Path, names: set[str]) -> None:
    """A plugin that has just been made."""
    user.run("arzoo", "plugin", "new", NEW)
    wheel = build(tools, user.here / NEW, dist)
    user.install("--no-deps", wheel)
    require(user.architectures() == names | {NEW}, f"the wheel of a new plugin installs: {wheel.name}")
    require(
        "(2, 1, 4, 4)" in user.run("python", "-c", LOADS).replace("torch.Size([", "(").replace("])", ")"),
        "its model loads",
    )
    tools.run("twine", "check", "--strict", wheel)
    user.run("pip", "uninstall", "--quiet", "--yes", f"arzoo-{NEW}")


def prove_uninstalling(user: Environment, names: set[str]) -> None:
    """One plugin less."""
    user.run("pip", "uninstall", "--quiet", "--yes", "arzoo-pixelcnn")
    require(user.architectures() == names - {"pixelcnn"}, "an uninstalled plugin takes its models and nothing else")
    refused = [line for line in user.run("arzoo", "plugins").splitlines() if "refused" in line]
    require(not refused, "and no other plugin misses it")


def main() -> None:
    """Build and prove all."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tools, user, dist = Environment(folder / "tools"), Environment(folder / "user"), folder / "dist"
        tools.run("pip", "install", "--quiet", "build", "twine")
        sources = committed(folder / "source")
        wheels = [build(tools, source, dist) for source in sources]
        require(len(list(dist.glob("*.tar.gz"))) == len(sources), f"{len(sources)} sdists and wheels are built")
        tools.run("twine", "check", "--strict", *dist.iterdir())
        require(True, "twine check --strict passes")
        for source, wheel in zip(sources, wheels, strict=True):
            require_carried(source, wheel)
        shutil.copytree(dist, DIST, dirs_exist_ok=True)
        prove_core(user, wheels[0])
        names = prove_plugins(user, wheels[1:])
        prove_scaffold(user, tools, dist, names)
        prove_uninstalling(user, names)


if __name__ == "__main__":
    main()
