/** Settings by case: which of a table's rules hold, told by what is known of the case before it runs. */
import type { Patch, ScopedSettings, Settings, SettingsRule, SettingsTable, SettingValue } from '#schemas/common.ts'
import type { Condition } from '#schemas/condition.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { canonical } from '../canonical.ts'
import { compileRule, NoResult, type Rule } from '../json-logic.ts'

/** A case as far as conditions read it. */
export interface Described {
  readonly recordings: readonly { readonly attributes?: Readonly<Record<string, string>> | undefined }[]
}

type Attributes = Readonly<Record<string, string>>

/** Does a table hang on the case? (A setting's path may be any word, its value is never an object.) */
export const isScoped = (table: SettingsTable): table is ScopedSettings => typeof table.otherwise === 'object'

/** Does a condition hold? Null: it says neither true nor false, as where an attribute is not recorded; it does not hold then. */
export function holds(when: Condition, attributes: Attributes): boolean | null {
  const rule = kept(RULES, when as object, () => compileRule(when))
  try {
    const said = rule({ attributes: new Map(Object.entries(attributes)) })
    return typeof said === 'boolean' ? said : null
  } catch (error) {
    if (error instanceof NoResult) return null
    throw error
  }
}

/** What is made once of an object. */
function kept<K extends object, V>(known: WeakMap<K, V>, of: K, make: () => V): V {
  const found = known.get(of)
  if (found !== undefined) return found
  const made = make()
  known.set(of, made)
  return made
}

const RULES = new WeakMap<object, Rule>()
const NO_ATTRIBUTES: Attributes = {}

/** Attributes of a case. What its recordings say differently is known of none. */
export function attributesOf({ recordings }: Described): Attributes {
  const [first, ...rest] = recordings
  const all = first?.attributes ?? NO_ATTRIBUTES
  if (rest.length === 0) return all
  const isKnown = ([name, value]: [string, string]): boolean =>
    rest.every(({ attributes = NO_ATTRIBUTES }) => Object.hasOwn(attributes, name) && attributes[name] === value)
  return Object.fromEntries(Object.entries(all).filter(isKnown))
}

/** The settings of one case. The same rules of a table give the same object, so that what is read of it is read once. */
export function settingsFor(table: SettingsTable, described: Described): Settings {
  return isScoped(table) ? settingsUnder(table, attributesOf(described)) : table
}

/** The same of a table over attributes that stand alone, as a runtime has them before a run. */
export function settingsUnder(table: SettingsTable, attributes: Attributes): Settings {
  if (!isScoped(table)) return table
  const held = table.rules.filter(({ when }) => holds(when, attributes) === true)
  if (held.length === 0) return table.otherwise
  const known = kept(RESOLVED, table, () => new Map<string, Settings>())
  const key = held.map((rule) => table.rules.indexOf(rule)).join()
  let settings = known.get(key)
  if (settings === undefined) {
    settings = Object.assign({}, table.otherwise, ...held.map((rule) => rule.settings)) as Settings
    known.set(key, settings)
  }
  return settings
}

const RESOLVED = new WeakMap<ScopedSettings, Map<string, Settings>>()

/** What is pinned of a replay, as one case has it. */
export function pinsFor<P extends { readonly baseline: SettingsTable }>(
  pins: P,
  described: Described,
): P & { readonly baseline: Settings } {
  return isScoped(pins.baseline)
    ? { ...pins, baseline: settingsFor(pins.baseline, described) }
    : (pins as P & { readonly baseline: Settings })
}

/** What of a pack says which settings a case has. */
export interface Settled {
  readonly settings: SettingsTable
  readonly rules?: ContextPack['rules']
}

/** The settings table of a pack. */
export function tableOf(pack: Settled): SettingsTable {
  const { settings, rules } = pack
  return rules === undefined || isScoped(settings)
    ? settings
    : kept(TABLES, pack, () => ({ otherwise: settings, rules }))
}

const TABLES = new WeakMap<object, ScopedSettings>()

/** A pack with a patch applied, under its own name still. */
export function patchedPack(pack: ContextPack, patch: Patch): ContextPack {
  const table = applyPatch(tableOf(pack), patch)
  return isScoped(table)
    ? {
        ...pack,
        settings: { ...table.otherwise },
        rules: table.rules.map((rule) => ({ ...rule, settings: { ...rule.settings } })),
      }
    : { ...pack, settings: { ...table } }
}

/**
 * A settings table with a patch applied; its `from` values have been checked against the table. What is for some cases alone
 * becomes the last rule; a rule of the very same condition gives up the paths that the new one sets.
 */
export function applyPatch(table: Settings, patch: UnscopedPatch): Settings
export function applyPatch(table: SettingsTable, patch: Patch): SettingsTable
export function applyPatch(table: SettingsTable, patch: Patch): SettingsTable {
  const before = isScoped(table) ? table : { otherwise: table, rules: [] as readonly SettingsRule[] }
  const entries = Object.entries(patch)
  const everywhere = entries.filter(([, { when }]) => when === undefined)
  const otherwise: Settings =
    everywhere.length === 0 ? before.otherwise : { ...before.otherwise, ...valuesOf(everywhere) }
  const some = entries.filter(([, { when }]) => when !== undefined)
  if (some.length === 0) return isScoped(table) ? { otherwise, rules: table.rules } : otherwise
  const added = [...Map.groupBy(some, ([, { when }]) => canonical(when)).values()].map((group) => ({
    when: group[0]![1].when!,
    settings: valuesOf(group),
  }))
  return { otherwise, rules: [...before.rules.flatMap((rule) => without(rule, added)), ...added] }
}

/** A patch for all cases. */
type UnscopedPatch = Readonly<
  Record<string, { readonly from: SettingValue; readonly to: SettingValue; readonly when?: undefined }>
>

const valuesOf = (entries: readonly (readonly [string, Patch[string]])[]): Settings =>
  Object.fromEntries(entries.map(([path, { to }]) => [path, to]))

/** What newer rules of the same condition leave of one. */
function without(rule: SettingsRule, added: readonly SettingsRule[]): SettingsRule[] {
  const newer = added.find(({ when }) => canonical(when) === canonical(rule.when))
  if (newer === undefined) return [rule]
  const left = Object.entries(rule.settings).filter(([path]) => !Object.hasOwn(newer.settings, path))
  return left.length === 0 ? [] : [{ ...rule, settings: Object.fromEntries(left) }]
}

/** The condition of a patch; null: it is for all cases. One that is for different cases in different places has none. */
export function scopeOf(patch: Patch): Condition | null {
  return Object.values(patch).find(({ when }) => when !== undefined)?.when ?? null
}

/** A patch for the cases of a condition; null: for all. */
export const within = (patch: Patch, when: Condition | null): Patch =>
  when === null
    ? patch
    : Object.fromEntries(Object.entries(patch).map(([path, { from, to }]) => [path, { from, to, when }]))

/** The same patch for all cases. */
export const unscoped = (patch: Patch): Patch =>
  Object.fromEntries(Object.entries(patch).map(([path, { from, to }]) => [path, { from, to }]))
