"""By the number of axes: one, a line that is no JSON; two, a wrong id; three, half a line and the end; else right."""
import json
import sys

from relu import reply, right, serve


def answer(request, count):
    message = right(request)
    axes = len(request["inputs"]["input"]["shape"])
    if axes == 1:
        print("relu: 0 warnings, 0 errors", flush=True)
    elif axes == 2:
        reply({**message, "id": "another"})
    elif axes == 3:
        text = json.dumps(message)
        print(text[:len(text) // 2], end="", flush=True)
        sys.exit()
    else:
        reply(message)


serve("garbage", answer)
