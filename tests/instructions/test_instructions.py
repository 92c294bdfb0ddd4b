"""`count` spends no more instructions on a fragment than it did: machines are noisy, this figure is not."""

import json

from instructions import FIGURE, own_instructions, per_fragment


def test_count_does_not_get_slower():
    stored = json.loads(FIGURE.read_text())["count_per_fragment"]
    assert per_fragment() <= 1.1 * stored, "if it must be: python tests/instructions/instructions.py --update"


def test_only_the_programs_own_functions_are_added_up(tmp_path):
    profile = tmp_path / "callgrind.out"
    profile.write_text(
        "events: Ir\n\nob=(1) /bin/program\nfl=(1) a.cpp\nfn=(1) main\n5 100\n+2 20\ncob=(2) /lib/libc.so\n"
        "cfn=(2) memcpy\ncalls=3 9\n* 5000\n-1 3\n\nob=(2)\nfn=(2)\n9 5000\n\nob=(1)\nfn=(3) parse\n7 1000\n"
    )
    assert own_instructions(profile, "/bin/program") == 1123
