"""A check within seconds of whether a site answers."""

import threading
import urllib.error
import urllib.request

NETWORK_TIMEOUT_SECONDS = 5.0


def unreachable(url: str) -> str | None:
    """Returns the reason why a site does not answer within the timeout, or None if it does."""
    outcome: list[str | None] = ["no answer in time"]

    def ask() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=NETWORK_TIMEOUT_SECONDS).close()
            outcome[0] = None
        except urllib.error.HTTPError:
            outcome[0] = None  # An answer, though not a page.
        except (OSError, ValueError) as error:
            outcome[0] = str(getattr(error, "reason", error))

    # Looking up a name has no timeout of its own: hence the thread.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(NETWORK_TIMEOUT_SECONDS)
    return outcome[0]
