"""The one place, with optional_data.hpp, that knows where optional data may lie."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("EPIFOUNDRY_DATA", ROOT.parent / "shared"))
