/**
 * What all functions and machines below a construct share: where they run, and what becomes of their logs. Said once at the top,
 * and found by whatever is created below: the nearest one counts, setting by setting.
 */
import { Reference, RemovalPolicy, Token, Tokenization } from 'aws-cdk-lib'
import {
  CfnSecurityGroup,
  CfnVPC,
  type ISecurityGroup,
  type IVpc,
  type SelectedSubnets,
  type SubnetSelection,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct, IConstruct } from 'constructs'
import { handlerNames } from '../bundling.ts'
import { byName, type Contract, having, is, listOf, need, oneOf } from '../props.ts'
import { needSame } from './environments.ts'
import { whole } from './ranges.ts'

/** Settings of whatever runs. */
export interface RuntimeSettings {
  /**
   * How long the logs of functions, workflows and the review desk are kept.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays
  /**
   * What becomes of those logs when the stack is removed, and of the routing in AppConfig.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemoval?: RemovalPolicy
  /**
   * VPC that every function runs in. By endpoints or NAT it reaches S3, DynamoDB and KMS; with a harness or judges Lambda; with
   * a review desk Step Functions and SES; with `services: ['appconfig']` AppConfig; with a model Bedrock Runtime, or, with a live model of
   * another endpoint, that endpoint, and Secrets Manager for its key. Logs and traces go out by Lambda itself. `Vpc.fromLookup` asks the
   * account: it needs a stack whose `env` names account and region.
   * @default - Lambda's own network
   */
  readonly vpc?: IVpc
  /**
   * Subnets of that VPC; refused without `vpc`.
   * @default - its private subnets
   */
  readonly vpcSubnets?: SubnetSelection
  /**
   * Security groups of every function in that VPC; refused without `vpc`. They need no way in.
   * @default - a new one a function, which lets everything out
   */
  readonly securityGroups?: ISecurityGroup[]
  /**
   * Megabytes of functions by the name of their handler, such as `{ 'compile-search': 10240 }`: 128 to 10,240.
   * @default - what each needs for the sizes of docs/deploy.md
   */
  readonly memory?: Readonly<Record<string, number>>
}

const DAYS = oneOf(Object.values(RetentionDays).filter(Number.isInteger))

/** What each setting is. */
export const RUNTIME: Contract<RuntimeSettings> = {
  logRetention: (prop, days) => Token.isUnresolved(days) || DAYS(prop, days),
  logRemoval: oneOf(Object.values(RemovalPolicy).filter((policy) => policy !== RemovalPolicy.SNAPSHOT)),
  vpc: having('a VPC: new Vpc(...) or Vpc.fromLookup(...)', 'selectSubnets'),
  vpcSubnets: byName('what selects subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }', null),
  securityGroups: (prop, groups) => {
    listOf('security groups', having('a security group', 'securityGroupId'))(prop, groups)
    is('1 to 5 of them: Lambda takes no more', (many) => Number(many) >= 1 && Number(many) <= 5)(
      `the number of ${prop}`,
      (groups as unknown[]).length,
    )
  },
  memory: byName("megabytes: { 'compile-search': 10240 }", null),
}

const said = new WeakMap<IConstruct, RuntimeSettings>()

/** Says the settings of everything that is created below a construct from now on. @throws RangeError for a memory that Lambda has not, for a function that is none, and for a network in which none could work */
export function setRuntime(construct: IConstruct, settings: RuntimeSettings): void {
  need(RUNTIME, settings)
  const handlers = settings.memory ? handlerNames() : []
  for (const [handler, mb] of Object.entries(settings.memory ?? {})) {
    if (!handlers.includes(handler))
      throw new RangeError(`memory names "${handler}", which is no function: they are ${handlers.join(', ')}`)
    whole(`memory of "${handler}"`, mb, 128, 10_240, 'megabytes')
  }
  said.set(construct, settings)
  needNetwork(construct, runtimeOf(construct))
}

/** Throws RangeError for subnets or groups of no VPC, for a VPC that lies elsewhere, for groups of another one, and for subnets in which Lambda reaches nothing. */
function needNetwork(construct: IConstruct, { vpc, vpcSubnets, securityGroups }: RuntimeSettings): void {
  if (!vpc) {
    const alone = vpcSubnets ? 'vpcSubnets' : securityGroups ? 'securityGroups' : null
    if (alone) throw new RangeError(`${alone} is given without vpc, and would hold for nothing: give vpc too`)
    return
  }
  needSame('vpc', vpc, vpc.env, construct, vpc instanceof Vpc)
  for (const [i, group] of (securityGroups ?? []).entries()) needGroupOf(vpc, `securityGroups[${i}]`, group)
  let chosen: SelectedSubnets
  try {
    chosen = vpc.selectSubnets(vpcSubnets)
  } catch (error) {
    if (vpcSubnets) throw new RangeError(`vpcSubnets: ${(error as Error).message}`)
    throw new RangeError('vpc has no private subnets: give one that has, or say by vpcSubnets which are meant')
  }
  if (chosen.subnetIds.length === 0) throw new RangeError(`${vpcSubnets ? 'vpcSubnets selects' : 'vpc has'} no subnet`)
  if (chosen.hasPublic)
    throw new RangeError(
      `${vpcSubnets ? 'vpcSubnets are' : 'vpc has'} public subnets, in which a function reaches nothing: give private ones, which reach AWS by NAT or endpoints`,
    )
}

/** Throws RangeError for a group of another VPC. Of one that was imported nobody knows its VPC. */
function needGroupOf(vpc: IVpc, prop: string, group: ISecurityGroup): void {
  const made = group.node.defaultChild
  const [its, ours] = [made instanceof CfnSecurityGroup ? knownVpc(made.vpcId) : null, knownVpc(vpc.vpcId)]
  if (its === null || ours === null || its === ours) return
  throw new RangeError(`${prop} is of the VPC ${its}, and vpc is ${ours}: make the group with that vpc`)
}

/** Which VPC an id names: one of this app by its path; null: it is known at deployment alone. */
function knownVpc(id: string | undefined): string | null {
  if (id === undefined || !Token.isUnresolved(id)) return id ?? null
  const token = Tokenization.reverseString(id).firstToken
  return Reference.isReference(token) && token.target instanceof CfnVPC ? token.target.node.path : null
}

/** Settings that hold for a construct. */
export const runtimeOf = ({ node }: IConstruct): RuntimeSettings =>
  Object.fromEntries(
    node.scopes.flatMap((scope) => Object.entries(said.get(scope) ?? {}).filter(([, value]) => value !== undefined)),
  )

/** What AWSLambdaVPCAccessExecutionRole grants of EC2. Lambda refuses a function in a VPC whose role lacks it. */
const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

/**
 * What the role of a function needs in the VPC of its scope; nothing without one. Lambda itself puts a function there under
 * its role: the code of the function, whose requests name it, gets none of these rights. EC2 knows no resource for most of them.
 */
export const mayJoinVpc = (scope: Construct): PolicyStatement[] =>
  runtimeOf(scope).vpc
    ? [
        new PolicyStatement({
          actions: NETWORK_INTERFACES,
          resources: ['*'],
          conditions: { Null: { 'lambda:SourceFunctionArn': 'true' } },
        }),
      ]
    : []

/** A log group as the settings of its scope want it. */
export function logGroup(scope: Construct, id: string): LogGroup {
  const { logRetention = RetentionDays.THREE_MONTHS, logRemoval = RemovalPolicy.RETAIN } = runtimeOf(scope)
  return new LogGroup(scope, id, { retention: logRetention, removalPolicy: logRemoval })
}
