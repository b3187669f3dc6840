/** A report without any recorded text: ids and figures stay. So for a run, for a rollout and for a month. */
import type { Fate } from '#schemas/candidate.ts'
import type { FunnelEntry } from '#schemas/weekly.ts'
import type { IntentMonth } from '../cadence/month.ts'
import type { RunEvidence, WholeCase } from '../evidence/types.ts'
import type { RolloutStory } from '../release/story.ts'
import type { ReportFacts } from './facts.ts'

/** What stands in place of a text. */
export const LEFT_OUT = 'left out'

/**
 * Leaves out every recorded text: what users and agents said, passages, findings about a case, values of attributes, amounts,
 * and reasons that name a case. Settings, names of evaluators, sources and tools, ids, digests and figures stay.
 */
export function redacted(facts: ReportFacts): ReportFacts {
  return {
    ...facts,
    candidates: facts.candidates.map((c) => ({
      ...c,
      reason: QUOTES.has(c.fate) ? withoutDetail(c.reason) : c.reason,
      guardrails: c.guardrails.map((row) => ({ ...row, note: row.verdict === 'block' ? LEFT_OUT : row.note })),
    })),
    evidence: facts.evidence && withoutTexts(facts.evidence),
  }
}

/** Fates whose reasons may quote a case, a harness or a person; those of all others are figures, settings and ids. */
const QUOTES: ReadonlySet<string> = new Set<Fate>(['search_guardrail', 'unreplayable', 'remembered'])

/** What stands before the first colon names a limit, or who said no. */
const withoutDetail = (reason: string): string => {
  const colon = reason.indexOf(':')
  return colon < 0 ? LEFT_OUT : `${reason.slice(0, colon)}: ${LEFT_OUT}`
}

const withoutTexts = (evidence: RunEvidence): RunEvidence => ({
  ...evidence,
  amounts: evidence.amounts.map((row) => ({ ...row, amounts: [] })),
  slices: numbered(evidence.slices),
  groups: evidence.groups.map((group, i) => ({ ...group, pattern: `pattern ${i + 1}` })),
  examples: evidence.examples.map(withoutWords),
  look_at: evidence.look_at.map((line) => ({ ...line, says: line.rule.replaceAll('_', ' ') })),
})

/** Slices whose values are numbers, counted in each attribute. */
function numbered<S extends { readonly attribute: string; readonly value: string | number | boolean | null }>(
  slices: readonly S[],
): S[] {
  const seen = new Map<string, number>()
  return slices.map((slice) => {
    if (slice.value === null) return slice
    const n = (seen.get(slice.attribute) ?? 0) + 1
    seen.set(slice.attribute, n)
    return { ...slice, value: `value ${n}` }
  })
}

const withoutWords = (shown: WholeCase): WholeCase => ({
  ...shown,
  request: shown.request === null ? null : LEFT_OUT,
  answer: shown.answer === null ? null : LEFT_OUT,
  passages: shown.passages.map((p) => ({ ...p, text: null })),
  verdicts: shown.verdicts.map((v) => ({ ...v, finding: v.finding === null ? null : LEFT_OUT })),
  actions: shown.actions.map((a) => ({ ...a, amount: null })),
})

/** A story without what subjects were told apart by: attributes and counts stay, values do not. */
export const withoutValues = <S extends RolloutStory>(story: S): S => ({
  ...story,
  failures: story.failures.map((failure) => ({ ...failure, slices: numbered(failure.slices) })),
})

/** A month without what people wrote as their reasons, and without who took a release back; counts, days and ids of runs stay. */
export const withoutReasons = (of: IntentMonth): IntentMonth => ({
  ...of,
  marks: of.marks.map((mark) => ({ ...mark, by: mark.by === 'rollout' ? mark.by : 'a person' })),
  week: of.week && withoutReasonsOfWeek(of.week),
})

function withoutReasonsOfWeek<W extends NonNullable<IntentMonth['week']>>(week: W): W {
  const { funnel, retire } = week
  const { entries, not_certified_by_replay: apart } = funnel
  return {
    ...week,
    funnel: {
      ...funnel,
      entries: entries.map(plain),
      ...(apart && { not_certified_by_replay: { ...apart, entries: apart.entries.map(plain) } }),
    },
    // A surface that reviewers rejected is told of in their words.
    retire: retire.map((surface) => ({
      ...surface,
      reasons: surface.reasons.map((reason) => ({ ...reason, says: reason.why.replaceAll('_', ' ') })),
    })),
  }
}

/** An entry of a funnel that says where it stands, and no more. */
const plain = (entry: FunnelEntry): FunnelEntry => ({ ...entry, says: entry.stands.replaceAll('_', ' ') })
