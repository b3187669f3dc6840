/** The inbox: changes that a program outside proposes take a numbered place each, and the answer stands beside it. */
import * as z from 'zod'
import { AppliesTo, Fate, GuardrailRow, HandWrittenChange } from './candidate.ts'
import { Digest, Id, Name } from './common.ts'
import { PredictionResult } from './prediction.ts'

/** Proposals of an intent and quarter where its target declares none. */
export const DEFAULT_PROPOSALS = 200

/** Characters of one proposal as JSON: what is longer is not read. */
export const MOST_PROPOSAL_CHARS = 64 * 1024

/** A calendar quarter, `YYYY-QN`, by the clock of the store: then the count begins anew. */
export const Quarter = z.string().regex(/^\d{4}-Q[1-4]$/, 'a quarter is YYYY-Q1 to YYYY-Q4')

/** One proposal, written before anything is replayed for it: so it is counted, also when its process is killed. */
export const InboxEntry = z.strictObject({
  inbox: z.literal('entry.v1'),
  intent: Id,
  quarter: Quarter,
  n: z.int().min(1).meta({ description: 'Its place; the highest one is how much of the budget is spent.' }),
  at: z.string().meta({ description: 'When it came, ISO 8601 in UTC with milliseconds.' }),
  origin: Name.meta({ description: 'Who proposed it, as it says itself; "inbox": it does not say.' }),
  change: HandWrittenChange,
  digest: Digest.meta({ description: 'Of what it asks for: the same change again has the same.' }),
  under: Digest.meta({
    description:
      'Of what it is judged under: target, pack, suite, prices, recorded runs, corrections, memory, replayer.',
  }),
})
export type InboxEntry = z.infer<typeof InboxEntry>

/** The first case that a limit breaks on, of the search side. */
export const LimitExampleTold = z.strictObject({
  guardrail: Name,
  case_id: Name,
  rule: z.string().nullable(),
  says: z.string(),
})

/** What was said of a proposal. `fate` null: it is out of bounds, and `problems` say why; or `memory` knows of it what has none. */
export const InboxAnswer = z.strictObject({
  inbox: z.literal('answer.v1'),
  n: z.int().min(1),
  under: Digest,
  candidate_id: Id.nullable(),
  problems: z.array(z.string()),
  released: z
    .string()
    .nullable()
    .meta({ description: 'Why a run refuses it: it was released before; null: it was not.' }),
  memory: z
    .strictObject({ why: z.enum(['stale', 'dead_end', 'inert', 'looked_at']), of: Id.nullable() })
    .nullable()
    .meta({ description: 'What memory knows of it, and the run that it comes from; null: nothing.' }),
  other_baseline: z.string().optional().meta({
    description:
      'What memory says of the same values under another baseline: it forbids nothing here. Absent: nothing.',
  }),
  prompt: z.array(z.string()).optional().meta({
    description:
      'Of each prompt block that it changes: size, price, protected sentences, every new sentence, red team. Absent: none is changed, or nothing was replayed.',
  }),
  fate: Fate.nullable(),
  reason: z.string().nullable(),
  applies_to: AppliesTo.optional(),
  happened: PredictionResult.optional().meta({
    description: 'Beside its prediction. Absent: it has none, or nothing was replayed.',
  }),
  metric: z
    .strictObject({
      baseline: z.number().nullable(),
      candidate: z.number().nullable(),
      delta: z.number().nullable(),
    })
    .nullable()
    .meta({ description: "Of the target's metric on the search set, in its unit; null: nothing was replayed." }),
  guardrails: z.array(GuardrailRow),
  failed: z.array(Name).meta({ description: 'Guardrails that block it.' }),
  examples: z.array(LimitExampleTold),
  survives: z.boolean().meta({ description: 'Would a search keep it: within every limit, and better?' }),
})
export type InboxAnswer = z.infer<typeof InboxAnswer>
