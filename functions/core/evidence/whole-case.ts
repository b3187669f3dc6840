/** One case as people read it: request, answer, what stood in the context before and after, and both verdicts. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { findingText } from '../evaluate/finding-text.ts'
import { caseActions } from './actions.ts'
import type { CasePair, Side } from './case-pair.ts'
import { passagesOf } from './coverage.ts'
import type { BeforeAfter, Passage, VerdictPair, WholeCase } from './types.ts'

/** A case without its texts, which stand in the recorded runs. */
export type CaseSketch = Omit<WholeCase, 'group' | 'date' | 'request' | 'answer' | 'passages'> & {
  readonly passages: readonly Omit<Passage, 'text'>[]
  /** What its run must be held to. */
  readonly recorded: Pick<Recording['recorded'], 'decision_record'>
}

/** Passages of one case at most; those that were removed or are needed go first. */
const MOST_PASSAGES = 24
const MOST_VERDICTS = 24
const LONGEST = { said: 600, marked: 360, passage: 160 } as const

/** What stands in the columns of a case. Nothing of a text is in it. */
export function sketchOf(pair: CasePair): CaseSketch {
  const { before, after, recording } = pair
  const counted = (side: Side, measure: 'economics_tokens' | 'economics_cents'): number | null =>
    side.problem ? null : side.measures[measure]
  const both = (measure: 'economics_tokens' | 'economics_cents'): BeforeAfter => ({
    before: counted(before, measure),
    after: counted(after, measure),
  })
  const all = passages(pair)
  return {
    case_id: pair.case.case_id,
    family_id: pair.case.family_id,
    run_id: recording.run_id,
    recorded: { decision_record: recording.recorded.decision_record },
    passed: {
      before: before.measures.utility_passed,
      after: after.problem ? null : after.measures.utility_passed,
    },
    tokens: both('economics_tokens'),
    cents: both('economics_cents'),
    passages: chosen(all),
    passages_before: all.filter((p) => p.read !== 'after').length,
    passages_after: all.filter((p) => p.read !== 'before').length,
    verdicts: verdicts(pair),
    actions: caseActions(pair),
  }
}

function passages({ before, after }: CasePair): Omit<Passage, 'text'>[] {
  if (!before.replayed) return []
  const { trimmed } = before.replayed
  if (!after.replayed) return [...trimmed.rendered.kept].map((i) => passage(trimmed.recording, i, 'both', new Set()))
  const { kept, lost, gained } = passagesOf(before.replayed, after.replayed)
  const used = new Set(trimmed.prepared.needOffers.offer)
  const usedNow = new Set(after.replayed.trimmed.prepared.needOffers.offer)
  return [
    ...kept.map((i) => passage(trimmed.recording, i, lost.has(i) ? 'before' : 'both', used)),
    ...gained.map((i) => passage(after.replayed!.trimmed.recording, i, 'after', usedNow)),
  ]
}

function passage(
  { evidence }: Recording,
  i: number,
  read: Passage['read'],
  used: ReadonlySet<number>,
): Omit<Passage, 'text'> {
  return {
    ref: evidence.ref[i]!,
    bucket: evidence.bucket[i]!,
    source: evidence.source[i] ?? null,
    hop: evidence.hop[i]!,
    rank: evidence.ranks.as_ranked?.[i] ?? 0,
    tokens: evidence.tokens[i]!,
    read,
    mark: evidence.required[i] ? 'required' : evidence.gold[i] ? 'needed' : used.has(i) ? 'used' : null,
  }
}

/** The passages that a reader needs, in reading order. */
function chosen<P extends Omit<Passage, 'text'>>(all: readonly P[]): P[] {
  const weight = ({ read, mark }: P) => (read === 'both' ? 0 : 2) + (mark === 'required' || mark === 'needed' ? 3 : 0)
  const most = [...all].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_PASSAGES)
  const among = new Set(most)
  return all.filter((p) => among.has(p))
}

/** What each evaluator said before and after. */
function verdicts({ before, after }: CasePair): VerdictPair[] {
  const ids = Object.keys(after.verdicts ?? before.verdicts ?? {})
  return ids.slice(0, MOST_VERDICTS).map((evaluator_id) => {
    const [was, is] = [before.verdicts?.[evaluator_id] ?? null, after.verdicts?.[evaluator_id] ?? null]
    return {
      evaluator_id,
      before: was?.status ?? null,
      after: is?.status ?? null,
      finding: is && is.findings.length > 0 ? cut(findingText(is), LONGEST.marked) : null,
    }
  })
}

/** The case with its texts; `run` null: it is not there any more. */
export function withTexts(
  { passages, recorded: _, ...sketch }: CaseSketch,
  group: string,
  run: ExperienceRun | null,
): WholeCase {
  const texts = new Map(run?.evidence.map((offer) => [`${offer.bucket}\u0000${offer.evidence_ref}`, offer.text]))
  return {
    ...sketch,
    group,
    date: run?.date ?? null,
    request: run && said(run, 'first', 'user'),
    answer: run && said(run, 'last', 'assistant'),
    passages: passages.map((p) => {
      const text = texts.get(`${p.bucket}\u0000${p.ref}`) ?? null
      const most = p.read === 'both' && p.mark === null ? LONGEST.passage : LONGEST.marked
      return { ...p, text: text === null ? null : cut(text, most) }
    }),
  }
}

function said({ steps }: ExperienceRun, which: 'first' | 'last', role: 'user' | 'assistant'): string | null {
  const turns = steps.flatMap((s) => (s.kind === 'message' && s.role === role && s.content.trim() ? [s.content] : []))
  const text = which === 'first' ? turns[0] : turns.at(-1)
  return text === undefined ? null : cut(text, LONGEST.said)
}

/** A text with at most so many characters, no half of one at its end. */
function cut(text: string, most: number): string {
  const plain = text.toWellFormed()
  return plain.length <= most ? plain : `${plain.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…`
}
