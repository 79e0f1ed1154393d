"""The playground in a real browser: JupyterLab and chromium, a slider moved by its keys, pictures before and after."""

import base64
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURES = os.environ.get("WORKBENCH_PICTURES")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed: apt-get install chromium"),
]


class Page:
    """One page of a chromium, driven over its debugging protocol."""

    def __init__(self, address: str) -> None:
        websocket = pytest.importorskip("websocket")
        self.line, self.numbers = (
            websocket.create_connection(address, timeout=60, suppress_origin=True),
            itertools.count(1),
        )

    def call(self, method: str, **parameters):
        number = next(self.numbers)
        self.line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self.line.recv())).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def value(self, script: str):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, script: str, seconds: float = 60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.value(script):
                return found
            time.sleep(0.05)
        self.picture("waited")
        raise AssertionError(f"waited {seconds} s for {script}")

    def picture(self, name: str) -> None:
        if PICTURES:
            shot = self.call("Page.captureScreenshot", format="png")["data"]
            Path(PICTURES, f"{name}.png").write_bytes(base64.b64decode(shot))


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@pytest.fixture()
def page(tmp_path):
    """JupyterLab on a copy of the notebook, and a page of chromium that shows it."""
    pytest.importorskip("anywidget")
    shutil.copy(ROOT / "notebooks" / "explore.ipynb", tmp_path)
    lab_port, own = free_port(), {**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_CACHE": str(tmp_path / "cache")}
    lab = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={lab_port}",
           "--IdentityProvider.token=t", "--LabApp.expose_app_in_browser=True",
           f"--notebook-dir={tmp_path}"]  # fmt: skip
    browser = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
               "--window-size=1500,1300",
               f"--user-data-dir={tmp_path / 'profile'}", "about:blank"]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    started = [subprocess.Popen(command, env=own, **quiet) for command in (lab, browser)]
    try:
        ready = tmp_path / "profile" / "DevToolsActivePort"
        end = time.monotonic() + 60
        while time.monotonic() < end and not (ready.exists() and answers(f"http://127.0.0.1:{lab_port}/api?token=t")):
            time.sleep(0.2)
        port = ready.read_text().splitlines()[0]
        pages = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/json").read())
        shown = Page(next(one["webSocketDebuggerUrl"] for one in pages if one["type"] == "page"))
        shown.call("Page.enable")
        shown.call("Page.navigate", url=f"http://127.0.0.1:{lab_port}/lab/tree/explore.ipynb?token=t")
        yield shown
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=2).status == 200
    except OSError:
        return False


def test_moving_the_horizon_changes_the_answer_at_once(page):
    page.wait("window.jupyterapp && document.querySelectorAll('.jp-Cell').length > 3")
    time.sleep(3)  # the kernel's session is announced to the page
    page.value("window.jupyterapp.commands.execute('notebook:run-all-cells'); 1")
    answer = "document.querySelector('.workbench-answer')?.innerText || ''"
    page.wait(f"({answer}).includes('VaR')")
    page.wait("document.querySelectorAll('.js-plotly-plot').length >= 2")
    page.value("document.querySelector('.workbench-answer').scrollIntoView({block: 'center'}); 1")
    time.sleep(1)
    page.picture("before")
    before = page.value(answer)
    page.value("document.querySelector('.workbench-horizon .noUi-handle').focus(); 1")
    begun = time.monotonic()
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    page.wait(f"({answer}).includes('Over 21 days')", 20)
    seconds = time.monotonic() - begun
    after = page.value(answer)
    print(f"answer after {seconds:.2f} s")
    time.sleep(1)
    page.picture("after")
    assert re.findall(r"[\d.]+%", before) != re.findall(r"[\d.]+%", after)
    assert seconds < 5
