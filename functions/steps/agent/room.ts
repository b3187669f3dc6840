/** How much is told to an agent: texts and lists are cut where there is no more room, and it is said by how much. */

/** Room of one value. */
export interface Room {
  /** Characters of one text; never so few that an id or a name is cut. */
  readonly text: number
  /** Elements of one list. */
  readonly parts: number
}

/** A value whose texts and lists are no longer than there is room for; `counted` hears of each cut. */
export function within(value: unknown, room: Room, counted: { cut: number }): unknown {
  if (typeof value === 'string') {
    if (value.length <= room.text) return value
    counted.cut++
    return `${value.slice(0, room.text).toWellFormed()} ... (${value.length - room.text} characters more)`
  }
  if (Array.isArray(value)) {
    if (value.length > room.parts) counted.cut++
    return value.slice(0, room.parts).map((one) => within(one, room, counted))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, within(one, room, counted)]))
}

/** Rooms from the widest to one that leaves little. */
export const ROOMS: readonly Room[] = [
  { text: 8000, parts: 400 },
  { text: 2000, parts: 100 },
  { text: 600, parts: 40 },
  { text: 320, parts: 12 },
]

/** The value in the widest room in which its JSON has so many characters at most; undefined: in none. */
export function fitted<T>(value: T, most: number): T | undefined {
  if (JSON.stringify(value).length <= most) return value
  for (const room of ROOMS) {
    const cut = within(value, room, { cut: 0 })
    if (JSON.stringify(cut).length <= most) return cut as T
  }
  return undefined
}

/**
 * As many rows from the front as fit: each is cut by itself where it takes too much, and one that fits in no room is passed over.
 * `passed`: rows that were told or passed over; at least one, where there are any, so that whoever goes on from there ends.
 */
export function fittedRows<T>(rows: readonly T[], most: number): { readonly told: T[]; readonly passed: number } {
  const told: T[] = []
  let left = most
  for (const [passed, row] of rows.entries()) {
    const one = fitted(row, most / 4)
    if (one === undefined) continue
    left -= JSON.stringify(one).length + 1
    if (left < 0) return { told, passed }
    told.push(one)
  }
  return { told, passed: rows.length }
}
