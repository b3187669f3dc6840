/** Test-set leakage: reading sealed cases from the side that the search reads, and a target that names them as its data. */
import type { DoneFacts } from '../facts.ts'
import { type Attack, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

export function leakage({ run: facts, leaks }: DoneFacts, { sevenQuestions }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { target, pack, evaluator_suite: suite, price_table: prices, heldout_test_set: sealed } = run
  const rest = {
    evidence: [files['target.json']!],
    repair: 'take sealed cases off the open side; they are seen now: import new families, which seals some of them',
  }
  if (sealed === null)
    return { answer: null, reason: 'the run sealed no held-out version, so there was nothing to steal', ...rest }
  const asData = {
    ...target,
    visible_data: { ...target.visible_data, search_set: `goldens/${target.intent}/test` },
  }
  const [, , , data] = sevenQuestions({ target: asData, pack, suite, prices })
  return {
    ...judged([
      { tried: 'a target whose search set is the sealed set', stopped: data?.missing[0] ?? null },
      ...leaks.map(({ tried, found, says }) => ({ tried, stopped: found ? null : says })),
    ]),
    ...rest,
  }
}
