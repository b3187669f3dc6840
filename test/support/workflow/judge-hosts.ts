/** The functions of a user's own modules, as they are deployed: the asset that the construct makes, its bundle loaded and called. */
import { existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, Stack } from 'aws-cdk-lib'
import type { JudgeCall, JudgeReturn } from '#schemas/judge-call.ts'
import { Harness } from '../../../lib/constructs/harness.ts'
import { Judges } from '../../../lib/constructs/judges.ts'
import { UNBUNDLED } from '../infra/deployment.ts'

export interface JudgeHost {
  readonly digest: string
  /** Folder that Lambda would unpack. */
  readonly folder: string
  readonly call: (request: JudgeCall) => Promise<JudgeReturn>
}

/** The function of one module that judges; what it makes lies in the temporary folder until the process ends. */
export async function judgeHost(path: string): Promise<JudgeHost> {
  const { outdir, stack } = folders()
  const judges = new Judges(stack, 'Judges', [{ path }])
  const [{ digest }] = JSON.parse(JSON.stringify(judges.of('search'))) as [{ digest: string }]
  return { digest, ...(await loaded<JudgeHost['call']>(stack, outdir)) }
}

/** The same of a harness module. */
export async function harnessHost(path: string) {
  const { outdir, stack } = folders()
  new Harness(stack, 'Harness', { path })
  return await loaded<(request: unknown) => Promise<unknown>>(stack, outdir)
}

function folders(): { readonly outdir: string; readonly stack: Stack } {
  const outdir = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-judge-host-')))
  return { outdir, stack: new Stack(new App({ outdir, context: UNBUNDLED }), 'S') }
}

async function loaded<H>(stack: Stack, outdir: string): Promise<{ readonly folder: string; readonly call: H }> {
  ;(stack.node.root as App).synth()
  const folder = readdirSync(outdir)
    .map((name) => join(outdir, name))
    .find((at) => existsSync(join(at, 'module.json')))!
  const before = process.env.LAMBDA_TASK_ROOT
  process.env.LAMBDA_TASK_ROOT = folder
  try {
    const { handler } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'index.mjs')).href)
    return { folder, call: handler }
  } finally {
    if (before === undefined) delete process.env.LAMBDA_TASK_ROOT
    else process.env.LAMBDA_TASK_ROOT = before
  }
}
