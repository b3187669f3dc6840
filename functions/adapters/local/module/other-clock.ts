/**
 * Another date for the second look at a case. Two looks within seconds agree on whatever a harness makes of the hour or the day,
 * and `verify` denies it later; the dates of a second look lie hours to weeks ahead, each case at another one. Durations stay.
 */
import { createHash } from 'node:crypto'

const HOUR_MS = 3_600_000
const MOST_HOURS = 28 * 24

/** How far ahead of the present date a case is looked at again: the same for every look at it. */
export function aheadOf(caseId: string): number {
  const drawn = createHash('sha256').update(caseId).digest().readUInt32BE(0)
  return HOUR_MS + (drawn % (MOST_HOURS * HOUR_MS))
}

/** Puts a clock that can be set ahead in the place of this process's; to be called before any code of the harness runs. */
export function settableClock(): (aheadMs: number) => void {
  let ahead = 0
  const Real = Date
  const realNow = Date.now
  const now = () => realNow() + ahead
  Object.defineProperty(Real, 'now', { value: now, writable: true, configurable: true })
  const shifted = new Proxy(Real, {
    construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as) as object,
    apply: () => new Real(now()).toString(),
  })
  Object.defineProperty(Real.prototype, 'constructor', { value: shifted, writable: true, configurable: true })
  globalThis.Date = shifted
  const { Temporal } = globalThis as { Temporal?: { Now: Record<string, unknown> } }
  if (Temporal)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Temporal.Now)))
      if (typeof value === 'function' && name !== 'timeZoneId')
        Object.defineProperty(Temporal.Now, name, {
          value: (...args: unknown[]) => (value(...args) as Addable).add({ milliseconds: ahead }),
        })
  shiftFormats(now)
  return (aheadMs) => {
    ahead = aheadMs
  }
}

/** Without an argument they write the present date. */
function shiftFormats(now: () => number): void {
  const { prototype } = Intl.DateTimeFormat
  const { get } = Object.getOwnPropertyDescriptor(prototype, 'format')!
  Object.defineProperty(prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      const format = get!.call(this) as (date: unknown) => string
      return (date?: unknown) => format(date ?? now())
    },
    configurable: true,
  })
  const { formatToParts } = prototype
  prototype.formatToParts = function parts(date) {
    return formatToParts.call(this, date ?? now())
  }
}

interface Addable {
  add(duration: { readonly milliseconds: number }): unknown
}
