"""The README's first example: at least 35 of the checks have an answer, in under a minute of processor time."""

import re
import time
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def example() -> str:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.S)
    return next(block for block in blocks if "samplers.sample_chains" in block)


@pytest.mark.parametrize("start", ["last", "long-run"])
def test_the_first_example_answers_most_checks_in_under_a_minute(example, start):
    assert example.count('start="last"') == 2
    begun, room = time.process_time(), {}
    exec(example.replace("last", start), room)
    assert time.process_time() - begun < 60
    assert sum(finding.answered for finding in room["found"]) >= 35
