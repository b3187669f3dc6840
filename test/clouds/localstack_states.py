"""
The interpreter of Step Functions of LocalStack, alone, over another emulator: tasks take the role of their machine there.
Time passes when nothing works: a Wait ends once no function is called any more, whatever it says. The looks at production are the
test's to let pass (POST /look, one each): a stage whose runs are not handed in yet is paused, and a busy machine is slow to hand them in.
Arguments: port, endpoint of the other emulator.
"""

import _thread
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

PORT, ELSEWHERE = int(sys.argv[1]), sys.argv[2]
ACCOUNT, QUIET_SECONDS = "000000000000", 2


class Lock:
    """It writes `Lock | None`, and before Python 3.13 a lock is no type."""

    def __new__(cls):
        return _thread.allocate_lock()


real_lock, threading.Lock = threading.Lock, Lock
import localstack.packages.api  # noqa: E402

threading.Lock = real_lock

import jsonata  # noqa: E402
import localstack.aws.connect as connect  # noqa: E402
from localstack.aws.api.core import RequestContext  # noqa: E402
from localstack.aws.skeleton import create_skeleton  # noqa: E402
from localstack.http import Request  # noqa: E402
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval.resource_output_transformer import (  # noqa: E402, E501
    resource_output_transformer_json as reader,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import lambda_eval_utils  # noqa: E402
from localstack.services.stepfunctions.asl.component.state.state_wait.wait_function.wait_function import WaitFunction  # noqa: E402
from localstack.services.stepfunctions.asl.jsonata import jsonata as expressions  # noqa: E402
from localstack.services.stepfunctions.provider import StepFunctionsProvider  # noqa: E402

# Its engine of JSONata is one in Java, which it would download: this is the same engine in Python.
def evaluate(expression):
    try:
        return jsonata.Jsonata(expression).evaluate(None)
    except Exception as error:
        raise expressions.JSONataException("UNKNOWN", str(error)) from error


expressions._eval_jsonata = evaluate

# It reads lists of JSON and tables, and no lines.
reader.json = SimpleNamespace(loads=lambda text: [json.loads(line) for line in text.splitlines()])

# Everything but its own machines lies elsewhere; whoever takes a role there is the root of the account.
connect.INTERNAL_AWS_ACCESS_KEY_ID = connect.INTERNAL_AWS_SECRET_ACCESS_KEY = "test"
get_client = connect.InternalClientFactory.get_client


def client_elsewhere(self, service_name, **given):
    given["endpoint_url"] = f"http://127.0.0.1:{PORT}" if service_name == "stepfunctions" else ELSEWHERE
    return get_client(self, service_name, **given)


connect.InternalClientFactory.get_client = client_elsewhere

working = {"calls": 0, "since": time.monotonic()}
counting = threading.Lock()
# The first one begins the first stage.
looks = threading.Semaphore(1)
call_function = lambda_eval_utils._invoke_lambda_function


def count(by):
    with counting:
        working.update(calls=working["calls"] + by, since=time.monotonic())


def counted(**call):
    count(1)
    try:
        return call_function(**call)
    finally:
        count(-1)


def wait_for_quiet(self, env, wait_seconds):
    end = time.monotonic() + wait_seconds
    if env.states.context_object.context_object_data["State"]["Name"] == "Wait For Production":
        while env.is_running() and not looks.acquire(timeout=0.1):
            pass
    while env.is_running() and time.monotonic() < end:
        if working["calls"] == 0 and time.monotonic() - working["since"] > QUIET_SECONDS:
            return
        env.program_state_event.wait(0.1)


lambda_eval_utils._invoke_lambda_function = counted
WaitFunction._wait_interval = wait_for_quiet

skeleton = create_skeleton("stepfunctions", StepFunctionsProvider())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/look":
            looks.release()
            self.send_response(204)
            self.end_headers()
            return
        context = RequestContext(Request("POST", "/", headers=dict(self.headers), body=body))
        context.service, context.protocol = skeleton.service, "json"
        context.account_id = ACCOUNT
        context.region = self.headers["authorization"].split("/")[2]
        try:
            response = skeleton.invoke(context)
            status, headers, said = response.status_code, response.headers.items(), response.get_data()
        except Exception as error:
            status, headers, said = 500, [], json.dumps({"__type": "InternalFailure", "message": repr(error)}).encode()
        self.send_response(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
