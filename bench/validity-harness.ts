/** Worlds whose harness is no pure function: it drops passages by chance, or throws where the change would do harm. */

import { canonical } from '#core/canonical.ts'
import { pinnedAnswers } from '#core/replay/pinned-answers.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import { searchRounds } from '#core/search/search.ts'
import type { ReplayEngine, Store } from '#ports'
import type { HarnessCase, HarnessResult, Passage } from '#schemas/harness.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { runLoader } from '../functions/steps/experience/run-loader.ts'
import { harnessReplays } from '../functions/steps/replay/harness-replays.ts'
import type { Job } from '../functions/steps/replay/harness-runner.ts'
import { runTarget } from '../functions/steps/run/run.ts'
import { type Verification, verifyRun } from '../functions/steps/run/verify.ts'
import { holder, memory, stocked } from '../test/steps/stores.ts'
import { aFamily, aTarget, INTENT } from '../test/support/builders.ts'
import { memoryScratch } from '../test/support/memory-scratch.ts'
import { draws } from './bench.ts'
import { type Ending, type EvidenceWorld, ending, fates, type Given, LIMIT, RATES } from './validity-evidence.ts'

/** Passages that stand in the context, or an error: what a harness does with its recorded request. */
type Keep = (request: HarnessCase, offered: readonly Passage[], topK: number) => readonly Passage[]

/** An engine over such a harness in this process, over the runs of a store. */
function engineOf(store: Store, keep: Keep): ReplayEngine {
  let searched: { line: string; case: ReplayCase }[] = []
  const ask = async ({ recording, settings }: Job) => {
    const answers = pinnedAnswers(recording)
    const offered = answers.retrieve('orders')
    try {
      const kept = keep(recording.recorded, offered, settings['evidence.orders.top_k'] as number)
      const model = answers.model({ prompt: recording.recorded.messages[0]!.content })
      const result: HarnessResult = {
        status: 'DECIDED',
        outputs: { refund: true },
        evidence_refs: kept.map((p) => p.evidence_ref),
        usage: [{ model: model.model!, prompt_tokens: 100 * kept.length, completion_tokens: 50 }],
      }
      return { result, served: answers.served }
    } catch (error) {
      return { failed: `the harness threw ${(error as Error).message}` }
    }
  }
  const replays = harnessReplays({
    replayer: { kind: 'module', path: 'harness.mjs', digest: `sha256:${'0'.repeat(64)}`, limit_ms: 1000 } as const,
    name: 'the harness',
    aside: memoryScratch(),
    runs: { search: runLoader(store, [store.objects], INTENT), vault: runLoader(store, [store.vault], INTENT) },
    map: (_side, _pass, items, work) => Promise.all(items.map((item) => work(item, ask))),
  })
  return {
    ...replays,
    async *reproduce(lines, pins, side) {
      if (side === 'search') searched = []
      for await (const reproduced of replays.reproduce(lines, pins, side)) {
        if (side === 'search' && 'measures' in reproduced.result)
          searched.push({ line: reproduced.line, case: JSON.parse(reproduced.line) as ReplayCase })
        yield reproduced
      }
    },
    async *search({ panel, ...input }) {
      const results: string[] = []
      const judged = { pack: { settings: input.pins.baseline }, price_table: null, evaluator_suite: input.suite }
      const rounds = searchRounds({ ...input, panel }, harnessView(input.pins), (r) => results.push(canonical(r)))
      let step = rounds.next()
      while (!step.done) {
        const { cases, settings } = step.value
        const asked = cases.map((i) => ({ case: searched[i]!.case, baseline: panel.baseline.at(i)! }))
        step = rounds.next(await replays.answer(asked, settings, judged))
      }
      yield* results
      return step.value
    },
  }
}

/** One run with a harness of these families, under a limit that the harmed ones reach, and what `verify` says of a certificate. */
async function withHarness(given: Given, keepOf: (harmed: ReadonlySet<string>) => Keep): Promise<HarnessEnding> {
  const limit = given.harm > 0 ? Math.min(LIMIT, given.harm) : LIMIT
  const families = fates(given, limit < 0.05 ? 300 : 120)
  const store = await stocked(
    memory(),
    families.map(({ id, side, harmed }) => aFamily(id, { side, required: harmed ? 4 : 1, gold: harmed ? 4 : 1 })),
  )
  const engine = engineOf(store, keepOf(new Set(families.filter((f) => f.harmed).map((f) => f.id))))
  const floor = { min: 1, max_violation_rate: limit }
  const target = aTarget({
    scoring: { replayer: 'module', questions: 1 },
    guardrails: { ...aTarget().guardrails, policy: floor, safety: floor },
  })
  const request = { target, candidates: null, runId: 'r', demonstration: null }
  const ended = await ending(runTarget(store, request, holder(), engine))
  if (ended.verdict !== 'certified') return { ...ended, verified: null }
  const verified = await verifyRun(store, 'r', engine)
  return { ...ended, isWrong: given.harm > 0 || !verified.reproducible, verified }
}

/** An ending, and what `verify` says of its certificate; null: there is none. */
interface HarnessEnding extends Ending {
  readonly verified: Verification | null
}

/** A passage is left out by chance, now this one and now that one, needed or not: `verify` finds something else. */
const byChance = (given: Given): Promise<HarnessEnding> => {
  const { draw, bad } = given
  const spared = draw.below(2)
  return withHarness({ ...given, harm: 0 }, () => (_request, offered, topK) => {
    const kept = offered.slice(0, topK)
    const loose = kept.length - spared
    return loose > 0 && draw.chance(bad) ? kept.toSpliced(spared + draw.below(loose), 1) : kept
  })
}

/** It throws on the cases in which the change would break policy: whatever the settings, or under the change alone. */
const throwing = (given: Given): Promise<Ending> => {
  const always = given.draw.below(2) === 0
  return withHarness({ ...given, harm: given.harm && given.bad }, (harmed) => (request, offered, topK) => {
    if (harmed.has(request.case_id) && (always || topK < 4)) throw new Error('no such order')
    return offered.slice(0, topK)
  })
}

export const HARNESS_WORLDS: readonly EvidenceWorld[] = [
  { name: 'a harness that drops a passage by chance', rates: [0.01, 0.03, 0.25, 1], life: byChance },
  { name: 'a harness that throws where the change does harm', rates: RATES, life: throwing },
]

/** Expected errors in one look at everything that a run stands on: rates at which both passes may see none. */
export const RARE_ERRORS = [0.3, 0.7, 1, 2, 3]
export const RARE_LIVES = 24

export interface RareRow {
  readonly expected: number
  /** Of `RARE_LIVES`: certified; of these another answer in the third look; of these denied. */
  readonly certified: number
  readonly differing: number
  readonly denied: number
}

/** Lives of a harness that errs about once in all its replays. */
export async function rareErrors(): Promise<RareRow[]> {
  const pure = await byChance({ harm: 0, bad: 0, onSearch: true, draw: draws(1) })
  const { asked } = pure.verified!.third_look!
  const rows: RareRow[] = []
  for (const expected of RARE_ERRORS) {
    const row = { expected, certified: 0, differing: 0, denied: 0 }
    for (let n = 0; n < RARE_LIVES; n++) {
      const draw = draws(7000 + 100 * expected + n)
      const { verified } = await byChance({ harm: 0, bad: expected / asked, onSearch: true, draw })
      if (verified === null) continue
      row.certified++
      if (verified.third_look!.differing > 0) row.differing++
      if (!verified.reproducible) row.denied++
    }
    rows.push(row)
  }
  return rows
}
