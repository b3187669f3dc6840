/** The journal of heads of a store: appended to line by line, each an object of its own that is never written twice. */
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { canonical, digestOf } from '#core/canonical.ts'
import { itemText, lineText } from '#core/heads/head-line.ts'
import type { Head, HeadLine } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Heads, LedgerRow, ObjectStore, Signer } from '../../ports.ts'
import { headsReader } from './read-heads.ts'
import { bindVolumes, volumesOf } from './volumes.ts'

/** Lost appends in a row after which something else is wrong. */
const MOST_TRIES = 100

/** Whoever lost waits, at random up to a bound that doubles: many functions that append at once must not stay in step. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [4, 64]
const pause = (tries: number) => setTimeout(randomInt(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries)))

type Begun = Extract<Head, { kind: 'begun' }>

/**
 * The journal below `heads/` of a store's open side.
 * @param signerOf the store's key, asked for when a code is first made or checked: who only lists may not be able to read it
 * @param found what stands in the store that the journal so far does not speak of, for a line that begins it
 */
export function headsOf(
  objects: ObjectStore,
  signerOf: () => Signer,
  clock: { now(): string },
  found: (lines: readonly HeadLine[], holds: Heads['codeHolds']) => Promise<Begun['found']>,
): Heads {
  let opened: Signer | null = null
  let isBegun = false
  let bound = 0
  const signer = (): Signer => (opened ??= signerOf())
  const read = headsReader(objects, signer)
  const codeHolds: Heads['codeHolds'] = (row, code) => signer().holds(textOf(row), code.mac)

  /** Every line so far, which hold; what a volume lacks of them is bound. */
  async function sound(): Promise<readonly HeadLine[]> {
    const { lines, problem } = await read()
    if (problem !== null) throw new UserError(`${problem}. Nothing is added to it`)
    if (volumesOf(lines.length) > bound) await bindVolumes(objects, lines)
    bound = volumesOf(lines.length)
    return lines
  }

  /** @param of the next line, by all before it; null: it is not wanted any more */
  async function add(of: (lines: readonly HeadLine[]) => Promise<Head | null>): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const lines = await sound()
      const head = await of(lines)
      if (head === null) return
      const before = lines.at(-1)
      const line = {
        n: lines.length + 1,
        at: clock.now(),
        previous: before === undefined ? null : digestOf(before),
        head,
      }
      const code = { key: signer().key, mac: await signer().sign(lineText(line)) }
      if (await objects.putIfAbsent(keys.head(line.n), `${canonical({ ...line, code })}\n`)) return
      await pause(tries)
    }
    throw new UserError(
      `the journal of heads cannot be gone on with: others appended to it ${MOST_TRIES} times in a row, or something that is no line stands in its folder "heads". Start again when they have ended, or take that away`,
    )
  }

  async function begin(): Promise<void> {
    if (isBegun) return
    await add(async (lines) =>
      lines.some(({ head }) => head.kind === 'begun' && head.version === 2)
        ? null
        : { kind: 'begun', version: 2, found: await found(lines, codeHolds) },
    )
    isBegun = true
  }

  return {
    async append(head) {
      await begin()
      await add(async (lines) => (canonical(lines.at(-1)!.head) === canonical(head) ? null : head))
    },
    begin,
    read,
    codeOf: async (row) => ({ key: signer().key, mac: await signer().sign(textOf(row)) }),
    codeHolds,
  }
}

const textOf = ({ pk, sk, revision, body }: LedgerRow): string => itemText(pk, sk, revision, digestOf(body))
