/** Hand-written changes on the search side alone: bounds, fate and every figure. Spends no question, takes no lock, writes nothing. */
import { createHash } from 'node:crypto'
import type { Exclusion } from '#core/baseline/baseline.ts'
import type { AskedTwice } from '#core/baseline/two-answers.ts'
import { digestOf } from '#core/canonical.ts'
import { releasedProblem } from '#core/contract/standing.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import { type Assessment, assess } from '#core/search/assess.ts'
import { placeScars, scarLines } from '#core/search/scars.ts'
import { searchNotes, searchProblems } from '#core/search/search-set.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { tableOf } from '#core/space/scope.ts'
import type { MetricName } from '#schemas/metrics.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { compileIntent } from '../experience/compile.ts'
import { drawnBy } from '../experience/split-rule.ts'
import { answered, type LookingEngine, lookAtSearch } from '../replay/search-look.ts'
import { answeredContract } from './contract.ts'
import { boundedEach, type LocatedChange } from './hand-written.ts'
import { readRejections } from './memory.ts'
import { readScars } from './scars.ts'
import { releasedFor } from './standing.ts'

/** What a look at changes needs of a store: the vault is not in it. */
export type LookedAt = Pick<Store, 'objects' | 'table' | 'scratch' | 'progress' | 'compilerOf' | 'verdicts'>

/** A change with what is out of bounds about it, or with what the search side says of it. */
export interface ProposedChange {
  /** File and line. */
  readonly at: string
  readonly change: LocatedChange['change']
  readonly problems: readonly string[]
  /** Why a run refuses it: its settings were released already; null: they were not. */
  readonly released: string | null
  /** null: it is out of bounds, and was not replayed. */
  readonly assessed: Assessment | null
}

export interface Proposed {
  readonly intent: string
  readonly metric: MetricName
  readonly direction: 'decrease' | 'increase'
  /** Cases of the search set; null: every change is out of bounds, so nothing was replayed. */
  readonly search_cases: number | null
  /** Cases left out because their baseline does not reproduce, by typed reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** What stands beside every figure: what was not traced, which tokens are estimates, who makes most of the decisions. */
  readonly notes: readonly string[]
  /** How a harness answered twice; absent: none was asked. */
  readonly twice?: AskedTwice
  readonly changes: readonly ProposedChange[]
}

/**
 * What the search side says of each change. `engine`: a harness of the user's own; null: the transcript replayer. Throws
 * UserError where the contract is not answered, or where nothing could be certified on the records whatever the change.
 */
export async function proposeChanges(
  store: LookedAt,
  target: TuningTarget,
  changes: readonly LocatedChange[],
  engine: LookingEngine | null,
): Promise<Proposed> {
  const { pack, suite, prices, resolved } = await answeredContract(store, target)
  const { intent, metric, direction } = resolved
  const bounded = await boundedEach(changes, pack, target)
  const candidates = bounded.flatMap(({ candidate }) => candidate ?? [])
  const before = await releasedFor(store, intent)
  const told = (assessments: readonly Assessment[]): ProposedChange[] => {
    const rest = assessments.values()
    return bounded.map(({ at, change, candidate, problems }) => ({
      at,
      change,
      problems,
      released: candidate ? (releasedProblem(before, pack, candidate.patch)[0] ?? null) : null,
      assessed: candidate ? rest.next().value! : null,
    }))
  }
  if (candidates.length === 0)
    return { intent, metric, direction, search_cases: null, excluded: {}, notes: [], changes: told([]) }
  const replayer = engine?.replayer ?? ({ kind: 'transcript' } as const)
  const pins = {
    tuple: resolved.baseline_tuple,
    settings: tableOf(pack),
    suite,
    prices,
    replayer,
    ...(await drawnBy(store)),
  }
  const set = createHash('sha256')
  const compiled = async function* () {
    for await (const line of compileIntent(store, intent)) {
      set.update(`${line}\n`)
      yield line
    }
  }
  const aside = store.scratch()
  try {
    const { reproduction, panel, replays } = await lookAtSearch(
      compiled(),
      pins,
      engine,
      aside.records,
      store.verdicts,
      candidates,
    )
    const problems = searchProblems(reproduction, resolved, suite, replayer.kind)
    if (problems.length > 0)
      throw new UserError(
        `these records do not bear a comparison ("autotune doctor" says more):\n${problems.map((p) => `  ${p}`).join('\n')}`,
      )
    const scars = placeScars(await readScars(store, intent), panel)
    const input = {
      target: resolved,
      pack,
      suite,
      pins: { baseline: tableOf(pack), prices },
      fields: tunableFields(pack, intent, resolved.search_space),
      panel,
      rejections: await readRejections(store, {
        target: resolved,
        searchSet: `sha256:${set.digest('hex')}`,
        // No question is asked here.
        version: null,
        baseline: baselineDigest({ target, pack, replayer }),
        suite: digestOf(suite),
        runId: '',
      }),
      scars: scars.must,
      ...(reproduction.scopes && { scopes: reproduction.scopes }),
      candidates,
    }
    // A harness works on several cases at once; records answer at once, and a case is read once.
    const asking = assess(candidates, input, replays.view, { block: engine ? 256 : 1, progress: store.progress })
    const { excluded, twice } = reproduction
    return {
      intent,
      metric,
      direction,
      search_cases: panel.cases.length,
      excluded,
      notes: [...searchNotes(reproduction, resolved, suite), ...scarLines(scars)],
      ...(twice && { twice }),
      changes: told(await answered(asking, replays)),
    }
  } finally {
    aside.close()
  }
}
