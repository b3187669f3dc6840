"""
MiniStack with the condition keys that it does not know: `dynamodb:LeadingKeys` (of tables by `pk`), `s3:if-none-match` and
`lambda:SourceFunctionArn`. Prints what IAM refuses.
"""

import json
import re

from ministack.core import iam_actions, iam_evaluator, lambda_runtime

OF_TABLES = iam_actions.dynamodb_service_context
OF_BUCKETS = iam_actions.s3_service_context
ENFORCE = iam_evaluator.enforce
CREDENTIALS = lambda_runtime.execution_credentials
FUNCTIONS = {}


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


def credentials(config):
    """Credentials of a function, remembered as its own."""
    made = CREDENTIALS(config)
    FUNCTIONS[made["AWS_ACCESS_KEY_ID"]] = config["FunctionArn"]
    return made


def enforce(access_key, action, *given, service_context=None, **named):
    function = FUNCTIONS.get(access_key)
    context = {**(service_context or {}), **({"lambda:SourceFunctionArn": function} if function else {})}
    refused = ENFORCE(access_key, action, *given, service_context=context, **named)
    if refused:
        who = getattr(refused, "principal_arn", "") or getattr(refused, "code", "")
        print("REFUSED", who, action, named.get("resource_arn", ""), getattr(refused, "reason", ""), flush=True)
    return refused


iam_actions.dynamodb_service_context = of_tables
iam_actions.s3_service_context = of_buckets
iam_evaluator.enforce = enforce
lambda_runtime.execution_credentials = credentials

if __name__ == "__main__":
    from ministack.app import main

    main()
