/** Reads a settings table once: which values trim what was recorded, and which only another recording can answer. */
import type { Settings, SettingValue } from '#schemas/common.ts'
import { SURFACE_FIELDS, type SurfaceField } from '#schemas/surface-fields.ts'

/** Last word of a setting path: the field it sets. */
export const fieldOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/** Can a replay apply this setting by trimming a recording? Otherwise a recording made under the same value is needed. */
export const isTrimmable = (path: string): boolean => SURFACE_FIELDS[fieldOf(path) as SurfaceField]?.trims ?? false

export interface BucketPlan {
  /** Offers kept per hop; Infinity when the setting is absent. */
  readonly topK: number
  readonly maxHops: number
  readonly ordering: string
}

/** What a plan says of a recording's buckets, in their order. */
export interface BucketsPlan {
  readonly plans: readonly BucketPlan[]
  readonly orderings: readonly string[]
  /** One text for `orderings`. */
  readonly orderingsKey: string
}

/** Settings as replay reads them. Budgets are tokens; Infinity means that no such setting exists. */
export interface SettingsPlan {
  readonly settings: Settings
  readonly bucket: (name: string) => BucketPlan
  /** Plans of several buckets at once, memoised by `key`, one text for the names. */
  readonly buckets: (names: readonly string[], key: string) => BucketsPlan
  readonly evidenceTokens: number
  readonly toolTokens: number
  readonly memoryTokens: number
  /** Approval threshold of a gate; null when the settings name none. */
  readonly threshold: (gate: string) => number | null
  /** Everything else, path order: must equal what a recording was made under. */
  readonly fixed: readonly (readonly [string, SettingValue])[]
}

const plans = new WeakMap<Settings, SettingsPlan>()

/** Plan of a settings table, memoised by the table's identity (tables are never mutated). */
export function planOf(settings: Settings): SettingsPlan {
  let plan = plans.get(settings)
  if (!plan) {
    plan = makePlan(settings)
    plans.set(settings, plan)
  }
  return plan
}

/** Plan of a settings table, computed anew: for a table that is read once. */
export function makePlan(settings: Settings): SettingsPlan {
  const numberAt = (...paths: string[]): number | null => {
    for (const path of paths) if (typeof settings[path] === 'number') return settings[path]
    return null
  }
  const budget = (field: string): number => {
    let least = Number.POSITIVE_INFINITY
    for (const [path, value] of Object.entries(settings))
      if (fieldOf(path) === field && typeof value === 'number') least = Math.min(least, value)
    return least
  }
  const bucketPlans = new Map<string, BucketPlan>()
  const several = new Map<string, BucketsPlan>()
  const thresholds = new Map<string, number | null>()
  const bucket = (name: string): BucketPlan => {
    let plan = bucketPlans.get(name)
    if (!plan) {
      const ordering = settings[`evidence.${name}.source_priority`] ?? settings['evidence.source_priority']
      plan = {
        topK: numberAt(`evidence.${name}.top_k`, 'evidence.top_k') ?? Number.POSITIVE_INFINITY,
        maxHops: numberAt(`evidence.${name}.max_hops`, 'evidence.max_hops') ?? Number.POSITIVE_INFINITY,
        ordering: typeof ordering === 'string' ? ordering : 'as_ranked',
      }
      bucketPlans.set(name, plan)
    }
    return plan
  }
  return {
    settings,
    bucket,
    buckets(names, key) {
      let plan = several.get(key)
      if (!plan) {
        const plans = names.map(bucket)
        const orderings = plans.map((p) => p.ordering)
        plan = { plans, orderings, orderingsKey: orderings.join('\u0000') }
        several.set(key, plan)
      }
      return plan
    },
    evidenceTokens: budget('evidence_tokens'),
    toolTokens: budget('tool_tokens'),
    memoryTokens: budget('memory_tokens'),
    threshold(gate) {
      let value = thresholds.get(gate)
      if (value === undefined) {
        value = numberAt(`approval.${gate}.threshold`, 'approval.threshold')
        thresholds.set(gate, value)
      }
      return value
    },
    fixed: Object.entries(settings)
      .filter(([path]) => !isTrimmable(path))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  }
}
