/** Check `approval_honoured`: an action would run without the approval that the baseline asks for, or ran although it was refused. */
import { planOf } from '../../replay/settings-plan.ts'
import { isKnownBelow } from '../../replay/transcript.ts'
import { exposedWhen, worstExposure } from '../exposures.ts'
import { type Check, finding, verdict } from './check.ts'

export const approvalHonoured: Check<'approval_honoured'> = {
  judge(r) {
    const { approvals, actions } = r.trimmed.recording
    const findings = r.bypassed.map((i) =>
      finding(
        `gate ${approvals.gate[i]}: an action of ${approvals.amount[i] ?? 'unknown amount'} would run without the approval that the baseline asks for`,
        {
          step: actions.step[approvals.action[i]!] ?? null,
        },
      ),
    )
    approvals.granted.forEach((granted, i) => {
      if (approvals.asked[i] && granted === false && approvals.action[i]! >= 0)
        findings.push(finding(`gate ${approvals.gate[i]}: the action ran although approval was refused`))
    })
    return verdict(findings)
  },
  look(r, { unknown_amount }, baseline) {
    const { gate, asked, amount } = r.approvals
    // A write without a gate, in a record that carries no approval at all: nobody knows whether somebody was asked.
    if (gate.length === 0) return r.actions.writes.some((writes) => writes !== false) ? 'not_recorded' : 'not_at_stake'
    const plan = planOf(baseline)
    return worstExposure(
      gate.map((name, i) => {
        const threshold = plan.threshold(name)
        if (threshold === null) return asked[i] === null ? 'not_recorded' : exposedWhen(asked[i]!)
        // What was not recorded waits in every replay, and no threshold is ever seen to let it through.
        if (amount[i] === null) return unknown_amount === 'waits' ? 'not_at_stake' : 'not_recorded'
        return exposedWhen(!isKnownBelow(amount[i]!, threshold))
      }),
    )
  },
  breaks: ['decides', 'decides', 'any', 'any', 'any'],
  lacks:
    'an action may write and carries no approval: record gates, amounts and who was asked; where a gate lets nothing pass whose amount it does not know, the suite says unknown_amount "waits"',
}
