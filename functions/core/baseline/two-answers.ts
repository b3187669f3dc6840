/** Code that replays is asked everything twice: in what two answers to one case differ, and what is said of how often. */
import { canonical } from '../canonical.ts'
import type { HarnessReply } from '../replay/harness.ts'
import { upperRate } from '../statistics/binomial.ts'

/** Cases that were replayed twice, and those of them with two answers. */
export interface AskedTwice {
  readonly cases: number
  readonly flips: number
  /** The first few of those with two answers: case, and what differs. */
  readonly examples: readonly string[]
  /** Families with a case that the record allows to replay and the code does not decide as recorded; of so many. */
  readonly lost_families: number
  readonly families: number
}

/** What came of asking one case twice. */
export interface SecondAnswer {
  /** In what it differs; null: in nothing. */
  readonly otherwise: string | null
  /** The record speaks of its baseline, and the code does not come to it. */
  readonly lost: boolean
}

/** Cases with two answers that are named; the rest is counted. */
export const MOST_NAMED = 5

const LEVEL = 0.05
const clip = (text: string): string => (text.length > 100 ? `${text.slice(0, 100).toWellFormed()}...` : text)

/** In what two answers to one case under the same settings differ, in words; null: in nothing. */
export function differenceOf(one: HarnessReply, two: HarnessReply): string | null {
  if (!('result' in one && 'result' in two))
    return canonical(one) === canonical(two) ? null : `${clip(saysOf(one))}, and then ${clip(saysOf(two))}`
  const results: [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>] = [
    { ...one.result, 'recorded steps used': one.served, 'answers of the model': spoken(one) },
    { ...two.result, 'recorded steps used': two.served, 'answers of the model': spoken(two) },
  ]
  for (const field of new Set(results.flatMap((r) => Object.keys(r)))) {
    const [left, right] = results.map((r) => canonical(r[field] ?? null)) as [string, string]
    if (left !== right) return `${field} ${clip(left)} and ${clip(right)}`
  }
  return null
}

/** What a model was asked and answered. */
const spoken = ({ answers }: HarnessReply): unknown => answers?.map(({ request, reply }) => [request, reply])

const saysOf = (reply: HarnessReply): string =>
  'result' in reply ? 'an answer' : 'failed' in reply ? reply.failed : reply.unreplayable

const PURE =
  'A replay is a pure function of its arguments: no clock, no chance, nothing kept from one case to the next. Mend the harness and start again; nothing was spent'

/** Why a run with such a harness is refused. */
export const twoAnswers = ({ cases, flips, examples }: Omit<AskedTwice, 'lost_families' | 'families'>): string =>
  `the harness gave two answers to ${flips} of ${cases} search cases under the same settings${bound({ cases, flips })}: ${examples.join('; ')}${flips > examples.length ? `; and ${flips - examples.length} more` : ''}. ${PURE}`

/** What is said of a harness beside every result; null: no harness was asked. */
export const askedTwiceLine = (twice: AskedTwice | undefined): string | null =>
  twice === undefined || twice.cases === 0
    ? null
    : `${twice.flips} of ${twice.cases} search cases got two answers from the harness under the baseline${bound(twice)}`

const bound = ({ cases, flips }: Pick<AskedTwice, 'cases' | 'flips'>): string =>
  ` (< ${Number((100 * upperRate(flips, cases, LEVEL)).toPrecision(2))} % at 95 %)`
