/** Stores of runs that each carry a mark wherever a run has words, and where in a store a mark stands. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect } from 'vitest'
import { stopRollout } from '#core/release/rollout.ts'
import type { Store } from '#ports'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { type LocalStore, openStore } from '../../../functions/embedded/open-store.ts'
import { erase, type PlannedErasure, planErasure } from '../../../functions/steps/erase/erase.ts'
import type { Wanted } from '../../../functions/steps/erase/find.ts'
import type { Layout } from '../../../functions/steps/experience/layout.ts'
import { changeRollout } from '../../../functions/steps/release/change-rollout.ts'
import { verifyWholeStore } from '../../../functions/steps/release/verify-store.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { aFamily, aTarget, type FamilyParts } from '../../support/builders.ts'
import { desk, inProcess } from '../../support/harness-engine.ts'
import { approve, HAND, ID, signer, start } from '../release/support.ts'
import { holder, imported, memory, run, stocked } from '../stores.ts'

/** Mark of the run of this name: no mark is part of another one. */
export const markOf = (name: string): string => `MARK${name}z`
export const idOf = (name: string): string => `run-${markOf(name)}`
export const familyOf = (name: string): string => `the "family" of ${markOf(name)}, and more`

/** A run of the small world with its mark in every word of it, its names among them. */
export function aMarkedRun(name: string, parts: FamilyParts): ExperienceRun {
  const mark = markOf(name)
  const run = aFamily(mark, { family: familyOf(name), required: 1, gold: 1, ...parts })
  return ExperienceRun.parse({
    ...run,
    run_id: idOf(name),
    case_id: `case ${mark}`,
    trace_id: `trace-${mark}`,
    evidence: run.evidence.map((offer) => ({ ...offer, text: `${offer.evidence_ref} says ${mark}` })),
    operator_corrections: [{ correction_id: `c-${mark}`, kind: 'note', passed: null, operator: mark, notes: mark }],
    steps: [...run.steps, { kind: 'message', role: 'assistant', content: `done, ${mark}`, tokens: null }],
  })
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Marked families of one run each: `s0`, `s1` ... for the search, `PREFIX0` ... held out. */
export const aMarkedWorld = ({ search = 6, heldout = 100, prefix = 'h' } = {}): ExperienceRun[] => [
  ...count(search).map((i) => aMarkedRun(`s${i}`, { side: 'search' })),
  ...count(heldout).map((i) => aMarkedRun(`${prefix}${i}`, { side: 'heldout' })),
]

export const SAID = { reason: 'request 4711', person: 'ana@example.com' }

/** Plans an erasure and carries it out. */
export async function erased(store: Store, wanted: Wanted): Promise<PlannedErasure['plan']> {
  const planned = await planErasure(store, wanted)
  await erase(store, planned, SAID, async () => {})
  return planned.plan
}

export const runs = (...names: readonly string[]): Wanted => ({ runs: new Set(names.map(idOf)) })

export const problemsOf = async (store: Store): Promise<string[]> =>
  (await verifyWholeStore(store, signer))!.problems.map(({ what, why }) => `${what} ${why}`)

/** A store that has seen everything: two certified runs, one of them of a harness, a review, a rollout, a case that blocked. */
export async function fullStore(store: Store, layout: Layout): Promise<void> {
  const blocks = aMarkedRun('x0', { side: 'search', required: 2, gold: 2 })
  const regresses = aMarkedRun('x1', { side: 'search', gold: 4 })
  await stocked(store, [...aMarkedWorld({ search: 60 }), blocks, regresses], { layout })
  expect((await run(store, { runId: 'r' })).verdict).toBe('certified')
  await imported(store, aMarkedWorld({ search: 0, prefix: 'k' }))
  const target = aTarget({ scoring: { replayer: 'module' } })
  const harness = inProcess(store, () => desk())
  const request = { target, candidates: null, runId: 'm', demonstration: null }
  expect((await runTarget(store, request, holder(), harness)).verdict).toBe('certified')
  await approve(store, 'r')
  await start(store)
  await changeRollout(store, signer, ID, (rollout) => stopRollout(rollout, { ...HAND, at: store.clock.now() }))
}

/** Stores that are made once a test file, each to be opened as a copy. */
export function madeOnce<K extends string>(how: Readonly<Record<K, (store: Store) => Promise<unknown>>>) {
  let root = ''
  const opened: LocalStore[] = []
  const openAt = (dir: string) => {
    const store = openStore(dir, { durable: false })
    opened.push(store)
    return { ...store, clock: memory().clock }
  }
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'autotune-erase-'))
    for (const [name, make] of Object.entries(how) as [K, (store: Store) => Promise<unknown>][]) {
      const store = openAt(join(root, name))
      await make(store)
      store.close()
    }
  })
  afterAll(() => {
    for (const store of opened) store.close()
    rmSync(root, { recursive: true, force: true })
  })
  return {
    /** A copy in a folder of its own. */
    copied(name: K): LocalStore {
      const dir = mkdtempSync(join(root, 'copy-'))
      cpSync(join(root, name), dir, { recursive: true })
      return openAt(dir)
    },
    /** The same folder as another process finds it. */
    reopened(store: LocalStore): LocalStore {
      store.close()
      return openAt(store.dir)
    },
  }
}

/** Files of a folder in which a text stands, compressed or not. */
export function filesWith(dir: string, text: string): string[] {
  const found: string[] = []
  for (const name of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue
    const path = join(name.parentPath, name.name)
    const bytes = readFileSync(path)
    const content = name.name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes
    if (content.includes(text) || path.includes(text)) found.push(path.slice(dir.length + 1))
  }
  return found.sort()
}
