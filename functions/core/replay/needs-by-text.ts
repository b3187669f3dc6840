/**
 * Needs by compile rules 1: a value is found by its lower-case text, wherever it stands. Only runs over sets that were compiled
 * by them are still recomputed with it; everything else is traced by `needs.ts`.
 */
import { PLACE } from '#schemas/need-places.ts'

import type { NeedingAction, Needs, Readable, ReadableItem } from './needs.ts'

/**
 * Needs in columns. A value is a number, or a text of three characters or more; it is found by its lower-case text.
 * Values found nowhere are counted in `never_grounded`, not needs: nothing shows where they came from.
 * `depth`: an item is cut to its head (tool output) or tail (dialogue), so a place says how many tokens must survive.
 */
export function findNeedsByText(actions: readonly NeedingAction[], readables: readonly Readable[]): Needs {
  const lowered = readables.map(({ kind, items }) => ({
    kind,
    items: items.map((item) => ({ ...item, text: item.text.toLowerCase() })),
  }))
  const needs = {
    action: [] as number[],
    name: [] as string[],
    first: [0],
    kind: [] as number[],
    item: [] as number[],
    depth: [] as number[],
  }
  const values: string[] = []
  let neverGrounded = 0
  actions.forEach((action, index) => {
    for (const [value, name] of leafValues(action.arguments)) {
      const before = needs.kind.length
      for (const { kind, items } of lowered) {
        items.forEach((item, i) => {
          if (!isReadable(item, action)) return
          const depth = depthOf(kind, item.text, value, item.tokens ?? null)
          if (depth === null) return
          needs.kind.push(kind)
          needs.item.push(i)
          needs.depth.push(depth)
        })
      }
      if (needs.kind.length === before) {
        neverGrounded++
        continue
      }
      needs.action.push(index)
      needs.name.push(name)
      values.push(value)
      needs.first.push(needs.kind.length)
    }
  })
  return { needs, never_grounded: neverGrounded, values }
}

/** Did an item stand in the context of an action? */
const isReadable = ({ at, agents }: ReadableItem, { readableBefore, agent = null }: NeedingAction): boolean =>
  at < readableBefore && (agents === undefined || agents.includes(agent))

/** Tokens of the item that must survive the cut for the value to stay readable; null when it is not in the item. */
function depthOf(kind: number, text: string, value: string, tokens: number | null): number | null {
  const at = kind === PLACE.memory ? text.lastIndexOf(value) : text.indexOf(value)
  if (at < 0) return null
  if (kind === PLACE.evidence) return 0
  const chars = kind === PLACE.memory ? text.length - at : at + value.length
  // Multiplied before it is divided: chars / (length / tokens) comes out a last bit above `tokens` for a whole item.
  return Math.ceil(tokens === null ? chars / 4 : (chars * tokens) / text.length)
}

/** Distinct leaf values of an argument object with the path of the first: texts of >= 3 characters, and numbers. */
export function leafValues(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) leafValues(inner, path ? `${path}.${key}` : key, into)
    return into
  }
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  const long = typeof value === 'number' || text.length >= 3
  if (long && !into.has(text.toLowerCase())) into.set(text.toLowerCase(), path)
  return into
}
