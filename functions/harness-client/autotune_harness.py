"""A harness for `autotune --replayer exec:PATH`, in Python 3.8 or newer and its standard library alone.

    #!/usr/bin/env python3
    from autotune_harness import serve

    def replay(recorded, settings, pinned):
        offered = pinned.retrieve("manual", hop=1, top_k=10)
        kept = offered[: settings["evidence.manual.top_k"]]
        stock = pinned.tool("parts.stock", {"part": "PMP-117"})
        return {"status": "DECIDED", "outputs": {"days": 2},
                "evidence_refs": [p["evidence_ref"] for p in kept], "usage": None}

    serve(replay)

Copy this file beside your harness and name both in HARNESS.files.json: ["./autotune_harness.py"]. `replay` is a pure
function of its arguments: no clock, no chance, nothing kept from case to case. The order of a set of texts is chance in
Python: sort it. What you print goes to stderr.
"""

import json
import os
import sys
import traceback

HELLO = "autotune-harness"
PROTOCOL = 1
# Whole numbers beyond this are no longer themselves for everybody who reads JSON.
MOST_WHOLE = 2**53 - 1
MOST_LEVELS = 50
MOST_LINES = 12


class UnpinnedCall(Exception):
    """A call that the recording does not answer. The case is unreplayable, also where this is caught."""


class Pinned:
    """Answers from the recording of one case."""

    def __init__(self, ask):
        self._ask = ask

    def tool(self, name, args=None):
        """Recorded result of this call: {"content", "error", "latency_ms"}; the same call again gets the next one."""
        return self._ask({"method": "tool", "name": name, "args": {} if args is None else args})

    def retrieve(self, bucket, hop=None, top_k=None):
        """All passages that a bucket offered in a hop (None: in all), by rank. `top_k` says how many are wanted."""
        question = {"method": "retrieve", "bucket": bucket, "hop": hop, "top_k": top_k}
        return self._ask({key: value for key, value in question.items() if value is not None})

    def model(self, prompt):
        """The next recorded model call; `prompt` is all that would be sent."""
        return self._ask({"method": "model", "prompt": prompt})


def serve(replay):
    """Answers cases until the program that asks is gone. Does not return before."""
    program = _Program()
    hello = program.read()
    if hello is None:
        return
    program.write({"hello": HELLO, "protocol": PROTOCOL})
    if hello.get("hello") != HELLO or hello.get("protocol") != PROTOCOL:
        sys.exit(f"this client speaks {HELLO} {PROTOCOL}, and was greeted with {hello}")
    while True:
        case = program.read()
        if case is None:
            return
        program.write(_answer(replay, case, program))


def _answer(replay, case, program):
    calls = 0

    def ask(question):
        nonlocal calls
        call, calls = calls, calls + 1
        program.write({"id": case["id"], "call": call, "question": _plain(question, ())})
        answer = program.read()
        if answer is None:
            sys.exit(0)
        if "unpinned" in answer:
            raise UnpinnedCall(answer["unpinned"])
        return answer["answer"]

    try:
        returned = replay(case["recorded"], case["settings"], Pinned(ask))
        return {"id": case["id"], "returned": _plain(returned, ())}
    except Exception as error:  # Whatever it is, it fails this case alone.
        return {"id": case["id"], "failed": _told(error)}


def _told(error):
    """What was raised and where, with files named without their folders, so that it reads alike everywhere."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename != __file__]
    lines = [f"    at {os.path.basename(f.filename)}:{f.lineno} in {f.name}" for f in reversed(own)]
    return "\n".join([f"{type(error).__name__}: {error}", *lines[:MOST_LINES]])


def _plain(value, path):
    """The same value as JSON has it; TypeError with the path of anything that JSON would change in silence."""

    def refuse(what):
        raise TypeError(f"{'.'.join(map(str, path[:10])) or 'the result'}: {what}")

    if len(path) > MOST_LEVELS:
        refuse(f"more than {MOST_LEVELS} levels")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -MOST_WHOLE <= value <= MOST_WHOLE else refuse(f"the number {value} is beyond 2^53")
    if isinstance(value, float):
        return value if value - value == 0 else refuse(f"the number {value}")
    if isinstance(value, (list, tuple)):
        return [_plain(inner, (*path, i)) for i, inner in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                refuse(f"a key that is no text, {key!r}")
        return {key: _plain(inner, (*path, key)) for key, inner in value.items()}
    return refuse(f"a {type(value).__name__}")


class _Program:
    """The other side: a line of JSON at a time. What anybody prints to stdout from here on goes to stderr."""

    def __init__(self):
        sys.stdout.flush()
        self._out = os.fdopen(os.dup(1), "wb")
        self._in = os.fdopen(os.dup(0), "rb")
        os.dup2(2, 1)
        # Whoever else reads stdin finds its end.
        ended, other = os.pipe()
        os.close(other)
        os.dup2(ended, 0)

    def read(self):
        line = self._in.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def write(self, message):
        self._out.write(json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n")
        self._out.flush()
