/** Wall: nothing is decided, signed or written over on a store that is not what its journal of heads says. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonical, digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { LocalStore } from '../../functions/embedded/open-store.ts'
import { advanceRollout } from '../../functions/steps/release/advance.ts'
import { readRejections } from '../../functions/steps/run/memory.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { produce, reviewed, signer, start } from '../steps/release/support.ts'
import { imported, Killed, killedAtWrite, run } from '../steps/stores.ts'
import { aFamily, aTarget } from '../support/builders.ts'
import {
  ATTACKS,
  CLAIMS,
  copied,
  edited,
  file,
  found,
  inserted,
  json,
  LAYOUT,
  lastHead,
  open,
  partitionPutBack,
  REJECTIONS,
  removed,
  rowsOf,
  stages,
  stop,
  uncoded,
  vote,
  withStages,
} from './written-store.ts'

withStages()

describe('nothing is decided on a store that is not what its journal says', () => {
  const act = async (dir: string, work: (store: LocalStore) => Promise<unknown>): Promise<string> => {
    const store = open(dir)
    try {
      await work(store)
      return 'done'
    } catch (error) {
      return (error as Error).message
    } finally {
      store.close()
    }
  }
  /** Claims of families are for `verify` alone: a review is opened in two seconds, whatever was sealed. */
  const decided = ATTACKS.filter(([what]) => !/famil(y|ies)/.test(what))

  test.each(decided.filter(([, stage]) => stage === 'certified'))(
    '%s: no review is opened',
    async (_, stage, attack) => {
      const dir = copied(stage)
      attack(dir)
      expect(await act(dir, (store) => reviewed(store, 'r'))).toMatch(/journal|finished run|is missing|ledger/)
    },
  )

  test.each(decided.filter(([, stage]) => stage === 'approved'))('%s: no rollout starts', async (_, stage, attack) => {
    const dir = copied(stage)
    attack(dir)
    expect(await act(dir, start)).toMatch(/journal|is missing|ledger/)
  })

  test('a removed artifact is not signed again', async () => {
    const dir = copied('started')
    rmSync(file(dir, 'releases/rollouts/ro_r'), { recursive: true })
    expect(await act(dir, start)).toMatch(/revision 0, was removed: it is not signed again/)
    expect(existsSync(file(dir, 'releases/rollouts/ro_r/0000/artifact.json'))).toBe(false)
  })

  test('an edited promotion record is not signed, where its artifact had not been written yet', async () => {
    const dir = copied('started')
    rmSync(file(dir, 'releases/rollouts/ro_r'), { recursive: true })
    rmSync(lastHead(dir))
    edited(dir, 'rollout', (body) => JSON.parse(JSON.stringify(body).replaceAll('"ana"', '"eve"')))
    expect(await act(dir, start)).toMatch(/rollout ro_r was changed.*: nothing is signed of it/)
  })

  type Wash = readonly [
    what: string,
    stage: keyof typeof stages,
    attack: (dir: string) => void,
    next: (store: LocalStore) => Promise<unknown>,
    refused: RegExp,
  ]
  const again = (store: LocalStore) => run(store, { runId: 'again' })
  const forged = (body: unknown) => JSON.parse(JSON.stringify(body).replaceAll('"ana"', '"eve"'))
  /** A line of the journal that vouches for another body: its own code holds no longer, and the next one does not follow. */
  const lineRewritten = (dir: string, pk: string, digest: string): void => {
    for (const name of readdirSync(file(dir, 'heads'))) {
      const line = json(file(dir, 'heads', name)) as { head: { pk?: string } }
      if (line.head.pk === pk)
        writeFileSync(file(dir, 'heads', name), `${canonical({ ...line, head: { ...line.head, digest } })}\n`)
    }
  }
  const WASHED: readonly Wash[] = [
    [
      'a decided review is put back to open, its old code with it',
      'approved',
      (dir) => partitionPutBack(dir, 'review', 'opened'),
      (store) => vote(store),
      /review rv_r_1 is older than known/,
    ],
    [
      'a stopped rollout is put back to running, its old code with it',
      'stopped',
      (dir) => partitionPutBack(dir, 'rollout', 'started'),
      stop,
      /rollout ro_r is older than known/,
    ],
    [
      'the tuple in force is removed',
      'stopped',
      (dir) => partitionPutBack(dir, 'release', null),
      (store) => store.table.create('release', 'support.refund', { release_tuple_id: 'x', rollout_id: null }),
      /tuple in force of .* is missing/,
    ],
    [
      'a running rollout says that it is released, for the tuple in force to follow',
      'started',
      (dir) =>
        edited(dir, 'rollout', (body) => ({
          ...(body as object),
          rollout: { ...(body.rollout as unknown as object), status: 'kept' },
        })),
      stop,
      /rollout ro_r was changed/,
    ],
    [
      'a rollout is edited, and a line of the journal with it',
      'started',
      (dir) => {
        edited(dir, 'rollout', ({ head_code: _, ...body }) => {
          lineRewritten(dir, 'rollout', digestOf(forged(body)))
          return forged(body)
        })
      },
      stop,
      /of the journal does not follow/,
    ],
    [
      'family claims of an asked version are removed, for its families to be sealed again',
      'certified',
      (dir) => partitionPutBack(dir, CLAIMS, null),
      again,
      /question ledger of support.refund .* lacks the claims of 100 families/,
    ],
    [
      'a rejection is removed, for the same change to be proposed again',
      'stopped',
      (dir) => partitionPutBack(dir, REJECTIONS, null),
      (store) =>
        readRejections(store, {
          target: resolveTarget(aTarget()),
          searchSet: digestOf('set'),
          version: null,
          baseline: digestOf('b'),
          suite: digestOf('s'),
          runId: '',
        }),
      /rejection of support.refund .* is missing/,
    ],
    [
      'a segment of the production log is removed, for other runs to take its place',
      'recorded',
      (dir) => partitionPutBack(dir, 'production#ro_r', null),
      (store) => produce(store),
      /production log of ro_r 000001 is missing/,
    ],
  ]

  test.each(WASHED)('%s: the next command signs nothing of it', async (_, stage, attack, next, refused) => {
    const dir = copied(stage)
    attack(dir)
    const lines = readdirSync(file(dir, 'heads')).length
    expect(await act(dir, next)).toMatch(refused)
    expect(readdirSync(file(dir, 'heads'))).toHaveLength(lines)
  })

  test('a family that was never asked and is claimed as spent is not opened to the search', async () => {
    const dir = copied('certified')
    await act(dir, (store) => imported(store, [aFamily('new', { side: 'heldout', required: 1, gold: 1 })]))
    inserted(
      dir,
      ...rowKeys.claim('support.refund', familyHash('family-new')),
      JSON.parse(rowsOf(dir, CLAIMS)[0]!.body),
    )
    expect(await act(dir, again)).toMatch(/has claims of 1 family that it does not hold/)
    expect(readdirSync(file(dir, 'experience/runs'), { recursive: true }).join()).not.toMatch(/\bnew\b/)
  })

  test('a production log that lost a segment moves nothing forward: the rollout is paused', async () => {
    const dir = copied('recorded')
    partitionPutBack(dir, 'production#ro_r', null)
    const store = open(dir)
    try {
      expect((await advanceRollout(store, signer, 'ro_r')).item.rollout).toMatchObject({
        status: 'paused',
        missing: ['log'],
      })
    } finally {
      store.close()
    }
  })

  test('a spoiled memory holds up no kill switch: routing goes back before it is written', async () => {
    const dir = copied('recorded')
    const [known] = rowsOf(stages.stopped, REJECTIONS)
    inserted(dir, REJECTIONS, known!.sk, { reason: 'none' })
    expect(await act(dir, stop)).toMatch(/rejection of support.refund .* is not in the journal/)
    const routing = json(file(dir, 'releases', keys.promotion('ro_r', 1, 'routing.json')))
    expect(routing).toMatchObject({ cohorts: [] })
  })

  test('a journal that was removed is not begun anew', async () => {
    const dir = copied('certified')
    rmSync(file(dir, 'heads'), { recursive: true })
    expect(await act(dir, (store) => store.heads!.journal.begin())).toMatch(
      /the journal of heads of this store is gone/,
    )
    expect(existsSync(file(dir, 'heads'))).toBe(false)
  })

  test('nor where everything was made to look as if it had never had one', async () => {
    const dir = copied('certified')
    removed(dir, ['heads', 'vault/heads.key', LAYOUT])
    uncoded(dir)
    expect(await act(dir, (store) => store.heads!.journal.begin())).toMatch(/it was written with one/)
    expect((await found(dir)).join()).toMatch(/the journal of heads is missing/)
  })
})

test('a start that was killed at any write of an object is no attack: the next one ends, and the store holds', async () => {
  let kills = 0
  for (let n = 1; n < 100; n++) {
    const dir = copied('approved')
    const store = open(dir)
    try {
      const died = await start(killedAtWrite(store, n).store).catch((error: unknown) => error)
      if (!(died instanceof Killed)) break
      kills++
      expect({ n, status: (await start(store)).rollout.status }).toEqual({ n, status: 'running' })
    } finally {
      store.close()
    }
    expect({ n, found: await found(dir) }).toEqual({ n, found: [] })
    // Once its rollout stands, a pack that is gone was removed.
    rmSync(file(dir, keys.pack('ctxpack.support@1.1.0')))
    expect(await found(dir)).toContain('ctxpack.support@1.1.0 is missing: import it again')
  }
  expect(kills).toBeGreaterThan(8)
})
