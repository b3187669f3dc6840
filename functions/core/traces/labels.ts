/** Labels of a run from recorded scores and annotations: those that the user names, and no other. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ScoreRule, TraceOptions } from './options.ts'
import type { Score } from './span.ts'
import type { Tally } from './tally.ts'
import { nameOf } from './words.ts'

type Outcome = ExperienceRun['outcome']

export interface Labels {
  readonly passed: Outcome['passed']
  readonly score: Outcome['score']
  readonly score_kind: Outcome['score_kind']
  readonly scores: NonNullable<Outcome['scores']>
  readonly corrections: ExperienceRun['operator_corrections']
  /** Named scores outside 0..1 that no rule says how to read. */
  readonly unreadable: readonly string[]
}

export function labelsOf(scores: readonly Score[], options: TraceOptions, tally: Tally): Labels {
  const named = options.scores.flatMap((rule) =>
    scores.filter(({ name }) => name === rule.name).map((score) => ({ rule, score })),
  )
  for (const score of scores) {
    const how = options.scores.some((rule) => rule.name === score.name) ? 'mapped' : 'unmapped'
    tally.saw(`scores.${how}.${score.name.replaceAll('.', '_')}`, null, `${score.kind} ${optionFor(score)}`)
  }
  const words = options.scores.map((rule) => lastWord(rule, scores, tally))
  const decided = words.find((word) => word !== null && word !== 'disagreed') ?? null
  const graded = named.findLast(
    ({ rule, score }) =>
      words[options.scores.indexOf(rule)] !== 'disagreed' &&
      typeof score.value === 'number' &&
      score.value >= 0 &&
      score.value <= 1,
  )
  return {
    passed: decided?.passed ?? null,
    score: graded ? (graded.score.value as number) : null,
    score_kind: kindOf(decided ?? graded ?? null),
    scores: scores.flatMap((score) => {
      const value = numberIn(score)
      const name = nameOf(score.name)
      if (value === null || name === null) return []
      return [{ name, value, kind: score.kind, annotator: nameOf(score.annotator) }]
    }),
    corrections: scores
      .filter(({ name, kind }) => options.corrections.has(name) && kind === 'human')
      .map((score, i) => ({
        correction_id: `${nameOf(score.name) ?? 'correction'}-${i + 1}`,
        kind: 'note' as const,
        passed: null,
        operator: nameOf(score.annotator),
        notes:
          (score.comment ?? score.label ?? (score.value === null ? null : String(score.value)))?.slice(0, 4000) ?? null,
      })),
    unreadable: named.flatMap(({ rule, score }) =>
      rule.rule === null && typeof score.value === 'number' && (score.value < 0 || score.value > 1) ? [score.name] : [],
    ),
  }
}

interface Word {
  readonly rule: ScoreRule
  readonly score: Score
  readonly passed: boolean
}

/** The last verdict of a rule, oldest first. Two that differ, and nothing that says which is newer, are none: somebody has to decide. */
function lastWord(rule: ScoreRule, scores: readonly Score[], tally: Tally): Word | 'disagreed' | null {
  const said = scores.flatMap((score): Word[] => {
    const passed = score.name === rule.name ? passedBy(rule, score) : null
    return passed === null ? [] : [{ rule, score, passed }]
  })
  const last = said.at(-1)
  if (!last) return null
  const contrary = said.filter(({ passed }) => passed !== last.passed)
  if (contrary.length === 0) return last
  tally.add('scores.disagreeing')
  const isLater = contrary.every(({ score }) => score.time && last.score.time && score.time !== last.score.time)
  return isLater ? last : 'disagreed'
}

/** What `--score` would name it by, with the value of this one. */
function optionFor({ name, value, label }: Score): string {
  if (label !== null) return `${name}=${label}`
  return typeof value === 'number' ? `${name}>=0.5` : typeof value === 'string' ? `${name}=${value}` : name
}

const kindOf = (found: { readonly rule: ScoreRule; readonly score: Score } | null): Outcome['score_kind'] =>
  found === null ? null : (found.rule.kind ?? found.score.kind)

/** A yes is 1, a no is 0. */
function numberIn({ value }: Score): number | null {
  const number = typeof value === 'boolean' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** Passed or failed by its rule. A bare name decides only where the score itself is a yes or a no. */
function passedBy({ rule }: ScoreRule, score: Score): boolean | null {
  const { value, label } = score
  if (rule === null) return typeof value === 'boolean' ? value : null
  if (rule.op === '=') {
    const said = label ?? (value === null ? null : String(value))
    return said === null ? null : said.toLowerCase() === rule.value.toLowerCase()
  }
  const number = numberIn(score)
  if (number === null) return null
  return { '>=': number >= rule.value, '>': number > rule.value, '<=': number <= rule.value, '<': number < rule.value }[
    rule.op
  ]
}
