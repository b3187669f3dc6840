/** Check `operator_corrections`: an operator corrected the outcome to failed. */
import { type Check, fail, finding, pass, unmeasured } from './check.ts'
import { NOTHING_LACKS } from './kept.ts'
import { DISPUTED } from './lost-outcome.ts'

const CORRECTED = 'corrected by an operator after it was stored'

export const operatorCorrections: Check<'operator_corrections'> = {
  judge(r) {
    const { corrected, corrections } = r.trimmed.recording
    if (corrected) {
      const { label } = corrected
      if (label === 'disputed') return unmeasured(DISPUTED)
      return label.passed ? { ...pass, score: label.score } : fail([finding(CORRECTED)], label.score)
    }
    const correction = corrections.find((c) => c.kind !== 'note')
    if (!correction) return pass
    if (correction.kind === 'label_disputed') return unmeasured(DISPUTED)
    if (correction.passed === null) return unmeasured('an operator corrected the outcome without saying which way')
    return correction.passed ? pass : fail([finding(`corrected by an operator: ${correction.notes ?? 'no note'}`)])
  },
  look({ corrected, corrections }) {
    if (corrected) return corrected.label === 'disputed' ? 'not_recorded' : 'exposed'
    const correction = corrections.find((c) => c.kind !== 'note')
    if (!correction) return 'not_at_stake'
    return correction.passed === null ? 'not_recorded' : 'exposed'
  },
  breaks: ['never', 'never', 'any', 'any', 'never'],
  ofRecord: () => true,
  lacks: NOTHING_LACKS,
}
