/** What a replay decided: status, outputs and actions with their arguments. Which passages stood there is the context. */
import type { SlimRecording } from './slim.ts'
import type { Replayed } from './transcript.ts'

type Decided = Pick<Replayed<SlimRecording>, 'trimmed' | 'ungrounded'>

/** Do two replays of a case decide differently? A value that can no longer be read makes its action another decision. */
export const decisionsDiffer = (a: Decided, b: Decided): boolean =>
  a.ungrounded.length > 0 || b.ungrounded.length > 0 || a.trimmed.recording.decided !== b.trimmed.recording.decided
