/**
 * Check `recorded_verdict`: what somebody said of a recorded run, by name and version. It was said of what happened then, so
 * it stands only where a replay reads the recorded context, decides the same and asks the same; anywhere else nobody knows.
 */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { BareRecording } from '../../replay/slim.ts'
import { type Replayed, recordedAsked } from '../../replay/transcript.ts'
import { type Check, fail, finding, type Of, pass, unmeasured } from './check.ts'
import { onScale } from './result.ts'

type Said = NonNullable<ExperienceRun['outcome']['scores']>[number]

export const recordedVerdict: Check<'recorded_verdict'> = {
  judge(r, evaluator) {
    const said = recordedVerdicts(r.trimmed.recording, evaluator)
    if (typeof said === 'string') return unmeasured(said)
    const lost = whyLost(r)
    // It was measured, and this replay took it away: that counts against the candidate, and is no score.
    if (lost !== null)
      return { score: null, status: 'fail', findings: [finding(`${nameOf(evaluator)}: unknown, ${lost}`)] }
    const failed = said.find(({ passed }) => !passed)
    const score = Math.min(...said.map((s) => s.score))
    if (!failed) return { ...pass, score }
    return fail([finding(`${nameOf(evaluator)}: ${failed.finding ?? 'failed'}`)], score)
  },
  look: (r, evaluator) => (typeof recordedVerdicts(r, evaluator) === 'string' ? 'not_recorded' : 'exposed'),
  needsVerdict: true,
  ofRecord: () => true,
  breaks: ['any', 'any', 'any', 'any', 'any'],
  lacks: 'record the verdict in outcome.scores, with the name, kind and version that the suite pins',
}

const nameOf = ({ name, version }: Of<'recorded_verdict'>): string =>
  `verdict ${name}${version === null ? '' : ` of version ${version}`}`

/** Verdicts of the pinned name, kind, version and dimension, each on the scale; or why there is none that counts. */
export function recordedVerdicts(
  { outcome }: Pick<BareRecording, 'outcome'>,
  evaluator: Of<'recorded_verdict'>,
): readonly { readonly score: number; readonly passed: boolean; readonly finding: string | null }[] | string {
  const named = (outcome.scores ?? []).filter(({ name }) => name === evaluator.name)
  if (named.length === 0) return `${nameOf(evaluator)} is not recorded`
  const counted = named.filter((said) => otherThan(evaluator, said) === null)
  if (counted.length === 0) return `${nameOf(evaluator)} is not recorded: ${otherThan(evaluator, named[0]!)}`
  const read = counted.map((said) => {
    const { value = null, passed = null, finding = null } = said
    if (value === null) return { score: passed ? 1 : 0, passed: passed === true, finding }
    const at = onScale(value, evaluator)
    return at && { score: at.score, passed: passed ?? at.passed, finding }
  })
  const known = read.filter((at) => at !== null)
  return known.length === read.length ? known : `${nameOf(evaluator)} is outside the range that the suite declares`
}

/** Why a verdict of the name is none that counts; null: it counts. */
function otherThan({ version, kind, dimension }: Of<'recorded_verdict'>, said: Said): string | null {
  if ((said.version ?? null) !== version)
    return `the record has ${said.version ? `version ${said.version}` : 'one without a version'}`
  if (said.kind !== kind) return `the record has one of kind ${said.kind}, the suite pins ${kind}`
  if ((said.dimension ?? dimension) !== dimension)
    return `the record has one about ${said.dimension}, the suite pins ${dimension}`
  return null
}

/** Why a recorded verdict says nothing of a replay; null: the replay is what was recorded. */
function whyLost({ trimmed: { equal, prepared, asked }, otherDecision }: Replayed): string | null {
  if (!equal) return 'the context is another than the one that it was given on'
  if (otherDecision !== null) return `decided otherwise than recorded: ${otherDecision}`
  const was = recordedAsked(prepared)
  const same = was.length === asked.length && was.every((flag, i) => flag === asked[i])
  return same ? null : 'other actions wait for a person than when it was given'
}
