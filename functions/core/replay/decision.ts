/** What a replay decided: status, outputs and actions with their arguments. Which passages stood there is the context. */
import type { Replayed } from './transcript.ts'

/** Do two replays decide differently? A value that can no longer be read makes its action another decision. */
export function decisionsDiffer(a: Replayed, b: Replayed): boolean {
  if (a.ungrounded.length > 0 || b.ungrounded.length > 0) return true
  const [left, right] = [a.trimmed.recording, b.trimmed.recording]
  if (left === right) return false
  return decisionText(left) !== decisionText(right)
}

const decisionText = ({ outcome, actions }: Replayed['trimmed']['recording']): string =>
  JSON.stringify([outcome.status, outcome.outputs, actions.name, actions.arguments])
