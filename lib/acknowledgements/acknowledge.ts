/**
 * How a finding of the security rules is acknowledged: by construct, finding and reason. The tables beside this file say
 * which ones stand; whatever is in none of them stops the synthesis.
 */
import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** A finding that stands, where it is found, and why. */
export interface Acknowledgement {
  /** Path of the construct below the app, as `aws:cdk:path` shows it, without what its stack's name begins with. */
  readonly path: string
  /** The rule as cdk-nag names it, `AwsSolutions-IAM5[Resource::*]` for a wildcard. */
  readonly id: string
  /** One sentence for whoever audits the deployment. */
  readonly reason: string
}

/** Row of a table of one part: path below the part, finding, reason. */
export type Row = readonly [path: string, id: string, reason: string]

/** The rows of a part as acknowledgements. */
export const below = (part: string, rows: readonly Row[]): Acknowledgement[] =>
  rows.map(([path, id, reason]) => ({ path: `${part}/${path}`, id, reason }))

/**
 * Puts every acknowledgement on its construct.
 * @param stacks what the names of the stage's stacks begin with; it stands for `{stacks}` in a finding too
 * @throws RangeError for a path that names none: a rename must not hide a finding
 */
export function acknowledge(app: IConstruct, stacks: string, table: readonly Acknowledgement[]): void {
  for (const { path, id, reason } of table) {
    let construct: IConstruct | undefined = app
    for (const name of `${stacks}${path}`.split('/')) construct = construct?.node.tryFindChild(name)
    if (!construct) throw new RangeError(`acknowledgement ${id}: there is no construct ${stacks}${path}`)
    Validations.of(construct).acknowledge({ id: id.replaceAll('{stacks}', stacks), reason })
  }
}

/** Why a role may write traces under `*`. */
export const TRACES = 'X-Ray knows no resource to write a segment to'

/** How a finding names a wildcard in a policy. */
export const wildcard = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`

/** How the rule writes the ARN of the experience bucket, seen from the workflow stack. */
const EXPERIENCE =
  '{"Fn::GetStackOutput":{"StackName":"{stacks}Data","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttExperienceBucket96636D14Arn99100560"}}'

/** How a finding names keys of the releases bucket. */
export const inReleases = (pattern: string): string =>
  wildcard(
    `{"Fn::GetStackOutput":{"StackName":"{stacks}Data","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttReleasesBucketEA8ED4CAArnC6B77728"}}/${pattern}`,
  )

/** How a finding names keys of the experience bucket. */
export const inExperience = (pattern: string): string => wildcard(`${EXPERIENCE}/${pattern}`)
