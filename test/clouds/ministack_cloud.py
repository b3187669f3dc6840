"""MiniStack with the condition keys that it does not know: `dynamodb:LeadingKeys` (of tables by `pk`) and `s3:if-none-match`."""

import json
import re

from ministack.core import iam_actions

OF_TABLES = iam_actions.dynamodb_service_context
OF_BUCKETS = iam_actions.s3_service_context


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


iam_actions.dynamodb_service_context = of_tables
iam_actions.s3_service_context = of_buckets

if __name__ == "__main__":
    from ministack.app import main

    main()
