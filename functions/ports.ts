/**
 * What the core's callers need of the world. Every adapter of a port passes the same contract suite
 * (test/adapters/contract). Keys come from schemas/s3-keys.ts; ids in them have been validated.
 */
import type { ModelAnswer } from '#schemas/harness.ts'
import type { Routing } from '#schemas/release.ts'

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
}

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
  describe(execution: string): Promise<WorkflowState>
}

/** Lines put aside while a step works: read again in the same step, gone when it ends, never part of a store. */
export interface Scratch {
  add(line: string): void
  /** Every line added so far, in order. */
  lines(): Iterable<string>
  close(): void
}

/**
 * Texts by key, put aside while a step works: as many as a disk holds, in bounded memory. Gone when it is closed, never
 * part of a store.
 */
export interface ScratchTable {
  /** `null`: nothing was set under this key. */
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

/** One request to a model. Every field is part of its identity. */
export interface ModelRequest {
  readonly model_arn: string
  readonly prompt: string
  readonly max_tokens: number
  readonly temperature: number
}

/** Asks a model. Throws on throttling and service faults; `refused`: this request will never be answered. */
export interface ModelPort {
  converse(request: ModelRequest): Promise<ModelAnswer | { readonly refused: string }>
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
