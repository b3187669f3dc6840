/** Sketches of what runs say, to find near copies: MinHash over runs of words, under the split's key. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { spread } from '../bytes/spread.ts'
import { mac } from '../mac.ts'
import { type ContentName, hiddenUnder } from './content.ts'

/** Words of a shingle. */
const WORDS = 4
/** Fewer shingles than that say nothing: short talks are alike without being copies. */
const LEAST_SHINGLES = 12
const BINS = 64
/** Bins of a band: two runs meet when they agree in one whole band, at a likeness of .77 every other time. */
const BAND = 8

export interface Sketch {
  /** 8 names under the key; runs that share one may be alike. */
  readonly bands: readonly string[]
  /** 64 numbers of 16 bits, in hex. */
  readonly signature: string
}

/** Sketch of a run's texts; null: they are too short. Who does not hold the key can make none. */
export function sketchOf(splitKey: string, run: ExperienceRun): Sketch | null {
  const seed = seedOf(splitKey)
  const hashes = hashesOfWords(textOf(run).toLowerCase(), seed)
  if (hashes.length < WORDS + LEAST_SHINGLES - 1) return null
  const least = new Int32Array(BINS).fill(-1)
  for (let i = 0; i + WORDS <= hashes.length; i++) {
    let hash = seed
    for (let k = 0; k < WORDS; k++) hash = spread(hash ^ hashes[i + k]!)
    const bin = hash & (BINS - 1)
    const value = hash >>> 6
    if (least[bin] === -1 || value < least[bin]!) least[bin] = value
  }
  // An empty bin borrows from the next one that is not.
  let signature = ''
  for (let bin = 0; bin < BINS; bin++) {
    let at = bin
    while (least[at] === -1) at = (at + 1) % BINS
    // A digit before it, so that four follow.
    signature += (0x10000 | (least[at]! & 0xffff)).toString(16).slice(1)
  }
  const codeOf = mac(splitKey)
  const bands = Array.from({ length: BINS / BAND }, (_, band) => {
    const values = signature.slice(4 * band * BAND, 4 * (band + 1) * BAND)
    return codeOf(`band\u0000${run.intent_id}\u0000${band}\u0000${values}`).slice(0, 32)
  })
  return { bands, signature }
}

/** Hides the family of a sketched run, by the hash of the run's id. */
export const hideUnderRun = (splitKey: string, run: string): Pick<ContentName, 'hide' | 'reveal'> =>
  hiddenUnder(splitKey, `near\u0000${run}`)

/** Estimated share of shingles that two signatures have in common, 0 to 1. */
export function likeness(a: string, b: string): number {
  let same = 0
  for (let at = 0; at < BINS * 4; at += 4) if (a.slice(at, at + 4) === b.slice(at, at + 4)) same++
  return same / BINS
}

/** What was said and read, in order. */
function textOf({ steps, evidence, outcome }: ExperienceRun): string {
  const said = steps.flatMap((step) =>
    step.kind === 'tool_call'
      ? [step.name, JSON.stringify(step.arguments)]
      : step.kind === 'message' || step.kind === 'tool_result'
        ? [step.content ?? '']
        : [],
  )
  const read = evidence.map((offer) => offer.text ?? offer.evidence_ref)
  return [...said, ...read, JSON.stringify(outcome.outputs)].join('\n')
}

/** Seeds of keys: an import has one. */
const seeds = new Map<string, number>()

function seedOf(splitKey: string): number {
  const known = seeds.get(splitKey) ?? Number.parseInt(mac(splitKey)('shingles').slice(0, 8), 16) | 0
  seeds.set(splitKey, known)
  return known
}

const isWordPart = /[\p{L}\p{N}]/u

/** Hash of each word (FNV-1a, 32 bits) of a text in lower case: runs of letters and digits. */
function hashesOfWords(text: string, seed: number): number[] {
  const hashes: number[] = []
  const start = seed ^ 0x811c9dc5
  let hash = start
  let isWord = false
  // Numbers that a function inside this one changes would lie on the heap.
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    let isPart = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39)
    if (isPart) hash = Math.imul(hash ^ c, 0x01000193)
    else if (c >= 0x80) {
      const point = String.fromCodePoint(text.codePointAt(i)!)
      isPart = isWordPart.test(point)
      if (isPart) for (let k = 0; k < point.length; k++) hash = Math.imul(hash ^ point.charCodeAt(k), 0x01000193)
      i += point.length - 1
    }
    if (!isPart && isWord) {
      hashes.push(spread(hash))
      hash = start
    }
    isWord = isPart
  }
  if (isWord) hashes.push(spread(hash))
  return hashes
}
