"""A right relu over the protocol. The commands beside it are this one with a fault."""
import json
import sys


def reply(message):
    print(json.dumps(message), flush=True)


def right(request):
    """Special numbers come as strings."""
    tensor = request["inputs"]["input"]
    values = [x if x in ("NaN", "Infinity") else 0 if isinstance(x, str) or x <= 0 else x for x in tensor["values"]]
    return {"id": request["id"], "outputs": {"output": {"shape": tensor["shape"], "values": values}}}


def serve(name, answer=lambda request, count: reply(right(request)), before_start=lambda: None):
    """Calls answer(request, count) for every request; count says which request of this process it is, from 1."""
    count = 0
    for line in sys.stdin:
        request = json.loads(line)
        if request["command"] == "start":
            before_start()
            reply({"version": 1, "name": name, "language": "python", "operations": ["relu"]})
        elif request["command"] == "run":
            count += 1
            answer(request, count)
        else:
            break


if __name__ == "__main__":
    serve("relu")
