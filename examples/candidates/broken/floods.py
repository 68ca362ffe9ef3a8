"""In place of its third answer writes one line that never ends."""
import sys

from relu import reply, right, serve


def answer(request, count):
    while count == 3:
        sys.stdout.write("0," * 32768)
    reply(right(request))


serve("floods", answer)
