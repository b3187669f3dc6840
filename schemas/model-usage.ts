/** What answers of models cost, as a run pins it. */
import * as z from 'zod'
import { Id } from './common.ts'
import { PinnedModel } from './model.ts'

/** What a run asks a model for, in the order in which it is told. */
export const PURPOSES = ['replay', 'judge', 'proposer'] as const
/** One of them. */
export type Purpose = (typeof PURPOSES)[number]

const tokens = z.int().min(0)

/** What answers of one model cost for one purpose. */
export const ModelUsage = z.strictObject({
  purpose: z.enum(PURPOSES),
  model: PinnedModel,
  answers: z.int().meta({ description: 'Different requests that were answered.' }),
  paid: z.int().meta({ description: 'Those that this run paid for; the others were kept from earlier runs.' }),
  refused: z.int(),
  prompt_tokens: tokens.nullable().meta({ description: 'Of the paid ones; null: an endpoint did not tell them.' }),
  completion_tokens: tokens.nullable(),
  cached_prompt_tokens: tokens,
  reasoning_tokens: tokens,
  first_at: z.string().nullable().meta({ description: 'When the first of them was given.' }),
  last_at: z.string().nullable(),
  cents: z.number().nullable().meta({ description: 'Of the paid ones; null: no price, or tokens were not told.' }),
})
export type ModelUsage = z.infer<typeof ModelUsage>

/**
 * What a command asked of models for a run, as its process counted it: beside the run, and no part of what is recomputed. Of the
 * sealed side tokens would say what a "no" must not.
 */
export const RunUsage = z.strictObject({
  usage: z.literal('usage.v1'),
  run_id: Id,
  rows: z.array(ModelUsage).meta({ description: 'Of the search side.' }),
  sealed: z.array(ModelUsage).optional().meta({
    description:
      'Of the sealed side, after a "yes". Absent: nothing was asked there, it may not be told, or an earlier version added it to the rows.',
  }),
  sealed_calls: z.int().min(0).nullable().optional().meta({
    description:
      'Calls that were paid for on the sealed side, where nothing else tells of them; null: there is no more to tell. Absent: of a deployment, where its gate alone knows.',
  }),
})
export type RunUsage = z.infer<typeof RunUsage>
