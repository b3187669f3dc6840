/** What each function of both workflows may do beside writing its log: over the experience bucket and the ledger, no more. */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { AUTOTUNE_FILES } from '#schemas/s3-keys.ts'
import type { ExperienceStore } from './experience-store.ts'
import type { Harness } from './harness.ts'
import type { HeadsJournal } from './heads-journal.ts'
import type { HeldOutVault } from './held-out-vault.ts'
import type { Judges } from './judges.ts'
import type { ReleaseStore } from './release-store.ts'
import { mayRead, mayReadVersions, mayWrite } from './rights.ts'
import type { LedgerEntity, RunLedger } from './run-ledger.ts'

/** A function of the open side, or a role of the sealed side that all its functions share; `scoreShard`: what that one alone may. */
type Holder =
  | 'askProposers'
  | 'startRun'
  | 'compileSearch'
  | 'layOutSearch'
  | 'gatherSearch'
  | 'pinRun'
  | 'advanceRun'
  | 'finishRun'
  | 'replayShard'
  | 'recordFailure'
  | 'sealer'
  | 'gate'
  | 'scoreShard'

/**
 * Statements by holder. Payloads name object versions, so a function reads the version that it was handed; what no payload
 * names is read as it stands. Rights on the vault are the vault's own business.
 */
export function workflowRights({
  harness,
  judges,
  stores: { experience, ledger },
}: WorkflowFunctionsProps): Record<Holder, PolicyStatement[]> {
  const { bucket } = experience
  // What a live run may spend: the search has its item, and what the sealed side spends is the gate's alone.
  const spent = harness.asksLive ? (['asked'] as const) : []
  const asks = harness.asksLive ? [...harness.mayAsk(), ledger.mayRead('asked'), ledger.mayWrite('asked')] : []
  return {
    // What proposers are told: the search side, what was released with the proposal that made it, and memory. It writes nothing.
    askProposers: [
      ...mayRead(bucket, 'packs/*', 'experience/*', 'autotune/runs/*/selected-proposal.json'),
      ...judges.mayAsk('search'),
      ledger.mayRead('rollout', 'rejection'),
    ],
    startRun: [
      // What stands in the way: finished and refused runs, reviews and rollouts under way, the tuple in force, a year that is spent.
      ...mayRead(bucket, 'packs/*', ...['manifest', 'refusal', 'target'].map((file) => `autotune/runs/*/${file}.json`)),
      mayWrite(bucket, request, 'autotune/runs/*/refusal.json'),
      ledger.mayRead('lock', 'run', 'ended', 'review', 'rollout', 'release', 'split', 'heldout', 'budget'),
      ledger.mayWrite('lock', 'run'),
    ],
    // Before the search it holds against the journal what bounds it: questions, the year, and what was rejected.
    sealer: [...sealerRights({ experience, ledger }, ['budget', 'rejection']), ...judges.mayAsk('sealed')],
    compileSearch: [
      ...mayRead(bucket, 'experience/*', 'goldens/*', 'packs/*', 'autotune/work/*/run.json'),
      ...mayReadVersions(bucket, 'goldens/*', request),
      mayWrite(bucket, 'goldens/*', layout, 'autotune/work/*/pieces.jsonl', pieces),
    ],
    layOutSearch: [
      ...mayReadVersions(bucket, layout, pieces),
      ...harness.mayReplay(bucket),
      ...judges.mayAsk('search'),
      mayWrite(bucket, 'autotune/work/*/shards/*', laid),
      // What ended the first piece ends the others.
      ...mayRead(bucket, laid),
      ...asks,
    ],
    // It ends a run that the records, or its harness, refuse.
    gatherSearch: [
      ...mayRead(bucket, laid),
      ...mayReadVersions(bucket, layout),
      mayWrite(
        bucket,
        ...['panel.json', 'draws.jsonl'].map((file) => `autotune/work/*/${file}`),
        'autotune/runs/*/refusal.json',
      ),
      ledger.mayRead('lock', 'run'),
      ledger.mayWrite('lock', 'run'),
    ],
    pinRun: [
      ...mayRead(
        bucket,
        'packs/*',
        'experience/traces/*',
        'experience/near-copies/*',
        'scars/*',
        'autotune/work/*/run.json',
      ),
      ...mayReadVersions(bucket, request, 'autotune/work/*/run.json'),
      mayWrite(bucket, 'autotune/work/*/run.json'),
      ledger.mayRead('lock', 'ended', 'rejection'),
      ledger.mayWrite('lock'),
    ],
    advanceRun: [
      ...mayRead(bucket, 'autotune/work/*'),
      ...mayReadVersions(bucket, 'autotune/work/*'),
      mayWrite(
        bucket,
        ...ARTIFACTS,
        'autotune/runs/*/refusal.json',
        'autotune/work/*/settings/*',
        'autotune/work/*/rounds/*',
        'autotune/work/*/search/*',
        'autotune/work/*/question.json',
        'autotune/work/*/outcome.json',
      ),
      ledger.mayRead('lock', 'run', 'ended', 'heldout', ...spent),
      ledger.mayWrite('lock', 'run'),
    ],
    // The search cannot finish a run: it writes no manifest, no memory and no head.
    finishRun: [
      ...mayReadVersions(bucket, request, 'autotune/work/*/run.json', 'autotune/work/*/outcome.json'),
      mayWrite(bucket, 'autotune/runs/*/manifest.json'),
      ...harness.mayCount(bucket),
      ledger.mayRead('lock', 'run', 'ended', 'heldout', 'rejection'),
      ledger.mayWrite('lock', 'run', 'rejection'),
    ],
    replayShard: [
      ...mayReadVersions(bucket, 'autotune/work/*/run.json', 'autotune/work/*/settings/*', 'autotune/work/*/shards/*'),
      ...harness.mayReplay(bucket),
      ...judges.mayAsk('search'),
      mayWrite(bucket, 'autotune/work/*/answers/*'),
      ...asks,
    ],
    gate: [
      ...mayReadVersions(bucket, 'autotune/work/*/run.json', 'autotune/work/*/question.json'),
      ...harness.mayCall('sealed'),
      ...judges.mayAsk('sealed'),
      // The one file that a gate lets out, and no other function writes it.
      mayWrite(bucket, 'autotune/work/*/answer.json'),
      // The year adds up over all intents, by the days on which runs began.
      ...mayRead(bucket, 'packs/*', 'autotune/runs/*/manifest.json'),
      ledger.mayRead('heldout', 'budget'),
      ledger.mayWrite('heldout', 'budget'),
    ],
    scoreShard: harness.asksLive
      ? [...harness.mayAsk(), ledger.mayRead('asked', 'askedsealed'), ledger.mayWrite('askedsealed')]
      : [],
    recordFailure: [ledger.mayRead('lock', 'run', 'ended'), ledger.mayWrite('lock', 'run', 'ended')],
  }
}

const request = 'autotune/work/*/request.json'
const layout = 'autotune/work/*/layout.json'
const pieces = 'autotune/work/*/pieces/*'
const laid = 'autotune/work/*/laid/*'

/** What whoever seals, counts or retires needs beside the vault. @param reads further items of the ledger */
export const sealerRights = (
  { experience: { bucket }, ledger }: Pick<Stores, 'experience' | 'ledger'>,
  reads: readonly LedgerEntity[] = [],
): PolicyStatement[] => [
  ...mayRead(bucket, 'packs/*', 'experience/index/*', 'experience/links/*'),
  ...mayReadVersions(bucket, request),
  mayWrite(bucket, 'experience/*'),
  ledger.mayRead('lock', 'ended', 'heldout', 'family', 'epoch', ...reads),
  ledger.mayWrite('lock', 'heldout', 'family'),
]

/** Patterns of what the search leaves of a run. */
const ARTIFACTS = AUTOTUNE_FILES.filter((file) => file !== 'manifest.json').map((file) => `autotune/runs/*/${file}`)

/** What outlives the workflow, as constructs. */
export interface Stores {
  /** What the optimiser may read. */
  readonly experience: ExperienceStore
  /** What it may never read; handed to the functions of sealer, gate and eraser alone. */
  readonly vault: HeldOutVault
  /** Runs, locks and questions. */
  readonly ledger: RunLedger
  /** What was decided; handed to the functions that decide alone. */
  readonly journal: HeadsJournal
}

/** The same with the releases: everything that a `StatefulStack` keeps. */
export type AllStores = Stores & { readonly releases: ReleaseStore }

/** What review and rollouts work on: the vault is none of their business. */
export type OpenStores = Omit<AllStores, 'vault'>

/** Where the functions work, and how much at once. */
export interface WorkflowFunctionsProps {
  /** Rights are granted on these, statement by statement. */
  readonly stores: Stores
  /** Cases of a replay shard, 1 or more. */
  readonly shardCases: number
  /** Most that the questions of 365 days may spend, over all intents. Undefined: nobody declared it. */
  readonly yearBudget: number | undefined
  /** A harness of the user's own; those that replay are told of it, and may call it. */
  readonly harness: Harness
  /** Modules that judge; those that ask one are told of it, and may call it. */
  readonly judges: Judges
}
