/** Names, refs and values shared by every contract. */
import * as z from 'zod'
import { DIMENSIONS } from './metrics.ts'

import { DIGEST_PATTERN, ID_PATTERN, isPrintable, isSafeId, isSafeName } from './patterns.ts'

/** Ids that become a folder or a key segment: letters, digits, `_ . : -`; no slash, never only dots. */
export const Id = z
  .string()
  .regex(ID_PATTERN, 'an id has 1-128 letters, digits, "_", ".", ":" or "-", and starts with a letter, digit or "_"')
  .refine(isSafeId, 'an id holds no ".." and is not "__proto__"')
  .meta({ description: 'Identifier, safe as one path segment.' })

/** Names that stay inside documents (families, cases, evidence refs): printable, 1-300 characters. */
export const Name = z
  .string()
  .min(1)
  .max(300)
  .refine(isPrintable, 'a name holds no control characters')
  .refine(isSafeName, 'a name holds no "../" and is no reserved word')
  .meta({ description: 'Printable name, never used as a path.' })

/** `NAME@MAJOR.MINOR.PATCH`. An unversioned ref is refused (context pack ref grammar). */
export const Ref = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}@[0-9]+\.[0-9]+\.[0-9]+$/,
    'a ref is NAME@MAJOR.MINOR.PATCH, e.g. ctxpack.support@5.2.0',
  )
  .refine((s) => !s.includes('..'), 'a ref holds no ".."')
  .meta({ description: 'Pinned ref, NAME@MAJOR.MINOR.PATCH.' })

/** SHA-256 of canonical JSON, `sha256:` and 64 lower-case hex digits. */
export const Digest = z.string().regex(DIGEST_PATTERN, 'a digest is sha256: and 64 hex digits')

/** Dotted path of one setting, e.g. `evidence.order_history.top_k`. */
export const SettingPath = z
  .string()
  .max(200)
  .regex(
    /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/,
    'a path is dotted lower-case words, e.g. evidence.order_history.top_k',
  )
  .refine((s) => !s.split('.').some((w) => w === 'constructor' || w === 'prototype'), 'a path holds no reserved word')

/** Value of one setting. Numbers are finite. */
export const SettingValue = z.union([z.number(), z.string().max(20_000), z.boolean()])
export type SettingValue = z.infer<typeof SettingValue>

/** Setting path -> value. */
export const Settings = z.record(SettingPath, SettingValue)
export type Settings = Readonly<Record<string, SettingValue>>

/** Calendar day, `YYYY-MM-DD`. */
export const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day is YYYY-MM-DD')

/** `risk_class`, lowest first: the five approval modes (intent-task catalog). */
export const RISK_CLASSES = ['read_only', 'local_write', 'network', 'delegated', 'destructive'] as const
export const RiskClass = z.enum(RISK_CLASSES)
export type RiskClass = z.infer<typeof RiskClass>

export const Dimension = z.enum(DIMENSIONS)
export type Dimension = z.infer<typeof Dimension>

/** 0..1. */
export const Share = z.number().min(0).max(1)

/** A patch: dotted path -> `{from, to}`. The same form in candidates and proposals. */
export const Patch = z.record(SettingPath, z.strictObject({ from: SettingValue, to: SettingValue }))
export type Patch = Readonly<Record<string, { readonly from: SettingValue; readonly to: SettingValue }>>
