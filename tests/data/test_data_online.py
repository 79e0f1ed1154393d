"""Online sources against a local server that answers in the services' own formats, and against what goes
wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import pandas as pd
import pytest

from workbench.data import _retrieval as retrieval
from workbench.data import online
from workbench.errors import DataError, ParameterError

OPENS = [1672842600 + 86400 * day for day in range(3)]  # 2023-01-04, 05, 06 at 09:30 in New York
CHART = {
    "chart": {
        "result": [
            {
                "meta": {"symbol": "^GSPC", "currency": "USD", "exchangeTimezoneName": "America/New_York"},
                "timestamp": OPENS,
                "indicators": {
                    "quote": [
                        {
                            "open": [3840.36, 3839.74, None],
                            "high": [3873.16, 3839.74, 3906.19],
                            "low": [3815.77, 3802.42, 3809.56],
                            "close": [3852.97, 3808.10, 3895.08],
                            "volume": [4414080000, 3893450000, 3923560000],
                        }
                    ],
                    "adjclose": [{"adjclose": [3852.97, 3808.10, 3895.08]}],
                },
            }
        ],
        "error": None,
    }
}
FRED = "observation_date,DCOILWTICO\n2020-04-17,18.31\n2020-04-20,-36.98\n2020-04-21,\n2020-04-22,13.64\n"
OLD_FRED = FRED.replace("observation_date", "DATE").replace("21,\n", "21,.\n")
ECB = (
    "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,TITLE\n"
    'EXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,2024-01-02,1.0956,A,"US dollar/Euro"\n'
    'EXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,2024-01-03,1.0919,A,"US dollar/Euro"\n'
)
NOT_FOUND = {
    "chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}
}


class Service:
    """A server whose next answer is set by the test, and which remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, "", []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                outer.asked.append(self.path)
                body = outer.body.encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.server.shutdown()
    running.server.server_close()


def ask(service: Service, source: str, folder: Path, **more) -> pd.DataFrame:
    settings = {"cache": folder, "base": service.base, **more}
    if source == "yahoo":
        return online.yahoo("^GSPC", "2023-01-04", "2023-01-06", **settings)
    name = {"fred": "DCOILWTICO", "ecb": "EXR.D.USD.EUR.SP00.A"}[source]
    return getattr(online, source)(name, "2020-04-17", "2024-04-22", **settings)


GOOD = {"yahoo": json.dumps(CHART), "fred": FRED, "ecb": ECB}


def test_yahoo_bars_are_dated_where_the_exchange_is(service: Service, tmp_path: Path) -> None:
    service.body = GOOD["yahoo"]
    panel = ask(service, "yahoo", tmp_path)
    assert list(panel.index.astype(str)) == ["2023-01-04", "2023-01-05", "2023-01-06"]
    assert panel["close", "^GSPC"].tolist() == [3852.97, 3808.10, 3895.08]
    assert np.isnan(panel["open", "^GSPC"].iloc[2]) and panel.columns.names == ["field", "asset"]
    path, query = urlparse(service.asked[0]).path, parse_qs(urlparse(service.asked[0]).query)
    assert path == "/v8/finance/chart/%5EGSPC" and query["interval"] == ["1d"]
    assert int(query["period2"][0]) - int(query["period1"][0]) == 3 * 86400


def test_symbols_are_joined_without_filling_and_today_is_left_out(service: Service, tmp_path: Path) -> None:
    service.body = GOOD["yahoo"]
    online.yahoo("^GSPC", "2023-01-04", "2023-01-07", cache=tmp_path, base=service.base)
    running = json.loads(GOOD["yahoo"])
    running["chart"]["result"][0]["timestamp"][2] = int(pd.Timestamp.now(tz="UTC").timestamp())
    service.body = json.dumps(running)
    both = online.yahoo(["^GSPC", "SPY"], "2023-01-04", "2023-01-07", cache=tmp_path, base=service.base)
    assert len(service.asked) == 2 and len(both) == 3 and len(both.attrs["retrieved"]) == 2
    assert both["close", "SPY"].tolist()[:2] == [3852.97, 3808.10] and np.isnan(both["close", "SPY"].iloc[2])


def test_fred_in_both_of_its_forms(service: Service, tmp_path: Path) -> None:
    for folder, body in (("new", FRED), ("old", OLD_FRED)):
        service.body = body
        oil = ask(service, "fred", tmp_path / folder)
        assert oil.loc["2020-04-20", "DCOILWTICO"] == -36.98 and oil["DCOILWTICO"].isna().sum() == 1
    assert "id=DCOILWTICO&cosd=2020-04-17&coed=2024-04-22" in service.asked[0]


def test_ecb_by_flow_and_key(service: Service, tmp_path: Path) -> None:
    service.body = ECB
    rates = ask(service, "ecb", tmp_path)
    assert rates["EXR.D.USD.EUR.SP00.A"].tolist() == [1.0956, 1.0919]
    assert service.asked[0].startswith("/service/data/EXR/D.USD.EUR.SP00.A?startPeriod=2020-04-17")
    service.body = ECB.replace("2024-01-02", "2023-Q4").replace("2024-01-03", "2024-Q1")
    quarters = online.ecb("A.B", cache=tmp_path, base=service.base)
    assert list(quarters.index.astype(str)) == ["2023-10-01", "2024-01-01"] and "startPeriod" not in service.asked[-1]


@pytest.mark.parametrize("source", GOOD)
def test_the_second_question_is_answered_from_the_cache(source: str, service: Service, tmp_path: Path) -> None:
    service.body = GOOD[source]
    first = ask(service, source, tmp_path)
    service.status = 503
    second = ask(service, source, tmp_path)
    pd.testing.assert_frame_equal(first, second, check_freq=False)
    assert len(service.asked) == 1 and first.attrs == second.attrs and first.attrs["kind"] == "price"
    note = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert note["url"] == service.base + service.asked[0] and note["sha256"] in first.attrs["retrieved"][0]
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".parquet"} and len(list(tmp_path.iterdir())) == 2
    with pytest.raises(DataError, match="503"):
        ask(service, source, tmp_path, refresh=True)
    ask(service, source, tmp_path)


def test_an_altered_cache_entry_is_refused(service: Service, tmp_path: Path) -> None:
    service.body = FRED
    ask(service, "fred", tmp_path)
    stored = next(tmp_path.glob("*.parquet"))
    altered = pd.read_parquet(stored)
    altered.iloc[0, 0] = np.nextafter(altered.iloc[0, 0], 99)
    altered.to_parquet(stored)
    with pytest.raises(DataError, match=r"has sha256 .* was stored on 20.*refresh=True"):
        ask(service, "fred", tmp_path)
    stored.write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        ask(service, "fred", tmp_path)
    assert len(ask(service, "fred", tmp_path, refresh=True)) == 4


BROKEN = {
    "not found": (404, "<html>missing</html>", "there is no such series"),
    "throttled": (429, "Too Many Requests", r"wait some minutes \(Too Many Requests\)"),
    "server error": (500, "", "try again later"),
    "empty": (200, " \n", "an empty answer"),
    "web page": (200, "<!doctype html><p>consent", "web page instead of data"),
    "other form": (200, "a,b,c\n1,2,3\n", "has another form than known"),
}


@pytest.mark.parametrize("source", GOOD)
@pytest.mark.parametrize("trouble", BROKEN)
def test_a_bad_answer_is_reported_and_not_stored(source: str, trouble: str, service: Service, tmp_path: Path) -> None:
    service.status, service.body, words = BROKEN[trouble]
    with pytest.raises(DataError, match=words):
        ask(service, source, tmp_path)
    assert not list(tmp_path.iterdir())


def without(*path: str) -> str:
    chart = json.loads(json.dumps(CHART))
    part = chart["chart"]["result"][0]
    for step in path[:-1]:
        part = part[step][0] if isinstance(part[step], list) else part[step]
    del part[path[-1]]
    return json.dumps(chart)


@pytest.mark.parametrize(
    ("source", "body", "words"),
    [
        ("yahoo", json.dumps(NOT_FOUND), "has no '.GSPC': No data found, symbol may be delisted"),
        ("yahoo", without("indicators", "quote", "close"), "another form.*close"),
        ("yahoo", without("indicators", "adjclose"), "another form.*adjclose"),
        ("yahoo", without("meta", "exchangeTimezoneName"), "another form.*exchangeTimezoneName"),
        ("yahoo", without("timestamp"), "no value of '.GSPC'"),
        ("yahoo", '{"chart": {"result": [], "error": null}}', "another form"),
        ("fred", "observation_date,OTHER\n2020-01-01,1\n", "columns .*OTHER"),
        ("fred", "observation_date,DCOILWTICO\n2020-01-01,closed\n", "another form"),
        ("fred", "observation_date,DCOILWTICO\n", "no value of 'DCOILWTICO'"),
        ("fred", "observation_date,DCOILWTICO\n2020-01-01,1\n2020-01-01,2\n", "2020-01-01 twice"),
        ("ecb", ECB.replace("OBS_VALUE", "VALUE"), "no column OBS_VALUE"),
        ("ecb", ECB.partition("\n")[0] + "\n", "no value of 'EXR"),
    ],
)
def test_a_changed_schema_is_refused(source: str, body: str, words: str, service: Service, tmp_path: Path) -> None:
    service.body = body
    with pytest.raises(DataError, match=words):
        ask(service, source, tmp_path)


def test_an_answer_without_end_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "MOST_BYTES", 1000)
    service.body = "observation_date,DCOILWTICO\n" * 500
    with pytest.raises(DataError, match="FRED sent more than"):
        retrieval.get_text(service.base, "FRED")


def test_no_connection_and_no_answer_in_time_are_reported(service: Service) -> None:
    with pytest.raises(DataError, match="cannot be reached"):
        retrieval.get_text("http://127.0.0.1:9/x", "FRED", timeout=(0.5, 0.5))
    with pytest.raises(DataError, match="did not answer in time"):
        service.server.shutdown()
        retrieval.get_text(service.base, "FRED", timeout=(0.5, 0.2))


def test_wrong_questions_are_refused_before_anything_is_sent(service: Service, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="does not come before"):
        online.yahoo("X", "2023-02-01", "2023-01-01", cache=tmp_path, base=service.base)
    with pytest.raises(ParameterError, match="must be dates"):
        online.yahoo("X", "soon", "later", cache=tmp_path, base=service.base)
    with pytest.raises(ParameterError, match="no ECB series"):
        online.ecb("EXR", cache=tmp_path, base=service.base)
    with pytest.raises(ParameterError, match="names of series"):
        online.fred([], cache=tmp_path, base=service.base)
    with pytest.raises(ParameterError, match="kind is 'rate'"):
        online.fred("X", kind="rate", cache=tmp_path, base=service.base)
    assert not service.asked


def test_the_folder_is_the_argument_then_the_variable_then_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(retrieval.VARIABLE, str(tmp_path / "variable"))
    assert retrieval.cache_folder(tmp_path) == tmp_path and retrieval.cache_folder() == tmp_path / "variable"
    monkeypatch.delenv(retrieval.VARIABLE)
    assert retrieval.cache_folder().is_relative_to(Path.home())
