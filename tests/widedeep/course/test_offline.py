"""The folder for machines without a network.  (That it installs with the network cut was tried by hand.)"""

import ast

import pytest

from widedeep.course import offline


@pytest.fixture
def no_pip(monkeypatch):
    monkeypatch.setattr(offline, "get_wheels", lambda root, wheels, *options: (wheels / "a-1-any.whl").write_text("x"))


def test_the_folder_holds_wheels_notebooks_and_an_installer(tmp_path, no_pip, capsys):
    assert offline.main([str(tmp_path / "course")]) == 0
    folder = tmp_path / "course"
    assert (folder / "wheels" / "a-1-any.whl").exists() and (folder / "LICENSE").exists()
    stems = {path.stem for path in (folder / "notebooks").glob("*.ipynb")}
    assert {"00_map", "10_your_table"} <= stems and not (folder / "notebooks" / "text").exists()
    assert (folder / "notebooks" / "exercises" / "02_slope.ipynb").exists()
    ast.parse((folder / "install.py").read_text())
    assert "--no-index" in (folder / "install.py").read_text()
    assert "notebooks" in capsys.readouterr().out
    assert not [path for path in tmp_path.iterdir() if path != folder]  # nothing left beside it


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path, no_pip, capsys):
    (tmp_path / "course").mkdir()
    assert offline.main([str(tmp_path / "course")]) == 2
    assert "is there already" in capsys.readouterr().err and not any((tmp_path / "course").iterdir())


def test_wheels_that_cannot_be_had_leave_nothing(tmp_path, monkeypatch, capsys):
    def fails(*args):
        offline.run(
            ["python3", "-c", "import sys; print('ERROR: no matching distribution', file=sys.stderr); sys.exit(1)"]
        )

    monkeypatch.setattr(offline, "get_wheels", fails)
    assert offline.main([str(tmp_path / "course")]) == 2
    assert "pip could not get the wheels: ERROR: no matching distribution" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_outside_the_repository_it_says_so(tmp_path):
    with pytest.raises(ValueError, match="holds no notebooks and setup.cfg"):
        offline.make(tmp_path / "course", root=tmp_path)


def test_other_systems_want_their_own_wheels(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(offline, "run", calls.append)
    (tmp_path / "widedeep-0-py3-none-any.whl").write_text("x")
    offline.get_wheels(tmp_path, tmp_path, "3.12", "win_amd64")
    download = calls[1]
    assert download[download.index("--platform") + 1] == "win_amd64" and "--only-binary=:all:" in download
    assert download[-1].endswith("[notebooks]")
