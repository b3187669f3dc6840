/** Whom alarms call: the context value `alarms` names an SNS topic. Without it they ring on the dashboard alone. */
import type { Node } from 'constructs'

/** ARN of the topic; null when none is named. Throws RangeError with the bad value. */
export function alarmTopicOf(node: Node): string | null {
  const arn = node.tryGetContext('alarms') as unknown
  if (arn === undefined) return null
  if (typeof arn !== 'string' || !/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(arn))
    throw new RangeError(
      `context value "alarms" is ${JSON.stringify(arn)}; it is the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME`,
    )
  return arn
}
