/** State machines with a log of their own and a role with just the statements given; and what maps and nesting need. */
import { ArnFormat, Stack } from 'aws-cdk-lib'
import type { EventPattern } from 'aws-cdk-lib/aws-events'
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  DefinitionBody,
  type IStateMachine,
  LogLevel,
  type LogOptions,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { logGroup } from './runtime-settings.ts'

/** What a machine does, and what it may. */
interface MachineProps {
  /** In Amazon States Language; may hold tokens. */
  readonly definition: Record<string, unknown>
  /** ARNs of the functions that it calls. */
  readonly functions: readonly string[]
  /**
   * What it may do beside calling them.
   * @default - nothing
   */
  readonly statements?: readonly PolicyStatement[]
  /**
   * Whether nobody may read from its log and trace how long it worked and how it failed: then it writes none.
   * @default false
   */
  readonly sealed?: boolean
}

/** Creates the machine, its role `IDRole` and its log `IDLog` in a scope. Its logs are as `RuntimeSettings` say. */
export function stateMachine(scope: Construct, id: string, props: MachineProps): StateMachine {
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') })
  const machine = new StateMachine(scope, id, {
    definitionBody: DefinitionBody.fromString(Stack.of(scope).toJsonString(props.definition)),
    role,
    ...(props.sealed ? {} : { tracingEnabled: true, logs: machineLog(scope, id) }),
  })
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [...props.functions] }))
  for (const statement of props.statements ?? []) role.addToPolicy(statement)
  return machine
}

/** The same with a Distributed Map in it, whose rights are the policy `IDMapRights`. */
export function mappingMachine(scope: Construct, id: string, props: MachineProps): StateMachine {
  const machine = stateMachine(scope, id, props)
  // A policy of its own: the machine waits for its role's, and could not be named there.
  new Policy(scope, `${id}MapRights`, {
    roles: [machine.role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
        // Children of a map, and its runs, are executions of NAME/LABEL: a redrive of a failed map asks there.
        resources: ['', ...labelsOf(props.definition).map((label) => `/${label}`)].map((of) =>
          executionsOf(machine, of),
        ),
      }),
    ],
  })
  return machine
}

/** Labels of the distributed maps of a definition, in whatever state or branch they lie. */
function labelsOf(definition: unknown): string[] {
  if (definition === null || typeof definition !== 'object') return []
  const { Type, Label } = definition as { readonly Type?: unknown; readonly Label?: unknown }
  const own = Type === 'Map' && typeof Label === 'string' ? [Label] : []
  return [...own, ...Object.values(definition).flatMap(labelsOf)]
}

/** Starts executions of another machine of this stack and waits for their end (`startExecution.sync:2`). */
export const mayRunNested = (machine: StateMachine): PolicyStatement[] => [
  new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
  new PolicyStatement({
    actions: ['states:DescribeExecution', 'states:StopExecution'],
    resources: [executionsOf(machine)],
  }),
  // `.sync:2` learns of the end by a rule that Step Functions keeps in this account.
  new PolicyStatement({
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [
      Stack.of(machine).formatArn({
        service: 'events',
        resource: 'rule',
        resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
      }),
    ],
  }),
]

/** Event pattern of executions of a machine that ended in one of the states. */
export const endOf = (machine: IStateMachine, ...status: Ended[]): EventPattern => endOfAny([machine], ...status)

/** The same of any of several machines. */
export const endOfAny = (machines: readonly IStateMachine[], ...status: Ended[]): EventPattern => ({
  source: ['aws.states'],
  detailType: ['Step Functions Execution Status Change'],
  detail: { stateMachineArn: machines.map(({ stateMachineArn }) => stateMachineArn), status },
})

/** How an execution ends, as Step Functions spells it. */
type Ended = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

/**
 * ARN pattern of executions of a machine.
 * @param of '' for its own, `/LABEL` for those of a map
 */
export const executionsOf = (machine: StateMachine, of = ''): string =>
  Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine.stateMachineName}${of}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })

const machineLog = (scope: Construct, id: string): LogOptions => ({
  destination: logGroup(scope, `${id}Log`),
  level: LogLevel.ALL,
  // Payloads are small references and tokens: they are nobody's business in a log.
  includeExecutionData: false,
})
