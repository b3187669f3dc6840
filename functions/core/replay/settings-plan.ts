/** Reads a settings table once: which values trim what was recorded, and which only another recording can answer. */
import type { Settings, SettingValue } from '#schemas/common.ts'
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import { SURFACE_FIELDS, type SurfaceField, type TrimmedPath, trimmedPath } from '#schemas/surface-fields.ts'

/** Last word of a setting path: the field it sets. */
export const fieldOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/** Can a replay apply this setting by trimming a recording? Otherwise a recording made under the same value is needed. */
export const isTrimmable = (path: string, rules = COMPILE_RULES): boolean =>
  rules < 2 ? (SURFACE_FIELDS[fieldOf(path) as SurfaceField]?.trims ?? false) : trimmedPath(path) !== null

/** A setting with another value than the baseline's. `trims`: what of a recording it trims; null: nothing. */
export interface ChangedSetting {
  readonly path: string
  readonly value: SettingValue | undefined
  readonly trims: TrimmedPath | null
}

interface BucketPlan {
  /** Offers kept per hop; Infinity when the setting is absent. */
  readonly topK: number
  readonly maxHops: number
  readonly ordering: string
}

/** What a plan says of a recording's buckets, in their order. */
interface BucketsPlan {
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
  /** In what these settings differ from a baseline, in path order; memoised for the last one that was asked for. */
  readonly changes: (baseline: Settings) => readonly ChangedSetting[]
}

const plansByRules = [new WeakMap<Settings, SettingsPlan>(), new WeakMap<Settings, SettingsPlan>()] as const

/** Plan of a settings table under some compile rules, memoised by the table's identity (tables are never mutated). */
export function planOf(settings: Settings, rules = COMPILE_RULES): SettingsPlan {
  const plans = plansByRules[rules < 2 ? 0 : 1]
  let plan = plans.get(settings)
  if (!plan) {
    plan = makePlan(settings, rules)
    plans.set(settings, plan)
  }
  return plan
}

/** Plan of a settings table, computed anew: for a table that is read once. */
export function makePlan(settings: Settings, rules = COMPILE_RULES): SettingsPlan {
  const numberAt = (...paths: string[]): number | null => {
    for (const path of paths) if (typeof settings[path] === 'number') return settings[path]
    return null
  }
  const budget = (field: string): number => {
    let least = Number.POSITIVE_INFINITY
    for (const [path, value] of Object.entries(settings))
      if (fieldOf(path) === field && typeof value === 'number' && isTrimmable(path, rules))
        least = Math.min(least, value)
    return least
  }
  const bucketPlans = new Map<string, BucketPlan>()
  const several = new Map<string, BucketsPlan>()
  const thresholds = new Map<string, number | null>()
  let changed: { readonly baseline: Settings; readonly list: readonly ChangedSetting[] } | null = null
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
      .filter(([path]) => !isTrimmable(path, rules))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    changes(baseline) {
      if (changed?.baseline !== baseline) changed = { baseline, list: changesOf(settings, baseline) }
      return changed.list
    },
  }
}

function changesOf(settings: Settings, baseline: Settings): ChangedSetting[] {
  if (settings === baseline) return []
  const paths = [...new Set([...Object.keys(settings), ...Object.keys(baseline)])].sort()
  return paths
    .filter((path) => settings[path] !== baseline[path])
    .map((path) => ({ path, value: settings[path], trims: trimmedPath(path) }))
}
