/** The functions of modules that judge, as they are deployed: the asset that the construct makes, its bundle loaded and called. */
import { existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, Stack } from 'aws-cdk-lib'
import type { JudgeCall, JudgeReturn } from '#schemas/judge-call.ts'
import { Judges } from '../../../lib/constructs/judges.ts'
import { UNBUNDLED } from '../infra/deployment.ts'

export interface JudgeHost {
  readonly digest: string
  /** Folder that Lambda would unpack. */
  readonly folder: string
  readonly call: (request: JudgeCall) => Promise<JudgeReturn>
}

/** The function of one module; what it makes lies in the temporary folder until the process ends. */
export async function judgeHost(path: string): Promise<JudgeHost> {
  const outdir = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-judge-host-')))
  const app = new App({ outdir, context: UNBUNDLED })
  const judges = new Judges(new Stack(app, 'S'), 'Judges', [{ path }])
  const [{ digest }] = JSON.parse(JSON.stringify(judges.of('search'))) as [{ digest: string }]
  app.synth()
  const folder = readdirSync(outdir)
    .map((name) => join(outdir, name))
    .find((at) => existsSync(join(at, 'judge.json')))!
  const before = process.env.LAMBDA_TASK_ROOT
  process.env.LAMBDA_TASK_ROOT = folder
  try {
    const { handler } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'index.mjs')).href)
    return { digest, folder, call: handler }
  } finally {
    if (before === undefined) delete process.env.LAMBDA_TASK_ROOT
    else process.env.LAMBDA_TASK_ROOT = before
  }
}
