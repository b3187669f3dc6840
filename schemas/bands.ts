/** Bands of the routine: what is watched of each intent, where its edges lie, and which target a broken one names. */
import * as z from 'zod'
import { bandMetricOf, edgeAt, WEEKDAYS } from './band-metrics.ts'
import { Day, Id, Name, Ref } from './common.ts'
import { GUARDRAIL_NAMES } from './metrics.ts'
import { BandMetricOrOwn } from './own-metric.ts'
import { TuningTarget } from './target.ts'

/** Days of a learning period: shorter ones say nothing of how days differ. */
export const LEAST_LEARNED_DAYS = 14
/** Days for which a judged day can be revised, at most. */
export const MOST_REVISED_DAYS = 90

const days = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000

/**
 * Where an edge came from, if nobody declared it: the median of the daily means of a period, and how far from it is still
 * inside. `autotune cadence learn` writes one; it changes as any file that people review does.
 */
const Learned = z
  .strictObject({
    from: Day,
    to: Day,
    median: z.number(),
    tolerance: z
      .number()
      .min(0)
      .meta({ description: 'Distance from the median to the edge, in the unit of the metric.' }),
  })
  .refine(({ from, to }) => days(to) - days(from) + 1 >= LEAST_LEARNED_DAYS, {
    path: ['to'],
    message: `a learning period has at least ${LEAST_LEARNED_DAYS} days: fewer do not say how days differ`,
  })

/** A declared number in the unit of the metric, or a learned one. */
export const Edge = z.union([z.number(), Learned])
export type Edge = z.infer<typeof Edge>

/**
 * One band: a mean that may not fall `below` one edge, nor rise `above` the other. Of a p95 or p50 it is the share of
 * runs above `limit`, whose edge is .05 or .5 where none is given. Values beyond `range` are cut to it: what is watched is
 * the mean of the cut values.
 */
export const Band = z
  .strictObject({
    metric: BandMetricOrOwn,
    below: Edge.optional(),
    above: Edge.optional(),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'a range is [low, high], low below high')
      .refine(([low, high]) => Number.isFinite(high - low), 'it is wider than a number can tell')
      .optional()
      .meta({
        description: 'Least and most that a run counts for, in the unit of the metric. Cents and tokens need one.',
      }),
    limit: z.number().gt(0).optional().meta({ description: 'Milliseconds above which a run is slow.' }),
    weekdays: z
      .partialRecord(z.enum(WEEKDAYS), z.strictObject({ below: Edge.optional(), above: Edge.optional() }))
      .optional()
      .meta({ description: 'Edges of single weekdays, in place of those above, where eight weeks are recorded.' }),
    max_missing: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .meta({ description: 'Share of families without a measure, above which a day is not measured (default .02).' }),
    target: z
      .union([TuningTarget, z.string().min(1)])
      .optional()
      .meta({
        description: 'What a run is asked for when it breaks: a target, or the path of its file from this one.',
      }),
  })
  .superRefine((band, ctx) => {
    const { needsRange, aboveLimit } = bandMetricOf(band.metric)
    const problem = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message })
    if (needsRange && !band.range)
      problem('range', `${band.metric} needs a range, e.g. [0, 20]: one run without a bound could be all of a mean`)
    if (!needsRange && band.range) problem('range', `${band.metric} is a share: its range is [0, 1] and is not given`)
    if (aboveLimit !== undefined && band.limit === undefined)
      problem('limit', `${band.metric} is watched as the share of runs above a limit: give limit, in ms`)
    if (aboveLimit === undefined && band.limit !== undefined) problem('limit', `${band.metric} has no limit`)
    if (aboveLimit === undefined && band.below === undefined && band.above === undefined)
      problem('above', `the band of ${band.metric} has no edge: give below, above, or both`)
    const [low, high] = band.range ?? [0, 1]
    const edges = [['', band] as const, ...Object.entries(band.weekdays ?? {})]
    for (const [day, { below, above }] of edges)
      for (const [name, edge] of Object.entries({ below, above })) {
        const at = edge === undefined ? null : edgeAt(edge, name as 'below' | 'above')
        if (at === null || (at >= low && at <= high)) continue
        const message = `the edge ${at} lies outside ${low} to ${high}: no run could be on the other side of it`
        ctx.addIssue({ code: 'custom', path: day === '' ? [name] : ['weekdays', day, name], message })
      }
  })
export type Band = z.infer<typeof Band>

/** An intent with its bands. */
export const IntentBands = z.strictObject({
  intent: Id,
  measured_by: z
    .strictObject({ evals: Ref, price_table: Ref.optional() })
    .meta({ description: 'Suite and price table by which recorded runs are measured.' }),
  bands: z.array(Band).min(1),
})
export type IntentBands = z.infer<typeof IntentBands>

/** `bands.json`: the whole of what the routine watches. Reviewed like any other file; every judged day names its digest. */
export const Bands = z
  .strictObject({
    $schema: z.string().optional(),
    false_alarms_per_quarter: z
      .number()
      .min(1e-6)
      .meta({ description: 'False alarms that are tolerated in 91 days, over all intents and metrics together.' }),
    ready_after_hours: z
      .number()
      .min(0)
      .max(24 * 14)
      .meta({ description: 'Hours after its end at which a day is judged; until then it is open.' }),
    revised_for_days: z.int().min(0).max(MOST_REVISED_DAYS).meta({
      description: 'Days for which runs that came late make a judged day be judged again, beside the old one.',
    }),
    cooldown_days: z.int().min(0).max(366).meta({ description: 'Days without another run of an intent after one.' }),
    runs_per_quarter: z
      .int()
      .min(0)
      .meta({ description: 'Runs that the routine may start in a quarter for an intent.' }),
    retire_after_rejections: z.int().min(1).optional().meta({
      description: 'Rejections by reviewers in two quarters after which a surface is to be retired (default 3).',
    }),
    error_budget_per_year: z.number().gt(0).lt(1).optional().meta({
      description:
        'Most that the levels of all questions of 365 days may add up to, over all intents and versions. No question is asked beyond it, whoever starts the run.',
    }),
    signed_budget: z
      .strictObject({
        budget: z.number().gt(0).lt(1),
        owner: Name,
        on: Day.meta({ description: 'When the owner signed it.' }),
      })
      .optional()
      .meta({
        description:
          'Whose word a higher error budget has than the one that holds: "autotune cadence sign budget" writes it. It counts for that number alone.',
      }),
    signed_limits: z
      .array(
        z.strictObject({
          intent: Id,
          guardrail: z.enum(GUARDRAIL_NAMES),
          owner: Name,
          on: Day.meta({ description: 'When the owner last said that the limit fits; it lapses after a quarter.' }),
        }),
      )
      .optional()
      .meta({ description: 'Limits that a person answers for.' }),
    intents: z.array(IntentBands).min(1),
  })
  .superRefine(({ intents }, ctx) => {
    const seen = new Set<string>()
    for (const [i, { intent, bands }] of intents.entries()) {
      if (seen.has(intent))
        ctx.addIssue({
          code: 'custom',
          path: ['intents', i, 'intent'],
          message: `${intent} stands twice: one entry an intent`,
        })
      seen.add(intent)
      for (const [j, { metric, target }] of bands.entries()) {
        const path = ['intents', i, 'bands', j]
        if (bands.findIndex((other) => other.metric === metric) !== j)
          ctx.addIssue({
            code: 'custom',
            path: [...path, 'metric'],
            message: `${metric} stands twice: one band a metric`,
          })
        if (typeof target === 'object' && target.intent !== undefined && target.intent !== intent)
          ctx.addIssue({
            code: 'custom',
            path: [...path, 'target', 'intent'],
            message: `the target is about ${target.intent}, the band about ${intent}`,
          })
      }
    }
  })
export type Bands = z.infer<typeof Bands>

/**
 * The same bands with the targets that they name by path. Whoever judges and whoever deploys reads them so: every judged day
 * names the digest of the whole.
 * @param load a target by the path that stands in the bands
 * @param refuse what to throw for a target that is about another intent
 */
export const withTargets = (
  bands: Bands,
  load: (path: string) => TuningTarget,
  refuse: (why: string) => Error,
): Bands => ({
  ...bands,
  intents: bands.intents.map((of) => ({
    ...of,
    bands: of.bands.map((band) => {
      if (typeof band.target !== 'string') return band
      const target = load(band.target)
      if (target.intent !== undefined && target.intent !== of.intent)
        throw refuse(
          `the band of ${band.metric} names ${band.target}, which is about ${target.intent} and not about ${of.intent}`,
        )
      return { ...band, target }
    }),
  })),
})

/**
 * What is wrong with the edges of some bands though each is a number of its range: none that can never break is a check, and
 * none that no mean holds. Null: nothing. Apart from the contract: days that were judged by such bands stay readable.
 */
export function edgeProblem({ intents }: Bands): string | null {
  for (const { intent, bands } of intents)
    for (const band of bands)
      for (const [day, over] of [['', {}], ...Object.entries(band.weekdays ?? {})] as const) {
        const why = whyNoEdge({ ...band, ...over })
        if (why !== null) return `intent ${intent}, band of ${band.metric}${day && ` on ${day}`}: ${why}`
      }
  return null
}

function whyNoEdge({ metric, below, above, range = [0, 1] }: Band): string | null {
  const [low, high] = range
  const least = below === undefined ? null : edgeAt(below, 'below')
  const most = edgeAt(above ?? bandMetricOf(metric).aboveLimit ?? Number.POSITIVE_INFINITY, 'above')
  if (least !== null && least <= low)
    return `no mean lies below ${least}, so this edge can never break: raise it, or leave it out`
  if (above !== undefined && most >= high)
    return `no mean lies above ${most}, so this edge can never break: lower it, or leave it out`
  return least !== null && least >= most
    ? `below ${least} and above ${most}: no mean holds both, so it is broken every day`
    : null
}
