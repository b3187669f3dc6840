/** A state machine with its own log and a role with just the statements given. */
import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, type LogOptions, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'

export interface MachineProps {
  /** In Amazon States Language. */
  readonly definition: Record<string, unknown>
  /** ARNs of the functions that it calls. */
  readonly functions: readonly string[]
  /** What it may do beside calling them. */
  readonly statements?: readonly PolicyStatement[]
  /**
   * Whether nobody may read from its log and trace how long it worked and how it failed.
   * @default false
   */
  readonly sealed?: boolean
}

/** Creates the machine, its role `IDRole` and its log `IDLog` in a scope. */
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

const machineLog = (scope: Construct, id: string): LogOptions => ({
  destination: new LogGroup(scope, `${id}Log`, {
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.RETAIN,
  }),
  level: LogLevel.ALL,
  // Payloads are small references and tokens: they are nobody's business in a log.
  includeExecutionData: false,
})
