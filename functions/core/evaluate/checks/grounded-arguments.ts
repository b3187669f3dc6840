/** Check `grounded_arguments`: a value that an action used can be read nowhere any more. */
import { rulesOf } from '#schemas/compile-rules.ts'
import { emptyCalls } from '../../replay/empty-calls.ts'
import { type BareRecording, hasNullArguments } from '../../replay/slim.ts'
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
  look(r, { nothing_to_trace = [] }, _, rules) {
    if (rules >= 2 && !saysWhatItPassed(r, new Set(nothing_to_trace))) return 'not_recorded'
    if (hasNeeds(r)) return 'exposed'
    // An argument that could be read nowhere was traced to nothing: whether it is lost cannot be known.
    return r.never_grounded > 0 || hasNullArguments(r) ? 'not_recorded' : 'not_at_stake'
  },
  breaks: OF_CONTEXT,
  lacks:
    'the arguments of the actions could be traced to nothing that was read: record tool outputs and passages as text, and name tools that write without an argument in nothing_to_trace',
}

/**
 * Does every call say what it rested on? What is null is never known. One that passed nothing may have lost what it passed: where it
 * writes, or its tool passes something elsewhere in the run; unless the suite names its tool, and then no call of that tool passes
 * anything.
 */
function saysWhatItPassed(r: BareRecording, named: ReadonlySet<string>): boolean {
  if (hasNullArguments(r)) return false
  const empty = new Set(emptyCalls(r))
  const { name, writes } = r.actions
  const passing = new Set(name.filter((_, action) => !empty.has(action)))
  return name.every((tool, action) =>
    empty.has(action) ? !passing.has(tool) && (writes[action] !== true || named.has(tool)) : !named.has(tool),
  )
}
