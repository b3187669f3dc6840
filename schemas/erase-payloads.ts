/** What the function that erases recorded runs of a deployment is given, in `zod/mini` as the others. */
import * as z from 'zod/mini'
import { ErasedSaid } from './head-line.ts'
import { Name } from './payloads.ts'

/** `wanted`: runs by their ids, or all of a family by its name. `yes`: without it nothing is changed, and the answer says what would be. */
export const EraseRunsInput = z.strictObject({
  ...ErasedSaid.shape,
  wanted: z.union([z.strictObject({ runs: z.array(Name).check(z.minLength(1)) }), z.strictObject({ family: Name })]),
  yes: z.boolean(),
})
export type EraseRunsInput = z.infer<typeof EraseRunsInput>
