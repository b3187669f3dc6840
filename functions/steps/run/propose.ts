/** Hand-written changes on the search side alone: bounds, what memory knows, fate and every figure. Spends no question, takes no lock, writes nothing. */
import { createHash } from 'node:crypto'
import type { Exclusion } from '#core/baseline/baseline.ts'
import type { AskedTwice } from '#core/baseline/two-answers.ts'
import type { Records } from '#core/bytes/records.ts'
import { releasedProblem } from '#core/contract/standing.ts'
import type { PromptCost } from '#core/evidence/prompt-cost.ts'
import { type MemoryAnswer, memoryOf } from '#core/proposers/memory.ts'
import { type Assessment, assess } from '#core/search/assess.ts'
import { placeScars, scarLines } from '#core/search/scars.ts'
import { searchNotes } from '#core/search/search-set.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { tableOf } from '#core/space/scope.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { MetricName } from '#schemas/metrics.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { Replayer } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { compileIntent } from '../experience/compile.ts'
import { drawnBy } from '../experience/split-rule.ts'
import { countCases, countingOf } from '../replay/count-prompts.ts'
import { answered, type LookingEngine, lookAtSearch, needComparable } from '../replay/search-look.ts'
import { type AnsweredContract, answeredContract } from './contract.ts'
import { earlierRuns } from './earlier-runs.ts'
import { boundedEach, type LocatedChange } from './hand-written.ts'
import { deadEnds } from './memory.ts'
import { saidElsewhere } from './other-baselines.ts'
import { readScars } from './scars.ts'
import { gatherStanding, releasedFor } from './standing.ts'

/** What a look at changes needs of a store: the vault is not in it. */
export type LookedAt = Pick<
  Store,
  'objects' | 'table' | 'scratch' | 'clock' | 'rolesApart' | 'progress' | 'compilerOf' | 'verdicts'
>

/** A change with what is out of bounds about it, or with what the search side says of it. */
export interface ProposedChange {
  /** File and line. */
  readonly at: string
  readonly change: LocatedChange['change']
  readonly problems: readonly string[]
  /** Why a run refuses it: its settings were released already; null: they were not. */
  readonly released: string | null
  /** What is known of it without a replay; null: nothing. */
  readonly memory: (MemoryAnswer & Pick<CandidateChange, 'candidate_id' | 'patch'>) | null
  /** What memory says of the same values under another baseline, which forbids nothing here; absent: nothing. */
  readonly other_baseline?: string
  /** Of each prompt block that it changes; absent: it changes none, or was not replayed. */
  readonly prompts?: readonly PromptCost[]
  /** null: it is out of bounds or memory answers, and it was not replayed. */
  readonly assessed: Assessment | null
}

export interface Proposed {
  readonly intent: string
  readonly metric: MetricName
  readonly direction: 'decrease' | 'increase'
  /** Cases of the search set; null: every change is out of bounds or answered from memory, so nothing was replayed. */
  readonly search_cases: number | null
  /** Cases left out because their baseline does not reproduce, by typed reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** What stands beside every figure: what was not traced, which tokens are estimates, who makes most of the decisions. */
  readonly notes: readonly string[]
  /** How a harness answered twice; absent: none was asked. */
  readonly twice?: AskedTwice
  readonly changes: readonly ProposedChange[]
}

/** How changes are looked at. */
interface ProposeOptions {
  /** Replays also what memory answers. @default false */
  readonly again?: boolean
}

/**
 * What memory or the search side says of each change. `engine`: a harness of the user's own; null: the transcript replayer.
 * Throws UserError where the contract is not answered, or where nothing could be certified on the records whatever the change.
 */
export async function proposeChanges(
  store: LookedAt,
  target: TuningTarget,
  changes: readonly LocatedChange[],
  engine: LookingEngine | null,
  { again = false }: ProposeOptions = {},
): Promise<Proposed> {
  const contract = await answeredContract(store, target)
  const { pack, resolved } = contract
  const { intent, metric, direction } = resolved
  const bounded = await boundedEach(changes, pack, target)
  const candidates = bounded.flatMap(({ candidate }) => candidate ?? [])
  const before = await releasedFor(store, intent)
  const replayer: Replayer = engine?.replayer ?? { kind: 'transcript' }
  const elsewhere = await saidElsewhere(
    store,
    { target, pack, evaluator_suite: contract.suite, replayer },
    candidates.map(({ patch }) => patch),
  )
  const told = (known: Answers, assessed: ReadonlyMap<string, Looked>): ProposedChange[] =>
    bounded.map(({ at, change, candidate, problems }) => {
      const other = candidate && elsewhere[candidates.indexOf(candidate)]
      const { assessment = null, prompts } = (candidate && assessed.get(candidate.candidate_id)) ?? {}
      return {
        at,
        change,
        problems,
        released: candidate ? (releasedProblem(before, pack, candidate.patch)[0] ?? null) : null,
        memory: (candidate && known.get(candidate.candidate_id)) ?? null,
        ...(other != null && { other_baseline: other }),
        ...(prompts && { prompts }),
        assessed: assessment,
      }
    })
  const nothing = { intent, metric, direction, search_cases: null, excluded: {}, notes: [] }
  if (candidates.length === 0) return { ...nothing, changes: told(new Map(), new Map()) }
  const asked = { target, contract, engine, replayer, ...(await drawnBy(store)) }
  const aside = store.scratch()
  try {
    const set = await searchSetOf(store, intent, aside.records)
    const rejections = await deadEnds(store, asked, set)
    const known = again ? new Map() : await answersOf(store, asked, set, rejections, candidates)
    const rest = candidates.filter(({ candidate_id }) => !known.has(candidate_id))
    if (rest.length === 0) return { ...nothing, changes: told(known, new Map()) }
    const { assessed, ...looked } = await assessedBy(store, asked, rejections, rest, aside.records)
    return { intent, metric, direction, ...looked, changes: told(known, assessed) }
  } finally {
    aside.close()
  }
}

/** What the search side says of a change. */
interface Looked extends Pick<ProposedChange, 'prompts'> {
  readonly assessment: Assessment
}

type Answers = ReadonlyMap<string, NonNullable<ProposedChange['memory']>>

/** What is asked about some changes. */
interface Asked {
  readonly target: TuningTarget
  readonly contract: AnsweredContract
  readonly engine: LookingEngine | null
  readonly replayer: Replayer
  readonly draw?: string
}

/** Puts the search set aside, and names it as a run would. */
async function searchSetOf(store: LookedAt, intent: string, lines: Records): Promise<string> {
  const set = createHash('sha256')
  for await (const line of compileIntent(store, intent)) {
    set.update(`${line}\n`)
    lines.append(line)
  }
  return `sha256:${set.digest('hex')}`
}

/** What memory answers, by candidate: at no replay. */
async function answersOf(
  store: LookedAt,
  asked: Asked,
  searchSet: string,
  rejections: readonly RejectionRecord[],
  candidates: readonly CandidateChange[],
): Promise<Answers> {
  const { target, replayer, draw } = asked
  const { pack, suite, prices } = asked.contract
  const scars = await readScars(store, target.intent!)
  const { in_force } = await gatherStanding(store, target)
  const earlier = await earlierRuns(store, {
    target,
    pack,
    replayer,
    evaluator_suite: suite,
    price_table: prices,
    search_set: { digest: searchSet },
    ...(scars.length > 0 && { scars }),
    ...(draw !== undefined && { draw }),
  })
  const answer = memoryOf({ pack, in_force, rejections, earlier })
  return new Map(
    candidates.flatMap((candidate) => {
      const said = answer(candidate)
      const { candidate_id, patch } = candidate
      return said ? [[candidate_id, { candidate_id, patch, ...said }] as const] : []
    }),
  )
}

/** Replays changes over the search set, and says what stands beside every figure. */
async function assessedBy(
  store: LookedAt,
  asked: Asked,
  rejections: readonly RejectionRecord[],
  candidates: readonly CandidateChange[],
  lines: Records,
): Promise<Omit<Proposed, 'intent' | 'metric' | 'direction' | 'changes'> & { assessed: Map<string, Looked> }> {
  const { engine, replayer, draw } = asked
  const { pack, suite, prices, resolved } = asked.contract
  const settings = tableOf(pack)
  const pins = {
    tuple: resolved.baseline_tuple,
    settings,
    suite,
    prices,
    replayer,
    ...(draw !== undefined && { draw }),
  }
  const aside = store.scratch()
  try {
    const { reproduction, panel, replays } = await lookAtSearch(
      lines.texts(),
      pins,
      engine,
      aside.records,
      store.verdicts,
      candidates,
    )
    needComparable(reproduction, resolved, suite, replayer.kind)
    const scars = placeScars(await readScars(store, resolved.intent), panel)
    const input = {
      target: resolved,
      pack,
      suite,
      pins: { baseline: settings, prices },
      fields: tunableFields(pack, resolved.intent, resolved.search_space),
      panel,
      rejections,
      scars: scars.must,
      ...(reproduction.scopes && { scopes: reproduction.scopes }),
      candidates,
    }
    const counting = new Map(
      candidates.flatMap(({ candidate_id, patch }) => {
        const one = countingOf(patch, asked.contract)
        return one ? [[candidate_id, one] as const] : []
      }),
    )
    // A harness works on several cases at once; records answer at once, and a case is read once.
    const asking = assess(candidates, input, replays.view, {
      block: engine ? 256 : 1,
      progress: store.progress,
      see: ({ candidate_id }, i, { result }) => {
        if (result.scorecard)
          counting.get(candidate_id)?.verdicts.set(panel.cases.at(i)!.case_id, result.scorecard.scores)
      },
    })
    const assessed = await answered(asking, replays)
    await countCases(lines.texts(), [...counting.values()])
    const { excluded, twice } = reproduction
    return {
      search_cases: panel.cases.length,
      excluded,
      notes: [...searchNotes(reproduction, resolved, suite), ...scarLines(scars)],
      ...(twice && { twice }),
      assessed: new Map(
        assessed.map((assessment) => {
          const prompts = counting.get(assessment.candidate_id)?.costs.costs()
          return [assessment.candidate_id, { assessment, ...(prompts && { prompts }) }]
        }),
      ),
    }
  } finally {
    aside.close()
  }
}
