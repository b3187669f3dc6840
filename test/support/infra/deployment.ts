/** The deployment as tests see it: synthesized once with the context of cdk.json, without bundling. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App } from 'aws-cdk-lib'
import { type Deployment, makeApp } from '../../../lib/make-app.ts'
import { aConfig } from '../../core/release/builders.ts'
import { theBands } from '../bands.ts'
import { INTENT } from '../builders.ts'
import type { Template, Templates } from './resolve.ts'

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }

/** The context of cdk.json, for an app that bundles nothing. */
export const UNBUNDLED: Readonly<Record<string, unknown>> = { ...context, 'aws:cdk:bundling-stacks': [] }

/** Templates of an app by the names of its stacks. */
export const templatesIn = (app: App): Templates =>
  Object.fromEntries(app.synth().stacks.map((s) => [s.stackName, s.template as Template]))

/** A rollout of hours: two in each stage and in the window, which ends a stage after six. */
const config = aConfig()
const hasty = {
  ...config,
  stages: Object.fromEntries(
    Object.entries(config.stages).map(([name, stage]) => [name, { ...stage, dwell_hours: 2, deadline_hours: 6 }]),
  ),
  window: { ...config.window, hours: 2 },
}

export interface Synthesized extends Deployment {
  readonly templates: Templates
}

/** Synthesizes with the security rules as errors. `over` replaces context values; undefined removes one. */
export function synthesize(over: Readonly<Record<string, unknown>> = {}, bundle = false): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'autotune-synth-'))
  const rollouts = join(outdir, 'rollouts')
  mkdirSync(rollouts)
  const bands = join(outdir, 'bands.json')
  writeFileSync(bands, JSON.stringify(theBands()))
  writeFileSync(join(rollouts, `${INTENT}.json`), JSON.stringify(hasty))
  const deployment = makeApp({
    outdir,
    context: {
      ...(bundle ? context : UNBUNDLED),
      reviewers: 'examples/reviewers.json',
      rollouts,
      bands,
      ...over,
    },
  })
  const templates = templatesIn(deployment.app)
  rmSync(outdir, { recursive: true, force: true })
  return { ...deployment, templates }
}

/** Synthesizes with CloudFormation's own validation as well, whose findings are errors. */
export function validated<T>(synthesis: () => T): T {
  const before = process.env.CDK_VALIDATION
  process.env.CDK_VALIDATION = 'true'
  try {
    return synthesis()
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION
    else process.env.CDK_VALIDATION = before
  }
}

const known = new Map<string, Templates>()

/** Templates alone, where files that the context names stay as they are: synthesized once a test run, and frozen. */
export function templatesOf(over: Readonly<Record<string, unknown>> = {}): Templates {
  const key = JSON.stringify(over, (_, value) => (value === undefined ? 'absent' : value))
  const templates = known.get(key) ?? frozen(synthesizedBefore(key) ?? kept(key, synthesize(over).templates))
  known.set(key, templates)
  return templates
}

/** A test run has a temporary folder of its own, which goes with it; a bench has none, and keeps nothing. */
const isTestRun = (): boolean => process.env.AUTOTUNE_BUILT_PROGRAM !== undefined

/** Where processes of one test run find what another one has synthesized. */
const fileOf = (key: string): string =>
  join(tmpdir(), `autotune-templates-${createHash('sha256').update(key).digest('hex').slice(0, 24)}.json`)

function synthesizedBefore(key: string): Templates | null {
  const file = fileOf(key)
  return isTestRun() && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Templates) : null
}

function kept(key: string, templates: Templates): Templates {
  if (!isTestRun()) return templates
  const whole = `${fileOf(key)}.${process.pid}`
  writeFileSync(whole, JSON.stringify(templates))
  renameSync(whole, fileOf(key))
  return templates
}

function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object') for (const part of Object.values(Object.freeze(value))) frozen(part)
  return value
}
