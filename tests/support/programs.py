"""Where the built programs are."""

import os
from pathlib import Path

from support.optional_data import ROOT

BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
