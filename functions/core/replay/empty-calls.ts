/** Calls that passed nothing that could be traced: no argument, a yes or no, a word of one or two letters, or null. */
import { rulesOf } from '#schemas/compile-rules.ts'
import type { BareRecording } from './slim.ts'

/**
 * Actions of a recording (indices) of which no value was looked for. What such a call rested on is not seen, whether the agent
 * passed nothing or its record lost what it passed. None of a recording of the first compile rules, which do not say.
 */
export function emptyCalls(recording: BareRecording): number[] {
  if (rulesOf(recording) < 2) return []
  const { actions, needs, untraced } = recording
  const passing = new Set([...needs.action, ...(untraced?.action ?? [])])
  return [...actions.name.keys()].filter((action) => !passing.has(action))
}
