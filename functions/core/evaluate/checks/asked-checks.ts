/** Checks whose verdict is given elsewhere: what it is shown of a case, and what its answer is worth. */
import { blinded, namesRead, saysOfRecord, type ViewName } from '#schemas/case-view.ts'
import { compileRule, NoResult, type Rule } from '../../json-logic.ts'
import type { BareRecording } from '../../replay/slim.ts'
import { type AskedEvaluator, answerAtHand } from '../asked.ts'
import { recordedView, viewOf } from '../case-view.ts'
import { breaksOfNames, type Check, type Of, type SomeChecks } from './check.ts'
import { answerOf, judgedBy, lookedAtBy } from './result.ts'

/** Such a check; `lacks`: why there may be no verdict, for people. */
const askedCheck = <K extends AskedEvaluator['check']>(lacks: string): Check<K> => ({
  judge(r, evaluator: Of<K> & AskedEvaluator) {
    const { applies, names } = compiled(evaluator)
    const view = viewOf(names, r)
    return judgedBy(evaluator, view, applies, () => {
      const { recording } = r.trimmed.prepared
      return answerAbout(evaluator, view, () => recordedView(names, recording, recording.settings))
    })
  },
  look(recording, evaluator: Of<K> & AskedEvaluator, baseline) {
    const { applies, names } = compiled(evaluator)
    const view = recordedView(names, recording, baseline)
    return lookedAtBy(evaluator, view, applies, () => answerAbout(evaluator, view, () => view))
  },
  needsVerdict: true,
  breaks: ({ reads }: AskedEvaluator) => breaksOfNames(reads),
  readsLabel: ({ reads }: AskedEvaluator) => reads.includes('label'),
  ofRecord: (evaluator: AskedEvaluator) => compiled(evaluator).names.some(saysOfRecord),
  lacks,
})

export const ASKED_CHECKS = {
  /** A rule of the suite's own in JSONata, over what it is shown of a case. */
  jsonata: askedCheck<'jsonata'>(
    'what its expression reads is not recorded: "autotune doctor --verbose" names the first case and the value',
  ),
  /** Code of the user's own judges a replayed case, in the cage that holds a harness, pinned by its digest. */
  module: askedCheck<'module'>(
    'its module gave no verdict: "autotune doctor --verbose" names the first case and what the module said',
  ),
  /** A model of a pinned name and a pinned rubric judges a case without knowing of which arm it is. */
  model: askedCheck<'model'>(
    'its judge gave no verdict: "autotune doctor --verbose" names the first case and what the model said',
  ),
} satisfies SomeChecks

/** What a judge says of a recorded run by itself: passed or not; null: it is not about it, or gives no verdict. */
export function passesRecord(evaluator: AskedEvaluator, recording: BareRecording): boolean | null {
  const { applies, names } = compiled(evaluator)
  const view = recordedView(names, recording, recording.settings)
  if (applies !== null && answerOf(applies, view) !== true) return null
  const { score, status } = judgedBy(evaluator, view, null, () => answerAbout(evaluator, view, () => view))
  return score === null ? null : status === 'pass'
}

type View = Readonly<Record<string, unknown>>

/** What was answered about a view, or why nothing was. `recorded`: the same of the recorded run. */
function answerAbout(evaluator: AskedEvaluator, view: View, recorded: () => View): unknown {
  const answer = answerAtHand(evaluator, seenBy(evaluator, view, recorded))
  if (answer === null) return new NoResult('nobody was asked')
  return 'failed' in answer ? new NoResult(answer.failed) : answer.returned
}

/** What an evaluator is shown: what it reads; a judge nothing that tells the arm, and one that compares both. */
function seenBy(evaluator: AskedEvaluator, view: View, recorded: () => View): View {
  const shown = (of: View): View =>
    Object.fromEntries(
      evaluator.reads.map((name) => {
        const value = plain(of[name])
        return [name, evaluator.check === 'model' ? blinded(name, value) : value]
      }),
    )
  if (evaluator.check !== 'model' || evaluator.compares === undefined) return shown(view)
  return { recorded: shown(recorded()), replayed: shown(view) }
}

/** Names that the records choose stand as a map where rules look them up, and as an object where others do. */
const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value)

interface Compiled {
  readonly applies: Rule | null
  /** What is read, by itself and by what it is about. */
  readonly names: readonly ViewName[]
}

/** By evaluator: a suite is read once, and asked of every case. */
const known = new WeakMap<AskedEvaluator, Compiled>()

function compiled(evaluator: AskedEvaluator): Compiled {
  const before = known.get(evaluator)
  if (before) return before
  const { reads, applies_when } = evaluator
  const made: Compiled = {
    applies: applies_when === undefined ? null : compileRule(applies_when),
    names: [...new Set([...reads, ...namesRead(applies_when ?? null)])],
  }
  known.set(evaluator, made)
  return made
}
