/** One function of the workflow: bundled from its handler, with its own log group and just the rights that are written down. */
import { AssetHashType, DockerImage, type Duration, Size } from 'aws-cdk-lib'
import { type IRole, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import {
  type Acknowledgement,
  below,
  HEADS,
  LINES,
  type Row,
  TRACES,
  wildcard,
} from '../acknowledgements/acknowledge.ts'
import { bundleHandler, ROOT } from '../bundling.ts'
import type { HeadsJournal } from './heads-journal.ts'
import { namespaceOf } from './metrics-namespace.ts'
import { logGroup, mayJoinVpc, runtimeOf } from './runtime-settings.ts'

/** A handler, its size, and what it may. */
export interface RuntimeFunctionProps {
  /** File in functions/handlers, without its ending. */
  readonly handler: string
  /** Megabytes; Lambda's share of a processor grows with it, a whole one at 1,769. From 3,008 it has a disk of 10 GB too. */
  readonly memory: number
  /** Longest that one call may take, at most 15 minutes. */
  readonly timeout: Duration
  /** Variables by their names in schemas/env-names.ts; NODE_OPTIONS and the namespace of the metrics are added. */
  readonly environment: Readonly<Record<string, string>>
  /** Who keeps a call that fails, for whoever audits the deployment: it has no dead-letter queue of its own. */
  readonly failure: string
  /** What it may do, beside writing its own log. */
  readonly statements: readonly PolicyStatement[]
  /**
   * The journal of heads, for a function that decides. A role of its own is marked and given the rights; one of another stack
   * has them there.
   * @default - it decides nothing
   */
  readonly journal?: HeadsJournal
  /**
   * Whether it works on sealed cases: then it may write no log and leaves no trace, since whoever reads CloudWatch and
   * X-Ray would read there how long it worked and how it failed. Its log group stays empty.
   * @default false
   */
  readonly sealed?: boolean
  /**
   * Whether it runs once at a time: a call while it works waits until it is done.
   * @default false
   */
  readonly oneAtATime?: boolean
  /**
   * Role of another stack to run under.
   * @default - a role of its own
   */
  readonly role?: IRole
}

const UNTRACED =
  'a log or a trace of the sealed side would tell what lies there, how long a question took and how it went; failures lie in the vault'

/** Memory of functions that work on whole sets of cases: what it does not hold they put aside on their disk. */
const WHOLE_SETS = 3008

/** A Lambda function on Node.js 24 and ARM, with a log group of its own; where it runs is said by `RuntimeSettings`. */
export class RuntimeFunction extends Construct {
  /** The function itself, for whoever calls it. */
  readonly function: LambdaFunction

  private readonly findings: readonly Row[]

  constructor(scope: Construct, id: string, props: RuntimeFunctionProps) {
    super(scope, id)
    const log = logGroup(this, 'Log')
    const { memory = {}, vpc, vpcSubnets, securityGroups } = runtimeOf(this)
    const role = props.role ?? new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    const logging = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [log.logGroupArn],
    })
    const deciding = props.journal && !props.role ? props.journal.mayAppend(role) : []
    const statements = [...props.statements, ...deciding, ...(props.sealed ? [] : [logging]), ...mayJoinVpc(this)]
    // A policy of this stack on whatever role: rights on a log group of this stack must not reach back into another one.
    const policy = statements.length > 0 ? new Policy(this, 'Policy', { roles: [role], statements }) : null
    this.function = new LambdaFunction(this, 'Function', {
      code: codeOf(props.handler),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory[props.handler] ?? props.memory,
      timeout: props.timeout,
      ...(props.memory >= WHOLE_SETS ? { ephemeralStorageSize: Size.gibibytes(10) } : {}),
      ...(props.oneAtATime ? { reservedConcurrentExecutions: 1 } : {}),
      role,
      logGroup: log,
      ...(vpc ? { vpc, ...(vpcSubnets ? { vpcSubnets } : {}), ...(securityGroups ? { securityGroups } : {}) } : {}),
      tracing: props.sealed ? Tracing.DISABLED : Tracing.ACTIVE,
      environment: {
        ...props.environment,
        ...props.journal?.environment(),
        ...(props.sealed ? {} : { [ENV.metrics]: namespaceOf(this) }),
        NODE_OPTIONS: '--enable-source-maps',
      },
    })
    if (policy) this.function.node.addDependency(policy)
    this.findings = [
      ['Function/Resource', 'Serverless-LambdaDLQ', props.failure],
      ...(props.sealed ? [['Function/Resource', 'Serverless-LambdaTracing', UNTRACED] as const] : []),
      ...(props.role || props.sealed ? [] : [['Role/DefaultPolicy/Resource', wildcard('*'), TRACES] as const]),
      ...(deciding.length > 0 ? [['Policy/Resource', HEADS, LINES] as const] : []),
    ]
  }

  /** Findings of the security rules that stand in every such function. @param stacks what names of stacks begin with */
  acknowledgements(stacks: string): Acknowledgement[] {
    return below(this.node.path.slice(stacks.length), this.findings)
  }
}

/** Code of a handler, bundled where its stack is synthesized with bundling. */
const codeOf = (handler: string): Code =>
  Code.fromAsset(ROOT, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('none'),
      // Never run; it tells one asset of this folder from the others.
      command: [handler],
      local: {
        tryBundle(outdir) {
          bundleHandler(handler, outdir)
          return true
        },
      },
    },
  })
