/** Which model the proposer `reflect` asks, how, and how much it may spend. No key is ever part of it. */
import * as z from 'zod'
import { bedrockTakesNoSeed, ModelParameters } from './model.ts'

/**
 * The document as a person writes it. Without one no model proposes anything. What it is sent holds recorded words of search
 * cases: name an endpoint that may have them.
 */
export const ProposerModel = z
  .strictObject({
    $schema: z.string().optional(),
    kind: z.literal('proposer_model'),
    ...ModelParameters.shape,
    max_prompt_tokens: z.int().min(200).max(1_000_000).meta({
      description:
        'Longest question, in tokens by estimate: what does not fit of cases and earlier changes is left out.',
    }),
    budget: z.strictObject({
      calls: z.int().min(1).meta({ description: 'Most calls of one run: a run asks once.' }),
      cents: z.number().positive().nullable().meta({
        description:
          'Most cents of one run, by the price table of its target; null: nobody counts cents of this model.',
      }),
    }),
  })
  .check(bedrockTakesNoSeed)
export type ProposerModel = z.infer<typeof ProposerModel>
