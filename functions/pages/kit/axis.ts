/** What every plot reckons its places by: a linear axis with air at its ends, and a place as it is written. */
import { scaleLinear } from 'd3-scale'

/** A place, to a tenth of a pixel. */
export const px = (place: number): string => place.toFixed(1)

/** An axis around values; `flat` is the span around values that are all 0, `air` the part of the span that is left free at each end. */
export function axis(values: readonly number[], range: readonly number[], flat = 1, air = 0.08) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const free = (high - low || Math.abs(high) || flat) * air
  return scaleLinear()
    .domain([low - free, high + free])
    .range(range)
}
