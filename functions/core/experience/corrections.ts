/** Corrections of stored runs: which of them stand, and a compiled recording under them. The stored run never changes. */
import type { Correction } from '#schemas/correction.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit, canonical, digestOf } from '../canonical.ts'

/** Does it say something of the label? */
export const saysLabel = ({ outcome, label_disputed }: Correction): boolean =>
  outcome !== undefined || label_disputed !== undefined

/** Does it change what is counted? A note alone does not. */
export const changesCase = (correction: Correction): boolean =>
  saysLabel(correction) || correction.evidence !== undefined

/** Corrections in the order in which they were said. */
export const inOrder = (corrections: readonly Correction[]): Correction[] =>
  corrections.toSorted((a, b) => byCodeUnit(a.at, b.at) || byCodeUnit(canonical(a), canonical(b)))

/** What a search or a sealed version read of corrections, in any order: how many, and their digest. */
export const readingOf = (corrections: readonly Correction[]) => ({
  n: corrections.length,
  digest: digestOf(corrections.map((c) => canonical(c)).sort(byCodeUnit)),
})

/** A recording under its corrections, in their order: the latest word about its label and about each passage stands. */
export function correctedRecording(recording: Recording, corrections: readonly Correction[]): Recording {
  const changes = corrections.filter(changesCase)
  if (changes.length === 0) return recording
  const label = changes.findLast(saysLabel)
  const marks = new Map<string, { gold?: boolean | undefined; required?: boolean | undefined }>()
  for (const { evidence } of changes)
    for (const [ref, mark] of Object.entries(evidence ?? {})) marks.set(ref, { ...marks.get(ref), ...mark })
  return { ...marked(recording, marks), ...(label && labelSaid(label, recording)) }
}

/** What a correction makes of a recorded label. One that stands after all is what the record says without its disputes. */
function labelSaid(
  { outcome, label_disputed }: Correction,
  { corrections }: Recording,
): Partial<Pick<Recording, 'corrected' | 'corrections'>> {
  if (!outcome)
    return label_disputed
      ? { corrected: { label: 'disputed' } }
      : { corrections: corrections.filter(({ kind }) => kind !== 'label_disputed') }
  const { passed, score } = outcome
  // The contract asks for one of the two.
  return { corrected: { label: { passed: passed ?? score! >= 1, score: score ?? Number(passed) } } }
}

/**
 * Passages marked otherwise. Gold that the recording never offered is counted: no trimming brings it back. What the record counts of
 * it has no names, and is taken for what people name: else a passage that both know of would count twice.
 */
function marked(
  recording: Recording,
  marks: ReadonlyMap<string, { gold?: boolean | undefined; required?: boolean | undefined }>,
): Recording {
  if (marks.size === 0) return recording
  const { evidence } = recording
  const flags = (name: 'gold' | 'required') =>
    evidence.ref.map((ref, i) => {
      const said = marks.get(ref)?.[name]
      return said === undefined ? evidence[name][i]! : said ? 1 : 0
    })
  const offered = new Set(evidence.ref)
  const missed = [...marks].filter(([ref, { gold }]) => gold === true && !offered.has(ref)).length
  return {
    ...recording,
    evidence: { ...evidence, gold: flags('gold'), required: flags('required') },
    gold_not_offered: Math.max(recording.gold_not_offered, missed),
  }
}

/**
 * What a correction says, in words: `failed, order-17 needed, by ana@example.com on 2026-11-20: the refund never came`
 * @param run what it is about: a passage that was never offered there may be a name that was mistyped
 */
export function correctionText(
  { at, by, outcome, label_disputed, evidence, note }: Correction,
  run: { readonly evidence: readonly { readonly evidence_ref: string }[] },
): string {
  const offered = new Set(run.evidence.map(({ evidence_ref }) => evidence_ref))
  const { passed, score } = outcome ?? {}
  const marks = Object.entries(evidence ?? {}).flatMap(([ref, { gold, required }]) => [
    ...(gold === undefined ? [] : [`${ref} ${gold ? 'needed' : 'not needed'}`]),
    ...(required === undefined ? [] : [`${ref} ${required ? 'required' : 'not required'}`]),
    ...(offered.has(ref) ? [] : [`${ref} was never offered`]),
  ])
  const said = [
    ...(passed === undefined ? [] : [passed ? 'passed' : 'failed']),
    ...(score === undefined ? [] : [`score ${score}`]),
    ...(label_disputed === undefined ? [] : [label_disputed ? 'label disputed' : 'the recorded label stands']),
    ...marks,
  ]
  return `${said.join(', ') || 'note'}, by ${by} on ${at.slice(0, 10)}${note === undefined ? '' : `: ${note}`}`
}
