/** `list`, `show`, `explain`: what a store knows of its runs. Reads finished runs only. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '#adapters/local/open-store.ts'
import { Id } from '#schemas/common.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { RunManifest } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { readJson, type Store } from '../steps/store.ts'
import { print } from './io.ts'
import { explainLines, runLines } from './text.ts'

interface Options {
  readonly store: string
  readonly json: boolean
}

/** An existing store; a UserError where there is none, so that a typo does not create one. */
export function existingStore(dir: string, options: Parameters<typeof openStore>[1] = {}) {
  if (!isStore(dir)) throw new UserError(`no store in ${dir}: name it with --store, or make one with "autotune import"`)
  return openStore(dir, options)
}

/** Has anything been imported into this folder? */
export const isStore = (dir: string): boolean =>
  existsSync(join(dir, 'ledger.sqlite')) || existsSync(join(dir, 'packs'))

/** Manifest of a finished run. Throws UserError when there is none. */
export async function manifestOf(store: Store, run: string): Promise<RunManifest> {
  const id = Id.safeParse(run)
  const manifest = id.success ? await readable<RunManifest>(store, run, 'manifest.json') : null
  if (manifest && !RunManifest.safeParse(manifest).success) throw damaged(run, 'manifest.json')
  if (!manifest) throw new UserError(`no finished run "${run}" in this store; "autotune list" shows what there is`)
  return manifest
}

/** A file of a run; a UserError where somebody changed it so that it cannot be read any more. */
async function readable<T>(store: Store, run: string, file: AutotuneFile): Promise<T | null> {
  try {
    return await readJson<T>(store.objects, keys.autotuneRun(run, file))
  } catch {
    throw damaged(run, file)
  }
}

const damaged = (run: string, file: AutotuneFile): UserError =>
  new UserError(`${file} of run ${run} was changed: "autotune verify ${run}" says what else was`)

export async function list({ store: dir, json }: Options): Promise<number> {
  const store = existingStore(dir)
  const runs: { run: string; intent: string; verdict: string; finished_at: string; winner: unknown }[] = []
  for await (const key of store.objects.list(keys.autotune())) {
    if (!key.endsWith('/manifest.json')) continue
    const parsed = RunManifest.safeParse(await readJson(store.objects, key).catch(() => null))
    if (!parsed.success) {
      const run = key.split('/').at(-2)!
      runs.push({ run, intent: '', verdict: 'damaged', finished_at: '', winner: null })
      continue
    }
    const m = parsed.data
    runs.push({
      run: m.run_id,
      intent: m.intent,
      verdict: m.verdict,
      finished_at: m.finished_at,
      winner: m.summary.winner,
    })
  }
  store.close()
  print(json, { runs }, () =>
    runs.length === 0
      ? ['no runs yet: "autotune run --target FILE"']
      : runs.map((r) => `${r.run.padEnd(40)} ${r.verdict.padEnd(14)} ${r.intent}`),
  )
  return 0
}

export async function show(run: string, { store: dir, json }: Options): Promise<number> {
  const store = existingStore(dir)
  const manifest = await manifestOf(store, run)
  const proposal = await readable<TuningProposal>(store, run, 'selected-proposal.json')
  store.close()
  const files = [...Object.keys(manifest.artifacts), 'manifest.json'].map((f) => join(dir, 'autotune/runs', run, f))
  print(json, { ...manifest.summary, files, tuning_proposal: proposal }, () => [
    ...runLines(manifest.summary, proposal, null),
    'files',
    ...files.map((f) => `   ${f}`),
  ])
  return 0
}

export async function explain(run: string, { store: dir, json }: Options): Promise<number> {
  const store = existingStore(dir)
  const { summary } = await manifestOf(store, run)
  store.close()
  print(json, summary, () => explainLines(summary))
  return 0
}
