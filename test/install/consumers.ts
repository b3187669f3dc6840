/** Programs of somebody who installed the package. Texts: in this clone its name stands for nothing until it is built. */

/** Imports, runs, reads and verifies; one block is compiled by a worker. Prints one line of JSON. */
export const LIBRARY = `
import { casesForZeroFailures, importRuns, openStore, readProposal, runTarget, UserError, verifyRun } from 'contextos-autotune'
import { assignArm } from 'contextos-autotune/assign-arm'
import { harnessFunction, UnpinnedCall } from 'contextos-autotune/harness-client'
import { readFileSync } from 'node:fs'

const store = openStore('store', { durable: false, compiling: { workers: 1, runsInPlace: 0 } })
const imported = await importRuns(store, ['runs.jsonl'], {
  packs: ['desk/pack.json'], suites: ['desk/suite.json'], prices: ['desk/prices.json'], splitKey: 'repair-desk-example',
})
const whole = JSON.parse(readFileSync('desk/target.json', 'utf8'))
// Small enough for three hundred runs.
const guardrails = {
  ...whole.guardrails,
  policy: { min: 1, max_violation_rate: 0.05 }, safety: { min: 1, max_violation_rate: 0.05 }, utility_delta: { min: -0.05 },
  p95_latency_delta: { max_ms: 2000 },
}
const target = { ...whole, guardrails, search_space: ['evidence.manual.top_k'] }
const run = await runTarget(store, target, { replayer: 'module:desk/harness.ts', runId: 'r1' })
const refused = await runTarget(store, { metric: 1 }).catch((error) => error instanceof UserError)
const proposal = await readProposal(store, 'r1')
const { reproducible } = await verifyRun(store, 'r1')
store.close()
console.log(JSON.stringify({
  stored: imported.stored, verdict: run.verdict, patch: proposal.candidate_change.patch, reproducible, refused,
  needed: casesForZeroFailures(0.01, 0.05), arm: assignArm(
    { rollout_id: 'r', intent: 'i', baseline: 'a', candidate: 'b', period: null, cohorts: [] }, { id: 's', intent: 'i' },
  ).arm, client: [typeof harnessFunction, typeof UnpinnedCall],
}))
`

/** What the declarations must say, under the strictest compiler options. */
export const TYPED = `
import { type LocalStore, openStore, readProposal, type RunSummary, runTarget, type TuningTarget, type Verification, verifyRun } from 'contextos-autotune'
import { type Assignment, assignArm, type RoutingDocument } from 'contextos-autotune/assign-arm'
import { type HarnessModule, harnessFunction } from 'contextos-autotune/harness-client'

const store: LocalStore = openStore('./harness', { durable: true })
export const summary: Promise<RunSummary> = runTarget(store, {} satisfies Partial<TuningTarget>)
export const owner: Promise<string | undefined> = readProposal(store, 'r').then((proposal) => proposal?.owner)
export const verified: Promise<Verification> = verifyRun(store, 'r')
export const assigned = (routing: RoutingDocument): Assignment => assignArm(routing, { id: 's', intent: 'i' })
const replay: HarnessModule['replay'] = async (recorded, settings, pinned) => {
  const passages = await pinned.retrieve('manual', { top_k: Number(settings['evidence.manual.top_k']) })
  return { status: recorded.messages.length > 0 ? 'DECIDED' : null, outputs: null, evidence_refs: passages.map((p) => p.evidence_ref), usage: [] }
}
export const handler = harnessFunction(replay)
// @ts-expect-error a run id is a text
verifyRun(store, 7)
`

/** The loop inside somebody's own CDK app, as examples/cdk has it. */
export const CDK_APP = `
import { readFileSync } from 'node:fs'
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib'
import { Autotune, StatefulStack, TuningTarget } from 'contextos-autotune/cdk'

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const app = new App({ outdir: 'cdk.out', context: json('node_modules/aws-cdk-lib/recommended-feature-flags.json') })
const stores = new StatefulStack(app, 'SupportData', { retain: true })
const support = new Stack(app, 'Support')
const targets = { RefundCents: TuningTarget.parse(json('target.json')) }
const autotune = new Autotune(support, 'Autotune', { stores, targets, answerAfter: Duration.hours(2) })
new CfnOutput(support, 'TuningWorkflowArn', { value: autotune.tuning.stateMachineArn })
app.synth()
`
