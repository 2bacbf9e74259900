"""The scripts that pack the program. Packing itself takes minutes and is done by installer/linux.sh and its kin."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lepton_studio import __version__, cli_registries, paths
from lepton_studio.engine.registry import Registry

ROOT = Path(__file__).parent.parent
INSTALLER = ROOT / "installer"
SCRIPTS = sorted(path.name for path in INSTALLER.glob("*.sh"))


def loaded(name: str) -> ModuleType:
    """A script of installer/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"installer_{name}", INSTALLER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def smoke_test() -> ModuleType:
    return loaded("smoke_test")


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What the packed program does first; the variables that it changes are put back."""
    for name in ("SSL_CERT_FILE", "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG"):
        monkeypatch.setenv(name, "own")
    return loaded("surroundings")


@pytest.fixture(scope="module")
def spec_tree() -> ast.Module:
    return ast.parse((INSTALLER / "lepton_studio.spec").read_text(encoding="utf-8"))


def constant(tree: ast.Module, name: str) -> Any:
    """What the spec file says of a name at its top level."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"the spec file has no {name}")


def function(tree: ast.Module, name: str, **known: Any) -> Any:
    """A function of the spec file, which otherwise needs PyInstaller."""
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    scope: dict[str, Any] = {"Path": Path, **known}
    exec(compile(ast.Module([node], []), "lepton_studio.spec", "exec"), scope)
    return scope[name]


def test_names_read_from_the_source_are_those_that_the_program_knows(smoke_test: ModuleType) -> None:
    told = {what: set(names) for what, names in cli_registries.known_names().items()}
    assert smoke_test.names_in_source() == told
    assert all(told.values())


def test_every_registry_is_told(smoke_test: ModuleType) -> None:
    made = {
        match[1]
        for path in (ROOT / "lepton_studio" / "engine").glob("*.py")
        for match in re.finditer(r'"lepton_studio\.engine\.(\w+)"', path.read_text(encoding="utf-8"))
        if f"{Registry.__name__}(" in path.read_text(encoding="utf-8")
    }
    assert made
    assert made <= cli_registries.known_names().keys()


def test_a_name_that_is_missing_or_too_many_fails_the_smoke_test(smoke_test: ModuleType) -> None:
    known = cli_registries.known_names()

    class Packed:
        def ask_json(self, *_words: object) -> Any:
            return known

    assert f"{len(known['layers'])} layers" in smoke_test.check_names(Packed())
    lost = known["layers"].pop()
    with pytest.raises(smoke_test.WrongError, match=rf"layers: missing \['{lost}'\], too many \[\]"):
        smoke_test.check_names(Packed())
    known["layers"] += [lost, "mystery"]
    with pytest.raises(smoke_test.WrongError, match=r"too many \['mystery'\]"):
        smoke_test.check_names(Packed())


def test_the_command_line_names_all_that_can_be_chosen(ask: Any) -> None:
    status, out, _ = ask("registries", "--json")
    assert status == 0
    assert json.loads(out) == cli_registries.known_names()
    status, out, _ = ask("registries", "losses")
    assert status == 0
    assert "cross_entropy" in out
    assert "conv2d" not in out
    status, _, said = ask("registries", "lozses")
    assert status == 2
    assert "There is nothing called 'lozses'" in said
    assert "losses" in said


def test_the_spec_file_packs_every_folder_of_resources_that_the_program_reads(
    spec_tree: ast.Module, smoke_test: ModuleType
) -> None:
    folders = {path.name for path in (ROOT / "resources").iterdir() if path.is_dir() and not path.name.startswith("_")}
    packed = constant(spec_tree, "RESOURCES")
    # Pictures for the README.
    assert set(packed) == folders - {"screenshots"}
    assert packed == smoke_test.RESOURCES


def test_the_files_that_are_packed_are_those_that_the_smoke_test_looks_for(
    spec_tree: ast.Module, smoke_test: ModuleType
) -> None:
    known = {name: constant(spec_tree, name) for name in ("RESOURCES", "SCRIPTS")}
    files = function(spec_tree, "program_files", ROOT=ROOT, **known)()
    prefix = "lepton_studio/resources"
    packed = {
        Path(folder, Path(file).name).relative_to(prefix).as_posix()
        for file, folder in files
        if folder.startswith(prefix)
    }
    assert packed == smoke_test.resource_files(paths.resources())
    assert {"code/training_script.py", "models/pen_net/checkpoint.safetensors", "datasets/README.md"} <= packed
    assert "models/make_pen_net.py" not in packed
    assert all(Path(file).is_file() for file, _ in files)


def test_every_module_of_the_program_is_packed(spec_tree: ast.Module) -> None:
    modules = function(spec_tree, "program_modules", ROOT=ROOT, PACKAGE=ROOT / "lepton_studio")()
    assert {"lepton_studio", "lepton_studio.cli", "lepton_studio.engine.layers", "lepton_studio.gui.demo"} <= set(
        modules
    )
    assert {f"lepton_studio.engine.layers.{name}" for name in cli_registries.known_names()["layers"]} - set(
        modules
    ) == set()
    assert len(modules) == len(set(modules))


def test_nothing_that_the_program_imports_is_left_out(spec_tree: ast.Module) -> None:
    source = (INSTALLER / "lepton_studio.spec").read_text(encoding="utf-8")
    excluded = re.search(r"EXCLUDED = \[(.*?)\]  # fmt: skip", source, re.DOTALL)
    assert excluded is not None
    names = set(re.findall(r'"([\w.]+)"', excluded[1]))
    imported = {
        match[1]
        for path in (ROOT / "lepton_studio").rglob("*.py")
        for match in re.finditer(r"^\s*(?:from|import) ([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert imported & names == set()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_can_be_read_by_their_shell(name: str) -> None:
    path = INSTALLER / name
    shell = "bash" if "bash" in path.read_text(encoding="utf-8").splitlines()[0] else "sh"
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sys.platform == "win32" or path.stat().st_mode & stat.S_IXUSR


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
def test_the_menu_entry_names_the_program_where_it_lies_and_goes_again(tmp_path: Path) -> None:
    here = tmp_path / "a & b's $place, 100 %"
    here.mkdir()
    for name in ("add_to_menu.sh", "lepton-studio.desktop"):
        shutil.copy(INSTALLER / name, here)
    (here / "lepton-studio.png").write_bytes(b"")
    data = tmp_path / "data"
    environment = {"PATH": "/usr/bin:/bin", "XDG_DATA_HOME": str(data)}
    subprocess.run(["sh", str(here / "add_to_menu.sh")], env=environment, capture_output=True, check=True)
    lines = (data / "applications" / "lepton-studio.desktop").read_text(encoding="utf-8").splitlines()
    place = str(here / "lepton-studio").replace("$", "\\\\$").replace("%", "%%")
    assert f'Exec="{place}" %f' in lines
    assert (data / "icons" / "hicolor" / "256x256" / "apps" / "lepton-studio.png").exists()
    subprocess.run(["sh", str(here / "add_to_menu.sh"), "--remove"], env=environment, capture_output=True, check=True)
    assert not [path for path in data.rglob("*") if path.is_file()]


def test_the_smoke_test_draws_a_png_that_others_can_read(smoke_test: ModuleType, tmp_path: Path) -> None:
    from PIL import Image

    smoke_test.picture_of_a_seven(tmp_path / "seven.png", 28)
    with Image.open(tmp_path / "seven.png") as picture:
        assert (picture.size, picture.mode) == ((28, 28), "L")
        assert (picture.getpixel((14, 6)), picture.getpixel((2, 2))) == (0, 255)


def test_the_smoke_test_asks_without_the_variables_of_this_shell(
    smoke_test: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    starter = tmp_path / ("lepton-studio.exe" if sys.platform == "win32" else "lepton-studio")
    starter.touch()
    packed = smoke_test.Packed(tmp_path, tmp_path / "home")
    assert packed.starter == starter.resolve()
    assert packed.environment["LEPTON_STUDIO_HOME"].startswith(str(tmp_path))
    assert not {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "DISPLAY"} & packed.environment.keys()
    with pytest.raises(SystemExit, match="There is no program at"):
        smoke_test.Packed(tmp_path / "nowhere", tmp_path / "other")


def test_what_is_to_be_packed_is_what_pyproject_asks_for(tmp_path: Path) -> None:
    pack = loaded("pack")
    torch, others = pack.requirements(ROOT / "pyproject.toml", ("installer", "camera"))
    assert [re.split(r"\W", line)[0] for line in torch] == ["torch", "torchvision"]
    names = {re.split("[<>=]", line)[0] for line in others}
    assert {"PySide6-Essentials", "PySide6-Addons", "pyinstaller", "optuna"} <= names
    assert not names & {"torch", "torchvision", "pytest"}


def test_scripts_that_name_files_after_the_version_find_it() -> None:
    lines = (ROOT / "lepton_studio" / "__init__.py").read_text(encoding="utf-8").splitlines()
    # sed, Select-String and the spec file look for a line of this form.
    assert f'__version__ = "{__version__}"' in lines


def test_certificates_of_the_system_are_found_unless_a_person_says_where_they_are(
    surroundings: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "bundle.crt"
    there.touch()
    monkeypatch.setattr(surroundings, "CERTIFICATES", (str(tmp_path / "none.crt"), str(there)))
    monkeypatch.setattr(surroundings.sys, "platform", "linux")
    for name in ("SSL_CERT_DIR", "SSL_CERT_FILE"):
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        monkeypatch.setenv(name, "own")
        surroundings.find_certificates()
        assert surroundings.os.environ[name] == "own"
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    surroundings.find_certificates()
    assert surroundings.os.environ["SSL_CERT_FILE"] == str(there)


def test_programs_that_ours_starts_get_their_own_libraries_back(
    surroundings: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings.sys, "platform", "linux")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/packed")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/own")
    surroundings.give_libraries_back()
    assert surroundings.os.environ["LD_LIBRARY_PATH"] == "/own"
    monkeypatch.setenv("LD_LIBRARY_PATH", "/packed")
    surroundings.give_libraries_back()
    assert "LD_LIBRARY_PATH" not in surroundings.os.environ
