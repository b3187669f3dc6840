/**
 * Which arm serves a run: a pure function of the routing document and the subject, so that a run can prove later why it
 * got baseline or candidate. No imports: copy this file into your runtime, or import it as it is.
 *
 * Stable: the same subject gets the same arm while the routing document stands. Intent-scoped: another intent is never
 * touched. Monotone: whoever has the candidate in one stage keeps it in every later one, as long as their attributes
 * stay. Independent: each rollout splits subjects anew, so nobody is always first.
 */

/** A value an attribute may have. */
export type Attribute = string | number | boolean

/** Who gets the candidate in one stage. `where`: all must hold; null means every subject. Shares are of those who match. */
interface RoutingCohort {
  readonly stage: string
  readonly share: number
  readonly shadow_share: number
  readonly where: readonly { readonly attribute: string; readonly in: readonly Attribute[] }[] | null
}

/** The routing part of a rollout artifact: `cohorts` of the stage in force and of all before it, in order. */
export interface RoutingDocument {
  readonly rollout_id: string
  readonly intent: string
  readonly baseline: string
  readonly candidate: string
  readonly period: string | null
  readonly cohorts: readonly RoutingCohort[]
}

/** Who is served. `id` is stable over a person's or a conversation's life; an absent attribute matches nothing. */
export interface Subject {
  readonly id: string
  readonly intent: string
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** An assignment, to be stored with the run: it says which arm, why, and how the run may be counted. */
export interface Assignment {
  readonly rollout_id: string
  readonly intent: string
  readonly arm: 'baseline' | 'candidate'
  /** Tuple that serves the run; null when the rollout says nothing about this intent. */
  readonly release_tuple_id: string | null
  readonly period: string | null
  /** 0..9999; null for another intent. */
  readonly bucket: number | null
  /** Execute this run on the other arm too, without effect, and log both under one `pair`. */
  readonly shadow: boolean
  /** The stage's split decided this subject's arm: the run may be compared with runs of the other arm. */
  readonly compared: boolean
  readonly because: string
}

const BUCKETS = 10_000

/** Buckets of a share, whole: .0007 * 10000 is a hair above 7. */
export const limitOf = (share: number): number => Math.round(share * BUCKETS)

/** Assigns a subject. Total: whatever is wrong with the subject, the answer is the baseline. */
export function assignArm(routing: RoutingDocument, subject: Subject): Assignment {
  const { rollout_id, period, cohorts } = routing
  const answer = { rollout_id, intent: subject.intent, period, bucket: null, shadow: false, compared: false }
  if (subject.intent !== routing.intent)
    return { ...answer, arm: 'baseline', release_tuple_id: null, because: `this rollout is for ${routing.intent}` }
  if (subject.id === '')
    return { ...answer, arm: 'baseline', release_tuple_id: routing.baseline, because: 'the subject has no id' }
  const bucket = bucketOf(`${rollout_id}/${subject.id}`)
  const reached = cohorts.find((cohort) => matches(cohort, subject) && bucket < limitOf(cohort.share))
  const current = cohorts.at(-1)
  const inCurrent = current !== undefined && matches(current, subject)
  const shadow = inCurrent && bucketOf(`${rollout_id}/shadow/${subject.id}`) < limitOf(current.shadow_share)
  return {
    ...answer,
    arm: reached ? 'candidate' : 'baseline',
    release_tuple_id: reached ? routing.candidate : routing.baseline,
    bucket,
    shadow,
    compared: inCurrent && splitByCurrent(current, cohorts, subject),
    because: reached
      ? `bucket ${bucket} is below ${limitOf(reached.share)} of ${reached.stage}`
      : cohorts.length === 0
        ? 'the baseline serves everyone'
        : `bucket ${bucket} is in no cohort up to ${current!.stage}`,
  }
}

/** Attributes of OpenTelemetry's event `feature_flag.evaluation`, flat. */
interface Evaluation {
  readonly 'feature_flag.provider.name': 'contextos-autotune'
  /** Id of the rollout. */
  readonly 'feature_flag.key': string
  /** Intent. */
  readonly 'feature_flag.set.id': string
  readonly 'feature_flag.result.variant': 'baseline' | 'candidate'
  /** `split`: the stage's share decided; `targeting_match`: another cohort did; `default`: nobody was split. */
  readonly 'feature_flag.result.reason': 'split' | 'targeting_match' | 'default'
  /** Tuple that serves the run; absent for another intent. */
  readonly 'feature_flag.version'?: string
}

/**
 * An assignment as attributes of a span of the run, or of an event on it: an import reads them back as the run's arm. The subject is
 * not among them: it may be a person's id.
 */
export function evaluationOf({ rollout_id, intent, arm, release_tuple_id, compared }: Assignment): Evaluation {
  return {
    'feature_flag.provider.name': 'contextos-autotune',
    'feature_flag.key': rollout_id,
    'feature_flag.set.id': intent,
    'feature_flag.result.variant': arm,
    'feature_flag.result.reason': compared ? 'split' : arm === 'candidate' ? 'targeting_match' : 'default',
    ...(release_tuple_id === null ? {} : { 'feature_flag.version': release_tuple_id }),
  }
}

/**
 * A subject as OpenFeature takes it, for the flag document of `rollout export --as flagd`.
 *
 * @throws RangeError for an id beyond ASCII, which providers hash differently: hash it first, and use the digest everywhere
 */
export function flagContextOf({ id, attributes }: Subject): Readonly<Record<string, Attribute>> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII.
  if (!/^[\x00-\x7f]*$/.test(id))
    throw new RangeError(
      'the id of a subject holds characters beyond ASCII, which flag providers hash differently: hash it first (hex of its SHA-256), and give the digest as the id everywhere',
    )
  return { ...attributes, targetingKey: id }
}

const matches = ({ where }: RoutingCohort, { attributes }: Subject): boolean =>
  where === null ||
  where.every((condition) => {
    const value =
      attributes && Object.hasOwn(attributes, condition.attribute) ? attributes[condition.attribute] : undefined
    return value !== undefined && condition.in.includes(value)
  })

/**
 * A comparison is fair only among subjects whose arm the current share decides. One who matches an earlier cohort with a
 * larger share (all internal users, say) has the candidate for another reason, and has no counterpart on the baseline.
 * Where one arm serves everyone nothing is split: there only shadows are compared.
 */
const splitByCurrent = (current: RoutingCohort, cohorts: readonly RoutingCohort[], subject: Subject): boolean =>
  current.share > 0 &&
  current.share < 1 &&
  cohorts.every((cohort) => cohort.share <= current.share || !matches(cohort, subject))

/** Bucket of a text, 0..9999, each as likely as any other. */
export const bucketOf = (text: string): number => Math.floor((murmur3(text) * BUCKETS) / 2 ** 32)

/** MurmurHash3 x86 32-bit of the UTF-8 bytes, seed 0: in every language's libraries, so any runtime can check a bucket. */
export function murmur3(text: string): number {
  const bytes = new TextEncoder().encode(text)
  const whole = bytes.length & ~3
  let hash = 0
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    hash ^= scramble(word)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  if (bytes.length > whole) hash ^= scramble(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
