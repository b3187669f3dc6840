/** Context pack, release tuple and price table: what is pinned when a run starts. */
import * as z from 'zod'
import { Day, Digest, Id, measure, Name, Ref, RiskClass, SettingPath, Settings, Stamp } from './common.ts'
import { Condition } from './condition.ts'
import { protectedBy } from './protected-paths.ts'
import { MOST_RULES } from './strategy-layers.ts'
import { TunableSurface } from './surface.ts'
import { trimmedPath, valueProblem } from './surface-fields.ts'

/** An intent that the pack serves, how risky its actions can be, and who answers for it. */
const PackIntent = z.strictObject({
  intent_id: Id,
  risk_class: RiskClass,
  owner: Name,
})

/** Leave to declare policy or safety below .95. The pack is published once, so whoever is named answers for these very words. */
export const PackException = z.strictObject({
  guardrail: z.enum(['policy', 'safety']),
  intent: Id,
  min: z
    .number()
    .min(0.01)
    .lt(0.95, 'from .95 on no exception is needed')
    .meta({ description: 'The least that a target may declare.' }),
  reason: z.string().min(10).max(2000),
  signed_by: Name.meta({ description: 'A person.' }),
  date: z.iso.date(),
  digest: Digest.meta({
    description: 'SHA-256 of the canonical JSON of the other fields and the pack: doctor says which one it must be.',
  }),
})
export type PackException = z.infer<typeof PackException>

/** A source of passages, as offers name it: who answers for what stands there, and as of when. */
const PackSource = z.strictObject({
  source: Name,
  owner: Name,
  version: z.string().min(1).max(100).optional(),
  updated: Day.optional().meta({ description: 'Day on which it was last changed.' }),
})

/** Settings of some cases in place of those of all: what a released StrategyRule leaves in its pack. */
const PackRule = z.strictObject({ when: Condition, settings: Settings })

/**
 * Context pack `ctxpack.NAME@SEMVER` as far as tuning needs it: settings and what of them may be tuned (the article's
 * Context Pack, with our `settings`). Immutable: a published version never changes. Refused: an intent twice, two
 * surfaces of one path, a surface without a setting or with an intent that the pack does not list, a value of another type
 * than its field takes.
 */
export const ContextPack = z
  .strictObject({
    $schema: z.string().optional(),
    pack: Ref.meta({ description: 'ctxpack.NAME@SEMVER' }),
    description: z.string().max(2000).optional(),
    settings: Settings,
    rules: z.array(PackRule).min(1).max(MOST_RULES).optional().meta({
      description:
        'Settings of the cases for which a condition holds, in place of `settings`; where several hold, the last one wins path by path. Absent: all cases have `settings`.',
    }),
    intents: z.array(PackIntent).min(1),
    tunable_surfaces: z.array(TunableSurface),
    protected_paths: z.array(SettingPath).optional().meta({
      description: 'Paths that are never tunable, with everything below them, beside the built-in invariants.',
    }),
    exceptions: z.array(PackException).optional(),
    sources: z
      .array(PackSource)
      .optional()
      .meta({ description: 'Sources of passages, for people who judge a change of what is read.' }),
  })
  .superRefine((pack, ctx) => {
    const seen = new Set<string>()
    const sources = new Set<string>()
    pack.sources?.forEach(({ source }, i) => {
      if (sources.has(source))
        ctx.addIssue({ code: 'custom', path: ['sources', i], message: `source "${source}" is listed twice` })
      sources.add(source)
    })
    const intents = new Set<string>()
    pack.intents.forEach((intent, i) => {
      if (intents.has(intent.intent_id))
        ctx.addIssue({ code: 'custom', path: ['intents', i], message: `intent "${intent.intent_id}" is listed twice` })
      intents.add(intent.intent_id)
    })
    for (const [path, value] of Object.entries(pack.settings)) {
      const trimmed = trimmedPath(path)
      const wrong = trimmed && valueProblem(trimmed.field, value)
      if (wrong) ctx.addIssue({ code: 'custom', path: ['settings', path], message: wrong })
    }
    pack.rules?.forEach((rule, i) => {
      for (const [path, value] of Object.entries(rule.settings)) {
        const trimmed = trimmedPath(path)
        const wrong =
          pack.settings[path] === undefined
            ? `"${path}" has no value in settings, which is what all other cases have`
            : typeof pack.settings[path] !== typeof value
              ? `"${path}" is a ${typeof pack.settings[path]} in settings`
              : trimmed && valueProblem(trimmed.field, value)
        if (wrong) ctx.addIssue({ code: 'custom', path: ['rules', i, 'settings', path], message: wrong })
      }
    })
    pack.tunable_surfaces.forEach((surface, i) => {
      const at = ['tunable_surfaces', i]
      if (seen.has(surface.path))
        ctx.addIssue({ code: 'custom', path: at, message: `two surfaces govern "${surface.path}"` })
      seen.add(surface.path)
      if (pack.settings[surface.path] === undefined)
        ctx.addIssue({ code: 'custom', path: [...at, 'path'], message: `"${surface.path}" has no value in settings` })
      else {
        const wrong = trimmedPath(surface.path) ? null : valueProblem(surface.field, pack.settings[surface.path])
        if (wrong) ctx.addIssue({ code: 'custom', path: ['settings', surface.path], message: wrong })
      }
      if (surface.layer === 'prompt')
        surface.bounds.protected_sentences?.forEach((sentence, k) => {
          if (!String(pack.settings[surface.path]).includes(sentence))
            ctx.addIssue({
              code: 'custom',
              path: [...at, 'bounds', 'protected_sentences', k],
              message: `the block "${surface.path}" does not hold this sentence: copy it word for word`,
            })
        })
      const guard = protectedBy(surface.path, pack.protected_paths)
      if (guard)
        ctx.addIssue({
          code: 'custom',
          path: [...at, 'path'],
          message: `"${surface.path}" is protected by protected_paths "${guard}": take out the surface, or the protection`,
        })
      surface.intents.forEach((intent, k) => {
        if (!intents.has(intent))
          ctx.addIssue({
            code: 'custom',
            path: [...at, 'intents', k],
            message: `"${intent}" is no intent of this pack`,
          })
      })
    })
  })
export type ContextPack = z.infer<typeof ContextPack>

/**
 * The refs that are released and rolled back together; the four required ones are the article's, the others pin what a
 * harness of yours depends on.
 */
export const BaselineTuple = z.strictObject({
  pack: Ref,
  policy: Ref,
  tools: Ref,
  evals: Ref,
  model_profile: Ref.optional(),
  price_table: Ref.optional(),
  prompt: Ref.optional(),
  memory_schema: Ref.optional(),
  runtime: Ref.optional(),
  environment: Ref.optional(),
})
export type BaselineTuple = z.infer<typeof BaselineTuple>

/**
 * A pinned tuple: every ref with the digest of what it named, and the tuple it replaced. It belongs to one intent;
 * rollback restores the whole of it (DESIGN 3).
 */
export const ReleaseTuple = z.strictObject({
  release_tuple_id: Id.meta({ description: 'release.INTENT.DAY or another id of the owner' }),
  intent: Name,
  refs: BaselineTuple,
  digests: z.record(z.string(), Digest).meta({ description: 'One per ref that this store holds.' }),
  /** Null: the first of its intent. */
  prior_release_tuple_id: Id.nullable(),
  certification: Stamp.optional(),
})
export type ReleaseTuple = z.infer<typeof ReleaseTuple>

const price = (description: string) => measure('cents').optional().meta({ description })

/**
 * Prices per million tokens, in cents, by model name. A model that is not listed costs `null`, never 0 (DESIGN 3).
 * Pinned with the tuple, so that a recomputed cost is the same a year later.
 */
export const PriceTable = z.strictObject({
  $schema: z.string().optional(),
  price_table: Ref,
  models: z.record(
    Name,
    z.strictObject({
      prompt_cents_per_million: measure('cents'),
      completion_cents_per_million: measure('cents'),
      cached_prompt_cents_per_million: price('Input that was read from a cache; absent: as other input.'),
      cache_write_cents_per_million: price('Input that was written to a cache; absent: as other input.'),
      reasoning_cents_per_million: price('Reasoning; absent: as other output.'),
    }),
  ),
})
export type PriceTable = z.infer<typeof PriceTable>
