"""Never answers for an input with three axes, and hears nothing any more."""
import time

from relu import reply, right, serve


def answer(request, count):
    while len(request["inputs"]["input"]["shape"]) == 3:
        time.sleep(60)
    reply(right(request))


serve("hangs", answer)
