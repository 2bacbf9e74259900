"""Everything with a window. Knows Qt, never torch: it gets arrays, numbers and frozen values from the engine."""

import sys

# On Windows torch must be loaded before Qt, or its libraries fail to load (pytorch #166628, #169429).
# Elsewhere the window comes first and torch is imported beside it (MainWindow.start_engine).
if sys.platform == "win32":
    from lepton_studio.engine import import_torch

    for _ in import_torch():
        pass
