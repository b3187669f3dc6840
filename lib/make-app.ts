/** The whole deployment as one value: the entry point and the tests build the same. */
import { App, type AppProps, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { acknowledge } from './acknowledgements/acknowledge.ts'
import { attestationAcknowledgements } from './acknowledgements/attestations.ts'
import { auditSqlAcknowledgements } from './acknowledgements/audit-sql.ts'
import { CADENCE_ACKNOWLEDGEMENTS } from './acknowledgements/cadence.ts'
import { moduleAcknowledgements } from './acknowledgements/modules.ts'
import { REVIEW_ACKNOWLEDGEMENTS } from './acknowledgements/review.ts'
import {
  DELIVERED_ACKNOWLEDGEMENTS,
  ROLLOUT_ACKNOWLEDGEMENTS,
  routingAcknowledgements,
} from './acknowledgements/rollouts.ts'
import { ACKNOWLEDGEMENTS } from './acknowledgements/tuning.ts'
import { AutotuneStack } from './autotune-stack.ts'
import { RuntimeFunction } from './constructs/runtime-function.ts'
import { needKnown } from './context/known.ts'
import { stageOf } from './context/values.ts'
import { StatefulStack } from './stateful-stack.ts'

/** An application that is built and not synthesized yet: whoever has it calls `app.synth()`, and findings stop that. */
export interface Deployment {
  /** Both stacks under one tree, with the security rules. */
  readonly app: App
  /** What is kept. */
  readonly stateful: StatefulStack
  /** What runs. */
  readonly workflow: AutotuneStack
}

/**
 * Builds every stack of the stage that the context names, with the security rules as errors of synthesis.
 * @param props of the CDK application; `context` is that of cdk.json with what the command line adds
 * @throws RangeError for a context value that is missing, wrong or unknown, and for an acknowledgement without its construct
 */
export function makeApp(props: AppProps = {}): Deployment {
  const app = new App(props)
  needKnown(Object.keys(app.node.getAllContext() as object))
  const { name: stage, retain, stacks } = stageOf(app.node)
  const tags = { stage }
  const stateful = new StatefulStack(app, `${stacks}Data`, { stage, retain, tags })
  const workflow = new AutotuneStack(app, `${stacks}Workflow`, {
    stage,
    stores: stateful,
    tags,
    // A throw-away stage leaves nothing behind, its logs included.
    ...(retain ? {} : { logRemoval: RemovalPolicy.DESTROY }),
  })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  acknowledge(app, stacks, ACKNOWLEDGEMENTS)
  for (const part of app.node.findAll())
    if (part instanceof RuntimeFunction) acknowledge(app, stacks, part.acknowledgements(stacks))
  acknowledge(app, stacks, moduleAcknowledgements('Judges', workflow.autotune.judges))
  acknowledge(app, stacks, moduleAcknowledgements('Harness', workflow.autotune.harness))
  if (workflow.cadence) acknowledge(app, stacks, CADENCE_ACKNOWLEDGEMENTS)
  if (workflow.rollouts) acknowledge(app, stacks, ROLLOUT_ACKNOWLEDGEMENTS)
  if (workflow.rollouts?.delivers) acknowledge(app, stacks, DELIVERED_ACKNOWLEDGEMENTS)
  if (workflow.rollouts) acknowledge(app, stacks, routingAcknowledgements(Object.values(workflow.rollouts.services)))
  if (workflow.review) acknowledge(app, stacks, REVIEW_ACKNOWLEDGEMENTS)
  if (workflow.auditSql) acknowledge(app, stacks, auditSqlAcknowledgements(workflow.auditSql))
  if (workflow.attestations) acknowledge(app, stacks, attestationAcknowledgements(workflow.attestations))
  return { app, stateful, workflow }
}

/** Runs a synthesis of the command line: a value that is missing or wrong is one line, which says what is allowed, and exit code 2. */
export function inWords(synthesis: () => unknown): void {
  try {
    synthesis()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    process.stderr.write(`synth: ${error.message}\n`)
    process.exitCode = 2
  }
}
