/**
 * What stands under which key of a store: the contract of each document, and where its key says whose it is. It loads every
 * contract, so no function of a deployment imports it.
 */
import * as z from 'zod'
import { Bands } from './bands.ts'
import { DailyCadence, SliceRow } from './cadence.ts'
import { CandidateScore, ReplayResult } from './candidate.ts'
import { Name } from './common.ts'
import { Envelope } from './envelope.ts'
import { HeadLine } from './head-line.ts'
import { GateAnswer } from './heldout.ts'
import { InboxAnswer, InboxEntry } from './inbox.ts'
import { RunUsage } from './model-usage.ts'
import { ContextPack, PriceTable, ReleaseTuple } from './pack.ts'
import { PartProposal } from './part-proposal.ts'
import { TuningProposal } from './proposal.ts'
import { QuarterlyCadence } from './quarterly.ts'
import { ProductionRun, PromotionRecord, Routing } from './release.ts'
import { ReplayCase } from './replay-case.ts'
import { Resplit } from './resplit.ts'
import { ReviewAttempt } from './review.ts'
import { SignedRollout } from './rollout-artifact.ts'
import { AuditLine, AutotuneRun, NearCopies, RunManifest, RunRefusal } from './run.ts'
import { RunLine } from './run-line.ts'
import { PROMOTION_FILES } from './s3-keys.ts'
import { Scar } from './scar.ts'
import { EvaluatorSuite } from './suite.ts'
import { OpenedFamily, WeeklyCadence } from './weekly.ts'

/** What is kept for the store alone, and is no artifact: as much of it as is read. */
const Counts = z.record(z.string(), z.int().min(0))
const Layout = z.object({ layout: z.enum(['files', 'segments']) })
const Listed = z.array(z.string())
const RedactionKey = z.object({ key: z.string().min(1) })
const TraceRule = z.object({ unit: z.string(), family: z.string() })
const TraceImport = TraceRule.extend({
  runs: z.int().min(0),
  dropped: z.array(z.object({ reason: z.string(), n: z.int().min(0) })),
})
const ReplyLine = z.object({ case: Name, settings: z.string(), reply: z.looseObject({}) })
const SealedLine = z.object({ case: ReplayCase, baseline: z.looseObject({}) })
const ModelAnswer = z.object({ request: z.looseObject({}), reply: z.looseObject({}) })
const IndexLine = z.object({ run_id: z.string(), date: z.string().nullable(), family: z.string() })
/** As a run leaves it: of one that asked nothing it says why. */
const RunGate = z.union([GateAnswer, z.object({ asked: z.literal(false), verdict: z.string() })])
const ShownEvidence = z.union([
  z.looseObject({ regressions: z.array(z.looseObject({})), rollback: z.looseObject({}) }),
  z.looseObject({ texts: z.unknown() }),
])

/** What the first group of a key repeats: a field of the document, or the digest of its bytes or of its value, or how that begins. */
type Repeats = { readonly field: string } | { readonly digestOf: 'bytes' | 'value' }

type Stored = readonly [key: RegExp, contract: z.core.$ZodType, repeats?: Repeats]

const RUN = '^autotune/runs/([^/]+)/'
const PROMOTION = { 'record.json': PromotionRecord, 'routing.json': Routing, 'artifact.json': SignedRollout }
const file = (name: string) => new RegExp(`${RUN}${name.replaceAll('.', '\\.')}$`)

const STORED: readonly Stored[] = [
  [/^packs\/([^/]+)\/pack\.json$/, ContextPack, { field: 'pack' }],
  [/^packs\/([^/]+)\/suite\.json$/, EvaluatorSuite],
  [/^packs\/([^/]+)\/prices\.json$/, PriceTable],
  [/^experience\/layout\.json$/, Layout],
  [/^experience\/index\/.*\.jsonl$/, IndexLine],
  [/^experience\/index-days\//, Counts],
  [/^experience\/traces\/(.*)\.json$/, TraceImport, { digestOf: 'bytes' }],
  [/^experience\/near-copies\//, NearCopies],
  [/^ingest\/listed\/(.*)\.json$/, Listed, { digestOf: 'bytes' }],
  [/^ingest\/redaction-key\.json$/, RedactionKey],
  [/^ingest\/trace-rule\.json$/, TraceRule],
  [/^goldens\/.*\/search\.jsonl$/, ReplayCase],
  [/^goldens\/.*\/test\.jsonl$/, SealedLine],
  [/^gate\/[^/]+\/\d+\/answer\.json$/, GateAnswer],
  [/^model-cache\//, ModelAnswer],
  [/^heads\//, HeadLine],
  [file('target.json'), AutotuneRun, { field: 'run_id' }],
  [file('harness-replies.jsonl'), ReplyLine],
  [file('candidates.jsonl'), CandidateScore],
  [file('replay-results.jsonl'), ReplayResult],
  [file('gate.json'), RunGate],
  [file('selected-proposal.json'), TuningProposal],
  [file('audit.jsonl'), AuditLine],
  [file('manifest.json'), RunManifest, { field: 'run_id' }],
  [file('refusal.json'), RunRefusal, { field: 'run_id' }],
  [/^autotune\/newest\//, RunLine],
  [/^autotune\/usage\/([^/]+)\.json$/, RunUsage, { field: 'run_id' }],
  [/^attestations\//, Envelope],
  [/^scars\//, Scar],
  [/^cadence\/daily\/([^/]+)\.json$/, DailyCadence, { field: 'date' }],
  [/^cadence\/weekly\/([^/]+)\.json$/, WeeklyCadence, { field: 'date' }],
  [/^cadence\/quarterly\/([^/]+)\.json$/, QuarterlyCadence, { field: 'date' }],
  [/^cadence\/opened\//, OpenedFamily],
  [/^cadence\/bands\/(.*)\.json$/, Bands, { digestOf: 'value' }],
  [/^cadence\/resplit\//, Resplit],
  [/^cadence\/rows\//, SliceRow],
  [/^inbox\/changes\/.*\d\.json$/, InboxEntry],
  [/^inbox\/changes\/.*\.answer\.json$/, InboxAnswer],
  [/^proposals\/([^/]+)\//, PartProposal, { field: 'tuning_proposal_id' }],
  // Its name was its digest until runs that it spoke of were erased: who reads it compares it with the review.
  [/^reviews\/[^/]+\/evidence-/, ShownEvidence],
  [/^reviews\/[^/]+\/attempts\//, ReviewAttempt],
  [/^tuples\/[^/]+\/([^/]+)\.json$/, ReleaseTuple, { field: 'release_tuple_id' }],
  ...PROMOTION_FILES.map(
    (name): Stored => [new RegExp(`^rollouts/[^/]+/\\d+/${name.replace('.', '\\.')}$`), PROMOTION[name]],
  ),
  [/^production\//, ProductionRun],
]

/** What a key says of the document under it. */
export interface StoredContract {
  readonly contract: z.core.$ZodType
  /** What the key repeats, and as what; null: nothing. */
  readonly named: { readonly by: Repeats; readonly as: string } | null
}

/** Contract of the document under a key, or of each of its lines; null: what lies there is no JSON, or its digest alone vouches for it. */
export function contractAt(key: string): StoredContract | null {
  for (const [at, contract, by] of STORED) {
    const match = at.exec(key)
    if (match) return { contract, named: by ? { by, as: match[1]! } : null }
  }
  return null
}
