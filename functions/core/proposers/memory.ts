/** What is known of a change before anything is replayed: stale, a dead end, without effect, or looked at before. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { canonical } from '../canonical.ts'
import type { Standing } from '../contract/standing.ts'
import { HELD } from '../search/committed-list.ts'
import { meaningOf } from '../space/meaning.ts'
import { scopeOf } from '../space/scope.ts'

/** What an earlier run of the very same question found: same target, documents, records, scars and harness. */
export interface EarlierRun {
  readonly run_id: string
  readonly candidates: readonly CandidateScore[]
}

export interface Known {
  readonly pack: ContextPack
  readonly in_force: Standing['in_force']
  /** Dead ends for this question. */
  readonly rejections: readonly RejectionRecord[]
  /** The newest first. */
  readonly earlier: readonly EarlierRun[]
}

/** An answer of memory. `of`: the run that it comes from; null: none. */
export interface MemoryAnswer {
  readonly why: 'stale' | 'dead_end' | 'inert' | 'looked_at'
  readonly reason: string
  readonly of: string | null
  /** Did it hold every limit and gain, when that run looked at it? */
  readonly survives: boolean
}

/** Answers of memory for the changes of one question. Two changes that leave the same settings have one answer. */
export function memoryOf({
  pack,
  in_force,
  rejections,
  earlier,
}: Known): (change: CandidateChange) => MemoryAnswer | null {
  const dead = new Map<string, RejectionRecord & { readonly said: string }>()
  // A "no" to a list rejects none of its changes alone.
  for (const record of rejections)
    if (record.source !== 'gate')
      record.patches.forEach((patch, i) => {
        const meaning = meaningOf(pack, patch)
        if (!dead.has(meaning)) dead.set(meaning, { ...record, said: record.reasons?.[i] ?? record.reason })
      })
  // A control sets a block to the texts of its own list: what these changed or broke says nothing beside others.
  const touchesText = (patch: CandidateChange['patch']): boolean =>
    pack.tunable_surfaces.some(({ layer, path }) => layer === 'prompt' && Object.hasOwn(patch, path))
  const seen = new Map<string, { readonly run: string; readonly score: CandidateScore }>()
  const inert = new Map<string, { readonly run: string; readonly score: CandidateScore }>()
  for (const { run_id: run, candidates } of earlier)
    for (const score of candidates) {
      // Whether that dead end still holds is asked of memory as it is now.
      if (score.fate === 'remembered') continue
      if ((score.fate === 'inert' || score.fate === 'blind') && touchesText(score.patch)) continue
      const meaning = meaningOf(pack, score.patch)
      if (!seen.has(meaning)) seen.set(meaning, { run, score })
      const [path, ...others] = Object.keys(score.patch)
      if (score.fate === 'inert' && path !== undefined && others.length === 0)
        inert.set(fieldOf(path, score.patch), { run, score })
    }
  return ({ patch }) => {
    if (in_force !== null)
      return {
        why: 'stale',
        of: null,
        survives: false,
        reason: `it starts from ${pack.pack}, and ${in_force.pack ?? in_force.release_tuple_id} is in force by now: propose it for a target that pins what is in force`,
      }
    const no = dead.get(meaningOf(pack, patch))
    if (no)
      return {
        why: 'dead_end',
        of: no.run_id,
        survives: false,
        reason: `${no.source} rejected it in ${no.run_id}: ${no.said}`,
      }
    for (const path of touchesText(patch) ? [] : Object.keys(patch)) {
      const without = inert.get(fieldOf(path, patch))
      if (without)
        return {
          why: 'inert',
          of: without.run,
          survives: false,
          reason: `${without.score.reason} (run ${without.run})`,
        }
    }
    const looked = seen.get(meaningOf(pack, patch))
    return looked
      ? {
          why: 'looked_at',
          of: looked.run,
          survives: HELD.includes(looked.score.fate),
          reason: `run ${looked.run} looked at it as ${looked.score.candidate_id}: ${looked.score.fate}: ${looked.score.reason}`,
        }
      : null
  }
}

/** A field for the cases of a condition. */
const fieldOf = (path: string, patch: CandidateChange['patch']): string => `${path} ${canonical(scopeOf(patch))}`
