"""The playground in a real browser: JupyterLab and chromium, driven by keys and pointer; pictures where asked for."""

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

    def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def move(self, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, name: str) -> None:
        if PICTURES:
            shot = self.call("Page.captureScreenshot", format="png")["data"]
            Path(PICTURES, f"{name}.png").write_bytes(base64.b64decode(shot))


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """JupyterLab on a copy of the notebook, and a page of chromium in which all its cells ran."""
    pytest.importorskip("anywidget")
    tmp_path = tmp_path_factory.mktemp("lab")
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
        run_all(shown)
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


ANSWER = "(document.querySelector('.workbench-answer')?.innerText || '')"
STORY = "(document.querySelector('.workbench-story')?.innerText || '')"


def run_all(page: Page) -> None:
    page.wait("window.jupyterapp && document.querySelectorAll('.jp-Cell').length > 3")
    time.sleep(3)  # the kernel's session is announced to the page
    page.value("window.jupyterapp.commands.execute('notebook:run-all-cells'); 1")
    page.wait(f"{ANSWER}.includes('VaR')")
    page.wait("document.querySelectorAll('.js-plotly-plot').length >= 2")
    page.value("document.querySelector('.workbench-answer').scrollIntoView({block: 'center'}); 1")
    time.sleep(1)


def test_moving_the_horizon_changes_the_answer_at_once(page):
    page.picture("before")
    before = page.value(ANSWER)
    page.value("document.querySelector('.workbench-horizon .noUi-handle').focus(); 1")
    begun = time.monotonic()
    page.press("ArrowRight", 39)
    page.wait(f"{ANSWER}.includes('Over 21 trading days')", 20)
    seconds = time.monotonic() - begun
    after = page.value(ANSWER)
    print(f"answer after {seconds:.2f} s")
    time.sleep(1)
    page.picture("after")
    assert re.findall(r"[\d.]+ %", before) != re.findall(r"[\d.]+ %", after)
    assert seconds < 5


def test_a_click_on_a_path_of_the_fan_shows_its_story(page):
    """The pointer rests on the last day of the single path that ends highest, sees its name, and clicks."""
    assert "Click a path" in page.value(STORY)
    page.value("document.querySelector('.js-plotly-plot').scrollIntoView({block: 'center'}); 1")
    time.sleep(1)
    at = json.loads(
        page.value("""(() => {
        const plot = document.querySelector('.js-plotly-plot'), box = plot.getBoundingClientRect();
        const full = plot._fullLayout, paths = plot._fullData.filter(trace => trace.customdata);
        const path = paths[paths.length - 1], day = path.x.length - 3;
        return JSON.stringify({name: path.name, x: box.left + full.xaxis._offset + full.xaxis.l2p(path.x[day]),
                               y: box.top + full.yaxis._offset + full.yaxis.l2p(path.y[day])}); })()""")
    )
    page.move(at["x"] - 30, at["y"] - 30)
    page.move(at["x"], at["y"])
    page.wait(f"document.querySelector('.js-plotly-plot .hoverlayer')?.textContent.includes('{at['name']}')", 10)
    page.picture("hover")
    begun = time.monotonic()
    page.click(at["x"], at["y"])
    page.wait(f"{STORY}.includes('Closest episode')", 20)
    print(f"story after {time.monotonic() - begun:.2f} s")
    page.picture("story")
    assert at["name"].capitalize() in page.value(STORY)


def test_a_sampler_that_trains_shows_its_options_and_its_progress(page):
    page.value("""(() => { const list = document.querySelector('.workbench-sampler select');
        list.value = 'neural'; list.dispatchEvent(new Event('change', {bubbles: true})); })()""")
    page.wait(f"{ANSWER}.includes('press the button')", 20)
    page.wait("document.querySelectorAll('.workbench-options input').length >= 5")
    for place, text in ((0, "1"), (1, "6000")):  # members, steps
        page.value(f"document.querySelectorAll('.workbench-options input')[{place}].select(); "
                   f"document.querySelectorAll('.workbench-options input')[{place}].focus(); 1")  # fmt: skip
        page.call("Input.insertText", text=text)
        page.press("Tab", 9)
        time.sleep(0.3)
    page.picture("options")
    page.value("document.querySelector('.workbench-train').click(); 1")
    page.wait("document.querySelector('.workbench-progress')?.innerText.match(/\\d+\\/6000/)", 60)
    assert (
        page.value("document.querySelector('.workbench-progress .widget-hprogress').getBoundingClientRect().width") > 50
    )
    page.picture("progress")
    page.wait(f"{ANSWER}.includes('VaR')", 240)
    time.sleep(1)
    page.picture("trained")
    assert page.value("document.querySelector('.workbench-progress').innerText.trim()") == ""
