"""How long the window keeps a person waiting while it trains with both plots in front."""

from __future__ import annotations

import json

from _window import Heartbeat, is_over, opened_window, run_until, start_training

EPOCHS = 10


def main() -> None:
    with opened_window() as (application, window):
        heartbeat = Heartbeat()
        start_training(window, EPOCHS)
        run_until(application, lambda: is_over(window))
        run = window.session.run
        assert run is not None
        figures = heartbeat.figures() | {"images_per_second": round(run.record.images_per_second)}
        print(json.dumps(figures | {"ticks": len(heartbeat.gaps), "device": run.record.device}))


if __name__ == "__main__":
    main()
