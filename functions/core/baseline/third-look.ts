/** A harness asked a third time, by `verify`: how many other answers chance explains, and what is said of them. */
import { upperRate } from '../statistics/binomial.ts'
import { MOST_NAMED } from './two-answers.ts'

/**
 * From so many other answers on a finished run is denied.
 *
 * Of one answer let p be the chances of what the harness may say, each call drawn anew. That two looks agree and a third
 * differs has the probability u = sum p^2 (1 - p), that the two do not agree d = sum p (1 - p), and 2u <= d always. So with X
 * other answers in the third look the mean of 3^X over harnesses whose two looks agree is, answer by answer,
 * (1 - d - u) + 3u = 1 - d + 2u <= 1, and over all answers <= 1 too: the probability that a run came to its end on two like
 * looks and X >= k is at most 3^-k (Markov), whatever the rates, wherever they lie and however many were asked. k = 9 is the
 * first at which that is below 1e-4.
 */
export const DENIED_FROM = 9

/** Largest probability with which a harness that draws passes two looks and is denied by the third: 5.1e-5. */
export const MOST_DENIED_BY_CHANCE = 3 ** -DENIED_FROM

/** Level of the bound that is printed. */
const LEVEL = 0.05

/** What came of asking a harness again for what a run stands on. */
export interface ThirdLook {
  /** Answers that it was asked for again. */
  readonly asked: number
  /** Those that differ from the ones on record. */
  readonly differing: number
  /** Of the search side: case, settings and what differs, as many as are named. */
  readonly examples: readonly string[]
  /** Of the sealed side only how many. */
  readonly sealed: number
  /** Share of answers that differ, upper 95 % bound over second and third look (exact); null: nothing was asked. */
  readonly bound: number | null
  /** What the gate would have said of these answers instead, where it is something else; null: the same. */
  readonly finding: string | null
}

/** Counts of a third look, answer by answer. */
export class ThirdLookCounts {
  #asked = 0
  #differing = 0
  #sealed = 0
  readonly #examples: string[] = []

  /** `of`: the case, for people; null: it is sealed. */
  add(of: string | null, otherwise: string | null): void {
    this.#asked++
    if (otherwise === null) return
    this.#differing++
    if (of === null) this.#sealed++
    else if (this.#examples.length < Math.max(MOST_NAMED, DENIED_FROM)) this.#examples.push(`${of}: ${otherwise}`)
  }

  result(finding: string | null): ThirdLook {
    const [asked, differing] = [this.#asked, this.#differing]
    // The run came to its end, so the second look of each found the same.
    const bound = asked === 0 ? null : upperRate(differing, 2 * asked, LEVEL)
    return { asked, differing, examples: this.#examples, sealed: this.#sealed, bound, finding }
  }
}

/** Is that more than chance explains, under any rate? */
export const isDenied = ({ differing }: Pick<ThirdLook, 'differing'>): boolean => differing >= DENIED_FROM

/** Why a run is denied. */
export const deniedBy = ({ asked, differing }: ThirdLook): string =>
  `asked again, it gave another answer to ${differing} of ${asked}: a harness whose first two looks agreed gives ${DENIED_FROM} or more with a probability below ${Number(MOST_DENIED_BY_CHANCE.toPrecision(2))}, whatever its rate. It draws lots, or it is no longer what it was: something that it reads is not in its digest`

/** What is said of a third look. */
export function thirdLookLines({ asked, differing, examples, sealed, bound, finding }: ThirdLook): string[] {
  if (bound === null) return []
  const percent = Number((100 * bound).toPrecision(2))
  const standing = isDenied({ differing })
    ? ''
    : differing === 0
      ? ''
      : '. The answers on record stand: so few are what chance explains, and a harness that draws at that rate passes two looks'
  const unnamed = differing - sealed - examples.length
  return [
    `third look: ${differing} of ${asked} answers of the harness differ from those on record (< ${percent} % at 95 %, with the second look)${standing}`,
    ...examples.map((example) => `  ${example}`),
    ...(unnamed > 0 ? [`  and ${unnamed} more of the search side`] : []),
    ...(sealed > 0 ? [`  ${sealed} on the sealed side`] : []),
    ...(finding === null ? [] : [`finding: ${finding}`]),
  ]
}
