"""Where the packed program begins: the same as ``python -m lepton_studio``."""

import multiprocessing
import sys

# A package that starts processes of its own would otherwise open a window with each.
multiprocessing.freeze_support()

from lepton_studio.cli import main  # noqa: E402 - after the line above, on purpose

sys.exit(main())
