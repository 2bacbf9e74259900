"""Lets ``python -m lepton_studio`` do what ``lepton-studio`` does."""

import sys

from lepton_studio.cli import main

if __name__ == "__main__":
    sys.exit(main())
