/** Names, refs and values shared by every contract. */
import * as z from 'zod'
import { Condition } from './condition.ts'
import { isJson } from './json-value.ts'
import { MOST, outOfRange, type Unit } from './measures.ts'
import { DIMENSIONS } from './metrics.ts'

import {
  DIGEST_PATTERN,
  ID_PATTERN,
  isDay,
  isPrintable,
  isSafeId,
  isSafeName,
  NOT_CERTIFIED,
  REF_PATTERN,
} from './patterns.ts'
import { RISK_CLASSES } from './stages.ts'
import { MOST_TEXT } from './surface-fields.ts'

/**
 * Ids that become a folder or a key segment: 1-128 letters, digits, `_ . : -`; no slash, never only dots. Our decision:
 * an id can never leave its folder.
 */
export const Id = z
  .string()
  .regex(ID_PATTERN, 'an id has 1-128 letters, digits, "_", ".", ":" or "-", and starts with a letter, digit or "_"')
  .refine(isSafeId, 'an id holds no ".." and is not "__proto__"')
  .meta({ description: 'Identifier, safe as one path segment.' })

/**
 * Any JSON value. Not `z.json()`: a contract that holds one is recursive, and zod then keeps a note of each object that it checks, which
 * costs as much as the check of a whole run.
 */
export const Json = z
  .unknown()
  .refine((value) => isJson(value), { error: 'Invalid input', abort: true })
  .meta({ description: 'Any JSON value.' }) as unknown as z.ZodType<JsonValue, JsonValue>
/** What `Json` takes. */
export type JsonValue = z.core.util.JSONType

/**
 * Names that stay inside documents (families, cases, evidence refs): printable, 1-300 characters, never used as a path.
 */
export const Name = z
  .string()
  .min(1)
  .max(300)
  .refine(isPrintable, 'a name holds no control characters')
  .refine(isSafeName, 'a name holds no "../" and is no reserved word')
  .meta({ description: 'Printable name, never used as a path.' })

/**
 * `NAME@MAJOR.MINOR.PATCH`. An unversioned ref is refused (the article's Context Pack: a published ref never changes).
 */
export const Ref = z
  .string()
  .regex(REF_PATTERN, 'a ref is NAME@MAJOR.MINOR.PATCH, e.g. ctxpack.support@5.2.0')
  .refine((s) => !s.includes('..'), 'a ref holds no ".."')
  .meta({ description: 'Pinned ref, NAME@MAJOR.MINOR.PATCH.' })

/** SHA-256 of canonical JSON (RFC 8785), `sha256:` and 64 lower-case hex digits (DESIGN 3). */
export const Digest = z.string().regex(DIGEST_PATTERN, 'a digest is sha256: and 64 hex digits')

/**
 * Dotted path of one setting, e.g. `evidence.order_history.top_k`: lower-case words, at most 200 characters. The last
 * word is the field of its surface.
 */
export const SettingPath = z
  .string()
  .max(200)
  .regex(
    /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/,
    'a path is dotted lower-case words, e.g. evidence.order_history.top_k',
  )
  .refine((s) => !s.split('.').some((w) => w === 'constructor' || w === 'prototype'), 'a path holds no reserved word')

/** Value of one setting: a finite number, a text of at most 20,000 characters, or a boolean. */
export const SettingValue = z.union([z.number(), z.string().max(MOST_TEXT), z.boolean()], {
  error: `a setting is a number, a text of at most ${MOST_TEXT} characters, true or false`,
})
export type SettingValue = z.infer<typeof SettingValue>

/** Setting path -> value: the whole harness as tuning sees it. A path with no surface keeps its value. */
export const Settings = z.record(SettingPath, SettingValue)
export type Settings = Readonly<Record<string, SettingValue>>

/** Calendar day, `YYYY-MM-DD`, that a calendar has. Text order is time order. */
export const Day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day is YYYY-MM-DD')
  .refine(isDay, 'no calendar has this day')

/** On whatever comes of a change that replay cannot judge; absent: a run certified it. */
export const Stamp = z
  .literal(NOT_CERTIFIED)
  .meta({ description: 'Replay cannot judge this change. Absent: a run certified it.' })

/** One of `RISK_CLASSES`; their order is the order of risk. */
export const RiskClass = z.enum(RISK_CLASSES)
export type RiskClass = z.infer<typeof RiskClass>

/**
 * One of the five score dimensions; policy and safety are floors, the others may be optimised (the article's
 * Scorecard).
 */
export const Dimension = z.enum(DIMENSIONS)
export type Dimension = z.infer<typeof Dimension>

/** Part of a whole, 0..1; never percent. */
export const Share = z.number().min(0).max(1)

/** A field that is not there is missing, which is another fault than a number that is out of range. */
const unlessMissing = (unit: Unit) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? undefined : outOfRange(unit)),
})

/** A measured number, 0 to the most that its unit allows (`MOST`). */
export const measure = (unit: Unit) =>
  z.number(unlessMissing(unit)).min(0, outOfRange(unit)).max(MOST[unit], outOfRange(unit))

/** The same as a whole number. */
export const wholeMeasure = (unit: Unit) =>
  z.int(unlessMissing(unit)).min(0, outOfRange(unit)).max(MOST[unit], outOfRange(unit))

/** Settings of the cases for which a condition holds, in place of those that all others have. */
export interface SettingsRule {
  readonly when: Condition
  readonly settings: Settings
}

/** A settings table whose values hang on the case: what all cases have, and rules in order, of which the last that holds wins. */
export interface ScopedSettings {
  readonly otherwise: Settings
  readonly rules: readonly SettingsRule[]
}

/** Settings of all cases, or of each by its attributes. */
export type SettingsTable = Settings | ScopedSettings

/**
 * A patch: dotted path -> `{from, to}`. The same form in candidates and proposals; `from` is the baseline's value, so
 * that a patch against another baseline is noticed. `when`: the cases that it is for; absent: all of them. Our decision: the
 * article leaves it untyped in the run.
 */
export const Patch = z.record(
  SettingPath,
  z.strictObject({ from: SettingValue, to: SettingValue, when: Condition.optional() }),
)
export type Patch = Readonly<
  Record<string, { readonly from: SettingValue; readonly to: SettingValue; readonly when?: Condition | undefined }>
>
