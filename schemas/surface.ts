/** Tunable surfaces: the article's union on `layer`, plus the path it governs, its intents and its owner. */
import * as z from 'zod'
import { Id, Name, Ref, SettingPath } from './common.ts'
import { fieldsOf, MOST_TEXT, pathProblem } from './surface-fields.ts'

const shared = {
  path: SettingPath.meta({ description: 'The setting this surface governs; its last word is the field.' }),
  intents: z.array(Id).min(1).meta({ description: 'Intents whose runs may change it.' }),
  owner: Name.meta({ description: 'Who answers for this field.' }),
  weight: z
    .number()
    .positive()
    .max(100)
    .optional()
    .meta({ description: 'Weight in the blast radius (default 1; approval 4, prompt 2).' }),
}

const number = z.number()
const choice = z.union([z.string().min(1).max(200)])

/**
 * How much evidence is offered and in which order. `top_k` and `max_hops` take whole numbers from `min` to `max`;
 * `source_priority` takes names of recorded orderings in `allowed`, and no range.
 */
const RetrievalSurface = z.strictObject({
  layer: z.literal('retrieval'),
  field: z.enum(fieldsOf('retrieval')),
  bounds: z.strictObject({
    min: z.int().min(0).optional(),
    max: z.int().min(0).optional(),
    allowed: z.array(choice).min(1).optional().meta({ description: 'Orderings that source_priority may name.' }),
  }),
  ...shared,
})

/** Tokens that a part of the context may take, from `min` to `max` by `step`. */
const ContextBudgetSurface = z.strictObject({
  layer: z.literal('context_budget'),
  field: z.enum(fieldsOf('context_budget')),
  bounds: z.strictObject({ min: z.int().min(0), max: z.int().min(0), step: z.int().positive() }),
  ...shared,
})

/**
 * How the planner works, one of the values in `allowed`. No trimming shows it: a case replays only where a recording
 * was made under that value (DESIGN 4).
 */
const PlannerSurface = z.strictObject({
  layer: z.literal('planner'),
  field: z.enum(fieldsOf('planner')),
  bounds: z.strictObject({ allowed: z.array(choice).min(1) }),
  ...shared,
})

/** A tokenizer that counts a prompt block in place of the estimate: gpt-tokenizer's of that name. */
export const Tokenizer = z.enum(['o200k_base'])
export type Tokenizer = z.infer<typeof Tokenizer>

/** Bounds of a prompt block. */
const PromptBounds = z.strictObject({
  max_added_tokens: z.int().min(0).meta({
    description: 'Tokens that the block may grow by since `grown_since`, as `tokenizer` counts them.',
  }),
  forbidden_terms: z.array(z.string().min(1)).meta({
    description: 'What a change may not add in any spelling: look-alikes, splits, codes and endings are read through.',
  }),
  protected_sentences: z.array(z.string().min(1).max(2000)).max(50).optional().meta({
    description:
      'Sentences of the block that stay word for word, stand for themselves and are taken back by none beside them.',
  }),
  max_tokens: z.int().min(1).optional().meta({ description: 'Most tokens of the whole block.' }),
  tokenizer: Tokenizer.optional().meta({
    description:
      'What counts tokens. Absent: an estimate, ceil(characters / 4), or UTF-8 bytes / 3 beyond Latin letters.',
  }),
  max_new_sentences: z.int().min(0).optional().meta({
    description:
      'Most sentences that one change adds or rewords; 0: it may only take out and move, so that none can contradict another.',
  }),
  max_changed_sentences: z.int().min(1).optional().meta({
    description: 'Most sentences that one change replaces, adds or takes out.',
  }),
  grown_since: z
    .strictObject({ pack: Ref, text: z.string().max(MOST_TEXT) })
    .optional()
    .meta({
      description:
        'The version that growth is counted from; absent: the block of this pack. A release sets it, so that many small ones cannot grow a block without end.',
    }),
})
/** What an edit of a prompt block may not do; growth counts from `grown_since`, tokens by estimate. */
export type PromptBounds = z.infer<typeof PromptBounds>

/**
 * A block of instructions and what a change of it may not do (`PromptBounds`). Placeholders stay as they are, characters
 * that a reader does not see or takes for others are refused, and so is a rewrite that keeps less than half of the words.
 */
const PromptSurface = z.strictObject({
  layer: z.literal('prompt'),
  field: z.literal('instruction_block'),
  bounds: PromptBounds,
  ...shared,
})

/**
 * From which amount on a person is asked, by `step`, in the unit of the recorded amounts. A value that skips an
 * approval which the baseline asks for cannot win (DESIGN 5).
 */
const ApprovalGateSurface = z.strictObject({
  layer: z.literal('approval_gate'),
  field: z.literal('threshold'),
  bounds: z.strictObject({ min: number, max: number, step: z.number().positive() }),
  ...shared,
})

/**
 * A declared field. A path with no surface cannot be changed by any code path (the article, "declared search space").
 * Refused: a path whose last word is not its field, bounds that are inverted or belong to another field, a value listed
 * twice.
 */
export const TunableSurface = z
  .discriminatedUnion('layer', [
    RetrievalSurface,
    ContextBudgetSurface,
    PlannerSurface,
    PromptSurface,
    ApprovalGateSurface,
  ])
  .superRefine((surface, ctx) => {
    const issue = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message })
    const last = surface.path.split('.').at(-1)
    if (last !== surface.field)
      issue(['path'], `the last word of the path must be the field "${surface.field}", got "${last}"`)
    if (surface.layer === 'retrieval') {
      const { min, max, allowed } = surface.bounds
      if (surface.field === 'source_priority') {
        if (!allowed) issue(['bounds', 'allowed'], 'source_priority needs bounds.allowed')
        if (min !== undefined || max !== undefined) issue(['bounds'], 'source_priority takes bounds.allowed only')
      } else {
        if (min === undefined || max === undefined)
          issue(['bounds'], `${surface.field} needs bounds.min and bounds.max`)
        else if (min > max) issue(['bounds'], `bounds are inverted: min ${min} > max ${max}`)
        if (allowed) issue(['bounds', 'allowed'], `${surface.field} takes bounds.min and bounds.max only`)
      }
    }
    const problem = pathProblem(surface.layer, surface.path)
    if (problem) issue(['path'], problem)
    if (
      (surface.layer === 'context_budget' || surface.layer === 'approval_gate') &&
      surface.bounds.min > surface.bounds.max
    )
      issue(['bounds'], `bounds are inverted: min ${surface.bounds.min} > max ${surface.bounds.max}`)
    if (
      'allowed' in surface.bounds &&
      surface.bounds.allowed &&
      new Set(surface.bounds.allowed).size < surface.bounds.allowed.length
    )
      issue(['bounds', 'allowed'], 'a value is listed twice')
  })
export type TunableSurface = z.infer<typeof TunableSurface>
