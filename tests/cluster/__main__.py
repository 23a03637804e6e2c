"""`make cluster`: three nodes for a developer, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from tests.cluster.nodes import cluster
from tests.cluster.server import NoServer


def main() -> None:
    """Start a cluster, say how to use it, wait to be told to stop."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with cluster(count) as started:
            sys.stdout.write(f"export KB_ENGINE=opensearch KB_OPENSEARCH_URL={started.url}\n")
            sys.stdout.flush()
            signal.pause()
    except NoServer as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
