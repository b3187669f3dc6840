/**
 * A recording plan: which cases of the search side would have to be recorded under which other settings, for a shadow, a batch
 * job or `autotune record`; and what a recorder of the user's own returns for one of them. No sealed case stands in a plan.
 */
import * as z from 'zod'
import { Digest, Id, Name, Ref, Settings } from './common.ts'
import { ExperienceRun, Offer, OfferDepth, Outcome } from './experience-run.ts'
import type { HarnessCase } from './harness.ts'

/** Kind of a plan's file. */
export const RECORDING_PLAN = 'recording_plan'

/** What the recorded runs of some cases took. `total` null: some of them do not say; `least` and `most` are of those that do. */
const Amount = z.strictObject({
  total: z.number().min(0).nullable(),
  least: z.number().min(0).nullable(),
  most: z.number().min(0).nullable(),
  unknown: z.int().min(0).meta({ description: 'Runs that do not say.' }),
})
/** As it is handed on. */
export type Amount = z.infer<typeof Amount>

/** What it took to record these cases under the baseline, in cents at pinned prices and in tokens of model input. */
export const RecordedPrice = z.strictObject({ cents: Amount, tokens: Amount })
export type RecordedPrice = z.infer<typeof RecordedPrice>

/** One settings table to record under. `change`: in what it differs from the baseline's; `settings`: the whole table. */
export const PlannedSettings = z.strictObject({
  settings_id: Id,
  change: Settings,
  settings: Settings,
  recordings: z.int().min(1),
  families: z.int().min(1),
  price: RecordedPrice,
})
export type PlannedSettings = z.infer<typeof PlannedSettings>

/** One recording to be made. `digest` covers the case as it was served, and the settings. */
export const PlannedRecording = z.strictObject({ case_id: Name, settings_id: Id, digest: Digest })

/** The plan. `digest` covers everything else in it. */
export const RecordingPlan = z.strictObject({
  kind: z.literal(RECORDING_PLAN),
  intent: Id,
  pack: Ref,
  price_table: Ref.nullable(),
  search: z.strictObject({ families: z.int(), cases: z.int() }).meta({
    description: 'The whole search set: a change is judged on every case of it.',
  }),
  needed_families: z.int().nullable().meta({
    description: 'Sealed families, recorded so, that a question would take; null: no number would do.',
  }),
  settings: z.array(PlannedSettings).min(1),
  recordings: z.array(PlannedRecording).min(1),
  price: RecordedPrice,
  digest: Digest,
})
export type RecordingPlan = z.infer<typeof RecordingPlan>

/**
 * What a recorder returns: what happened. `steps` begin with what the user said; a passage that says no `gold` or `required`
 * has those of the served run. Ids, settings, versions and attributes are not its business.
 */
export const RecordedParts = z.strictObject({
  offers: z.record(z.string(), OfferDepth),
  evidence: z.array(Offer.partial({ gold: true, required: true, source: true, tokens: true, text: true })),
  gates: z.array(z.string()).optional(),
  gold_not_offered: z.int().min(0).optional().meta({ description: 'Absent: as in the served run.' }),
  steps: ExperienceRun.shape.steps,
  outcome: Outcome,
})
export type RecordedParts = z.infer<typeof RecordedParts>

/**
 * A recorder module: `export async function record(recorded, settings) { ... return parts }`. It calls whatever it needs:
 * retrieval, tools and models live. It runs as the user's own code, in a process that nothing holds but its limits.
 */
export interface RecorderModule {
  record(recorded: HarnessCase, settings: Settings): unknown | Promise<unknown>
}
