"""The formulas of a step's bytes, against pickles and memories that are there."""

import json

import pytest

from benchmarks.traffic import B, beside_one_process, by_formula, fixed_numbers, held, main, measured, most_ids


@pytest.mark.parametrize("V", [2_000, 30_000, 200_000])  # dense in both towers, in the wide one alone, in none
def test_formulas_are_the_bytes_of_pickles(V):
    want, found = by_formula(V, 1024, 4, 10), measured(V, 1024, 4)
    assert found["measured_down"] == pytest.approx(want["down"], rel=0.02)
    assert found["measured_up"] == pytest.approx(want["touched"], rel=0.02)


def test_what_the_client_holds_is_counted():
    assert held(5_000) == by_formula(5_000, 1024, 4, 10)["holds"]


def test_the_most_ids_just_fit():
    V = most_ids(1e9)
    assert by_formula(V, 64, 1, 10)["holds"] <= 1e9 < by_formula(V + 1, 64, 1, 10)["holds"]


def test_dense_grows_with_the_table_and_touched_with_the_batch():
    small, large = by_formula(10**7, 1024, 4, 10), by_formula(10**9, 1024, 4, 10)
    assert large["dense"] > 90 * small["dense"] and large["touched"] < 1.01 * small["touched"]
    assert by_formula(10**9, 2048, 4, 10)["touched"] - B * fixed_numbers() == pytest.approx(
        2 * (large["touched"] - B * fixed_numbers()), rel=1e-3
    )


def test_command(tmp_path, capsys):
    assert main(["--ids", "3000", "1e9", "--measure", "3000", "--json", str(tmp_path / "t.json")]) == 0
    told = capsys.readouterr().out
    assert "measured at V = 3,000: down 1.0" in told and "1,000,000,000" in told
    assert json.loads((tmp_path / "t.json").read_text())[1]["model"] == by_formula(10**9, 8192, 8, 10)["model"]
    with pytest.raises(SystemExit, match="2"):
        main(["--workers", "0"])


def test_a_cluster_is_timed_beside_one_process(capsys):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'widedeep[distributed]'")
    (ratio,) = beside_one_process(1, [(500, 64)], 1)
    assert ratio > 0 and f"1 workers on this machine take {ratio:.1f} times as long" in capsys.readouterr().out
