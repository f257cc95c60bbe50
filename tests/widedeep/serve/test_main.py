"""The command: what is wrong with its options is said in one line, before any work."""

import sys

import pytest

from widedeep.serve.__main__ import make_service, parse


@pytest.mark.parametrize(
    "options, said",
    [
        ([], "want MODEL, an archive of widedeep.save, or --data appstore"),
        (["m.npz", "--port", "70000"], "--port 70000: want at most 65535"),
        (["m.npz", "--queue", "0"], "--queue 0: want at least 1"),
        (["m.npz", "--timeout", "0"], "--timeout 0"),
        (["m.npz", "--timeout", "nan"], "--timeout nan"),
        (["m.npz", "--users", "u.csv"], "--users, --items: want both or none"),
        (["m.npz", "--history", "h.csv"], "--history only with them"),
        (["m.npz", "--check", "c.csv"], "--check and --label belong together"),
        (["m.npz", "--data", "adult", "--check", "c.csv", "--label", "x"], "--data brings"),
    ],
)
def test_options(options, said, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(options)
    assert caught.value.code == 2 and said in capsys.readouterr().err


def test_a_missing_archive_is_one_line(tmp_path, capsys):
    pytest.importorskip("uvicorn", reason="serving wants pip install 'widedeep[serve]'")
    from widedeep.serve.__main__ import main

    assert main([str(tmp_path / "none.npz"), "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "none.npz" in said and said.count("\n") == 1


def test_without_the_libraries_it_says_what_to_install(monkeypatch, capsys):
    from widedeep.serve.__main__ import main

    for name in [name for name in sys.modules if name in ("widedeep.serve.server", "widedeep.serve.app")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["m.npz", "--port", "0"]) == 2
    assert "pip install 'widedeep[serve]'" in capsys.readouterr().err


def test_limits_are_those_of_the_options(tmp_path, good):
    from widedeep import save

    archive = save(tmp_path / "model.npz", *good)
    args = parse([str(archive), "--queue", "7", "--threads", "2", "--timeout", "1.5", "--rows", "9", "--body", "500"])
    service = make_service(args)
    found = service.limits
    assert (found.waiting, found.threads, found.timeout, found.rows, found.body) == (7, 2, 1.5, 9, 500)
    assert len(service.queue.threads) == 2 and service.renew is not None
    service.close()
