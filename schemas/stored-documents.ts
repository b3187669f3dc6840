/**
 * What stands under which key of a store: the contract of each document, and where its key says whose it is. It loads every
 * contract, so no function of a deployment imports it.
 */
import * as z from 'zod'
import { Envelope } from './attestation.ts'
import { Bands } from './bands.ts'
import { DailyCadence, SliceRow } from './cadence.ts'
import { CandidateScore, ReplayResult } from './candidate.ts'
import { Name } from './common.ts'
import { HeadLine } from './head-line.ts'
import { GateAnswer } from './heldout.ts'
import { InboxAnswer, InboxEntry } from './inbox.ts'
import { ContextPack, PriceTable, ReleaseTuple } from './pack.ts'
import { PartProposal } from './part-proposal.ts'
import { TuningProposal } from './proposal.ts'
import { QuarterlyCadence } from './quarterly.ts'
import { ProductionRun, PromotionRecord, Routing } from './release.ts'
import { ReplayCase } from './replay-case.ts'
import { Resplit } from './resplit.ts'
import { ReviewAttempt } from './review.ts'
import { SignedRollout } from './rollout-artifact.ts'
import { AuditLine, AutotuneRun, RunManifest, RunRefusal } from './run.ts'
import { RunLine } from './run-line.ts'
import { PROMOTION_FILES, segment } from './s3-keys.ts'
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

/** `whose`: field that repeats the first group of the key. */
type Stored = readonly [key: RegExp, contract: z.core.$ZodType, whose?: string]

const RUN = '^autotune/runs/([^/]+)/'
const PROMOTION = { 'record.json': PromotionRecord, 'routing.json': Routing, 'artifact.json': SignedRollout }
const file = (name: string) => new RegExp(`${RUN}${name.replaceAll('.', '\\.')}$`)

const STORED: readonly Stored[] = [
  [/^packs\/([^/]+)\/pack\.json$/, ContextPack, 'pack'],
  [/^packs\/([^/]+)\/suite\.json$/, EvaluatorSuite],
  [/^packs\/([^/]+)\/prices\.json$/, PriceTable],
  [/^experience\/layout\.json$/, Layout],
  [/^experience\/index\/.*\.jsonl$/, IndexLine],
  [/^experience\/index-days\//, Counts],
  [/^experience\/traces\//, TraceImport],
  [/^ingest\/listed\//, Listed],
  [/^ingest\/redaction-key\.json$/, RedactionKey],
  [/^ingest\/trace-rule\.json$/, TraceRule],
  [/^goldens\/.*\/search\.jsonl$/, ReplayCase],
  [/^goldens\/.*\/test\.jsonl$/, SealedLine],
  [/^gate\/[^/]+\/\d+\/answer\.json$/, GateAnswer],
  [/^model-cache\//, ModelAnswer],
  [/^heads\//, HeadLine],
  [file('target.json'), AutotuneRun, 'run_id'],
  [file('harness-replies.jsonl'), ReplyLine],
  [file('candidates.jsonl'), CandidateScore],
  [file('replay-results.jsonl'), ReplayResult],
  [file('gate.json'), RunGate],
  [file('selected-proposal.json'), TuningProposal],
  [file('audit.jsonl'), AuditLine],
  [file('manifest.json'), RunManifest, 'run_id'],
  [file('refusal.json'), RunRefusal, 'run_id'],
  [/^autotune\/newest\//, RunLine],
  [/^attestations\//, Envelope],
  [/^scars\//, Scar],
  [/^cadence\/daily\/([^/]+)\.json$/, DailyCadence, 'date'],
  [/^cadence\/weekly\/([^/]+)\.json$/, WeeklyCadence, 'date'],
  [/^cadence\/quarterly\/([^/]+)\.json$/, QuarterlyCadence, 'date'],
  [/^cadence\/opened\//, OpenedFamily],
  [/^cadence\/bands\//, Bands],
  [/^cadence\/resplit\//, Resplit],
  [/^cadence\/rows\//, SliceRow],
  [/^inbox\/changes\/.*\d\.json$/, InboxEntry],
  [/^inbox\/changes\/.*\.answer\.json$/, InboxAnswer],
  [/^proposals\/([^/]+)\//, PartProposal, 'tuning_proposal_id'],
  [/^reviews\/[^/]+\/evidence-/, ShownEvidence],
  [/^reviews\/[^/]+\/attempts\//, ReviewAttempt],
  [/^tuples\/[^/]+\/([^/]+)\.json$/, ReleaseTuple, 'release_tuple_id'],
  ...PROMOTION_FILES.map(
    (name): Stored => [new RegExp(`^rollouts/[^/]+/\\d+/${name.replace('.', '\\.')}$`), PROMOTION[name]],
  ),
  [/^production\//, ProductionRun],
]

/** What a key says of the values under it. */
export interface StoredContract {
  readonly contract: z.core.$ZodType
  /** Is a value of that contract the one that the key names? */
  isNamed(value: unknown): boolean
}

/** Contract of the document under a key, or of each of its lines; null: what lies there is no JSON, or held by its digest alone. */
export function contractAt(key: string): StoredContract | null {
  for (const [at, contract, whose] of STORED) {
    const match = at.exec(key)
    if (match)
      return {
        contract,
        isNamed: (value) =>
          whose === undefined || segment(String((value as Record<string, unknown>)[whose])) === match[1],
      }
  }
  return null
}
