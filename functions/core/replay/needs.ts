/**
 * Finds the needs of recorded actions: every value of their arguments, and each place where it could have been read. A value
 * is traced by the strongest kind of match that any place has (`MATCH`), and only places with a match of that kind let it be
 * read: a looser one may explain where a value came from, and never rescues it from a cut.
 */
import { layerBit, MATCH, type Match, PLACE } from '#schemas/need-places.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { type Found, ReadableText } from './readable-text.ts'
import { type PassedValue, passedValues } from './values.ts'

export interface NeedingAction {
  readonly arguments: unknown
  /** Only items before this step were readable. */
  readonly readableBefore: number
  /** Sub-agent that acts; null or absent: the root. */
  readonly agent?: string | null
}
/** Where something stood in a run. */
export interface Placed {
  readonly at: number
  /** Agents in whose context it stands; absent: everybody's. */
  readonly agents?: readonly (string | null)[] | undefined
}
export interface ReadableItem extends Placed {
  readonly text: string
  readonly tokens?: number | null
}
export interface Readable {
  readonly kind: number
  readonly items: readonly ReadableItem[]
  /** What stood in this layer and was not recorded as text. */
  readonly unread?: readonly Placed[]
}

/** Needs in columns, and their values. */
export interface Needs extends Pick<Recording, 'needs' | 'never_grounded' | 'untraced'> {
  /** Value of each need, in lower case. */
  readonly values: readonly string[]
}

/** An item with what is looked up in it again and again. */
interface Item extends ReadableItem {
  readonly readable: ReadableText
}
interface Place extends Found {
  readonly layer: number
  readonly index: number
  readonly item: Item
}

/**
 * Needs in columns. Values found nowhere are `untraced`, with the layers that could have held them, and counted in
 * `never_grounded`. `depth`: an item is cut to its head (tool output) or tail (dialogue), so a place says how many tokens
 * must survive.
 */
export function findNeeds(actions: readonly NeedingAction[], readables: readonly Readable[]): Needs {
  const layers = readables.map(({ kind, items, unread = [] }) => ({
    kind,
    items: items.map((item): Item => ({ ...item, readable: new ReadableText(item.text) })),
    unread,
  }))
  const needs = { action: [], name: [], first: [0], kind: [], item: [], depth: [], match: [] } as Columns
  const untraced: NonNullable<Recording['untraced']> = { action: [], name: [], layers: [], unread: [] }
  const values: string[] = []
  for (const [index, action] of actions.entries()) {
    const seen = new Set<string>()
    const add = (value: PassedValue): boolean => {
      const found = traced(value, action, layers)
      if (found && !seen.has(value.text)) {
        seen.add(value.text)
        for (const place of found.places) {
          needs.kind.push(place.layer)
          needs.item.push(place.index)
          needs.depth.push(depthOf(place))
        }
        needs.action.push(index)
        needs.name.push(value.name)
        needs.match!.push(found.match)
        needs.first.push(needs.kind.length)
        values.push(value.text)
      }
      return found !== null
    }
    for (const value of passedValues(action.arguments)) {
      if (add(value)) continue
      // Every one of its ids is looked for, also when one of them was found nowhere.
      if (value.ids.length > 0 && value.ids.map(add).every(Boolean)) continue
      untraced.action.push(index)
      untraced.name.push(value.name)
      const bits = (items: (layer: (typeof layers)[number]) => readonly Placed[]) =>
        layers.reduce((set, l) => set | (items(l).some((i) => isReadable(i, action)) ? layerBit(l.kind) : 0), 0)
      untraced.layers.push(bits((l) => [...l.items, ...l.unread]))
      untraced.unread.push(bits((l) => l.unread))
    }
  }
  const count = untraced.action.length
  return { needs, never_grounded: count, ...(count > 0 ? { untraced } : {}), values }
}

type Columns = { -readonly [K in keyof Recording['needs']]: Recording['needs'][K] }
type Layers = readonly { readonly kind: number; readonly items: readonly Item[] }[]

/** Did an item stand in the context of an action? */
export const isReadable = ({ at, agents }: Placed, { readableBefore, agent = null }: NeedingAction): boolean =>
  at < readableBefore && (agents === undefined || agents.includes(agent))

/** Places of the strongest kind of match; null: the value stands nowhere. */
function traced(
  value: PassedValue,
  action: NeedingAction,
  layers: Layers,
): { readonly match: Match; readonly places: readonly Place[] } | null {
  for (const [match, search] of passesFor(value)) {
    const places = layers.flatMap(({ kind, items }) =>
      items.flatMap((item, index) => {
        // What survives a cut longest: the first place in tool output, the last in dialogue.
        const found = isReadable(item, action) ? search(item.readable, kind === PLACE.memory) : null
        return found ? [{ layer: kind, index, item, at: found.at, end: found.end }] : []
      }),
    )
    if (places.length > 0) return { match, places }
  }
  return null
}

/** A value as it is spelled in a text, and whether it stood there as part of something longer only. */
interface TracedText {
  readonly text: string
  readonly isPart: boolean
}

/** Each traced value of an action as it is spelled in some lower-case texts: what a prompt must hold to have read it. */
export function tracedTexts(args: unknown, texts: readonly string[]): TracedText[] {
  const items = texts.map((text): Item => ({ at: -1, text, readable: new ReadableText(text) }))
  const action = { arguments: args, readableBefore: 0 }
  const values = passedValues(args).flatMap((value) => [value, ...value.ids])
  const spelled = values.flatMap((value) => {
    const found = traced(value, action, [{ kind: PLACE.evidence, items }])
    if (!found) return []
    // A quoted number is found with its quotes.
    const spellings = found.places.map(({ item, at, end }) => item.text.slice(at, end).replaceAll('"', ''))
    const text = spellings.includes(value.text) ? value.text : spellings[0]!
    return [{ text, isPart: found.match === MATCH.part }]
  })
  return [...new Map(spelled.map((one) => [one.text, one])).values()]
}

/** Finds the first place in a text, or the last one. */
type Search = (text: ReadableText, isLast: boolean) => Found | null

const one = (found: readonly Found[], isLast: boolean): Found | null =>
  found.reduce<Found | null>((a, b) => (a === null || (isLast ? b.at > a.at : b.end < a.end) ? b : a), null)

/**
 * The searches for a value, strongest kind first. A number of one or two digits is found as a value of JSON alone: as text it
 * stands everywhere. An id is as good in text as in JSON; a number that was passed as one is better in JSON.
 */
function passesFor(value: PassedValue): (readonly [Match, Search])[] {
  const { text, number } = value
  const inJson = (t: ReadableText): Found[] => t.jsonNumbers.filter((n) => n.value === number)
  const json = [MATCH.json, (t, isLast) => one(inJson(t), isLast)] satisfies [Match, Search]
  if (value.isSmall) return [json]
  const passes: (readonly [Match, Search])[] = value.isNumber ? [json] : []
  passes.push([MATCH.text, (t, isLast) => t.bounded(text, number !== null, isLast)])
  if (number !== null)
    passes.push([
      MATCH.spelling,
      (t, isLast) => one([...inJson(t), ...t.numbers.filter((n) => n.values.includes(number))], isLast),
    ])
  const { days, monthDay, time } = value
  if (days.length > 0 && !time)
    passes.push([
      MATCH.spelling,
      (t, isLast) =>
        one(
          t.days.filter((d) => d.days.some((day) => days.includes(day))),
          isLast,
        ),
    ])
  passes.push([MATCH.part, (t, isLast) => t.part(text, number !== null, isLast)])
  if (monthDay !== null)
    passes.push([
      MATCH.part,
      (t, isLast) =>
        one(
          t.days.filter((d) => isPerhaps(d, value)),
          isLast,
        ),
    ])
  return passes
}

/** The same day where one of the two says less: no year, or no time. */
const isPerhaps = (
  { days, monthDay }: { readonly days: readonly string[]; readonly monthDay: string | null },
  value: PassedValue,
): boolean =>
  monthDay === null
    ? days.some((day) => (value.days.length > 0 ? value.days.includes(day) : day.slice(5) === value.monthDay))
    : monthDay === value.monthDay || value.days.some((day) => day.slice(5) === monthDay)

/** Tokens of the item that must survive the cut for the value to stay readable. */
function depthOf({ layer, item, at, end }: Place): number {
  if (layer === PLACE.evidence) return 0
  const { length } = item.readable
  const chars = layer === PLACE.memory ? length - at : end
  const tokens = item.tokens ?? null
  // Multiplied before it is divided: chars / (length / tokens) comes out a last bit above `tokens` for a whole item.
  return Math.ceil(tokens === null ? chars / 4 : (chars * tokens) / length)
}
