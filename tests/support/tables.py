"""Reading of the tables that the commands write."""

import gzip


def table(path):
    """The rows of a tab-separated file with a header, as dictionaries."""
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path)
    with opened as lines:
        header = next(lines).rstrip("\n").split("\t")
        return [dict(zip(header, line.rstrip("\n").split("\t"))) for line in lines]
