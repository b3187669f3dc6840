/** Reads the journal of heads: whole once, then what was added. Lines that were read and held may not go any more. */
import { anchorOf, anchorProblem, brokenLine, lineText } from '#core/heads/head-line.ts'
import { HeadLine } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { HeadsRead, ObjectStore, Signer } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { orNull, readJson } from '../../streams/read-object.ts'

/**
 * A reader of the journal below `heads/`. Who writes to the store while this process runs changes nothing of what it has read;
 * its names are listed each time, so that lines that are removed are missed.
 * @param signer of the store's key: a line's code covers all lines before it, so the code of the last one is checked
 */
export function headsReader(objects: ObjectStore, signer: () => Signer): () => Promise<HeadsRead> {
  let known: readonly HeadLine[] = []

  async function readOn(names: readonly string[], from: readonly HeadLine[]): Promise<HeadsRead> {
    const lines = [...from]
    for await (const line of inBlocks(names.slice(from.length), (key) => parsedLine(objects, key))) {
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
    const holds = end === undefined || end === from.at(-1) || (await lineHolds(signer(), end))
    return { lines, problem: holds ? null : notOurs(keys.head(end!.n)) }
  }

  return async () => {
    const names = await Array.fromAsync(objects.list(keys.heads()))
    const last = known.at(-1)
    const there = last === undefined || names[last.n - 1] === keys.head(last.n)
    const read = await readOn(names, there ? known : [])
    const problem = read.problem ?? (last ? anchorProblem(read.lines, anchorOf(last)) : null)
    if (problem === null) known = read.lines
    return { lines: read.lines, problem }
  }
}

const lineHolds = (signer: Signer, { code, ...line }: HeadLine): Promise<boolean> =>
  signer.holds(lineText(line), code.mac)

async function parsedLine(objects: ObjectStore, key: string): Promise<HeadLine | null> {
  const line = HeadLine.safeParse(await orNull(readJson(objects, key)))
  return line.success ? line.data : null
}

const notOurs = (key: string): string =>
  `${key} was not written by this store: its code does not hold under the store's key. Restore the folder "heads" and "vault/heads.key" from a copy`
