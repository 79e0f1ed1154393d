"""One HTTP request for data, and what can be wrong with the answer before anyone reads it."""

from __future__ import annotations

import requests

from workbench.errors import DataError

_TIMEOUT = (5.0, 30.0)
MOST_BYTES = 2**26
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; scenario-workbench)", "Accept": "application/json, text/csv, */*"}


def get_text(url: str, source: str, timeout: tuple[float, float] = _TIMEOUT) -> str:
    """Body of a successful answer.

    source : the service's name for messages; timeout : seconds to connect and to wait for data.

    Raises DataError for no connection, a timeout, a status other than 200, an empty body, or a web page.
    """
    content = bytearray()
    try:
        with requests.get(url, headers=_HEADERS, timeout=timeout, stream=True) as answer:
            for piece in answer.iter_content(2**20):
                content += piece
                if len(content) > MOST_BYTES:
                    raise DataError(f"{source} sent more than {MOST_BYTES / 2**20:.0f} MiB to {url}; ask for less")
    except requests.Timeout:
        raise DataError(f"{source} did not answer in time ({url}); try again later") from None
    except requests.RequestException as failed:
        raise DataError(f"{source} cannot be reached ({url}: {type(failed).__name__}); check the connection") from None
    text = content.decode(errors="replace")
    if answer.status_code != 200:
        raise DataError(f"{source} answered {answer.status_code} to {url}: {_advice(answer.status_code, text)}")
    if not text.strip():
        raise DataError(f"{source} sent an empty answer to {url}; check the names and the dates asked for")
    if text.lstrip()[:1] == "<":
        raise DataError(
            f"{source} sent a web page instead of data to {url}; the service may have moved or ask for consent"
        )
    return text


def _advice(status: int, text: str) -> str:
    advice = {
        404: "there is no such series or symbol",
        400: "the series or the dates are not understood",
        429: "too many requests, wait some minutes",
    }
    known = advice.get(status, "the service has a problem, try again later")
    body = " ".join(text.split())
    return known if body[:1] in ("", "<") else f"{known} ({body[:120]})"
