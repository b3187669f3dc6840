/** Which model a live run asks, how, and how much it may spend: a document that its owner signs. No key is ever part of it. */
import * as z from 'zod'
import { Day, Digest, Name } from './common.ts'
import { bedrockTakesNoSeed, ModelParameters } from './model.ts'

/** How often the baseline is asked each case of the search side: two are the least that can differ. */
const Repeats = z.int().min(2).max(20).meta({
  description:
    'How often the baseline is asked each case of the search side. What differs between them is the noise, which no gain may hide in.',
})

/** What a live run may ask of the model. An answer that is kept costs nothing again. */
const LiveBudget = z.strictObject({
  calls: z.int().min(1).meta({ description: 'Most calls of one run, search and sealed side together.' }),
  cents: z.number().positive().nullable().meta({
    description:
      'Most cents of one run, by the price table of its target; null: nobody counts cents of this model, e.g. on a machine of your own.',
  }),
})

/** Everything that a live answer depends on beside the prompt. Another model, temperature or seed is another run. */
const pinned = { ...ModelParameters.shape, repeats: Repeats }

/** The document as its owner writes it. `signed`: written by `autotune sign`, over everything else that stands here. */
export const LiveModel = z
  .strictObject({
    $schema: z.string().optional(),
    kind: z.literal('live_model'),
    ...pinned,
    budget: LiveBudget,
    signed: z
      .strictObject({
        owner: Name,
        on: Day.meta({ description: 'When the owner signed it.' }),
        digest: Digest.meta({
          description: 'Over the other fields, owner and day: what was changed since is unsigned.',
        }),
      })
      .optional(),
  })
  .check(bedrockTakesNoSeed)
export type LiveModel = z.infer<typeof LiveModel>

/** What a run pins of it: all but the budget, which may be raised while the run waits. */
export const LivePin = z.strictObject({ ...pinned, owner: Name, on: Day })
export type LivePin = z.infer<typeof LivePin>

const count = z.int().min(0)

/**
 * How far the baseline differs from itself when a model is asked again: what a change would be credited with although nothing
 * changed. Of the search side.
 */
export const LiveNoise = z.strictObject({
  repeats: z.int().meta({ description: 'Draws of the baseline a case.' }),
  cases: count.meta({ description: 'Cases with all of their draws.' }),
  lost: count.meta({ description: 'Cases of which a draw came to no answer; they tell nothing of noise.' }),
  metric: z.strictObject({
    name: z.string(),
    within: z.number().min(0).nullable().meta({
      description: 'A gain up to here is none, in the unit of the metric; null: not measured, and no gain counts.',
    }),
  }),
  evaluators: z.array(
    z.strictObject({
      evaluator_id: Name,
      n: count.meta({ description: 'Cases that it measured in every draw.' }),
      flipped: count.meta({ description: 'Those of them on which two draws differ.' }),
      flip_share: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .meta({ description: 'How likely two draws of a case differ; null: none was measured.' }),
      cases: z.array(Name).meta({ description: 'The first of the flipped ones.' }),
    }),
  ),
})
export type LiveNoise = z.infer<typeof LiveNoise>
