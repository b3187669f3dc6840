/**
 * Work files of a run that several functions share, in the experience bucket. They can be computed again from what the
 * run pins, expire by themselves, and are no part of its record.
 */
import { segment } from './s3-keys.ts'

/** What every work file lies under. */
export const WORK_PREFIX = 'autotune/work/'

const number = (n: number): string => String(n).padStart(6, '0')
const folder = (runId: string): string => `${WORK_PREFIX}${segment(runId)}/`

/** Keys of the work files of a run. Digests come as `sha256:...`; shards count from 0. */
export const workKeys = {
  /** What was asked for, as the run was started. */
  request: (runId: string) => `${folder(runId)}request.json`,
  /** The pinned input, before its target.json is written. */
  run: (runId: string) => `${folder(runId)}run.json`,
  /** What the pieces of a search set are laid out by. */
  layout: (runId: string) => `${folder(runId)}layout.json`,
  /** Items of the Distributed Map that lays them out, one a line. */
  pieces: (runId: string) => `${folder(runId)}pieces.jsonl`,
  /** Lines of a compiled search set. */
  piece: (runId: string, piece: number) => `${folder(runId)}pieces/${number(piece)}.jsonl`,
  /** What became of the cases of a piece. */
  laid: (runId: string, piece: number) => `${folder(runId)}laid/${number(piece)}.jsonl`,
  /** Shards of the search set, exclusions of the baseline replay. */
  panel: (runId: string) => `${folder(runId)}panel.json`,
  /** Cases with their baseline measures, one a line. */
  shard: (runId: string, shard: number) => `${folder(runId)}shards/${number(shard)}.jsonl`,
  /** Draws of a live baseline, a line a case. */
  draws: (runId: string) => `${folder(runId)}draws.jsonl`,
  /** What a harness answered under the baseline to the cases of a piece. */
  replies: (runId: string, piece: number) => `${folder(runId)}laid/${number(piece)}.replies.jsonl`,
  /** Settings that a round asks about, by their digest. */
  settings: (runId: string, digest: string) => `${folder(runId)}settings/${digest.slice(7)}.json`,
  /** Items of a Distributed Map, one a line; named by what it asks for, so that a retry writes the same object. */
  round: (runId: string, digest: string) => `${folder(runId)}rounds/${digest.slice(7, 23)}.jsonl`,
  /** Prefix of the rounds of a run. */
  rounds: (runId: string) => `${folder(runId)}rounds/`,
  /** Answers of one shard for one settings. */
  answers: (runId: string, digest: string, shard: number) =>
    `${folder(runId)}answers/${digest.slice(7)}/${number(shard)}.jsonl`,
  /** What a call of the search keeps for the next one: where it stands, rows of its memory, lines that go on record. */
  kept: (runId: string, call: number, name: string) => `${folder(runId)}search/${number(call)}/${name}`,
  /** The committed list and what the gate is asked. */
  question: (runId: string) => `${folder(runId)}question.json`,
  /** What the gate let out: one bit, or everything. */
  answer: (runId: string) => `${folder(runId)}answer.json`,
  /** What the search came to, before the run is finished. */
  outcome: (runId: string) => `${folder(runId)}outcome.json`,
  /** Where the Distributed Map exports how its children went. */
  exports: (runId: string) => `${folder(runId)}exports/`,
}

/** What every work file of the sealer lies under. */
export const SEAL_PREFIX = 'seal/'
const sealing = (runId: string): string => `${SEAL_PREFIX}${segment(runId)}/`

/** Work files of the sealer, in the vault, where each run that may seal writes some. Pieces count from 0. */
export const sealKeys = {
  /** What the pieces are laid out by. */
  layout: (runId: string) => `${sealing(runId)}layout.json`,
  /** Lines of held-out cases that no asked version holds. */
  piece: (runId: string, piece: number) => `${sealing(runId)}pieces/${number(piece)}.jsonl`,
  /** Sealed lines of those of a piece that reproduce. */
  shard: (runId: string, piece: number) => `${sealing(runId)}shards/${number(piece)}.jsonl`,
  /** What became of the cases of a piece. */
  laid: (runId: string, piece: number) => `${sealing(runId)}laid/${number(piece)}.jsonl`,
}

/**
 * Work files of the gate, in the vault: as sealed as the cases. `version` is a digest; questions count from 1, shards
 * and scorings from 0.
 */
export const gateKeys = {
  /** What a call of a sealed function failed on. */
  failure: (step: string, request: string) => `log/${step}/${segment(request)}.json`,
  /** When the answer becomes readable: written once, by the first reservation of the question. */
  due: (version: string, question: number) => `gate/${version.slice(7)}/${question}/due.json`,
  /** How long the lines of a sealed version are: it determines them, so they are written once. */
  lengths: (version: string) => `gate/${version.slice(7)}/lengths.json`,
  /** The shards that a question is scored in, as parts of the sealed version. */
  shards: (version: string, question: number) => `gate/${version.slice(7)}/${question}/shards.json`,
  /** What counting needs of the cases of a shard, one a line. */
  heads: (version: string, question: number, shard: number) =>
    `gate/${version.slice(7)}/${question}/heads/${number(shard)}.jsonl`,
  /** What one scoring made of one shard: a candidate; where code replays, a pass over one, or over the baseline. */
  scores: (version: string, question: number, scoring: number, shard: number) =>
    `gate/${version.slice(7)}/${question}/partial/${scoring}-${number(shard)}.jsonl`,
}
