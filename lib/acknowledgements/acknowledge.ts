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

/** Why a policy may name executions under `*`. */
export const EXECUTIONS = 'the executions of one state machine have names that do not exist at synthesis'

/** How a finding names a wildcard in a policy. */
export const wildcard = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`

/** How a finding names the executions of a state machine, by its logical id, or with `/LABEL` those of one of its maps. */
export const executionsOf = (machine: string, map = ''): string =>
  wildcard(`arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>${map}:*`)

/** How the rule writes the ARN of a bucket of the data stack, seen from the workflow stack. */
const bucketArn = (output: string): string =>
  `{"Fn::GetStackOutput":{"StackName":"{stacks}Data","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAtt${output}"}}`

/** How a finding names keys of a bucket of the data stack. */
const inBucket = (output: string) => (pattern: string) => wildcard(`${bucketArn(output)}/${pattern}`)

/** Keys of the experience bucket. */
export const inExperience = inBucket('ExperienceBucket96636D14Arn99100560')
/** Keys of the vault. */
export const inVault = inBucket('VaultBucket0925C477ArnC928D3A4')
/** Why its functions are given all of them. */
export const WHOLE_VAULT =
  'intents, versions and runs do not exist at synthesis; the functions of sealer, gate and eraser alone are given it, by their ARNs'
/** Keys of the releases bucket. */
export const inReleases = inBucket('ReleasesBucketEA8ED4CAArnC6B77728')
/** Lines of the journal of heads. */
export const HEADS = inBucket('HeadsBucket0A4B513AArnBE75FD30')('heads/*')
/** Why they are named by a wildcard. */
export const LINES = 'a line is an object, named by its number; whoever adds to the journal must read it'
