/** Wall: who has the key of the journal, and not the keys of link and terminal, forges no decision unseen. */
import { readdirSync, rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { storeSigner } from '#adapters/local/store-signer.ts'
import { canonical, digestOf } from '#core/canonical.ts'
import { itemText, lineText } from '#core/heads/head-line.ts'
import type { HeadLine } from '#schemas/head-line.ts'
import { isWitnessedLater } from '../../functions/steps/heads/partitions.ts'
import { verifyWholeStore } from '../../functions/steps/release/verify-store.ts'
import { signer, start } from '../steps/release/support.ts'
import {
  copied,
  file,
  found,
  inLedger,
  json,
  open,
  partitionPutBack,
  REJECTIONS,
  rowsOf,
  type stages,
  stop,
  vote,
  withStages,
} from './written-store.ts'

withStages()

// biome-ignore lint/suspicious/noExplicitAny: what somebody else wrote has any shape
type Body = Record<string, any>

const linesOf = (dir: string): HeadLine[] =>
  readdirSync(file(dir, 'heads'))
    .sort()
    .map((name) => json(file(dir, 'heads', name)) as unknown as HeadLine)

/** A journal of these heads, each line under the store's own key. */
async function rewritten(dir: string, heads: readonly HeadLine['head'][]): Promise<void> {
  const key = storeSigner(file(dir, 'vault'), 'heads')
  const at = linesOf(dir)[0]!.at
  rmSync(file(dir, 'heads'), { recursive: true })
  let previous: string | null = null
  const store = open(dir)
  for (const [i, head] of heads.entries()) {
    const line = { n: i + 1, at, previous, head }
    const whole = { ...line, code: { key: key.key, mac: await key.sign(lineText(line)) } }
    await store.objects.put(`heads/${String(i + 1).padStart(8, '0')}.json`, `${canonical(whole)}\n`)
    previous = digestOf(whole)
  }
  store.close()
}

/** Writes an item as somebody does who has the journal's key: under a code that holds, with a line that follows. */
async function forged(dir: string, pk: string, change: (body: Body) => Body, revisions = 0): Promise<void> {
  const key = storeSigner(file(dir, 'vault'), 'heads')
  const { sk, body: text } = rowsOf(dir, pk)[0]!
  const { head_code: _, ...standing } = JSON.parse(text)
  const select = 'SELECT revision FROM items WHERE pk = ? AND sk = ?'
  const row = inLedger(dir, (ledger) => ledger.prepare(select).get(pk, sk) as { revision: number })
  const revision = row.revision + revisions
  const body = change(standing)
  const mac = await key.sign(itemText(pk, sk, revision, digestOf(body)))
  const coded = canonical({ ...body, head_code: { key: key.key, mac } })
  inLedger(dir, (ledger) =>
    ledger.prepare('UPDATE items SET revision = ?, body = ? WHERE pk = ? AND sk = ?').run(revision, coded, pk, sk),
  )
  await rewritten(dir, [
    ...linesOf(dir)
      .map(({ head }) => head)
      .filter((head) => !(head.kind === 'item' && head.pk === pk && head.revision >= revision)),
    { kind: 'item', pk, sk, revision, digest: digestOf(body) },
  ])
}

const renamed = (from: string, to: string) => (body: Body) => JSON.parse(JSON.stringify(body).replaceAll(from, to))
/** The decisions of a review under names of others, and the codes of those that were there. */
const moved = (body: Body): Body => {
  const next = renamed('"ana"', '"eve"')(body)
  const codes = Object.values(body.codes as Body)
  return {
    ...next,
    codes: Object.fromEntries(next.review.decisions.map((d: unknown, i: number) => [digestOf(d), codes[i]])),
  }
}

describe('with the key of the journal', () => {
  type Forgery = readonly [
    what: string,
    stage: keyof typeof stages,
    attack: (dir: string) => Promise<void>,
    noticed: RegExp,
    next: (store: ReturnType<typeof open>) => Promise<unknown>,
  ]
  const FORGED: readonly Forgery[] = [
    [
      'an approval gets the name of another person',
      'approved',
      (dir) => forged(dir, 'review', renamed('"ana"', '"eve"')),
      /review rv_r_1 holds a decision without a code of its own, decision 1 \(approved by eve\)/,
      start,
    ],
    [
      'an approval gets the name of another person, and the codes that were there',
      'approved',
      (dir) => forged(dir, 'review', moved),
      /review rv_r_1 holds a decision whose code does not hold, decision 1 \(approved by eve\)/,
      start,
    ],
    [
      'the codes of a decided review are taken off',
      'approved',
      (dir) => forged(dir, 'review', ({ codes: _, ...body }) => body),
      /review rv_r_1 holds a decision without a code of its own/,
      start,
    ],
    [
      'a decision is put into an open review',
      'opened',
      (dir) =>
        forged(
          dir,
          'review',
          (body) => ({ ...body, review: { ...body.review, decisions: [{ decision: 'approved', reviewer: 'eve' }] } }),
          1,
        ),
      /review rv_r_1 holds a decision without a code of its own, decision 1 \(approved by eve\)/,
      vote,
    ],
    [
      'a transition of a rollout is rewritten',
      'started',
      (dir) => forged(dir, 'rollout', renamed('0%_shadow', '5%_canary')),
      /rollout ro_r holds a decision without a code of its own, transition 1 \(advanced by rollout\)/,
      stop,
    ],
    [
      'a stop gets the name of another person',
      'stopped',
      (dir) => forged(dir, 'rollout', renamed('fay@acme', 'eve@acme')),
      /rollout ro_r holds a decision without a code of its own, transition 2 \(stopped by eve@acme\)/,
      stop,
    ],
  ]

  test.each(FORGED)('%s: noticed, and nothing is decided on it', async (_, stage, attack, noticed, next) => {
    const dir = copied(stage)
    await attack(dir)
    expect((await found(dir)).join('\n')).toMatch(noticed)
    const store = open(dir)
    await expect(next(store)).rejects.toThrow(noticed)
    store.close()
  })

  test('a key of decisions that was removed is noticed', async () => {
    const dir = copied('approved')
    rmSync(file(dir, 'vault/terminal.key'))
    expect((await found(dir)).join()).toMatch(/"vault\/terminal.key" is not the key of this store/)
  })
})

describe('a store of version 0.2.0', () => {
  /** Makes a store one of version 0.2.0: its journal speaks of fewer partitions, and no decision has a code. */
  async function older(dir: string): Promise<void> {
    const key = storeSigner(file(dir, 'vault'), 'heads')
    const last = new Map<string, string>()
    const rows = inLedger(dir, (ledger) => ledger.prepare('SELECT * FROM items').all() as Body[])
    for (const { pk, sk, revision, body } of rows) {
      const { head_code, codes: _, ...bare } = JSON.parse(body)
      if (head_code === undefined) continue
      const mac = await key.sign(itemText(pk, sk, revision, digestOf(bare)))
      const coded = isWitnessedLater(pk) ? bare : { ...bare, head_code: { key: key.key, mac } }
      last.set(`${pk} ${sk} ${revision}`, digestOf(bare))
      inLedger(dir, (ledger) =>
        ledger.prepare('UPDATE items SET body = ? WHERE pk = ? AND sk = ?').run(canonical(coded), pk, sk),
      )
    }
    await rewritten(
      dir,
      linesOf(dir).flatMap(({ head }): HeadLine['head'][] => {
        if (head.kind === 'begun') return [{ kind: 'begun', found: head.found }]
        if (head.kind !== 'item') return [head]
        const digest = last.get(`${head.pk} ${head.sk} ${head.revision}`) ?? head.digest
        return isWitnessedLater(head.pk) ? [] : [{ ...head, digest }]
      }),
    )
  }

  test('is what its journal says before it is written again, and after', async () => {
    for (const stage of ['approved', 'recorded', 'stopped'] as const) {
      const dir = copied(stage)
      await older(dir)
      expect({ stage, found: await found(dir) }).toEqual({ stage, found: [] })
      const store = open(dir)
      await store.heads!.journal.begin()
      const checked = (await verifyWholeStore(store, signer))!
      store.close()
      expect({ stage, problems: checked.problems }).toEqual({ stage, problems: [] })
      expect(checked.uncoded).toBeGreaterThan(1)
      expect(checked.lines.at(-1)!.head).toMatchObject({ kind: 'begun', version: 2 })
    }
  })

  test('goes on, and from then on its new rows and decisions are witnessed', async () => {
    const dir = copied('recorded')
    await older(dir)
    const store = open(dir)
    await stop(store)
    store.close()
    expect(await found(dir)).toEqual([])
    for (const pk of [REJECTIONS, 'production#ro_r', 'proposal#r_01']) partitionPutBack(dir, pk, null)
    const removed = (await found(dir)).join('\n')
    for (const what of ['rejection of', 'production log of', 'what became of proposal'])
      expect(removed).toMatch(new RegExp(`${what} .* is missing`))
    await forged(dir, 'rollout', renamed('fay@acme', 'eve@acme'))
    expect((await found(dir)).join()).toMatch(/without a code of its own, transition 2 \(stopped by eve@acme\)/)
  })
})
