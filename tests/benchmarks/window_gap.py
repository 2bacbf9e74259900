"""How long the window keeps a person waiting while it trains with everything open that Train can show."""

from __future__ import annotations

import json

from _window import Heartbeat, is_over, open_panels, opened_window, run_until, start_training

EPOCHS = 10


def main() -> None:
    with opened_window() as (application, window):
        heartbeat = Heartbeat()
        start_training(window, EPOCHS)
        turning = open_panels(window)
        run_until(application, lambda: is_over(window))
        run = window.session.run
        assert run is not None
        del turning
        figures = heartbeat.figures() | {"images_per_second": round(run.record.images_per_second)}
        print(json.dumps(figures | {"ticks": len(heartbeat.gaps), "device": run.record.device}))


if __name__ == "__main__":
    main()
