"""What README and tutorial print runs as it stands: Python, and commands on files of the reader's own."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import data, samplers, scenarios
from workbench.cli import main
from workbench.studies.runner import notebooks
from workbench.studies.runner._inputs import require_usable
from workbench.studies.runner._parameters import resolve
from workbench.studies.runner._preconditions import require_possible

ROOT = Path(__file__).parents[1]
README, TUTORIAL = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/tutorial.md"))
COMMANDS = sorted(
    {tuple(shlex.split(line, comments=True)[1:]) for line in re.findall(r"^workbench .*$", README + TUTORIAL, re.M)}
)
TARGETS = re.findall(r"^make (\w+)", README, re.M)
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.slow
def test_the_first_example_answers_most_checks():
    scope: dict = {}
    for block in BLOCKS:
        exec(block, scope)  # what a reader would paste
    assert sum(finding.answered for finding in scope["found"].findings) >= 35


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """A folder with the files that README and tutorial name, as a reader would have them."""
    folder = tmp_path_factory.mktemp("own")
    moves = 0.008 * np.random.default_rng(3).standard_t(5, (3000, 3))
    prices = pd.DataFrame(100 * np.exp(moves.cumsum(0)), pd.bdate_range("2010-01-04", periods=3000), ["A", "B", "C"])
    prices.rename_axis("date").to_csv(folder / "prices.csv")
    drawn = samplers.make("fhs").fit(data.returns(prices), 7).sample(500, horizon=10, seed=7, start="long-run")
    scenarios.save(drawn, folder / "scenarios.parquet")
    realised = np.expm1(data.returns(prices)).mean(axis=1).rename("realised").rename_axis("date")
    scale = realised.rolling(250).std().shift(1).dropna()
    pd.DataFrame({"var_0.99": 2.6 * scale, "es_0.99": 3.0 * scale}).to_csv(folder / "forecasts.csv")
    realised.to_csv(folder / "returns.csv")
    return folder


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] == "run"], ids=" ".join)
def test_studies_that_are_named_take_what_they_are_given(words, own, monkeypatch):
    """Up to the kernel: name, parameters and the file are as ``workbench run`` checks them before it starts one."""
    monkeypatch.chdir(own)
    study = notebooks.find(words[1])
    given = dict(value.split("=", 1) for flag, value in zip(words[2::2], words[3::2]) if flag == "-p")
    own_file = {"dataset": "prices.csv"}, {"datasets": "[prices.csv]"}
    assert any(part.items() <= given.items() for part in own_file) and 2 * len(given) == len(words) - 2
    values = resolve(study.parameters, given, study.name)
    require_usable(values)
    require_possible(study, values, given)


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] not in ("run", "verify")], ids=" ".join)
def test_commands_on_own_files_run(words, own, monkeypatch, capsys):
    monkeypatch.chdir(own)
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code in (0, 1), capsys.readouterr().err
    assert capsys.readouterr().out.strip()


def test_every_command_is_one_of_these_and_every_target_is_there():
    assert {words[0] for words in COMMANDS} == {"run", "audit", "backtest", "verify"}
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert TARGETS and all(re.search(rf"^{target}:", made, re.M) for target in TARGETS)


@pytest.mark.slow
def test_the_python_of_the_tutorial_runs_on_own_prices(own, monkeypatch):
    monkeypatch.chdir(own)
    scope: dict = {}
    for block in re.findall(r"```python\n(.*?)```", TUTORIAL, re.S):
        exec(block, scope)
    assert len(scope["returns"]) == 2999
