/** What a person hands to the tuning workflow; payloads.ts has what its functions hand to each other. */
import * as z from 'zod'
import { HandWrittenChange } from './candidate.ts'
import { Digest, Id, Name } from './common.ts'
import { LiveModel } from './live-model.ts'
import { ModelUsage } from './model-usage.ts'
import { LeftOut } from './run.ts'
import { TuningTarget } from './target.ts'

/**
 * What starts a tuning workflow: the input of its execution. `demonstration`: why the run certifies nothing for real
 * use; null: it is for real.
 */
export const StartRequest = z.strictObject({
  target: TuningTarget,
  candidates: z
    .array(HandWrittenChange)
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'Hand-written changes in place of the search, each within the bounds; null: search.' }),
  run_id: Id.nullable().default(null).meta({ description: 'Id of the run; null: made from the clock and the metric.' }),
  demonstration: z.string().nullable().default(null),
  proposed: z
    .strictObject({
      proposers: z.array(Name).min(1),
      blocks: Digest.optional(),
      candidates: z.array(HandWrittenChange),
      left_out: z.array(LeftOut),
      usage: z.array(ModelUsage).min(1).optional(),
    })
    .nullable()
    .default(null)
    .meta({ description: 'What proposers made of the search side where the run was started; null: none was asked.' }),
  live: LiveModel.nullable().default(null).meta({
    description:
      'The signed document of the model that is asked live, that of the deployment; null: recorded answers stand.',
  }),
})
export type StartRequest = z.infer<typeof StartRequest>
