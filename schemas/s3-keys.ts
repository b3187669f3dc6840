/** Every object key, as functions: the same layout in S3 and on disk. Ids are validated before they come here. */
import type { ContextPack } from './pack.ts'

/** Intents and refs are names, not ids: anything outside `A-Za-z0-9._-` is percent-encoded, so a key is one segment. */
export const segment = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._@-]/g, (c) => `%${c.codePointAt(0)!.toString(16).padStart(2, '0')}`)
    .replace(/^\.+/, (dots) => '%2e'.repeat(dots.length))

export const RUN_FILES = [
  'trace.json',
  'decision-record.json',
  'scorecard.json',
  'evidence-manifest.json',
  'tool-transcripts.jsonl',
] as const
export type RunFile = (typeof RUN_FILES)[number]

/** Where a runtime hands in scored production runs, one folder a rollout. It may write here and nowhere else. */
export const PRODUCTION_INBOX = 'inbox/production/'

/** Ingest's own memory lies under it. No other role may read it. */
export const INGEST_PREFIX = 'ingest/'

export const keys = {
  packs: () => 'packs/',
  pack: (ref: ContextPack['pack']) => `packs/${segment(ref)}/pack.json`,
  /** Prefix of every version of a pack. */
  packVersions: (name: string) => `packs/${segment(name)}@`,
  suite: (ref: string) => `packs/${segment(ref)}/suite.json`,
  priceTable: (ref: string) => `packs/${segment(ref)}/prices.json`,
  /** A policy bundle, tool manifest, prompt or other document that a release tuple names, as it was imported. */
  document: (ref: string) => `packs/${segment(ref)}/document`,
  runs: () => 'experience/runs/',
  run: (date: string | null, runId: string) => `experience/runs/${date ?? 'undated'}/${segment(runId)}/`,
  /** Index of an intent's runs: segments named by the digest of their lines. */
  index: (intent: string) => `experience/index/${segment(intent)}/`,
  indexSegment: (intent: string, digest: string) => `experience/index/${segment(intent)}/${digest.slice(7)}.jsonl`,
  journal: () => `${INGEST_PREFIX}journal/`,
  journalSegment: (digest: string) => `${INGEST_PREFIX}journal/${digest.slice(7)}.jsonl`,
  journalListed: () => `${INGEST_PREFIX}listed/`,
  journalListedSegments: (digest: string) => `${INGEST_PREFIX}listed/${digest.slice(7)}.json`,
  goldens: (intent: string) => `goldens/${segment(intent)}/search.jsonl`,
  goldensAt: (intent: string, digest: string) => `goldens/${segment(intent)}/${digest.slice(7, 23)}/search.jsonl`,
  sealed: (intent: string, version: string) => `goldens/${segment(intent)}/${version.slice(7)}/test.jsonl`,
  gateLog: (version: string, question: number) => `gate/${version.slice(7)}/${question}/`,
  /** What a model answered, by the digest of the request; in the vault for held-out cases. */
  modelAnswer: (digest: string) => `model-cache/${digest.slice(7)}.json`,
  autotune: () => 'autotune/runs/',
  autotuneRun: (runId: string, file: AutotuneFile) => `autotune/runs/${segment(runId)}/${file}`,
  /** What a review shows beside the run's own files, by its digest. */
  reviewEvidence: (reviewId: string, digest: string) =>
    `reviews/${segment(reviewId)}/evidence-${digest.slice(7, 23)}.json`,
  /** One refused attempt; `null`: no code of ours named a review. */
  reviewAttempt: (reviewId: string | null, at: string, id: string) =>
    `reviews/${segment(reviewId ?? 'unproved')}/attempts/${at.replace(/[^0-9TZ]/g, '')}-${segment(id)}.json`,
  /** In the store of releases: a pinned tuple. */
  tuple: (intent: string, tupleId: string) => `tuples/${segment(intent)}/${segment(tupleId)}.json`,
  /** In the store of releases: what one transition of a rollout left. */
  promotion: (rolloutId: string, revision: number, file: PromotionFile) =>
    `rollouts/${segment(rolloutId)}/${String(revision).padStart(4, '0')}/${file}`,
  /** Scored production runs of a rollout, a segment at a time, by number and digest. */
  production: (rolloutId: string, number: number, digest: string) =>
    `production/${segment(rolloutId)}/${String(number).padStart(6, '0')}-${digest.slice(7, 23)}.jsonl`,
  /** JSONL files of scored runs that wait to be taken into the log, in the order of their names. */
  productionInbox: (rolloutId: string) => `${PRODUCTION_INBOX}${segment(rolloutId)}/`,
  /** Why a file of the inbox was not taken. */
  productionRefused: (rolloutId: string, name: string) => `inbox/refused/${segment(rolloutId)}/${segment(name)}.json`,
  reviewAttempts: (reviewId: string | null) => `reviews/${segment(reviewId ?? 'unproved')}/attempts/`,
}

/** A transition's record and routing, and the artifact over both, which is written last. */
export const PROMOTION_FILES = ['record.json', 'routing.json', 'artifact.json'] as const
export type PromotionFile = (typeof PROMOTION_FILES)[number]

export const AUTOTUNE_FILES = [
  'target.json',
  'candidates.jsonl',
  'replay-results.jsonl',
  'gate.json',
  'selected-proposal.json',
  'audit.jsonl',
  'manifest.json',
] as const
export type AutotuneFile = (typeof AUTOTUNE_FILES)[number]
