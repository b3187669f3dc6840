/** When a recorded outcome no longer stands: a value that an action used cannot be read, or something else was decided. */
import type { Finding } from '#schemas/suite.ts'
import type { BareRecording } from '../../replay/slim.ts'
import type { Replayed } from '../../replay/transcript.ts'
import { finding } from './check.ts'

/** Does the recorded outcome no longer stand: a value cannot be read, or something else was decided. */
export const outcomeIsLost = (replayed: Replayed): boolean =>
  replayed.ungrounded.length > 0 || replayed.otherDecision !== null

/** Why the recorded outcome no longer stands; empty when it does. */
export const lostOutcomeFindings = (replayed: Replayed): Finding[] => [
  ...(replayed.otherDecision === null
    ? []
    : [finding(`decided otherwise than recorded, so no outcome is known: ${replayed.otherDecision}`)]),
  ...ungroundedFindings(replayed),
]

/** Findings for needs that can no longer be read: the action, the argument and where the value stood. */
export function ungroundedFindings(replayed: Replayed): Finding[] {
  const { recording } = replayed.trimmed
  return replayed.ungrounded.map((need) => {
    const action = recording.needs.action[need]!
    const where = placesOf(recording, need)
    return finding(
      `${recording.actions.name[action]}: argument ${recording.needs.name[need]} can no longer be read (it stood in ${where.text})`,
      {
        evidence_ref: where.evidence_ref,
        step: recording.actions.step[action]!,
      },
    )
  })
}

function placesOf(recording: BareRecording, need: number): { text: string; evidence_ref: string | null } {
  const { needs, evidence } = recording
  const names = new Set<string>()
  let ref: string | null = null
  for (let p = needs.first[need]!; p < needs.first[need + 1]!; p++) {
    const item = needs.item[p]!
    if (needs.kind[p] === 0) {
      ref ??= evidence.ref[item]!
      names.add(`evidence ${evidence.ref[item]}`)
    } else names.add(needs.kind[p] === 1 ? `tool output ${item + 1}` : `dialogue turn ${item + 1}`)
  }
  return { text: [...names].slice(0, 3).join(', '), evidence_ref: ref }
}

/** Were values traced that the actions used? */
export const hasNeeds = ({ needs }: BareRecording): boolean => needs.name.length > 0
