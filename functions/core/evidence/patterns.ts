/** One pattern for each case that went another way, in words: what was lost or gained first, where it stood, and why. */
import { PLACE } from '#schemas/need-places.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { EvaluatorVerdict } from '#schemas/suite.ts'
import type { Replayed } from '../replay/transcript.ts'
import { brokenFloors, type CasePair } from './case-pair.ts'
import { passagesOf } from './coverage.ts'
import type { Course } from './types.ts'

/** Stands in a pattern for the source of a passage: cases that lost the same of many sources are one group. */
const SOURCE = '\u0000'

/** A pattern, and the source that it is of; null: of none. */
export interface Pattern {
  readonly says: string
  readonly source: string | null
}

/** The pattern of a case of a known course. */
export function patternOf(pair: CasePair, course: Course): Pattern {
  const said = course === 'worse' ? worse(pair) : course === 'better' ? better(pair) : held(pair)
  return typeof said === 'string' ? { says: said, source: null } : said
}

/** A pattern in words, with its source or how many there are. */
export function patternInWords(says: string, sources: ReadonlySet<string>): string {
  const [one] = sources
  return says.replace(SOURCE, sources.size === 1 ? one! : `${sources.size} sources`)
}

/** Of a passage: what is said before and behind where it stood. */
const ofPassage = ({ evidence }: Recording, offer: number, before: string, behind = ''): Pattern => ({
  says: `${before} ${SOURCE} (${evidence.bucket[offer]}, hop ${evidence.hop[offer]})${behind}`,
  source: evidence.source[offer] ?? 'unknown source',
})

function worse(pair: CasePair): Pattern | string {
  const { before, after } = pair
  if (after.problem)
    return after.problem.status === 'failed'
      ? `the harness gave no answer: ${general(after.problem.reason)}`
      : `the records cannot say: ${general(after.problem.reason)}`
  if (before.replayed && after.replayed) {
    const said = lossOf(before.replayed, after.replayed)
    if (said !== null) return said
  }
  const failing = changedVerdict(pair, 'fail')
  if (failing) {
    const id = failing.evaluator_id
    // A rule of the suite's own begins what it says with its name.
    const says = (failing.findings[0]?.message ?? 'no finding').replace(`${id}: `, '')
    return `${id} fails: ${general(says)}`
  }
  const [floor] = brokenFloors(pair)
  return floor === undefined ? 'passed before and does not now' : `${floor.replaceAll('_', ' ')}: not measured any more`
}

/** What was lost, the gravest first; null: nothing that a record marks. */
function lossOf(before: Replayed<Recording>, after: Replayed<Recording>): Pattern | string | null {
  const { recording } = after.trimmed
  const [required] = after.lostRequired
  if (required !== undefined && !before.lostRequired.includes(required))
    return ofPassage(recording, required, 'required evidence is read no more:', `, ${causeOf(after, required)}`)
  const [bypassed] = after.bypassed
  if (bypassed !== undefined)
    return `an action at gate ${recording.approvals.gate[bypassed]} goes through without the approval that is asked for today`
  const [need] = after.ungrounded
  if (need !== undefined) return lostValue(after, need)
  if (after.otherDecision !== null) return `decided otherwise than recorded: ${general(after.otherDecision)}`
  const { kept, lost } = passagesOf(before, after)
  const marked = before.trimmed.recording.evidence.gold
  const gold = kept.find((i) => marked[i] && lost.has(i))
  if (gold === undefined) return null
  const isSame = before.trimmed.recording === recording
  const cause = isSame ? causeOf(after, gold) : 'not offered under the other setting'
  return ofPassage(before.trimmed.recording, gold, 'a needed passage is read no more:', `, ${cause}`)
}

function lostValue(after: Replayed<Recording>, need: number): Pattern | string {
  const { recording, prepared, rendered } = after.trimmed
  const { needs, actions } = recording
  const what = `a value that ${actions.name[needs.action[need]!]} used can be read nowhere any more`
  const { first, offer } = prepared.needOffers
  if (first[need]! < first[need + 1]!) {
    const stood = offer[first[need]!]!
    return ofPassage(recording, stood, `${what}: it stood in`, `, ${causeOf(after, stood)}`)
  }
  const { plan } = rendered
  return needs.kind[needs.first[need]!] === PLACE.tool
    ? `${what}: it stood in tool output beyond the newest ${plan.toolTokens} tokens`
    : `${what}: it stood in dialogue beyond the newest ${plan.memoryTokens} tokens`
}

/** Why an offer is not read under the settings of a replay. */
function causeOf({ trimmed }: Replayed<Recording>, offer: number): string {
  const { evidence } = trimmed.recording
  const { plan } = trimmed.rendered
  const { topK, maxHops, ordering } = plan.bucket(evidence.bucket[offer]!)
  if (evidence.hop[offer]! > maxHops) return `beyond max_hops ${maxHops}`
  const rank = evidence.ranks[ordering]?.[offer] ?? 0
  if (rank === 0) return `not ranked under ${ordering}`
  if (rank > topK) return `ranked beyond top_k ${topK}`
  return `beyond the budget of ${plan.evidenceTokens} evidence tokens`
}

function better(pair: CasePair): Pattern | string {
  const { before, after } = pair
  if (before.replayed && after.replayed) {
    const { gained } = passagesOf(before.replayed, after.replayed)
    const { recording } = after.replayed.trimmed
    const gold = gained.find((i) => recording.evidence.gold[i])
    if (gold !== undefined) return ofPassage(recording, gold, 'a needed passage is read now:')
  }
  // Of a harness of the user's own nobody knows which evaluator failed before.
  const passing = before.verdicts && changedVerdict(pair, 'pass')
  return passing ? `${passing.evaluator_id} passes now` : 'did not pass before and does now'
}

function held({ before, after }: CasePair): Pattern | string {
  if (!before.replayed || !after.replayed) return 'another context, the same verdict'
  const { kept, lost, gained } = passagesOf(before.replayed, after.replayed)
  const kinds = ({ evidence }: Recording, offers: Iterable<number>) =>
    [...new Set([...offers].map((i) => `${evidence.bucket[i]}, hop ${evidence.hop[i]}`))]
      .sort()
      .slice(0, 3)
      .join(' and ')
  // Right or wrong as before, and yet what a record marks is gone: nobody may take that for a passage like any other.
  const { recording } = before.replayed.trimmed
  const marked = kept.find((i) => lost.has(i) && (recording.evidence.required[i] || recording.evidence.gold[i]))
  if (marked !== undefined) return ofPassage(recording, marked, 'same verdict, and a needed passage is read no more:')
  if (lost.size > 0) return `same verdict without passages of ${kinds(recording, lost)}`
  if (gained.length > 0) return `same verdict with more passages of ${kinds(after.replayed.trimmed.recording, gained)}`
  return before.replayed.tokens === after.replayed.tokens
    ? 'same verdict, passages in another order'
    : 'same verdict with less tool output or dialogue'
}

/** The first verdict that came to a status which it did not have before. */
function changedVerdict({ before, after }: CasePair, status: EvaluatorVerdict['status']): EvaluatorVerdict | null {
  const changed = Object.values(after.verdicts ?? {}).filter(
    (v) => v.status === status && before.verdicts?.[v.evaluator_id]?.status !== status,
  )
  return changed[0] ?? null
}

/** A message without what is of one case alone, so that equal findings are one pattern. */
export const general = (message: string): string =>
  message
    .replace(/"[^"]{0,200}"/g, '"…"')
    .replace(/\S*[:/#]\S*\d\S*/g, '…')
    .replace(/\d[\d.,]*/g, '#')
    .slice(0, 160)
