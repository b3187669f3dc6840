/** What differs between two documents, value by value: for people who decide on a new version of one. */
import type { DocumentEdit } from '#schemas/part-proposal.ts'
import { byCodeUnit, canonical } from '../canonical.ts'

/** Edits that are kept; a document of another kind differs everywhere. */
const MOST_EDITS = 200
/** Fields by which the items of a list are told apart, rather than by their place in it. */
const NAMES = ['rule_id', 'evaluator_id', 'capability_id', 'adapter_id', 'tool_id', 'bundle_id', 'id', 'name']

/** Deeper documents are compared as texts. */
const MOST_LEVELS = 100

/**
 * Values that differ, in the order of their paths, and lists whose named items stand in another order; null: one of the texts is
 * no JSON, or says more than a parser keeps of it, as where a key stands twice: then nothing but the texts tells all.
 */
export function documentDiff(
  before: string,
  after: string,
): { readonly diff: DocumentEdit[]; readonly edits: number } | null {
  const [was, is] = [json(before), json(after)]
  if (was === undefined || is === undefined) return null
  const [old, now] = [read(was), read(is)]
  const edits = [...new Set([...old.values.keys(), ...now.values.keys()])].flatMap((path): DocumentEdit[] => {
    const [from, to] = [old.values.get(path) ?? null, now.values.get(path) ?? null]
    return from === to ? [] : [{ path, from, to }]
  })
  const moved = [...old.orders].flatMap(([path, names]): DocumentEdit[] => {
    const other = now.orders.get(path) ?? []
    const [from, to] = [names.filter((n) => other.includes(n)), other.filter((n) => names.includes(n))].map(canonical)
    return from === to ? [] : [{ path: `${path} (order)`, from: from!, to: to! }]
  })
  const all = [...edits, ...moved].sort((a, b) => byCodeUnit(a.path, b.path))
  return { diff: all.slice(0, MOST_EDITS), edits: all.length }
}

function json(text: string): unknown {
  const bare = text.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_, kept: string | undefined) => kept ?? '')
  let [level, deepest] = [0, 0]
  for (const [bracket] of bare.replace(/"(?:\\.|[^"\\])*"/g, '').matchAll(/[[\]{}]/g)) {
    level += bracket === '[' || bracket === '{' ? 1 : -1
    deepest = Math.max(deepest, level)
  }
  if (deepest > MOST_LEVELS) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === bare ? value : undefined
  } catch {
    return undefined
  }
}

/** Every value that holds no other, by its path (an empty list or object is one), and the order of named items. */
interface Read {
  readonly values: Map<string, string>
  readonly orders: Map<string, readonly string[]>
}

function read(value: unknown, path = '', into: Read = { values: new Map(), orders: new Map() }): Read {
  const parts = Array.isArray(value)
    ? itemsOf(value, path, into)
    : value !== null && typeof value === 'object'
      ? Object.entries(value).map(([key, one]) => [`${path === '' ? '' : '.'}${step(key)}`, one] as const)
      : []
  if (parts.length === 0) into.values.set(path === '' ? 'document' : path, canonical(value))
  for (const [step, one] of parts) read(one, `${path}${step}`, into)
  return into
}

/** A key as a step of a path: in quotes where it could be read as several. */
const step = (key: string): string => (/^[\p{L}\p{N}_-]+$/u.test(key) ? key : JSON.stringify(key))

function itemsOf(list: readonly unknown[], path: string, { orders }: Read): (readonly [string, unknown])[] {
  const field = NAMES.find((name) => {
    const named = list.map((item) => (item as Readonly<Record<string, unknown>> | null)?.[name])
    return named.every((one) => typeof one === 'string') && new Set(named).size === named.length
  })
  if (field === undefined) return list.map((item, i) => [`[${i}]`, item] as const)
  const names = list.map((item) => (item as Record<string, string>)[field]!)
  orders.set(path, names)
  return list.map((item, i) => [`[${step(names[i]!)}]`, item] as const)
}
