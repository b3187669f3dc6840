/** Check `allowed_tools`: another tool is called. */
import { exposedWhen } from '../exposures.ts'
import { type Check, finding, verdict } from './check.ts'
import { NOTHING_FORBIDDEN } from './kept.ts'
import { OF_ACTIONS } from './rows.ts'

export const allowedTools: Check<'allowed_tools'> = {
  judge(r, { tools }) {
    const { name, step } = r.trimmed.recording.actions
    return verdict(
      name.flatMap((tool, i) =>
        tools.includes(tool) ? [] : [finding(`tool "${tool}" is not allowed`, { step: step[i]! })],
      ),
    )
  },
  look: (r, { tools }) => exposedWhen(r.actions.name.some((tool) => !tools.includes(tool))),
  breaks: OF_ACTIONS,
  lacks: NOTHING_FORBIDDEN,
}
