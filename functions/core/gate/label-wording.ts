/** What is said of the labels that utility stands on: how many, who gave them, what was set aside, and whether judges agree with people. */
import type { HeldoutVersion, LabelCounts } from '#schemas/heldout.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { kappa } from '../statistics/kappa.ts'
import { judgeError, upTo } from './judged-utility.ts'

/** Below this, teams usually take no rater's word; it is said, and blocks nothing here: the bound on the disagreement does. */
const USUAL_KAPPA = 0.7

/** A judge beside people: families that both labelled, where they differ, its upper 95 % bound as a share, and kappa; null: not known. */
interface Agreement {
  readonly n: number
  readonly disagreements: number
  readonly bound: number | null
  readonly kappa: number | null
}

type Facts = Pick<HeldoutVersion, 'labelled' | 'labels' | 'pinned'>

/** null: no judge gave a label. */
export function agreementOf({ pinned }: Pick<Facts, 'pinned'>): Agreement | null {
  const judge = pinned?.judge
  if (!judge || judge.families === 0) return null
  const { overlap: n, disagreements, table } = judge
  return {
    n,
    disagreements,
    bound: n === 0 ? null : judgeError(disagreements, n),
    kappa: table ? kappa(table) : null,
  }
}

/** Lines of a certificate; none of a version that was sealed before labels were counted. */
export function labelLines(facts: Facts): string[] {
  if (!facts.labels) return []
  const agreement = agreementOf(facts)
  return [labelCountLine(facts.labelled, facts.labels), ...(agreement ? [agreementLine(agreement)] : [])]
}

/** `589 families: 500 business, 89 human; set aside: 8 disputed labels, 3 missing` */
function labelCountLine(labelled: number, { kinds, disputed, missing }: LabelCounts): string {
  const given = Object.entries(kinds)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${n} ${WORDS[kind as keyof typeof WORDS]}`)
  const aside = `set aside: ${disputed} disputed label${disputed === 1 ? '' : 's'}, ${missing} missing`
  return `${labelled} families${given.length > 0 ? `: ${given.join(', ')}` : ''}; ${aside}`
}

const WORDS: Readonly<Record<keyof LabelCounts['kinds'], string>> = {
  human: 'by people',
  rule: 'by a rule',
  business: 'by the business',
  judge: 'by a model judge',
  replay: 'by what the suite says of the replay',
  unnamed: 'by nobody named',
}

function agreementLine({ n, disagreements, bound, kappa: k }: Agreement): string {
  if (bound === null)
    return 'no search family was labelled by the judge and by a person: their agreement is not measured'
  const by = k === null ? 'not measured' : k.toFixed(2)
  const low =
    k !== null && !isAtLeast(k, USUAL_KAPPA) ? ` (below the usual ${USUAL_KAPPA}; what blocks is the bound)` : ''
  return `judge and people differ in ${disagreements} of ${n} search families, < ${upTo(bound)} % at 95 %; Cohen's kappa ${by}${low}`
}
