/** A harness function of the user's own: how a run pins it, and what the functions that replay with it may do. */
import { type Duration, Token } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { FUNCTION_VERSION_PATTERN } from '#schemas/patterns.ts'
import { mayRead, mayWrite } from './rights.ts'

/** A harness function that is deployed already, and what it may ask. */
export interface HarnessProps {
  /**
   * ARN of a published version, `...:function:NAME:7`, made with `harnessFunction` (docs/own-harness.md). It is sent
   * held-out cases too: it must keep and log nothing of them.
   */
  readonly functionArn: string
  /**
   * Longest that one call may take.
   * @default Duration.seconds(10)
   */
  readonly limit?: Duration
  /**
   * ARN of an Amazon Bedrock model that answers what the harness asks a model and was not recorded.
   * @default - none: such a call makes the case unreplayable, and nothing here may call Bedrock
   */
  readonly modelArn?: string
}

const LIMIT_MS = 10_000
/** Longest answer of the model. */
const MAX_TOKENS = 4096

/**
 * What a run pins of it, as the variable `AUTOTUNE_HARNESS` holds it.
 * @throws RangeError for an ARN without a version number; one that is a token is believed
 */
export function pinnedHarness({ functionArn, limit, modelArn }: HarnessProps): Record<string, unknown> {
  if (!Token.isUnresolved(functionArn) && !FUNCTION_VERSION_PATTERN.test(functionArn))
    throw new RangeError(
      `harness is ${JSON.stringify(functionArn)}; it is the ARN of a function with a version number, such as arn:aws:lambda:eu-central-1:111122223333:function:my-harness:7. $LATEST and aliases can change under a run`,
    )
  return {
    kind: 'lambda',
    function_arn: functionArn,
    limit_ms: limit?.toMilliseconds() ?? LIMIT_MS,
    ...(modelArn === undefined ? {} : { model: { model_arn: modelArn, max_tokens: MAX_TOKENS } }),
  }
}

/** Calls just that version, and just that model; without a harness no statement at all. */
export const mayCallHarness = (harness: HarnessProps | undefined): PolicyStatement[] => [
  ...(harness ? [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [harness.functionArn] })] : []),
  ...(harness?.modelArn === undefined
    ? []
    : [new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [harness.modelArn] })]),
]

/** The same on the open side, with the recorded runs and the answers of the model that are kept there. */
export const mayReplayHarness = (bucket: IBucket, harness: HarnessProps | undefined): PolicyStatement[] => [
  ...mayCallHarness(harness),
  ...(harness ? mayRead(bucket, 'experience/*', ...(harness.modelArn === undefined ? [] : ['model-cache/*'])) : []),
  ...(harness?.modelArn === undefined ? [] : [mayWrite(bucket, 'model-cache/*')]),
]
