/** What teams watch daily rates with: Shewhart, EWMA, CUSUM, and three deviations of the last seven days. One series each. */

/** One rule over the days of one series: a day's passes of its runs; true where it alarms. */
export type Rule = () => (passes: number, runs: number) => boolean

/** Rate at the edge, which every rule is told: a rate that has to be learned alarms earlier. */
export const EDGE = 0.9
const deviation = (runs: number): number => Math.sqrt((EDGE * (1 - EDGE)) / runs)

export const RULES: Readonly<Record<string, Rule>> = {
  'Shewhart, 3 sigma': () => (passes, runs) => passes / runs < EDGE - 3 * deviation(runs),
  'EWMA .2, L 2.86': () => {
    let smooth = EDGE
    return (passes, runs) => {
      smooth = 0.2 * (passes / runs) + 0.8 * smooth
      return smooth < EDGE - 2.86 * deviation(runs) * Math.sqrt(0.2 / 1.8)
    }
  },
  'CUSUM for .80, h = ln 1000': () => {
    let sum = 0
    const won = Math.log(0.8 / EDGE)
    const lost = Math.log(0.2 / (1 - EDGE))
    return (passes, runs) => {
      sum = Math.max(0, sum + passes * won + (runs - passes) * lost)
      return sum > Math.log(1000)
    }
  },
  'last 7 days, 3 sd': () => {
    const days: number[] = []
    return (passes, runs) => {
      const rate = passes / runs
      const seen = days.slice(-7)
      days.push(rate)
      if (seen.length < 7) return false
      const mean = seen.reduce((a, b) => a + b, 0) / 7
      const sd = Math.sqrt(seen.reduce((sum, day) => sum + (day - mean) ** 2, 0) / 6)
      return rate < mean - 3 * sd
    }
  },
}
