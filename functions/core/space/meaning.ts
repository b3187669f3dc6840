/** What a change comes to: two that leave the same settings are one change, however they are written. */
import type { Patch, Settings, SettingValue } from '#schemas/common.ts'
import { digestOf } from '../canonical.ts'
import { applyPatch, isScoped, type Settled, tableOf } from './scope.ts'

/** Digest of the settings that a patch leaves; texts that differ in their spaces alone are one, in their lines not. */
export function meaningOf(pack: Settled, patch: Patch): string {
  const table = applyPatch(tableOf(pack), patch)
  if (!isScoped(table)) return digestOf(read(table))
  const { otherwise, rules } = table
  return digestOf({
    otherwise: read(otherwise),
    rules: rules.map(({ when, settings }) => ({ when, settings: read(settings) })),
  })
}

const read = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).map(([path, value]) => [path, inWords(value)]))

const inWords = (value: SettingValue): SettingValue =>
  typeof value === 'string'
    ? value
        .normalize('NFKC')
        .trim()
        .replace(/[^\S\n]+/gu, ' ')
    : value
