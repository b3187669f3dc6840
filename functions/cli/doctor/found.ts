/** What `doctor` finds of a target whose seven questions are answered: in its records, and of what a run would ask. */

import type { BaselinePins } from '#core/baseline/baseline.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { askedTwiceLine } from '#core/baseline/two-answers.ts'
import { keptVerdictNotes } from '#core/contract/kept-verdicts.ts'
import { mixedSuite } from '#core/contract/mixed-suite.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import { refusalNotAsked } from '#core/evidence/prompt-cost.ts'
import { nearCopiesLine, selectionLine } from '#core/experience/trace-selection.ts'
import { certifiable } from '#core/gate/certifiable.ts'
import { guardrailTable } from '#core/gate/guardrail-table.ts'
import { harnessNeed } from '#core/gate/harness-need.ts'
import { labelLines } from '#core/gate/label-wording.ts'
import { neededOf, preflight } from '#core/gate/preflight.ts'
import { sealVersion } from '#core/gate/seal.ts'
import { cageProblem } from '#core/replay/cage.ts'
import { emptyCallsLine, estimatedLine, ignoredLine, NO_TRACING, tracedLine } from '#core/replay/tracing.ts'
import { spaceSize } from '#core/search/exact-candidates.ts'
import { heavySearch, searchProblems } from '#core/search/search-set.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { compileIntent } from '../../steps/experience/compile.ts'
import { nearCopiesOf } from '../../steps/experience/near-copies-found.ts'
import { traceSelection } from '../../steps/experience/trace-imports.ts'
import { outgrown, outgrownLine } from '../../steps/heldout/outgrown.ts'
import { pinnedLimits } from '../../steps/heldout/pinned-limits.ts'
import type { replayerOf } from '../../steps/replay/replays.ts'
import { judgingWith, unaskable, verdictCage } from '../../steps/replay/verdicts.ts'
import { elsewhereLine } from '../../steps/run/other-baselines.ts'
import type { UnfinishedRun } from '../../steps/run/unfinished.ts'
import { waitingCorrections, waitingLine } from '../../steps/run/waiting-corrections.ts'
import { type CommandStore, isLocal } from '../open.ts'
import { askable, type Looking, refusals, type SearchInspection } from './look.ts'

/** Who is asked about what. */
export interface Asked {
  readonly store: CommandStore
  readonly target: TuningTarget
  readonly resolved: ResolvedTarget
  readonly pack: ContextPack
  readonly pins: BaselinePins & { readonly replayer: ReturnType<typeof replayerOf> }
  readonly engine: Looking
  /** Runs of this intent that stopped on their way. */
  readonly stopped: readonly UnfinishedRun[]
}

/** What the search side says, and what keeps a run from starting on it. */
export async function foundInRecords({ store, target, resolved, pack, pins }: Asked, looked: SearchInspection) {
  const { reproduction, rules, surfaces } = looked
  const { suite } = pins
  const cases = reproduction.panel.cases.length + Object.values(reproduction.excluded).reduce((a, b) => a + b, 0)
  const tracing = reproduction.tracing ?? NO_TRACING
  const verdictsHeld = verdictCage(suite, store.verdicts)
  const uncaged = cageProblem(target, { replayer: pins.replayer, verdict_cage: verdictsHeld })
  const unasked = await unaskable(suite, store.verdicts)
  const traces = await traceSelection(store.objects)
  const near = await nearCopiesOf(store.objects, resolved.intent)
  const corrections = await waitingCorrections(store)
  const fields = tunableFields(pack, resolved.intent, resolved.search_space)
  return {
    reproduction,
    rules,
    surfaces,
    cases,
    tracing,
    verdictsHeld,
    traces,
    near,
    corrections,
    suite: mixedSuite(suite),
    space: { ...spaceSize(fields, resolved.max_fields), max_fields: resolved.max_fields },
    heavy: heavySearch(reproduction, resolved),
    problems: [
      ...(uncaged ? [uncaged] : []),
      ...unasked.map(({ at, why }) => `evaluators[${at}]: ${why}`),
      ...searchProblems(reproduction, resolved, suite, pins.replayer.kind),
    ],
    says: {
      memory: await elsewhereLine(store, { target, pack, evaluator_suite: suite, replayer: pins.replayer }),
      twice: askedTwiceLine(reproduction.twice),
      traces: traces && selectionLine(traces),
      near: near && nearCopiesLine(near),
      waiting: waitingLine(corrections),
      traced: [tracedLine(tracing), emptyCallsLine(tracing, suite), ignoredLine(tracing, suite)].filter(
        (line) => line !== null,
      ),
      estimated: estimatedLine(tracing),
      refusals: looked.refusals_unasked > 0 ? refusalNotAsked(looked.refusals_unasked) : null,
      kept: keptVerdictNotes(resolved, suite),
    },
  }
}

/** What a run would ask of the sealed side, whether that can answer, and why nobody could be asked. */
export async function foundSealed(
  { store, resolved, pins, engine, stopped }: Asked,
  { reproduction }: SearchInspection,
) {
  const { intent } = resolved
  const limits = () =>
    pinnedLimits(compileIntent(store, intent), pins.settings, pins.suite, judgingWith(store.verdicts, 'search'))
  const facts = await askable(store, resolved, pins, engine, limits)
  // Where nobody is left to ask, an empty version says what it would take.
  const counted =
    facts ??
    (isLocal(store) ? sealVersion(new Gathered().reproduction(pins.draw), resolved, pins, await limits()).facts : null)
  const changed = { settings: pins.settings, replayer: pins.replayer.kind }
  const rows = counted
    ? [...preflight(counted, resolved, pins.suite, changed, null), ...harnessNeed(reproduction.twice, counted.families)]
    : []
  const others = await outgrown(store, intent, pins.suite.suite)
  return {
    counted,
    rows,
    others,
    isReady: facts !== null && rows.every((row) => row.verdict === 'ready'),
    needed: counted && neededOf(rows),
    guardrails: guardrailTable(rows, resolved, pins.suite),
    certifiable: counted ? certifiable(counted, resolved, pins.suite) : [],
    labels: counted ? labelLines(counted) : [],
    refused: [
      ...(await refusals(store, intent, facts, stopped)),
      ...others.filter(({ open }) => open !== null).map(outgrownLine),
    ],
  }
}

type InRecords = Awaited<ReturnType<typeof foundInRecords>>
type Sealed = Awaited<ReturnType<typeof foundSealed>>
export type Found = InRecords & Sealed

/** What a run of the target would end with. */
export type Verdict = 'ready' | 'inconclusive' | 'refused' | 'unanswered'

export const verdictOf = ({ problems, refused, isReady }: Found): Verdict =>
  problems.length > 0 ? 'unanswered' : refused.length > 0 ? 'refused' : isReady ? 'ready' : 'inconclusive'
