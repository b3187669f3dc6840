/** What `doctor` looks at: the search side under its baseline, what a run would ask, and why it could not. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import { askRefusal } from '#core/gate/ledger.ts'
import { NO_VERSION } from '#core/gate/preflight-run.ts'
import { servedOf } from '#core/replay/served.ts'
import { baselineRules } from '#core/search/baseline-rules.ts'
import { surfaceTable } from '#core/search/surface-table.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { HeldoutVersion, PinnedLimits } from '#schemas/heldout.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { HarnessEngine } from '../../embedded/harness-engine.ts'
import type { Lines, ReplayEngine } from '../../ports.ts'
import { compileIntent } from '../../steps/experience/compile.ts'
import { versionsOf } from '../../steps/experience/families.ts'
import { planSeal, replayedHere, standingVersion } from '../../steps/heldout/seal.ts'
import { answered, lookAtSearch } from '../../steps/replay/search-look.ts'
import type { UnfinishedRun } from '../../steps/run/unfinished.ts'
import { type CommandStore, isLocal } from '../open.ts'

/** What a look needs of an engine: it replays baselines and never searches. */
export type Looking = Pick<ReplayEngine, 'replayer' | 'reproduce'>

/** Why a run could ask no question, as it says so itself. Of a deployment without a version nobody but the sealer knows. */
export async function refusals(
  store: CommandStore,
  intent: string,
  facts: HeldoutVersion | null,
  stopped: readonly UnfinishedRun[],
): Promise<string[]> {
  if (facts === null) return isLocal(store) ? [NO_VERSION] : []
  const item = (await versionsOf(store, intent)).find((row) => row.body.version === facts.version)?.body
  // One that was interrupted goes on with the question that it opened.
  if (!item || stopped.some(({ run }) => run === item.open?.run_id)) return []
  const refusal = askRefusal(item)
  return refusal === null ? [] : [refusal]
}

/** What the search side shows under its baseline. */
export type SearchInspection = Awaited<ReturnType<typeof inspectSearch>>

/** The search side under its baseline: who reproduces, what the rules say of the records, and what each surface changes. */
export async function inspectSearch(
  store: CommandStore,
  { intent, search_space }: ResolvedTarget,
  pins: BaselinePins,
  harness: HarnessEngine | null,
  pack: ContextPack,
) {
  const aside = store.scratch()
  const refusals = { unasked: 0 }
  const isAsked = pins.suite.evaluators.some(({ check }) => check === 'must_refuse')
  const compiled = compileIntent(store, intent)
  const lines = isAsked ? compiled : countingRefusals(compiled, refusals)
  try {
    const look = await lookAtSearch(lines, pins, harness, aside.records, store.verdicts)
    const { reproduction, panel, records, replays } = look
    const fields = tunableFields(pack, intent, search_space)
    return {
      reproduction,
      refusals_unasked: refusals.unasked,
      rules: await answered(baselineRules(panel, pins.suite, pins.settings), records),
      surfaces: await answered(surfaceTable(fields, panel, pins.settings, replays.view, store.progress), replays),
    }
  } finally {
    aside.close()
  }
}

/** Counts cases that had to be refused as they pass. */
async function* countingRefusals(lines: Lines, found: { unasked: number }): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line.includes('"must_refuse":true')) {
      const { recordings } = JSON.parse(line) as ReplayCase
      if (servedOf(recordings).outcome.must_refuse === true) found.unasked++
    }
    yield line
  }
}

/**
 * What a run would ask or seal now; null: nobody. Only its counts are looked at, and nothing is written. Nobody counts in a
 * deployed vault but the sealer: there it is the version that stands, and null where a run would seal one first.
 */
export async function askable(
  store: CommandStore,
  target: ResolvedTarget,
  pins: BaselinePins,
  engine: Looking,
  limits: () => Promise<PinnedLimits>,
): Promise<HeldoutVersion | null> {
  if (!isLocal(store)) return await standingVersion(store, target, pins)
  return (await planSeal(store, target, pins, replayedHere(store, target.intent, pins, engine), limits)).facts
}
