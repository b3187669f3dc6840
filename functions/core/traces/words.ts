/** Names from traces, made fit for the fields that hold them. */
import type { JsonValue } from './values.ts'

/** A lower-case word for a bucket, gate or setting: `Order History` is `order_history`. `null`: nothing is left of it. */
export function wordOf(name: string | null): string | null {
  if (!name) return null
  const word = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 60)
  return word === '' || word === 'constructor' || word === 'prototype' ? null : word
}

/** An id for an intent: what a folder may be called. */
export function idOf(name: string | null): string | null {
  const id = (name ?? '')
    .trim()
    .replace(/[^A-Za-z0-9_.:-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z0-9_]+|_+$/g, '')
    .slice(0, 128)
  return id === '' || id === '__proto__' ? null : id
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const CONTROLS = /[\u0000-\u001f\u007f]/g

/** Most names are one already. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 .:@-]{0,298}[A-Za-z0-9.:@-])?$/

/** A printable name of at most 300 characters. */
export function nameOf(name: string | null): string | null {
  if (!name) return null
  if (NAME.test(name) && name !== 'constructor' && name !== 'prototype') return name
  const text = name.replace(CONTROLS, '').trim().slice(0, 300)
  const odd = text === '' || text.includes('../') || ['__proto__', 'constructor', 'prototype'].includes(text)
  return odd ? null : text.isWellFormed() ? text : text.toWellFormed()
}

/** A value without halves of surrogate pairs, which a limit that counts code units leaves behind. */
export function wellFormed(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([name, at]) => [name.toWellFormed(), wellFormed(at)]))
}

/** Words that stand for nobody: whoever exports without an id writes these. */
const NOBODY = 'default|unknown|anonymous|anon|guest|none|null|nil|undefined|unset|not_set|empty|missing|placeholder'
const PLACEHOLDER = new RegExp(
  `^((${NOBODY}|nan|n/a|tbd|string|_|\\?|)|(${NOBODY}|no|your)(_(session|user|customer|conversation|thread|id))+)$`,
)

/** A template that nobody filled in, and what an object is as text. */
const UNFILLED = /^(\{\{.*\}\}|\$\{.*\}|\{[a-z_ .]*\}|<[a-z_ .]*>|%\w+%|\$[A-Z_]+|\[object \w+\])$/i

/** Whatever brackets stand around it and whatever joins its words; an id of zeros alone is none either. */
export function isPlaceholder(id: string): boolean {
  const bare = id
    .trim()
    .toLowerCase()
    .replace(/^urn:uuid:|^[[({<]|[\])}>]$/g, '')
    .replace(/[-\s]+/g, '_')
  return PLACEHOLDER.test(bare) || UNFILLED.test(id.trim()) || /^0{8}[0_]*$/.test(bare)
}

/** The store that a retriever's name says. The name of a class says none: every retriever of its framework has the same. */
export const storeNamed = (name: string): string | null =>
  /(retriever|retrieve|query|search)$/i.test(name) ? null : name
