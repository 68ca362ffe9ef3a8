"""Exits with code 3 in place of its fifth answer."""
import sys

from relu import reply, right, serve


def answer(request, count):
    if count == 5:
        print("dies: out of memory", file=sys.stderr)
        sys.exit(3)
    reply(right(request))


serve("dies", answer)
