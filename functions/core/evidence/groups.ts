/** Cases that went another way, in groups of one pattern each, with a few of them kept to be shown whole. */
import { byCodeUnit, digestOf } from '../canonical.ts'
import type { CasePair } from './case-pair.ts'
import { type Pattern, patternInWords, patternOf } from './patterns.ts'
import type { CaseGroup, Course, UtilityTally } from './types.ts'
import { type CaseSketch, sketchOf } from './whole-case.ts'

/** Patterns that are told apart while cases are read; those beyond are one. */
const MOST_PATTERNS = 200
const OTHERS = 'other patterns'
/** Groups that are shown, by course; the smallest are told together. */
const SHOWN = { worse: 12, better: 6, held: 4 } as const satisfies Record<Course, number>
/** Groups of which cases are shown whole, by course. */
const WHOLE = { worse: 3, better: 1, held: 2 } as const satisfies Record<Course, number>
const CASES_A_GROUP = 2
const MOST_IDS = 200
const COURSES = ['worse', 'better', 'held'] as const

interface Group {
  readonly course: Course
  readonly pattern: string
  /** Sources that the pattern is of. */
  readonly sources: Set<string>
  cases: number
  readonly families: Set<string>
  readonly ids: string[]
  readonly sketches: CaseSketch[]
}

export class Groups {
  readonly #groups = new Map<string, Group>()
  readonly #families = { worse: new Set<string>(), better: new Set<string>() }
  #labelled = 0
  #worse = 0
  #better = 0

  /** @param course of the pair; null: nothing of it changed */
  add(pair: CasePair, course: Course | null): void {
    if (pair.before.measures.utility_passed !== null) this.#labelled++
    if (course === null) return
    const { case_id, family_id } = pair.case
    if (course !== 'held') this.#families[course].add(family_id)
    if (course === 'worse') this.#worse++
    if (course === 'better') this.#better++
    const pattern = patternOf(pair, course)
    const group = this.#group(course, pattern)
    if (pattern.source !== null) group.sources.add(pattern.source)
    group.cases++
    group.families.add(family_id)
    if (group.ids.length < MOST_IDS) group.ids.push(case_id)
    keep(group.sketches, pair)
  }

  tally(): UtilityTally {
    return {
      labelled: this.#labelled,
      worse: this.#worse,
      better: this.#better,
      worse_families: this.#families.worse.size,
      better_families: this.#families.better.size,
    }
  }

  /** Groups as they are told, and the cases that are shown of them. */
  told(): { groups: CaseGroup[]; sketches: (readonly [group: string, sketch: CaseSketch])[] } {
    const groups: CaseGroup[] = []
    const sketches: (readonly [string, CaseSketch])[] = []
    for (const course of COURSES) {
      const all = [...this.#groups.values()]
        .filter((g) => g.course === course)
        .sort((a, b) => losesFirst(a, b) || b.cases - a.cases || byCodeUnit(a.pattern, b.pattern))
      const shown =
        all.length <= SHOWN[course] ? all : [...all.slice(0, SHOWN[course] - 1), together(all, SHOWN[course] - 1)]
      for (const [at, { pattern: says, sources, cases, families, ids, sketches: kept }] of shown.entries()) {
        const pattern = patternInWords(says, sources)
        const id = `g_${digestOf([course, pattern]).slice(7, 19)}`
        groups.push({ id, course, pattern, cases, families: families.size, case_ids: ids })
        if (at < WHOLE[course]) sketches.push(...kept.map((sketch) => [id, sketch] as const))
      }
    }
    return { groups, sketches }
  }

  #group(course: Course, { says: pattern }: Pattern): Group {
    const named = this.#groups.size < MOST_PATTERNS || this.#groups.has(`${course} ${pattern}`) ? pattern : OTHERS
    const key = `${course} ${named}`
    const group = this.#groups.get(key) ?? {
      course,
      pattern: named,
      sources: new Set(),
      cases: 0,
      families: new Set(),
      ids: [],
      sketches: [],
    }
    this.#groups.set(key, group)
    return group
  }
}

/** Of what held, a pattern of a source is one that loses a needed passage: however few they are, they are looked at first. */
const losesFirst = (a: Group, b: Group): number =>
  a.course === 'held' ? Number(b.sources.size > 0) - Number(a.sources.size > 0) : 0

/** The first cases of a group; one in which something is written says more than one in which nothing is. */
function keep(sketches: CaseSketch[], pair: CasePair): void {
  const writes = (sketch: Pick<CaseSketch, 'actions'>) => sketch.actions.some((a) => a.writes === true)
  if (sketches.length < CASES_A_GROUP) {
    sketches.push(sketchOf(pair))
    return
  }
  const idle = sketches.findIndex((s) => !writes(s))
  if (idle < 0 || !pair.recording.actions.writes.includes(true)) return
  sketches.splice(idle, 1)
  sketches.push(sketchOf(pair))
}

function together(groups: readonly Group[], from: number): Group {
  const rest = groups.slice(from)
  return {
    course: rest[0]!.course,
    pattern: OTHERS,
    sources: new Set(),
    cases: rest.reduce((sum, g) => sum + g.cases, 0),
    families: new Set(rest.flatMap((g) => [...g.families])),
    ids: rest
      .flatMap((g) => g.ids)
      .sort(byCodeUnit)
      .slice(0, MOST_IDS),
    sketches: rest.flatMap((g) => g.sketches).slice(0, CASES_A_GROUP),
  }
}
