/**
 * What the core's callers need of the world. Every adapter of a port passes the same contract suite
 * (test/adapters/contract). Keys come from schemas/s3-keys.ts; ids in them have been validated.
 */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import type { AskedEvaluator, VerdictAnswer, VerdictQuestion } from '#core/evaluate/asked.ts'
import type { RunToCompile } from '#core/experience/index-line.ts'
import type { ErasedNames } from '#core/experience/without-names.ts'
import type { LookedAt } from '#core/gate/pinned-limits.ts'
import type { AnsweredScore } from '#core/gate/score.ts'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import type { AskedAnswer, SealedQuestion } from '#core/live/asked-answers.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Head, HeadLine } from '#schemas/head-line.ts'
import type { Routing } from '#schemas/release.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { AutotuneRun, Cage, Replayer } from '#schemas/run.ts'

/** What is written: whole, or piece by piece, so that nobody holds it whole. A stream that throws writes nothing. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array | string>

/**
 * Objects by key, as in S3. A key is a relative path with `/`; bytes are whole. Every write is atomic: a reader sees the
 * old bytes or the new ones, also after a kill.
 */
export interface ObjectStore {
  /**
   * Bytes of an object, as it stands or at a version; `null` when there is none, or that version cannot be read any more.
   * Never the bytes of another version.
   */
  get(key: string, version?: string): Promise<Uint8Array | null>
  /** The same bytes piece by piece, opened when they are first asked for. */
  read(key: string, version?: string): Promise<AsyncIterable<Uint8Array> | null>
  /**
   * Bytes from a position on, as many as asked for (at least one) or as there are; `null` when there is no object. For what is never
   * replaced under its key.
   */
  readRange(key: string, start: number, length: number): Promise<Uint8Array | null>
  /** Writes or replaces an object. Its version; `null`: this store tells none (a bucket without versioning). */
  put(key: string, bytes: Content): Promise<string | null>
  /** Writes an object only where none stands. `false`: one stood there already, and it is untouched. */
  putIfAbsent(key: string, bytes: Content): Promise<boolean>
  /** Version of an object as it stands; `null` when there is none, or this store tells none. */
  versionOf(key: string): Promise<string | null>
  /** Keys under a prefix, in code-unit order. */
  list(prefix: string): AsyncIterable<string>
  /** Removes an object; nothing happens when there is none. */
  delete(key: string): Promise<void>
  /** What must hold under a key; `null`: of that one nothing is known. Absent: of none, as in functions of a deployment, which bundle no contracts. */
  readonly ruleAt?: (key: string) => StoredRule | null
}

/** Versions of objects, those of each together and the newest first, for a role that may remove them. A removal leaves a marker. */
export interface ObjectVersions {
  list(prefix: string): AsyncIterable<ObjectVersion>
  remove(key: string, version: string): Promise<void>
}
export type ObjectVersion = Readonly<{ key: string; version: string; isMarker: boolean }>

/** Why a document, or a line of one, is none of what stands under its key, in words; `null`: it is one. `text`: as it lies there. */
export type StoredRule = (value: unknown, text: string) => string | null

/** One item of the ledger table: a key of two parts, a revision, and a JSON body. */
export interface LedgerRow<T = unknown> {
  readonly pk: string
  readonly sk: string
  readonly revision: number
  readonly body: T
}

/** Items by key, as in DynamoDB: one conditional write on one item per state change, no transactions. */
export interface LedgerTable {
  get<T>(pk: string, sk: string): Promise<LedgerRow<T> | null>
  /** Writes a new item at revision 0. `false`: an item stands there already. */
  create<T>(pk: string, sk: string, body: T): Promise<boolean>
  /**
   * Creates many items of a partition, each as `create` does and independently of the others: a failure may leave some of
   * them. The answers stand in the order of the items.
   */
  createAll<T>(pk: string, items: readonly { readonly sk: string; readonly body: T }[]): Promise<boolean[]>
  /** Replaces an item's body if its revision is still `revision`; the new one is `revision + 1`. `false`: it moved on. */
  update<T>(pk: string, sk: string, revision: number, body: T): Promise<boolean>
  /**
   * Replaces an item's body as `update` does, where what it says can never be taken back: it is on the disk when this
   * returns, wherever else the table keeps it. `what`: what was spent, for people. Throws UserError when something that was
   * spent before is missing.
   */
  spend<T>(pk: string, sk: string, revision: number, body: T, what: string): Promise<boolean>
  /** Removes an item if its revision is still `revision`. `false`: it moved on or is gone. */
  remove(pk: string, sk: string, revision: number): Promise<boolean>
  /** Items of one partition whose sort key starts with a prefix, in sort-key order. */
  query<T>(pk: string, skPrefix?: string): AsyncIterable<LedgerRow<T>>
}

/** How started work stands. */
export type WorkflowState =
  | { readonly status: 'running'; readonly at: string | null }
  | { readonly status: 'succeeded'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: string; readonly cause: string }

/** Work that is started once and goes on by itself. */
export interface Workflows {
  /** Starts the tuning workflow; returns the name by which it is described. */
  start(request: unknown): Promise<string>
  /** Hands the file of another producer to the review workflow, which files it; the same name. */
  propose(proposal: unknown): Promise<string>
  describe(execution: string): Promise<WorkflowState>
}

/**
 * What a step puts aside while it works: as much as a disk holds, in bounded memory. Gone when it is closed, also after a
 * kill, and never part of a store.
 */
export interface Scratch {
  /** Lines and other bytes, read in their order or by where they stand. */
  readonly records: Records
  /** Text under a key. `null`: nothing was set under it. */
  get(key: string): string | null
  /** Puts a text under a key, in place of an earlier one. */
  set(key: string, text: string): void
  /** Keys with a prefix and their texts, in code-unit order of the keys. Nothing is set while they are read. */
  entries(prefix?: string): Iterable<readonly [key: string, text: string]>
  close(): void
}

/** Calls a user's own function by its ARN. */
export interface FunctionCaller {
  /**
   * JSON in, JSON out. `failed`: what is this call's own fault, in words that are the same for the same call (it threw,
   * hung longer than `limitMs`, or one side was too large). Throws on throttling, on service faults, and when the function
   * may not be called at all.
   */
  call(
    functionArn: string,
    request: unknown,
    limitMs: number,
  ): Promise<{ readonly returned: unknown } | { readonly failed: string }>
}

/** Which side of the split a replay belongs to: nothing of a held-out one may meet the search. */
export type VerdictSide = 'search' | 'vault'

/** Judges for evaluators that this program does not judge by itself: a module of the user's own, JSONata. */
export interface VerdictSource {
  /** How well modules are held here, as a run pins it; null: none can be asked here. */
  readonly cage: Cage | null
  /**
   * Answers about views, in their order; a view without a verdict has the reason. Throws UserError where the code cannot be
   * asked at all: it is gone, was changed, does not load, or gave two answers on the search side.
   */
  judge(question: VerdictQuestion, side: VerdictSide): Promise<readonly VerdictAnswer[]>
  /**
   * Why an evaluator cannot be asked as its suite pins it, and what to do; null: it can. Runs nothing. Throws UserError where
   * this is not the place to ask: its module is not here.
   */
  problem(evaluator: AskedEvaluator): Promise<string | null>
}

/**
 * Asks a model, once. Throws UserError where a person must mend something (no key, a wrong URL, a model that is not served),
 * and another error on throttling and faults that outlasted the attempts; neither is ever kept.
 */
export interface ModelPort {
  converse(request: ModelRequest): Promise<ModelReply | ModelRefusal>
}

/** An answer with where it came from. */
export interface KeptAnswer {
  readonly reply: ModelReply | ModelRefusal
  /** When the model gave it, ISO 8601; null: kept by a version that did not say. */
  readonly at: string | null
  /** Who paid for it: the name that the cache was opened under; null: not said. */
  readonly payer: string | null
  /** Asked of the model just now. */
  readonly fresh: boolean
}

/** Answers of a model, kept by what was asked: the same request has the same answer for ever, and is paid once. */
export interface AnswerCache {
  /** Who pays for what is asked through it; null: nobody is named. */
  readonly payer: string | null
  /** The answer that is kept, or else the model's, which is kept before it is given. Throws what the model throws. */
  ask(request: ModelRequest, model: ModelPort): Promise<KeptAnswer>
  /** What its payer has paid for so far, in no order; nothing where nobody is named. Reads everything that is kept. */
  paid(): AsyncIterable<Pick<KeptAnswer, 'reply' | 'at'> & { readonly request: ModelRequest }>
}

/** Time comes from here alone. */
export interface Clock {
  /** Now, ISO 8601 in UTC with milliseconds. */
  now(): string
}

/** Makes and checks codes (MAC) under a key that nobody sees: HMAC on one machine, KMS in AWS. */
export interface Signer {
  /** Name of the key, never its bytes. */
  readonly key: string
  sign(text: string): Promise<string>
  holds(text: string, mac: string): Promise<boolean>
}

/** Signs attestations under a private key that nobody sees: a file of one person, or a key of KMS. */
export interface Attestor {
  /** The key's public half, PEM. */
  readonly publicKey: string
  /** Signature over bytes: Ed25519, or P-256 with SHA-256 in DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** What a journal of heads holds, and what is wrong with the journal itself; null: nothing is. */
export interface HeadsRead {
  readonly lines: readonly HeadLine[]
  readonly problem: string | null
}

/** The store's own memory of what it decided, spent and took in: chained lines under a key, only ever added to. */
export interface Heads {
  /** Adds a line, unless the last one says the same. Throws UserError when the journal is not this store's any more. */
  append(head: Head): Promise<void>
  /** Writes the first line where there is none. Throws UserError where there was one. */
  begin(): Promise<void>
  /** @param whole also each line that a volume holds, one by one. @default false */
  read(how?: { readonly whole?: boolean }): Promise<HeadsRead>
  /** Code of an item of the ledger, to be written with it. */
  codeOf(row: LedgerRow): Promise<Code>
  codeHolds(row: LedgerRow, code: Code): Promise<boolean>
}

/** A code (MAC) and the name of the key that it was made under. */
export interface Code {
  readonly key: string
  readonly mac: string
}

/** Where a person or the machine decides: on a review's page, by a link, or at the terminal of the store. */
export type Decider = 'link' | 'terminal'

/** Brings the routing of an intent to where a runtime reads it, beside the releases. */
export interface RoutingPublisher {
  /**
   * Puts a routing document into force; again without effect. `atOnce`: somebody is taken off a candidate, and whatever is
   * still being spread gives way. Throws when it is not in force, or not on its way there: publish again.
   */
  publish(routing: Routing, atOnce: boolean): Promise<void>
}

/** Sends one notice to one person. Whether it arrives is not known: a notice can always be sent again. */
export interface Mailer {
  send(notice: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>
}

/** Workflows that wait with a task token. The token is a credential: it is never logged, shown or put into an error. */
export interface WaitingTasks {
  /** Wakes whoever waits with this token. `false`: nobody does any more. */
  wake(token: string): Promise<boolean>
}

/** Progress of long work, for people; never part of a result. */
export type Progress = (message: string) => void

/** Compiles blocks of an index elsewhere, several at once. */
export interface BlockCompiler {
  /** Runs of an intent that are compiled in place first: a few are done before anybody else has begun. */
  readonly runsInPlace: number
  /** Blocks that may be under way at once. */
  readonly atOnce: number
  /** What `compileBlock` gives for the same objects; throws what it throws. */
  compile(intent: string, block: readonly RunToCompile[]): Promise<readonly string[]>
}

export interface Store {
  /** What everybody may read. */
  readonly objects: ObjectStore
  /** Held-out runs, sealed versions and the sealed log. Only ingest, sealer and gate are handed this. */
  readonly vault: ObjectStore
  /** Who can read the vault; absent: the roles of a deployment. */
  readonly vaultReader?: () => Promise<VaultReader>
  /** Release tuples, signed rollout artifacts, promotion records, production logs. Written by the rollout steps only. */
  readonly releases: ObjectStore
  readonly table: LedgerTable
  /** The journal of heads, the ledger as it lies under it, and who signs decisions (absent: nobody does); absent: this store keeps none. */
  readonly heads?: {
    readonly journal: Heads
    readonly items: LedgerTable
    readonly deciders?: Readonly<Record<Decider, Signer>>
  }
  /** Leaves nothing of what was replaced or removed, as far as it speaks of what is erased; absent: nothing stays there. */
  readonly scrub?: (names: ErasedNames) => Promise<void>
  /** Room for what is on the way, where neither side's readers look. */
  readonly scratch: () => Scratch
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource
  /** What compiles the recorded runs of a side on further cores; absent or null: this process does. */
  readonly compilerOf?: (objects: ObjectStore) => BlockCompiler | null
  readonly clock: Clock
  readonly progress: Progress
  /**
   * A deployment: each role sees its part alone, buckets keep every version, and what was imported is compared side by
   * side. Absent: whoever opens the store may look at all of it.
   */
  readonly rolesApart?: true
  /** Characters that stay at hand of what is read again, a kind each; absent: as many as suit each kind. It changes no result. */
  readonly atHand?: number
  /** Error budget of a year that a deployment was made with; absent: that of the ledger. */
  readonly yearBudget?: number
  /** Where the routing of every transition is published, beside the releases; absent: nowhere else. */
  readonly routing?: RoutingPublisher
}

/** Lines of a file or of a step before: read once, one after the other. */
export type Lines = AsyncIterable<string> | Iterable<string>

/** A case line and what its baseline replay came to. */
export interface ReproducedLine extends Reproduced {
  readonly line: string
  /** Of the limits of checked rows, on the search side; absent: nobody looked. */
  readonly looked?: LookedAt | null
}

/** Code that replays is asked twice: in another order, and by other processes where there are any. */
export type Pass = 'first' | 'second'

/** One answer of a harness that was asked again. */
export interface AskedAgain {
  /** Case and settings, for people. */
  readonly of: string
  /** In what it differs from the one on record; null: in nothing. */
  readonly otherwise: string | null
}

export interface ReplayEngine {
  /** What a run pins of it; absent: the transcript replayer, which is this program itself. */
  readonly replayer?: Replayer
  /** What a harness answered on the search side. Absent: none replays, or nobody here could ask it again. */
  readonly replies?: {
    /** Lines of `harness-replies.jsonl`: every answer since the last reproduction began, in an order of their own. */
    lines(): Iterable<string>
    /**
     * From now on the search side is answered from these lines; the harness is asked beside them, once for what stands on two
     * like answers, and `tell` hears what it says now.
     */
    hold(lines: Lines, tell: (asked: AskedAgain) => void): Promise<void>
  }
  /** False: the harness itself is not here, and only `replies` on record answer for it. */
  readonly asksAgain?: false
  /**
   * Replays the baseline over case lines of one side of the split, in their order; the search side is what `search` then
   * works on, and a harness answers it twice. Of the vault side the sealer asks the transcript replayer alone.
   */
  reproduce(lines: Lines, pins: BaselinePins, side: 'search' | 'vault'): AsyncIterable<ReproducedLine>
  /** Searches over what was reproduced last; never sees the vault. Yields lines of `replay-results.jsonl`, returns the rest. */
  search(input: SearchInput): AsyncGenerator<string, SearchResult>
  /**
   * Scores every sealed line for one candidate, in line order: for the gate after OPEN, and whoever verifies a retired version.
   * @param change null: the baseline, which a harness alone is asked for
   * @param question of the version, which answers of a live model are kept for; absent: recorded answers stand
   */
  score(
    lines: Lines,
    run: AutotuneRun,
    change: CandidateChange | null,
    pass: Pass,
    question?: number,
  ): AsyncIterable<AnsweredScore>
  /** The same of several candidates in one pass over the lines. Absent: whoever scores is asked for one after the other. */
  scoreTogether?(
    lines: Lines,
    run: AutotuneRun,
    changes: readonly CandidateChange[],
  ): AsyncIterable<readonly AnsweredScore[]>
  /** Of a live run. Absent: recorded answers stand. */
  readonly live?: LiveReplays
}

/** What a run knows of the model that its engine asks live. */
export interface LiveReplays {
  /** Throws UserError where the budget does not hold both arms of so many sealed cases: before the question is opened. */
  afford(listed: number, cases: number): void
  /** Why an answer on record is no longer the one that is kept, or not there; null: it is. `question`: null on the search side. */
  problemOf(answer: AskedAnswer, sealed: SealedQuestion | null): Promise<string | null>
}

/** Who holds a lock, and whether another holder still works. */
export interface Holder {
  readonly name: string
  /** `null`: that cannot be seen from here (another machine or container); only its beats tell. */
  isAlive(name: string): boolean | null
}

/** Loads the run behind a recording. Throws TamperError when it is no longer the one that was compiled. */
export type RunLoader = (
  recording: Pick<Recording, 'run_id'> & { readonly recorded: Pick<Recording['recorded'], 'decision_record'> },
) => Promise<ExperienceRun>
