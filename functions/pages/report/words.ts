/** Settings and candidates in the few words that a chart has room for. */
import { whereWords } from '#core/space/condition-words.ts'
import { whereTheyDiffer } from '#core/space/where-they-differ.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import { setting, visible } from '../kit/format.ts'

/** The last part of a path, `top_k` of `evidence.orders.top_k`; of paths that end alike the last two. */
export function shortNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const end = (path: string, parts: number) => path.split('.').slice(-parts).join('.')
  return new Map(
    paths.map((path) => [
      path,
      visible(end(path, paths.some((other) => other !== path && end(other, 1) === end(path, 1)) ? 2 : 1)),
    ]),
  )
}

/** A text with at most so many characters. */
export const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

/** A value, cut where it is prose. */
export const shortValue = (value: SettingValue, most = 24): string => cut(setting(value), most)

/** Prose from where it differs. */
const fromTo = (from: SettingValue, to: SettingValue): string =>
  whereTheyDiffer(setting(from), setting(to), { most: 24, before: 8, mark: '… ' })
    .map((text) => cut(text, 24))
    .join(' → ')

/** `top_k 10 → 6, max_hops 3 → 2`. */
export function patchWords(patch: Patch): string {
  const names = shortNames(Object.keys(patch))
  return `${Object.entries(patch)
    .map(([path, { from, to }]) => `${names.get(path)} ${fromTo(from, to)}`)
    .join(', ')}${cut(whereWords(patch), 80)}`
}
