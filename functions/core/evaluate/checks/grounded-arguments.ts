/** Check `grounded_arguments`: a value that an action used can be read nowhere any more. */
import { rulesOf } from '#schemas/compile-rules.ts'
import { hasNullArguments } from '../../replay/slim.ts'
import { type Check, finding, pass, verdict, warning } from './check.ts'
import { hasNeeds, ungroundedFindings } from './lost-outcome.ts'
import { OF_CONTEXT } from './rows.ts'

export const groundedArguments: Check<'grounded_arguments'> = {
  judge(r, evaluator) {
    const findings = ungroundedFindings(r)
    const never = r.trimmed.recording.never_grounded
    if (evaluator.never_grounded === 'fail' && never > 0)
      findings.push(finding(`${never} argument values could be read nowhere, even when recorded`))
    if (findings.length > 0 || never === 0 || rulesOf(r.trimmed.recording) < 2) return verdict(findings)
    return {
      ...pass,
      findings: [warning(`${never} argument values could be read nowhere, even when recorded, and are ignored`)],
    }
  },
  look(r) {
    if (hasNeeds(r)) return 'exposed'
    // An argument that could be read nowhere was traced to nothing, and of arguments that are null nobody knows what they
    // were: whether they are lost cannot be known.
    return r.never_grounded > 0 || hasNullArguments(r) ? 'not_recorded' : 'not_at_stake'
  },
  breaks: OF_CONTEXT,
  lacks:
    'the arguments of the actions could be traced to nothing that was read: record tool outputs and passages as text',
}
