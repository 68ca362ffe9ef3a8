"""Kills itself in place of its fifth answer, as the system does when memory runs out."""
import os
import signal

from relu import reply, right, serve


def answer(request, count):
    if count == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    reply(right(request))


serve("killed", answer)
