"""The README's Python runs as it stands."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.slow
def test_the_first_example_answers_most_checks():
    scope: dict = {}
    for block in BLOCKS:
        exec(block, scope)  # what a reader would paste
    assert sum(finding.answered for finding in scope["found"].findings) >= 35
