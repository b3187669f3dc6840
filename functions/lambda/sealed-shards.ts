/**
 * A sealed version in the shards of a question: parts of it where it lies, cut by the lengths of its lines. No function reads
 * the whole of it: who scores a shard holds its lines to their digests, and who answers reads their heads.
 */
import { headLine, type SealedLine } from '#core/baseline/reproduce.ts'
import type { CaseHead } from '#core/evaluate/panel.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { gateKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { heldHead, sealedPanel } from '../steps/heldout/open-sealed.ts'
import { ahead, asText, inTextBlocks } from '../streams/groups.ts'
import { readJson, readLines, streamLines } from '../streams/read-object.ts'
import { shardLimits } from './replays.ts'
import type { World } from './world.ts'

/** Whole lines of a sealed version, one a case. */
interface Shard {
  /** Bytes before it. */
  readonly at: number
  readonly bytes: number
  readonly cases: number
}

/** A question, by its version, its number and who asks. */
interface ShardedQuestion {
  readonly run: AutotuneRun
  readonly k: number
}

/** Keeps how long the lines of a version are, in bytes without what ends them. */
export async function keepLengths({ vault }: Pick<Store, 'vault'>, version: string, lengths: readonly number[]) {
  await vault.put(gateKeys.lengths(version), JSON.stringify(lengths))
}

/** Those of a version that was sealed before lengths were kept are read off it. Throws UserError where it has other cases. */
async function lengthsOf(store: Store, { intent, version, cases }: HeldoutVersion): Promise<readonly number[]> {
  const kept = await readJson<readonly number[]>(store.vault, gateKeys.lengths(version))
  if (kept) return kept
  const lengths: number[] = []
  for await (const line of streamLines(store.vault, keys.sealed(intent, version))) lengths.push(Buffer.byteLength(line))
  // Without a case there would be no shard, and nothing to score or to answer.
  if (lengths.length !== cases) throw new UserError('the sealed version does not hold the cases that were sealed')
  await keepLengths(store, version, lengths)
  return lengths
}

/** Shards of a question, as it was cut first. */
export async function shardsOf(world: World, { run, k }: ShardedQuestion): Promise<readonly Shard[]> {
  const { vault } = world.store
  const facts = run.heldout_test_set!
  const key = gateKeys.shards(facts.version, k)
  const before = await readJson<readonly Shard[]>(vault, key)
  if (before) return before
  const limits = shardLimits(world, run.replayer, run.evaluator_suite)
  const shards: Shard[] = []
  let at = 0
  for await (const lengths of inTextBlocks(await lengthsOf(world.store, facts), limits, (length) => length)) {
    const bytes = lengths.reduce((sum, length) => sum + length + 1, 0)
    shards.push({ at, bytes, cases: lengths.length })
    at += bytes
  }
  await vault.putIfAbsent(key, JSON.stringify(shards))
  return (await readJson<readonly Shard[]>(vault, key))!
}

/** Lines of a shard. Throws UserError where it is not there whole. */
export async function shardLines(world: World, question: ShardedQuestion, shard: number): Promise<readonly string[]> {
  const { intent, version } = question.run.heldout_test_set!
  const { at, bytes, cases } = (await shardsOf(world, question))[shard]!
  const part = await world.store.vault.readRange(keys.sealed(intent, version), at, bytes)
  const lines = Buffer.from(part ?? [])
    .toString()
    .split('\n')
  if (lines.pop() !== '' || lines.length !== cases) throw new UserError('a sealed shard is missing')
  return lines
}

/** Writes the heads of a shard, each of whose lines holds. Throws UserError where one does not. */
export async function keepHeads(
  { vault }: Pick<Store, 'vault'>,
  { run, k }: ShardedQuestion,
  shard: number,
  lines: readonly string[],
): Promise<void> {
  const heads = lines.map((text) => {
    const line = heldHead(text)
    if (line === null) throw new UserError('a sealed case was changed after it was sealed')
    return headLine(line)
  })
  await vault.put(gateKeys.heads(run.heldout_test_set!.version, k, shard), asText(heads))
}

/** Opens a version from the heads of its shards. Throws UserError when it is not what was sealed. */
export async function openHeads(store: Store, { run, k }: ShardedQuestion, shards: number) {
  const { intent, version } = run.heldout_test_set!
  const heads = linesOfShards<SealedLine<CaseHead>>(store, shards, (shard) => gateKeys.heads(version, k, shard))
  return await sealedPanel(store, intent, version, heads)
}

/** Shards whose small files are read at once: each takes a request, and most of that is waiting. */
const SHARDS_AHEAD = 16

/** Values of a file of each shard, one a line, in their order. */
export async function* linesOfShards<T>(
  { vault }: Pick<Store, 'vault'>,
  shards: number,
  keyOf: (shard: number) => string,
): AsyncGenerator<T> {
  for await (const values of ahead(Array(shards).keys(), SHARDS_AHEAD, (shard) => readLines<T>(vault, keyOf(shard))))
    yield* values
}
