/** Reads the journal of heads: volumes and the lines since, once, then what was added. Lines that were read and held may not go any more. */
import { anchorOf, anchorProblem, brokenLine, lineText } from '#core/heads/head-line.ts'
import { HeadLine } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Heads, HeadsRead, ObjectStore, Signer } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { boundLines, otherVolume, volumesOf } from './volumes.ts'

/**
 * A reader of the journal below `heads/`. Who writes to the store while this process runs changes nothing of what it has read. The names
 * since the last volume are listed each time, so that lines that are removed there are missed; those before it are proved by the volumes, and
 * looked at one by one where the whole is asked for.
 * @param signer of the store's key: a line's code covers all lines before it, so the code of the last one is checked
 */
export function headsReader(objects: ObjectStore, signer: () => Signer): Heads['read'] {
  let known: readonly HeadLine[] = []

  /** Goes on from lines that hold; null: the last of them, or one listed with it, does not lie there any more. */
  async function readOn(from: readonly HeadLine[]): Promise<HeadsRead | null> {
    const last = from.at(-1)
    const { names, before } = await namesSince(objects, from.length)
    if (last !== undefined && names[last.n - before - 1] !== keys.head(last.n)) return null
    return await readLines(from, names.slice(from.length - before))
  }

  async function readAnew(): Promise<HeadsRead> {
    const { lines, damaged } = await boundLines(objects)
    if (damaged !== null) return { lines: [], problem: notAVolume(damaged) }
    const broken = brokenLine(lines, 0)
    if (broken !== null)
      return { lines: lines.slice(0, broken - 1), problem: notAVolume(keys.headVolume(volumesOf(broken - 1) + 1)) }
    return (await readOn(lines)) ?? { lines: [], problem: `${keys.head(lines.length)} is missing: lines were removed` }
  }

  async function readWhole(): Promise<HeadsRead> {
    const all = await Array.fromAsync(objects.list(keys.heads()))
    const read = await readLines(
      [],
      all.filter((key) => !key.startsWith(keys.headVolumes())),
    )
    const other = read.problem === null ? await otherVolume(objects, read.lines) : null
    return other === null ? read : { ...read, problem: notAVolume(other) }
  }

  /** Lines that were held, and those that lie under names. */
  async function readLines(from: readonly HeadLine[], names: readonly string[]): Promise<HeadsRead> {
    const lines = [...from]
    for await (const line of inBlocks(names, (key) => parsedLine(objects, key))) {
      if (line === null) return { lines, problem: `line ${lines.length + 1} of the journal is damaged` }
      lines.push(line)
    }
    const broken = brokenLine(lines, from.length)
    if (broken !== null)
      return {
        lines,
        problem: `line ${broken} of the journal does not follow from the one before it: lines were removed, put in or changed`,
      }
    const end = lines.at(-1)
    const holds = end === undefined || end === known.at(-1) || (await lineHolds(signer(), end))
    return { lines, problem: holds ? null : notOurs(keys.head(end!.n)) }
  }

  return async ({ whole = false } = {}) => {
    const last = known.at(-1)
    const read = whole ? await readWhole() : (known.length > 0 && (await readOn(known))) || (await readAnew())
    const problem = read.problem ?? (last ? anchorProblem(read.lines, anchorOf(last)) : null)
    if (problem === null) known = read.lines
    return { lines: read.lines, problem }
  }
}

/** Lines as they lie, for whoever has no key: none is checked, and damaged ones are left out. */
export async function lyingHeads(objects: ObjectStore): Promise<readonly HeadLine[]> {
  const { lines } = await boundLines(objects)
  const { names, before } = await namesSince(objects, lines.length)
  for await (const line of inBlocks(names.slice(lines.length - before), (key) => parsedLine(objects, key)))
    if (line !== null) lines.push(line)
  return lines
}

/**
 * Names of the lines from a number on, and of a few before it, as listings of a thousand have them.
 * @returns `before`: how many lines come before the first of them
 */
async function namesSince(
  objects: ObjectStore,
  n: number,
): Promise<{ readonly names: readonly string[]; readonly before: number }> {
  const first = n - (n % LISTED)
  const names: string[] = []
  for (let from = first; ; from += LISTED) {
    const some = await Array.fromAsync(objects.list(keys.headsLike(from)))
    names.push(...some)
    if (some.length === 0) return { names, before: Math.max(0, first - 1) }
  }
}

/** Line numbers that one of those names begins. */
const LISTED = 1000

const lineHolds = (signer: Signer, { code, ...line }: HeadLine): Promise<boolean> =>
  signer.holds(lineText(line), code.mac)

async function parsedLine(objects: ObjectStore, key: string): Promise<HeadLine | null> {
  const line = HeadLine.safeParse(await orNull(readJson<HeadLine>(objects, key)))
  return line.success ? line.data : null
}

const notAVolume = (key: string): string =>
  `${key} does not say what the lines of the journal say: remove it, and the lines speak for themselves until the next one is added`

const notOurs = (key: string): string =>
  `${key} was not written by this store: its code does not hold under the store's key. Restore the folder "heads" and "vault/heads.key" from a copy`
