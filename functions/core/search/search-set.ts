/** The search set as the search reads it: cases whose baseline reproduces, and why the others are left out. */
import type { LiveNoise } from '#schemas/live-model.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Exclusion } from '../baseline/baseline.ts'
import { noiseLines } from '../baseline/live-draws.ts'
import type { Reproduction } from '../baseline/reproduce.ts'
import { type AskedTwice, askedTwiceLine, twoAnswers } from '../baseline/two-answers.ts'
import { baselineProblems } from '../contract/baseline-floors.ts'
import { exposureProblems } from '../contract/exposure-problems.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { EXPOSURE_RULES } from '../evaluate/exposures.ts'
import { heavyFamilies, heavyLines } from '../evaluate/units.ts'
import { droppedOf, nearCopiesLine, selectionLine } from '../experience/trace-selection.ts'
import { evidenceWording, liveLine } from '../live/asked-answers.ts'
import { liveOf } from '../replay/cage.ts'
import { NO_TRACING, recordLines, type Tracing, tracingReasons } from '../replay/tracing.ts'
import { tunableFields } from '../space/lattice.ts'
import { tableOf } from '../space/scope.ts'
import { placeScars, scarLines } from './scars.ts'
import { type SearchInput, writtenChanges } from './search-input.ts'

export interface CompiledSearch {
  readonly input: SearchInput
  /** Cases left out because their baseline does not reproduce, by typed reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** What is said of the records beside every result. */
  readonly notes: readonly string[]
  /** The same for a proposal, which also says what is whole. */
  readonly records: readonly string[]
  /** How a harness answered twice; absent: none was asked. */
  readonly twice?: AskedTwice
  /** How far a live baseline differs from itself; absent: no model was asked live. */
  readonly noise?: LiveNoise
  /** Why nothing could be certified on these records whatever the candidate; empty when something could. */
  readonly problems: readonly string[]
}

/** Changes of a run that somebody wrote or proposed: of those for some cases the reach is counted. */
export const writtenIn = ({ candidates, proposed }: Pick<AutotuneRun, 'candidates' | 'proposed'>) =>
  writtenChanges({ candidates, ...(proposed && { proposed: proposed.candidates }) })

/** Makes the search's input of the cases whose baseline reproduces. */
export function compileSearchSet(reproduced: Reproduction, run: AutotuneRun, target: ResolvedTarget): CompiledSearch {
  const { exposure_rules: rules = 1, evaluator_suite: suite } = run
  const tracing = tracingBy(rules, reproduced)
  const twice = askedTwiceLine(reproduced.twice)
  const live = liveOf(run.replayer)
  const noise = reproduced.live?.noise(run.evaluator_suite, target.metric)
  const ofModel =
    live && noise
      ? [
          liveLine(live),
          `baseline of the search side: ${evidenceWording(reproduced.live!.answers.evidence(live))}`,
          ...noiseLines(noise),
        ]
      : []
  const ofCode = [...(twice === null ? [] : [twice]), ...ofModel]
  const selection = run.traces ? [selectionLine(run.traces)] : []
  const scars = placeScars(run.scars ?? [], reproduced.panel)
  const near = run.near_copies ? [nearCopiesLine(run.near_copies)] : []
  const isWhole = !run.traces || droppedOf(run.traces).n === 0
  return {
    ...(reproduced.twice && { twice: reproduced.twice }),
    ...(noise && { noise }),
    excluded: reproduced.excluded,
    records: [...selection, ...near, ...recordLines(tracing, suite), ...scarLines(scars), ...ofCode],
    notes: [
      ...(isWhole ? [] : selection),
      ...near,
      ...searchNotes(reproduced, target, suite, rules),
      ...scarLines(scars),
      ...ofCode,
    ],
    problems: searchProblems(
      { ...reproduced, tracing },
      target,
      run.evaluator_suite,
      run.replayer?.kind ?? 'transcript',
    ),
    input: {
      target,
      pack: run.pack,
      suite: run.evaluator_suite,
      pins: { baseline: tableOf(run.pack), prices: run.price_table },
      replayer: run.replayer?.kind ?? 'transcript',
      fields: tunableFields(run.pack, target.intent, target.search_space),
      panel: reproduced.panel,
      ...(run.draw !== undefined && { draw: run.draw }),
      rejections: run.rejections,
      ...(noise && { noise }),
      ...(scars.must.length > 0 && { scars: scars.must }),
      ...(reproduced.scopes && { scopes: reproduced.scopes }),
      candidates: run.candidates,
      ...(run.proposed && { proposed: run.proposed.candidates }),
    },
  }
}

/** What stands beside every figure of the search side: what was not traced, which tokens are estimates, who is heavy. */
export const searchNotes = (
  reproduced: Reproduction,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
  rules: number = EXPOSURE_RULES,
): string[] => [...tracingReasons(tracingBy(rules, reproduced), suite), ...heavySearch(reproduced, target)]

/** What was traced, as far as the rules of a run speak of it. */
function tracingBy(rules: number, { tracing = NO_TRACING }: Reproduction): Tracing {
  return rules < 2 ? { ...tracing, calls: {} } : tracing
}

/** Families that carry more than the declared share of the search decisions, by name. */
export const heavySearch = ({ panel }: Reproduction, { max_family_share }: ResolvedTarget): string[] =>
  heavyLines(heavyFamilies(panel, max_family_share), panel.cases.length, max_family_share, 'search')

/** Why nothing could be certified on a reproduced search set; with an example of each exclusion when nothing is left of it. */
export const searchProblems = (
  reproduced: Reproduction,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
  replayer: Replayer['kind'],
): string[] => [
  ...(reproduced.twice && reproduced.twice.flips > 0 ? [twoAnswers(reproduced.twice)] : []),
  ...baselineProblems(reproduced.panel, target),
  ...(reproduced.panel.cases.length === 0
    ? Object.values(reproduced.examples ?? {})
    : exposureProblems(reproduced, target, suite, replayer)),
]
