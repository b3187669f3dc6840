/** What an agent outside is told of the search side, in a brief and by the servers: nothing of it comes from the vault. */
import * as z from 'zod'
import { Fate, HandWrittenChange } from './candidate.ts'
import { Digest, Id, Name, Ref, SettingPath, Settings, SettingValue } from './common.ts'
import { Correction } from './correction.ts'
import { CaseAttributes, Offer, OperatorCorrection, Outcome, Step } from './experience-run.ts'
import { LAYERS } from './surface-fields.ts'
import { Guardrails, TargetMetric } from './target.ts'

/** A field that may change: its value now, its bounds, and whether the records can answer for other values. */
export const SurfaceTold = z.strictObject({
  path: SettingPath,
  layer: z.enum(LAYERS),
  field: Name,
  baseline: SettingValue,
  bounds: z
    .record(z.string(), z.json())
    .meta({ description: 'As the pack declares them; what lies outside is refused.' }),
  values: z.array(SettingValue).nullable().meta({
    description: 'All that it may have; null: too many to list, or a prompt block, which is a text within bounds.',
  }),
  in_search_space: z.boolean().meta({ description: 'false: the target does not let it change.' }),
  replayed_by: z.enum(['trimming', 'another_recording']).meta({
    description: 'another_recording: a case answers only where a run was recorded under that very value.',
  }),
})
export type SurfaceTold = z.infer<typeof SurfaceTold>

/** What is asked for: one metric on one intent, and the limits that no change may break. */
export const TargetTold = z.strictObject({
  intent: Id,
  pack: Ref,
  metric: TargetMetric,
  direction: z.enum(['decrease', 'increase']),
  guardrails: Guardrails,
  blast_radius: z.strictObject({ max_fields: z.int(), max_decision: z.number() }),
  surfaces: z.array(SurfaceTold),
})
export type TargetTold = z.infer<typeof TargetTold>

/** One recorded run of a case. Long texts are cut, and what was left out is counted. */
export const RunTold = z.strictObject({
  run_id: Id,
  planned: z.literal(true).optional().meta({
    description: 'It was recorded for a plan, under other settings than were served. Absent: it was served.',
  }),
  date: z.string().nullable(),
  pack_version: Ref.nullable(),
  settings: Settings,
  attributes: CaseAttributes.optional(),
  outcome: Outcome,
  operator_corrections: z.array(OperatorCorrection),
  evidence: z.array(Offer),
  steps: z.array(Step),
  left_out: z.strictObject({ passages: z.int(), steps: z.int(), texts_cut: z.int() }),
})
export type RunTold = z.infer<typeof RunTold>

/** A case of the search side as it was recorded, with what people said of its runs later. */
export const CaseTold = z.strictObject({
  case_id: Name,
  intent: Id,
  runs: z.array(RunTold),
  corrections: z.array(Correction),
  left_out: z.strictObject({ runs: z.int() }),
})
export type CaseTold = z.infer<typeof CaseTold>

/** A case in a list. */
export const CaseRow = z.strictObject({
  case_id: Name,
  runs: z.int(),
  date: z.string().nullable().meta({ description: 'Of its first run that was served; null: not recorded.' }),
  passed: z
    .boolean()
    .nullable()
    .meta({ description: 'The label of its first run that was served; null: none, or it is disputed.' }),
})
export type CaseRow = z.infer<typeof CaseRow>

/** A change that was tried before, by a run or through the inbox, and what became of it. */
export const TriedChange = z.strictObject({
  by: z.enum(['run', 'inbox']),
  of: Name.meta({ description: 'Id of the run; of the inbox quarter and number.' }),
  date: z.string(),
  metric: TargetMetric.nullable().meta({ description: 'What was asked for then.' }),
  patch: HandWrittenChange.shape.patch,
  origin: Name.nullable(),
  rationale: z.string(),
  fate: Fate.nullable().meta({
    description: 'null: it was out of bounds, memory answered, or there is no answer yet; the reason says which.',
  }),
  reason: z.string(),
  value: z.number().nullable().meta({ description: 'Of the metric on the search set; null: not measured.' }),
  failed: z.array(Name).meta({ description: 'Guardrails that block it.' }),
})
export type TriedChange = z.infer<typeof TriedChange>

/** `brief.json`: what a brief was made of, and every file of it. A folder that holds another file is not written over. */
export const BriefManifest = z.strictObject({
  brief: z.literal('brief.v1'),
  intent: Id,
  target: Digest,
  pack: Digest,
  suite: Digest,
  cases: z.strictObject({ told: z.int(), of: z.int() }),
  tried: z.strictObject({ told: z.int(), runs: z.int(), runs_left_out: z.int() }),
  dead_ends: z.int(),
  files: z.record(z.string(), Digest).meta({ description: 'Path in the folder -> digest of the file.' }),
})
export type BriefManifest = z.infer<typeof BriefManifest>
