/** A change of settings in words: what will be read, kept, asked or said, where the name of a field tells. */
import { whereWords } from '#core/space/condition-words.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { SurfaceField } from '#schemas/surface-fields.ts'
import { count, number, setting, visible } from './format.ts'
import { wordDiff } from './word-diff.ts'

/** Changes that are named one by one; beyond them they are counted. */
const MOST_NAMED = 3
const LONGEST = 60

/** `read 6 instead of 10 passages a hop of order history, follow 2 instead of 3 hops in order history`. */
export function changeInWords(patch: Patch): string {
  const entries = Object.entries(patch)
  const where = visible(whereWords(patch))
  if (entries.length > MOST_NAMED) return `change ${count(entries.length, 'setting')}${where}`
  return `${entries.map(([path, { from, to }]) => inWords(path, from, to)).join(', ')}${where}`
}

function inWords(path: string, from: SettingValue, to: SettingValue): string {
  const words = path.split('.')
  const field = words.at(-1)!
  const named = words.length > 2 ? words.slice(1, -1).join(' ').replaceAll('_', ' ') : null
  const says = Object.hasOwn(IN_WORDS, field) ? IN_WORDS[field as SurfaceField]!(from, to, named) : null
  return says === null ? `${visible(path)} ${short(from)}\u00a0→\u00a0${short(to)}` : visible(says)
}

type InWords = (from: SettingValue, to: SettingValue, named: string | null) => string | null

const of = (named: string | null, word: string): string => (named === null ? '' : ` ${word} ${named}`)
const numbers =
  (says: (to: string, from: string, named: string | null) => string): InWords =>
  (from, to, named) =>
    typeof from === 'number' && typeof to === 'number' ? says(number(to), number(from), named) : null
const values =
  (says: (to: string, from: string, named: string | null) => string): InWords =>
  (from, to, named) =>
    says(short(to), short(from), named)
const tokensOf = (what: string): InWords =>
  numbers((to, from) => `keep at most ${to} instead of ${from} tokens of ${what}`)

/** A field without words of its own is told by its path and values. */
const IN_WORDS: Readonly<Partial<Record<SurfaceField, InWords>>> = {
  top_k: numbers((to, from, named) => `read ${to} instead of ${from} passages a hop${of(named, 'of')}`),
  max_hops: numbers((to, from, named) => `follow ${to} instead of ${from} hops${of(named, 'in')}`),
  source_priority: values((to, from, named) => `order passages${of(named, 'of')} by ${to} instead of ${from}`),
  evidence_tokens: tokensOf('evidence'),
  memory_tokens: tokensOf('dialogue'),
  tool_tokens: tokensOf('tool output'),
  tool_preference: values((to, from) => `prefer ${to} instead of ${from} tools`),
  decompose_before_tool: values((to, from) => `decompose before a tool: ${to} instead of ${from}`),
  instruction_block(from, to) {
    if (typeof from !== 'string' || typeof to !== 'string') return null
    const parts = wordDiff(from, to)
    const words = (kind: 'gone' | 'new') =>
      parts.filter((p) => p.kind === kind).flatMap((p) => p.text.split(/\s+/).filter(Boolean)).length
    return `reword the instructions: ${count(words('new'), 'word')} in, ${number(words('gone'))} out`
  },
  threshold: numbers((to, from, named) => `ask a person from ${to} instead of ${from} on${of(named, 'for')}`),
}

/** A value, cut where it is prose. */
function short(value: SettingValue): string {
  const text = setting(value)
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`
}
