/** What differs between two documents, value by value: for people who decide on a new version of one. */
import type { DocumentEdit } from '#schemas/part-proposal.ts'
import { byCodeUnit, canonical } from '../canonical.ts'

/** Edits that are kept; a document of another kind differs everywhere. */
const MOST_EDITS = 200
/** Fields by which the items of a list are told apart, rather than by their place in it. */
const NAMES = ['rule_id', 'evaluator_id', 'capability_id', 'adapter_id', 'tool_id', 'bundle_id', 'id', 'name']

/** Values that differ, in the order of their paths; null: one of the texts is no JSON. */
export function documentDiff(
  before: string,
  after: string,
): { readonly diff: DocumentEdit[]; readonly edits: number } | null {
  const [was, is] = [json(before), json(after)]
  if (was === undefined || is === undefined) return null
  const [old, now] = [valuesOf(was), valuesOf(is)]
  const edits = [...new Set([...old.keys(), ...now.keys()])].sort(byCodeUnit).flatMap((path): DocumentEdit[] => {
    const [from, to] = [old.get(path) ?? null, now.get(path) ?? null]
    return from === to ? [] : [{ path, from, to }]
  })
  return { diff: edits.slice(0, MOST_EDITS), edits: edits.length }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Every value that holds no other, by its path. An empty list or object is a value. */
function valuesOf(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  const parts = Array.isArray(value)
    ? itemsOf(value)
    : value !== null && typeof value === 'object'
      ? Object.entries(value).map(([key, one]) => [`${path === '' ? '' : '.'}${key}`, one] as const)
      : []
  if (parts.length === 0) into.set(path === '' ? 'document' : path, canonical(value))
  for (const [step, one] of parts) valuesOf(one, `${path}${step}`, into)
  return into
}

function itemsOf(list: readonly unknown[]): (readonly [string, unknown])[] {
  const field = NAMES.find((name) => {
    const named = list.map((item) => (item as Readonly<Record<string, unknown>> | null)?.[name])
    return named.every((one) => typeof one === 'string') && new Set(named).size === named.length
  })
  return list.map(
    (item, i) => [`[${field === undefined ? i : (item as Record<string, string>)[field]}]`, item] as const,
  )
}
