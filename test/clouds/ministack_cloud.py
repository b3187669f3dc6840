"""
MiniStack with the condition keys that it does not know: `dynamodb:LeadingKeys` (of tables by `pk`), `s3:if-none-match`,
`lambda:SourceFunctionArn` and `ses:FromAddress`. Prints what IAM refuses. Its own interpreter of states stands still: events of the other one
(AWS_ENDPOINT_URL_SFN) are delivered, and start executions there.
"""

import json
import os
import re
from functools import partial
from threading import Thread, local

import botocore.session
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import eventbridge

OF_TABLES = iam_actions.dynamodb_service_context
OF_BUCKETS = iam_actions.s3_service_context
ENFORCE = iam_evaluator.enforce
CREDENTIALS = lambda_runtime.execution_credentials
MAILS = iam_actions._ses_v2_resource_arn
FUNCTIONS = {}
SENDER = local()


def leading_keys(request):
    """Partition keys that a request names."""
    for place in ("Item", "Key"):
        if place in request:
            return [request[place].get("pk", {}).get("S")]
    asked = re.match(r"pk = (:\w+)", request.get("KeyConditionExpression", ""))
    return [request["ExpressionAttributeValues"][asked[1]]["S"]] if asked else []


def of_tables(body):
    keys = leading_keys(json.loads(body or b"{}"))
    return {**OF_TABLES(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}


def of_buckets(action, query, path="", headers=None):
    condition = (headers or {}).get("if-none-match")
    return {**OF_BUCKETS(action, query, path, headers), **({"s3:if-none-match": condition} if condition else {})}


def of_mails(method, path, body, region, account):
    SENDER.address = json.loads(body or b"{}").get("FromEmailAddress")
    if SENDER.address is None:
        return MAILS(method, path, body, region, account)
    return f"arn:aws:ses:{region}:{account}:identity/{SENDER.address}"


def credentials(config):
    """Credentials of a function, remembered as its own."""
    made = CREDENTIALS(config)
    FUNCTIONS[made["AWS_ACCESS_KEY_ID"]] = config["FunctionArn"]
    return made


def enforce(access_key, action, *given, service_context=None, **named):
    function = FUNCTIONS.get(access_key)
    context = {**(service_context or {}), **({"lambda:SourceFunctionArn": function} if function else {})}
    if action == "ses:SendEmail":
        context["ses:FromAddress"] = SENDER.address
    refused = ENFORCE(access_key, action, *given, service_context=context, **named)
    if refused:
        who = getattr(refused, "principal_arn", "") or getattr(refused, "code", "")
        print("REFUSED", who, action, named.get("resource_arn", ""), getattr(refused, "reason", ""), flush=True)
    return refused


def start_elsewhere(arn, payload):
    states = botocore.session.get_session().create_client("stepfunctions", region_name=os.environ["MINISTACK_REGION"])
    # Not here: the other one tells of the execution that it starts before it answers.
    Thread(target=states.start_execution, kwargs={"stateMachineArn": arn, "input": payload}).start()


iam_actions.dynamodb_service_context = of_tables
iam_actions.s3_service_context = of_buckets
iam_actions._ses_v2_resource_arn = of_mails
iam_evaluator.enforce = enforce
lambda_runtime.execution_credentials = credentials
eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)
eventbridge._dispatch_to_stepfunctions = start_elsewhere

if __name__ == "__main__":
    from ministack.app import main

    main()
