/** Rules in JsonLogic as contracts take them: of any shape at first, never too deep, then held to what they may read. */
import * as z from 'zod'
import { conditionIssues, isTooDeep, MOST_OF_RULE } from './expression.ts'

/** A rule that is too deep is refused before anything looks into it. */
export const JsonLogic = z
  .unknown()
  .refine((value) => !isTooDeep(value), {
    abort: true,
    message: `a rule is at most ${MOST_OF_RULE.depth} operators deep`,
  })
  .pipe(z.json())

/**
 * Which cases a setting is for: JsonLogic over the attributes of a case, which are known before it runs. It holds where it says
 * true; an attribute that was not recorded, or anything else that it says, is no true. Refused: whatever else a case shows,
 * since none of it is known when the setting is chosen.
 */
export const Condition = JsonLogic.superRefine((rule, ctx) => {
  for (const { path, message } of conditionIssues(rule)) ctx.addIssue({ code: 'custom', path: [...path], message })
}).meta({
  description: 'JsonLogic over "attributes.NAME" alone (docs/concepts.md): the cases for which it says true.',
})
export type Condition = z.infer<typeof Condition>
