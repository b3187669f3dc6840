/** The stacks as they are deployed on an emulator: a throw-away stage with desk and rollouts, less what it does not know. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail'
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import { refundTarget } from '../../functions/demo/documents.ts'
import { makeApp } from '../../lib/make-app.ts'

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }

/** What `--stack` names. */
export const STACK = 'AutotuneThrowaway'

/**
 * Synthesizes, bundled, into FOLDER/cdk.out, for `cdk --app`.
 * @returns that folder, and what was left out, a line each
 */
export function synthesizeInto(folder: string): { readonly app: string; readonly left: readonly string[] } {
  const rollouts = join(folder, 'rollouts')
  mkdirSync(rollouts, { recursive: true })
  copyFileSync('functions/demo/rollout-quick.json', join(rollouts, `${refundTarget().intent}.json`))
  const outdir = join(folder, 'cdk.out')
  const over = { stage: 'throwaway', reviewers: 'examples/reviewers.json', rollouts }
  const { app } = makeApp({ outdir, context: { ...context, ...over } })
  const left: string[] = []
  for (const child of app.node.findAll()) {
    if (child instanceof CfnTrail) {
      child.node.scope!.node.tryRemoveChild(child.node.id)
      left.push(`${child.node.path}: no CloudTrail`)
    }
    // The dashboard names it, so it stays: as an alarm of a metric that nobody counts.
    if (child instanceof CfnAlarm && child.metrics) {
      child.metrics = undefined
      Object.assign(child, { namespace: 'Clouds', metricName: 'Nothing', period: 300, statistic: 'Sum' })
      left.push(`${child.node.path}: no metric math`)
    }
  }
  app.synth()
  return { app: outdir, left }
}
