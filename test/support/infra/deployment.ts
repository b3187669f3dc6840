/** The deployment as tests see it: synthesized once with the context of cdk.json, without bundling. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Deployment, makeApp } from '../../../lib/make-app.ts'
import type { Template, Templates } from './resolve.ts'

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }

export interface Synthesized extends Deployment {
  readonly templates: Templates
}

/** Synthesizes with the security rules as errors. `over` replaces context values; undefined removes one. */
export function synthesize(over: Readonly<Record<string, unknown>> = {}, bundle = false): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'autotune-synth-'))
  const deployment = makeApp({
    outdir,
    context: {
      ...context,
      reviewers: 'examples/reviewers.json',
      ...(bundle ? {} : { 'aws:cdk:bundling-stacks': [] }),
      ...over,
    },
  })
  const templates = Object.fromEntries(deployment.app.synth().stacks.map((s) => [s.stackName, s.template as Template]))
  rmSync(outdir, { recursive: true, force: true })
  return { ...deployment, templates }
}
