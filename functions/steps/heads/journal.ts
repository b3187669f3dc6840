/** The journal of heads of a store: appended to line by line, each an object of its own that is never written twice. */
import { canonical, digestOf } from '#core/canonical.ts'
import { brokenLine, itemText, lineText } from '#core/heads/head-line.ts'
import { type Head, HeadLine } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Heads, HeadsRead, LedgerRow, ObjectStore, Signer } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { orNull, readJson } from '../../streams/read-object.ts'

/** Lost appends in a row after which something else is wrong. */
const MOST_TRIES = 100

/**
 * The journal below `heads/` of a store's open side.
 * @param signerOf the store's key, asked for when a code is first made or checked: who only lists may not be able to read it
 * @param found what stood in the store before its journal began; asked once, for the first line
 */
export function headsOf(
  objects: ObjectStore,
  signerOf: () => Signer,
  clock: { now(): string },
  found: () => Promise<Extract<Head, { kind: 'begun' }>['found']>,
): Heads {
  let last: HeadLine | null = null
  let opened: Signer | null = null
  const signer = (): Signer => (opened ??= signerOf())

  /** The last line, whose code was checked: it covers all lines before it. null: the journal has not begun. */
  async function lastLine(): Promise<HeadLine | null> {
    let end: string | null = null
    for await (const key of objects.list(keys.heads())) end = key
    if (end === null) return null
    if (last !== null && end === keys.head(last.n)) return last
    last = await parsedLine(objects, end)
    if (last === null || keys.head(last.n) !== end || !(await lineHolds(signer(), last))) throw notOurs(end)
    return last
  }

  async function append(head: Head): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = await lastLine()
      if (before === null && head.kind !== 'begun') {
        await append({ kind: 'begun', found: await found() })
        continue
      }
      if (before !== null && head.kind === 'begun') return
      if (before !== null && canonical(before.head) === canonical(head)) return
      const line = {
        n: (before?.n ?? 0) + 1,
        at: clock.now(),
        previous: before === null ? null : digestOf(before),
        head,
      }
      const code = { key: signer().key, mac: await signer().sign(lineText(line)) }
      const whole: HeadLine = { ...line, code }
      if (await objects.putIfAbsent(keys.head(line.n), `${canonical(whole)}\n`)) {
        last = whole
        return
      }
    }
    throw new UserError(
      `the journal of heads cannot be gone on with: others appended to it ${MOST_TRIES} times in a row, or something that is no line stands in its folder "heads". Start again when they have ended, or take that away`,
    )
  }

  return {
    append,
    begin: async () => {
      if (last === null && (await lastLine()) === null) await append({ kind: 'begun', found: await found() })
    },
    read: () => readHeads(objects, signer),
    codeOf: async (row) => ({ key: signer().key, mac: await signer().sign(textOf(row)) }),
    codeHolds: (row, code) => signer().holds(textOf(row), code.mac),
  }
}

const textOf = ({ pk, sk, revision, body }: LedgerRow): string => itemText(pk, sk, revision, digestOf(body))

/** Every line, and what is wrong with the journal itself. */
async function readHeads(objects: ObjectStore, signer: () => Signer): Promise<HeadsRead> {
  const lines: HeadLine[] = []
  let n = 0
  for await (const { line } of inBlocks(objects.list(keys.heads()), async (key) => ({
    line: await parsedLine(objects, key),
  }))) {
    n++
    if (line === null) return { lines, problem: `line ${n} of the journal is damaged` }
    lines.push(line)
  }
  const broken = brokenLine(lines)
  if (broken !== null)
    return {
      lines,
      problem: `line ${broken} of the journal does not follow from the one before it: lines were removed, put in or changed`,
    }
  const end = lines.at(-1)
  return { lines, problem: end && !(await lineHolds(signer(), end)) ? notOurs(keys.head(end.n)).message : null }
}

const lineHolds = (signer: Signer, { code, ...line }: HeadLine): Promise<boolean> =>
  signer.holds(lineText(line), code.mac)

async function parsedLine(objects: ObjectStore, key: string): Promise<HeadLine | null> {
  const line = HeadLine.safeParse(await orNull(readJson(objects, key)))
  return line.success ? line.data : null
}

const notOurs = (key: string): UserError =>
  new UserError(
    `${key} was not written by this store: its code does not hold under the store's key. Restore the folder "heads" and "vault/heads.key" from a copy`,
  )
