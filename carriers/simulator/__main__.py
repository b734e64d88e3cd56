"""`python -m carriers.simulator`: runs the simulator until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from types import FrameType

from carriers.simulator.app import App
from carriers.simulator.server import Server
from carriers.simulator.state import MEMORY

log = logging.getLogger("carriers.simulator")


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.INFO, format="%(message)s")
    app = App(state=options.state, speed=options.speed, limits=options.limits)
    server = Server(app, host=options.host, port=options.port)
    log.info(
        "Simulator: %s (%g simulated minutes a minute, state in %s)", server.url, options.speed, options.state
    )

    def stop(number: int, frame: FrameType | None) -> None:
        # Not here: shutdown waits for the loop that this handler has interrupted.
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m carriers.simulator",
        description="Speaks six carriers' wire formats and Twilio's message endpoint, and moves parcels along.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8900, help="0 takes a free one (default %(default)s)")
    parser.add_argument("--state", default=MEMORY, metavar="PATH", help="SQLite file kept between runs")
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        help="simulated minutes a real minute: 60 makes an hour of each minute (default %(default)g)",
    )
    parser.add_argument("--limits", action="store_true", help="enforce the carriers' published rate limits")
    parser.add_argument("--verbose", action="store_true", help="log every call")
    return parser.parse_args()


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 1_000_000:
        raise argparse.ArgumentTypeError("must be above 0 and up to 1000000")
    return speed


if __name__ == "__main__":
    main()
