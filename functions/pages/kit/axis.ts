/** What every plot reckons its places by: linear scales with their ticks, places of names in a row, and a place as it is written. */

/** A place, to a tenth of a pixel. */
export const px = (place: number): string => place.toFixed(1)

/** Where a value stands; `ticks`: about so many round values of the domain, in order. */
export interface Scale {
  (value: number): number
  readonly ticks: (count: number) => readonly number[]
}

/** Puts the ends of a domain, low to high or high to low, at the ends of a range. A domain of one value stands in the middle. */
export function linear([first, last]: readonly number[], [from, to]: readonly number[]): Scale {
  const span = last! - first!
  const place = (value: number): number => {
    const share = span === 0 ? 0.5 : (value - first!) / span
    return from! * (1 - share) + to! * share
  }
  return Object.assign(place, { ticks: (count: number) => ticks(first!, last!, count) })
}

/** Places of so many names side by side, the first and the last at the ends of a range. */
export function placesOf(n: number, [from, to]: readonly number[]): readonly number[] {
  const step = (to! - from!) / Math.max(1, n - 1)
  const start = n === 1 ? (from! + to!) / 2 : from!
  return Array.from({ length: n }, (_, i) => start + step * i)
}

/** An axis around values; `flat` is the span around values that are all 0, `air` the part of the span that is left free at each end. */
export function axis(values: readonly number[], range: readonly number[], flat = 1, air = 0.08): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const free = (high - low || Math.abs(high) || flat) * air
  return linear([low - free, high + free], range)
}

/** Multiples of 1, 2 or 5 times a power of ten within an interval, about `count` of them, as D3 chooses them. */
export function ticks(first: number, last: number, count: number): readonly number[] {
  const [low, high] = [Math.min(first, last), Math.max(first, last)]
  if (low === high) return [low]
  const step = (high - low) / count
  const power = Math.floor(Math.log10(step))
  const rest = step / 10 ** power
  const factor = rest >= Math.sqrt(50) ? 10 : rest >= Math.sqrt(10) ? 5 : rest >= Math.SQRT2 ? 2 : 1
  // A step below 1 is a whole number of parts: so that .3 is 3 / 10 and not 3 * .1.
  const unit = power < 0 ? 10 ** -power / factor : 10 ** power * factor
  const of = (n: number): number => (power < 0 ? n / unit : n * unit)
  let [i, end] = [low, high].map((value) => Math.round(power < 0 ? value * unit : value / unit)) as [number, number]
  if (of(i) < low) i++
  if (of(end) > high) end--
  const found: number[] = []
  for (; i <= end; i++) found.push(of(i))
  return last < first ? found.reverse() : found
}
