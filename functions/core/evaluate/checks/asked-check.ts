/** A check whose verdict is given elsewhere: what it is shown of a case, and what its answer is worth. */
import { namesRead, saysOfRecord, type ViewName } from '#schemas/case-view.ts'
import { compileRule, NoResult, type Rule } from '../../json-logic.ts'
import { type AskedEvaluator, answerAtHand } from '../asked.ts'
import { recordedView, viewOf } from '../case-view.ts'
import { breaksOfNames, type Check, type Of } from './check.ts'
import { judgedBy, lookedAtBy } from './result.ts'

/** Such a check; `lacks`: why there may be no verdict, for people. */
export const askedCheck = <K extends AskedEvaluator['check']>(lacks: string): Check<K> => ({
  judge(r, evaluator: Of<K> & AskedEvaluator) {
    const { applies, names } = compiled(evaluator)
    const view = viewOf(names, r)
    return judgedBy(evaluator, view, applies, () => answerAbout(evaluator, view))
  },
  look(recording, evaluator: Of<K> & AskedEvaluator, baseline) {
    const { applies, names } = compiled(evaluator)
    const view = recordedView(names, recording, baseline)
    return lookedAtBy(evaluator, view, applies, () => answerAbout(evaluator, view))
  },
  needsVerdict: true,
  breaks: ({ reads }: AskedEvaluator) => breaksOfNames(reads),
  readsLabel: ({ reads }: AskedEvaluator) => reads.includes('label'),
  ofRecord: (evaluator: AskedEvaluator) => compiled(evaluator).names.some(saysOfRecord),
  lacks,
})

/** What was answered about a view, or why nothing was. */
function answerAbout(evaluator: AskedEvaluator, view: Readonly<Record<string, unknown>>): unknown {
  const shown = Object.fromEntries(evaluator.reads.map((name) => [name, plain(view[name])]))
  const answer = answerAtHand(evaluator, shown)
  if (answer === null) return new NoResult('nobody was asked')
  return 'failed' in answer ? new NoResult(answer.failed) : answer.returned
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
