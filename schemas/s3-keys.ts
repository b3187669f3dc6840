/** Every object key, as functions: the same layout in S3 and on disk. Ids are validated before they come here. */
import type { ContextPack } from './pack.ts'

/**
 * Intents and refs are names, not ids: anything outside `A-Za-z0-9._@-` and every dot at the start is percent-encoded,
 * so a name is one segment of a key.
 */
export const segment = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._@-]/g, (c) => `%${c.codePointAt(0)!.toString(16).padStart(2, '0')}`)
    .replace(/^\.+/, (dots) => '%2e'.repeat(dots.length))

/** What `segment` made this part of a key of; of a part that it never makes, the part as it is. */
export function nameOf(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Files of one experience run (the article's experience store). */
export const RUN_FILES = [
  'trace.json',
  'decision-record.json',
  'scorecard.json',
  'evidence-manifest.json',
  'tool-transcripts.jsonl',
] as const

/** One of `RUN_FILES`. */
export type RunFile = (typeof RUN_FILES)[number]

/** Where a runtime hands in scored production runs, one folder a rollout. It may write here and nowhere else. */
export const PRODUCTION_INBOX = 'inbox/production/'

/** Changes that programs outside propose, each with its answer. */
export const CHANGES_INBOX = 'inbox/changes/'

/** Prefix of what people and roles have signed about proposals. */
export const ATTESTATIONS = 'attestations/'

/** The store as tables for SQL, kept beside it in a deployment: copies, which nothing of the loop reads. */
export const AUDIT_TABLES = 'audit/'

/** Prefix of what is in force, in the forms that a deployment delivers: beside the releases, replaced with every move. */
export const DELIVERED = 'routing/'

/** Ingest's own memory lies under it. No other role may read it. */
export const INGEST_PREFIX = 'ingest/'

/** Lines of the journal of heads in a volume. Never changed: what is bound stays as it is. */
export const HEADS_OF_VOLUME = 1000

const headNumber = (n: number): string => String(n).padStart(8, '0')

/**
 * Keys and, where they end in a slash, prefixes: below the store's folder on disk, at the root of a bucket in S3.
 * Digests come as `sha256:...` and stand there without their prefix. Total: no function throws.
 */
export const keys = {
  /** Prefix of every pack, suite and price table. */
  packs: () => 'packs/',
  /** A published version of a pack. */
  pack: (ref: ContextPack['pack']) => `packs/${segment(ref)}/pack.json`,
  /** Prefix of every version of a pack. */
  packVersions: (name: string) => `packs/${segment(name)}@`,
  /** An evaluator suite, by its own ref. */
  suite: (ref: string) => `packs/${segment(ref)}/suite.json`,
  /** A price table, by its own ref. */
  priceTable: (ref: string) => `packs/${segment(ref)}/prices.json`,
  /** A policy bundle, tool manifest, prompt or other document that a release tuple names, as it was imported. */
  document: (ref: string) => `packs/${segment(ref)}/document`,
  /** Prefix of every experience run; in the vault those of held-out families. */
  runs: () => 'experience/runs/',
  /** Prefix of the files of one run. `date`: day of the recording; null: not recorded. */
  run: (date: string | null, runId: string) => `experience/runs/${date ?? 'undated'}/${segment(runId)}/`,
  /** A run that lies in a folder, compiled: made of its five files, and named by its line in the index. */
  runCompiled: (date: string | null, runId: string) =>
    `experience/runs/${date ?? 'undated'}/${segment(runId)}/compiled.json`,
  /** How the recorded runs of this store lie, on both sides. */
  layout: () => 'experience/layout.json',
  /** A segment of recorded runs, by its digest. `date`: first day of its runs; null: not recorded. */
  runSegment: (date: string | null, digest: string) =>
    `experience/runs/${date ?? 'undated'}/${digest.slice(7)}.jsonl.zst`,
  /** Prefix of the indexes of all intents. */
  indexes: () => 'experience/index/',
  /** Index of an intent's runs: segments named by the digest of their lines. */
  index: (intent: string) => `experience/index/${segment(intent)}/`,
  /**
   * Prefix of what imports into a deployment wrote of the runs of this side: there nobody who compiles them may read the
   * journal.
   */
  imported: () => 'experience/imported/',
  importedSegment: (digest: string) => `experience/imported/${digest.slice(7)}.jsonl`,
  /** One segment of that index. */
  indexSegment: (intent: string, digest: string) => `experience/index/${segment(intent)}/${digest.slice(7)}.jsonl`,
  /** How many runs of each day a segment of that index lists. */
  indexDays: (intent: string, digest: string) => `experience/index-days/${segment(intent)}/${digest.slice(7)}.json`,
  /** Prefix of corrections of the runs of this side: segments named by the digest of their lines. */
  corrections: () => 'experience/corrections/',
  /** One segment of them. */
  correctionSegment: (digest: string) => `experience/corrections/${digest.slice(7)}.jsonl`,
  /** Families of an intent that are one, on this side: segments named by the digest of their lines. */
  familyLinks: (intent: string) => `experience/links/${segment(intent)}/`,
  /** One segment of them. */
  familyLinkSegment: (intent: string, digest: string) => `experience/links/${segment(intent)}/${digest.slice(7)}.jsonl`,
  /** Prefix of what ingest knows of earlier imports: which family went to which side. */
  journal: () => `${INGEST_PREFIX}journal/`,
  /** One segment of the journal, by the digest of its lines. */
  journalSegment: (digest: string) => `${INGEST_PREFIX}journal/${digest.slice(7)}.jsonl`,
  /** Prefix of lists of segments that the index of runs holds whole. */
  journalListed: () => `${INGEST_PREFIX}listed/`,
  /** One such list, by its digest. */
  journalListedSegments: (digest: string) => `${INGEST_PREFIX}listed/${digest.slice(7)}.json`,
  /** Prefix of the lists of corrections that ingest stored, by hashes. */
  journalCorrections: () => `${INGEST_PREFIX}corrections/`,
  /** One such list, by its digest. */
  journalCorrectionSegment: (digest: string) => `${INGEST_PREFIX}corrections/${digest.slice(7)}.jsonl`,
  /** Prefix of what ingest knows of the contents of an intent's runs, under the split's key. */
  contents: (intent: string) => `${INGEST_PREFIX}contents/${segment(intent)}/`,
  /** One segment of it, by the digest of its lines. */
  contentSegment: (intent: string, digest: string) =>
    `${INGEST_PREFIX}contents/${segment(intent)}/${digest.slice(7)}.jsonl`,
  /** Prefix of what ingest knows of texts that are nearly the same, under the split's key. */
  sketches: (intent: string) => `${INGEST_PREFIX}sketches/${segment(intent)}/`,
  /** One segment of it. */
  sketchSegment: (intent: string, digest: string) =>
    `${INGEST_PREFIX}sketches/${segment(intent)}/${digest.slice(7)}.jsonl`,
  /** Prefix of the links between families of an intent that imports found. */
  journalLinks: (intent: string) => `${INGEST_PREFIX}links/${segment(intent)}/`,
  /** One segment of them. */
  journalLinkSegment: (intent: string, digest: string) =>
    `${INGEST_PREFIX}links/${segment(intent)}/${digest.slice(7)}.jsonl`,
  /** Parts of traces that wait for their rest. */
  waiting: () => `${INGEST_PREFIX}waiting.jsonl`,
  /** Key under which redactions are given their pseudonyms. */
  redactionKey: () => `${INGEST_PREFIX}redaction-key.json`,
  /** How the first import of traces read them: what a run and what a family is. */
  traceRule: () => `${INGEST_PREFIX}trace-rule.json`,
  /** Prefix of what imports of traces read, joined and dropped. */
  traceImports: () => 'experience/traces/',
  /** What one of them did, by the digest of its record. */
  traceImport: (digest: string) => `experience/traces/${digest.slice(7)}.json`,
  /** Prefix of what imports found of runs of an intent that are nearly the same as one of another family. */
  nearCopies: (intent: string) => `experience/near-copies/${segment(intent)}/`,
  /** What one import found, by a code of its runs. */
  nearCopiesFound: (intent: string, code: string) => `experience/near-copies/${segment(intent)}/${code}.json`,
  /** The newest search set of an intent. */
  goldens: (intent: string) => `goldens/${segment(intent)}/search.jsonl`,
  /** A search set by its digest: what a run pins. */
  goldensAt: (intent: string, digest: string) => `goldens/${segment(intent)}/${digest.slice(7, 23)}/search.jsonl`,
  /** In the vault: the cases of a sealed version. */
  sealed: (intent: string, version: string) => `goldens/${segment(intent)}/${version.slice(7)}/test.jsonl`,
  /** In the vault: prefix of the sealed log of one question. */
  gateLog: (version: string, question: number) => `gate/${version.slice(7)}/${question}/`,
  /** Prefix of the answers of models. */
  modelAnswers: () => 'model-cache/',
  /** What a model answered, by the digest of the request; in the vault for held-out cases. */
  modelAnswer: (digest: string) => `model-cache/${digest.slice(7)}.json`,
  /** Prefix of the journal of heads. */
  heads: () => 'heads/',
  /** One line of it, by number from 1. */
  head: (n: number) => `heads/${headNumber(n)}.json`,
  /** Prefix of those lines whose number without its last three digits is that of line n. */
  headsLike: (n: number) => `heads/${headNumber(n).slice(0, -3)}`,
  /** Prefix of its volumes. */
  headVolumes: () => 'heads/volumes/',
  /** Its first thousand lines, the next thousand, and so on, by number from 1. */
  headVolume: (n: number) => `heads/volumes/${headNumber(n)}.jsonl`,
  /** Prefix of every run of the loop. */
  autotune: () => 'autotune/runs/',
  /** Prefix of what runs asked of models. */
  runUsages: () => 'autotune/usage/',
  /** That of one run, counted when it ended. */
  runUsage: (runId: string) => `autotune/usage/${segment(runId)}.json`,
  /** One artifact of a run of the loop. */
  autotuneRun: (runId: string, file: AutotuneFile) => `autotune/runs/${segment(runId)}/${file}`,
  /** Why a run did not start: its contract was refused. Nothing else of it is there. */
  refusal: (runId: string) => `autotune/runs/${segment(runId)}/refusal.json`,
  /** Prefix of the lines about runs, newest first. */
  runLines: () => 'autotune/newest/',
  /** One of them, by when the run ended: every digit counted down from 9, so that key order is newest first. */
  runLine: (date: string, runId: string) => {
    const [day = '', time = ''] = date.replace(/\d/g, (digit) => `${9 - Number(digit)}`).split('T')
    return `autotune/newest/${segment(day)}/${time.replace(/\D/g, '')}-${segment(runId)}.json`
  },
  /** Routing of an intent as one form writes it. `ending` is the form's. */
  delivered: (intent: string, ending: string) => `${DELIVERED}${segment(intent)}.${ending}`,
  /** Prefix of the attestations of a run's proposal, its review and its rollout. */
  attestations: (runId: string) => `${ATTESTATIONS}${segment(runId)}/`,
  /** One of them with so many signatures; the next signer writes the next number, and nothing is written over. */
  attestation: (runId: string, name: string, signatures: number) =>
    `${ATTESTATIONS}${segment(runId)}/${segment(name)}/${String(signatures).padStart(4, '0')}.json`,
  /** Prefix of an intent's scars. */
  scars: (intent: string) => `scars/${segment(intent)}/`,
  /** One scar, by the hash of its case. */
  scar: (intent: string, caseHash: string) => `scars/${segment(intent)}/${caseHash}.json`,
  /** Prefix of the judged days. */
  dailyCadences: () => 'cadence/daily/',
  /** A judged day of the routine. */
  dailyCadence: (day: string) => `cadence/daily/${day}.json`,
  /** Prefix of the weeks that were looked at. */
  weeklyCadences: () => 'cadence/weekly/',
  /** A week of the routine, by its last day. */
  weeklyCadence: (day: string) => `cadence/weekly/${day}.json`,
  /** Prefix of the families of an intent that people opened. */
  openedFamilies: (intent: string) => `cadence/opened/${segment(intent)}/`,
  /** That somebody opened a family on a day; family and person by their hashes. */
  openedFamily: (intent: string, family: string, day: string, by: string) =>
    `cadence/opened/${segment(intent)}/${family}/${day}-${by}.json`,
  /** Bands that days were judged by, with their targets, by their digest. */
  cadenceBands: (digest: string) => `cadence/bands/${digest.slice(7)}.json`,
  /** Prefix of the quarters that were looked at. */
  quarterlyCadences: () => 'cadence/quarterly/',
  /** A quarter of the routine, by its last day. */
  quarterlyCadence: (day: string) => `cadence/quarterly/${day}.json`,
  /** Prefix of the re-splits of an intent. */
  resplits: (intent: string) => `cadence/resplit/${segment(intent)}/`,
  /** A re-split of an intent, by its day. */
  resplit: (intent: string, day: string) => `cadence/resplit/${segment(intent)}/${day}.json`,
  /** What the runs of an intent measured on a day, by the digest of its rows. */
  cadenceRows: (day: string, intent: string, digest: string) =>
    `cadence/rows/${day}/${segment(intent)}-${digest.slice(7, 23)}.jsonl`,
  /** Prefix of the changes that programs outside proposed for an intent, quarter by quarter. */
  inbox: (intent: string) => `${CHANGES_INBOX}${segment(intent)}/`,
  /** One of them, by its place, and the answer to it. */
  inboxEntry: (intent: string, quarter: string, n: number) =>
    `${CHANGES_INBOX}${segment(intent)}/${segment(quarter)}/${String(n).padStart(6, '0')}.json`,
  inboxAnswer: (intent: string, quarter: string, n: number) =>
    `${CHANGES_INBOX}${segment(intent)}/${segment(quarter)}/${String(n).padStart(6, '0')}.answer.json`,
  /** Prefix of the proposals that other producers filed. */
  partProposals: () => 'proposals/',
  /** One of them, by its id and digest. */
  partProposal: (id: string, digest: string) => `proposals/${segment(id)}/${digest.slice(7, 23)}.json`,
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
  /** Prefix of the refused attempts on a review. */
  reviewAttempts: (reviewId: string | null) => `reviews/${segment(reviewId ?? 'unproved')}/attempts/`,
}

/** A transition's record and routing, and the artifact over both, which is written last. */
export const PROMOTION_FILES = ['record.json', 'routing.json', 'artifact.json'] as const

/** One of `PROMOTION_FILES`. */
export type PromotionFile = (typeof PROMOTION_FILES)[number]

/**
 * Files of one run of the loop (the article's, with our `gate.json`, `audit.jsonl` and `manifest.json`; DESIGN 3).
 * `harness-replies.jsonl` is there where code of the user's own replayed, `selected-proposal.json` where something won.
 */
export const AUTOTUNE_FILES = [
  'target.json',
  'harness-replies.jsonl',
  'candidates.jsonl',
  'replay-results.jsonl',
  'gate.json',
  'selected-proposal.json',
  'audit.jsonl',
  'manifest.json',
] as const

/** One of `AUTOTUNE_FILES`. */
export type AutotuneFile = (typeof AUTOTUNE_FILES)[number]
