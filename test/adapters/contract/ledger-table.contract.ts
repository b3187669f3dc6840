/** What every LedgerTable does, whatever stands behind it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerTable } from '#ports'
import type { Made, Make } from './registry.ts'

/** Bodies that must come back as they were given. */
const BODIES: readonly unknown[] = [
  null,
  '',
  'ä€😀\u0000"\\\n',
  0,
  -1.5e-7,
  false,
  [],
  {},
  [null, [{}]],
  { 'sn😀w': null, nested: { list: [1, 'two', { three: null }] }, empty: '', '': 'no name' },
]

/**
 * Runs the contract of LedgerTable as one describe block.
 *
 * @param name the adapter, for the report
 * @param makeTable an empty table for each test
 */
export function ledgerTableContract(name: string, makeTable: Make<LedgerTable>): void {
  describe(`ledger table: ${name}`, () => {
    let made: Made<LedgerTable>
    let table: LedgerTable
    beforeEach(async () => {
      made = await makeTable()
      table = made.adapter
    })
    afterEach(() => made.dispose())

    const query = (pk: string, prefix?: string) => Array.fromAsync(table.query(pk, prefix))
    const sks = async (pk: string, prefix?: string) => (await query(pk, prefix)).map(({ sk }) => sk)

    it('finds and changes nothing in an empty table', async () => {
      expect(await table.get('p', 's')).toBeNull()
      expect(await query('p')).toEqual([])
      expect(await table.update('p', 's', 0, {})).toBe(false)
      expect(await table.remove('p', 's', 0)).toBe(false)
      expect(await table.get('p', 's')).toBeNull()
    })

    it('reads its own writes', async () => {
      expect(await table.create('p', 's', { a: 1 })).toBe(true)
      expect(await table.get('p', 's')).toEqual({ pk: 'p', sk: 's', revision: 0, body: { a: 1 } })
      expect(await table.update('p', 's', 0, { a: 2 })).toBe(true)
      expect(await table.get('p', 's')).toEqual({ pk: 'p', sk: 's', revision: 1, body: { a: 2 } })
      expect(await query('p')).toEqual([{ pk: 'p', sk: 's', revision: 1, body: { a: 2 } }])
    })

    it('creates once of fifty times', async () => {
      const won = await Promise.all(Array.from({ length: 50 }, (_, i) => table.create('p', 's', { writer: i })))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await table.get('p', 's'))!.body).toEqual({ writer: won.indexOf(true) })
      expect(await table.create('p', 's', null)).toBe(false)
    })

    it('creates many at once, each only where none stands, and says which', async () => {
      await table.create('p', 's07', { was: 'here' })
      const items = Array.from({ length: 40 }, (_, i) => ({ sk: `s${String(i).padStart(2, '0')}`, body: { n: i } }))
      expect(await table.createAll('p', items)).toEqual(items.map(({ sk }) => sk !== 's07'))
      expect(await table.createAll('p', items)).toEqual(items.map(() => false))
      expect(await table.createAll('p', [])).toEqual([])
      expect(await query('p')).toEqual(
        items.map(({ sk, body }) => ({ pk: 'p', sk, revision: 0, body: sk === 's07' ? { was: 'here' } : body })),
      )
    })

    it('creates each of many items once when five writers create them all', async () => {
      const items = Array.from({ length: 20 }, (_, i) => ({ sk: `s${i}`, body: null }))
      const won = await Promise.all(Array.from({ length: 5 }, () => table.createAll('p', items)))
      for (const i of items.keys()) expect(won.filter((created) => created[i])).toHaveLength(1)
    })

    it('refuses a key that no adapter takes among many', async () => {
      await expect(
        table.createAll('p', [
          { sk: 'good', body: 1 },
          { sk: '', body: 1 },
        ]),
      ).rejects.toThrow(RangeError)
    })

    it('updates one revision once of fifty times', async () => {
      await table.create('p', 's', { writer: null })
      const won = await Promise.all(Array.from({ length: 50 }, (_, i) => table.update('p', 's', 0, { writer: i })))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await table.get('p', 's')).toMatchObject({ revision: 1, body: { writer: won.indexOf(true) } })
    })

    it('spends one revision once of fifty times, and goes on from it', async () => {
      await table.create('p', 's', { writer: null })
      const spend = (revision: number, i: number) => table.spend('p', 's', revision, { writer: i }, `question ${i}`)
      const won = await Promise.all(Array.from({ length: 50 }, (_, i) => spend(0, i)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await table.get('p', 's')).toMatchObject({ revision: 1, body: { writer: won.indexOf(true) } })
      expect(await spend(0, 98)).toBe(false)
      expect(await spend(1, 99)).toBe(true)
      expect(await table.spend('p', 'none', 0, {}, 'nothing')).toBe(false)
      expect(await table.update('p', 's', 2, 'later')).toBe(true)
      expect(await table.get('p', 's')).toMatchObject({ revision: 3, body: 'later' })
    })

    it('loses no count when twenty writers try again', async () => {
      await table.create('p', 's', { count: 0 })
      const increment = async () => {
        for (;;) {
          const { revision, body } = (await table.get<{ count: number }>('p', 's'))!
          if (await table.update('p', 's', revision, { count: body.count + 1 })) return
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      expect(await table.get('p', 's')).toMatchObject({ revision: 20, body: { count: 20 } })
    })

    it('updates and removes on the current revision only', async () => {
      await table.create('p', 's', 'first')
      await table.update('p', 's', 0, 'second')
      for (const revision of [0, 2, -1]) {
        expect(await table.update('p', 's', revision, 'stale')).toBe(false)
        expect(await table.remove('p', 's', revision)).toBe(false)
      }
      expect(await table.get('p', 's')).toMatchObject({ revision: 1, body: 'second' })
      expect(await table.remove('p', 's', 1)).toBe(true)
      expect(await table.remove('p', 's', 1)).toBe(false)
      expect(await table.get('p', 's')).toBeNull()
      expect(await table.create('p', 's', 'anew')).toBe(true)
      expect(await table.get('p', 's')).toMatchObject({ revision: 0, body: 'anew' })
    })

    it('keeps items apart whose keys only look alike', async () => {
      const pairs = [
        ['a', 'b#c'],
        ['a#b', 'c'],
        ['A', 'b#c'],
        ['a', 'b#C'],
        ['é', 'b'],
        ['e\u0301', 'b'],
        ["a'--", '%_'],
      ] as const
      for (const [pk, sk] of pairs) expect(await table.create(pk, sk, { pk, sk })).toBe(true)
      for (const [pk, sk] of pairs) expect((await table.get(pk, sk))!.body).toEqual({ pk, sk })
    })

    it('queries one partition in the order of UTF-8 bytes', async () => {
      const order = ['#', '1', '10', '2', 'B', 'a', 'a#', 'a#1', 'a%', 'ab', 'b', 'é', '\uffee', '😀']
      for (const sk of order.toReversed()) await table.create('p', sk, null)
      await table.create('other', 'a', null)
      expect(await sks('p')).toEqual(order)
      expect(await sks('p', '')).toEqual(order)
      expect(await sks('p', 'a')).toEqual(['a', 'a#', 'a#1', 'a%', 'ab'])
      expect(await sks('p', 'a#')).toEqual(['a#', 'a#1'])
      expect(await sks('p', 'a%')).toEqual(['a%'])
      expect(await sks('p', '1')).toEqual(['1', '10'])
      expect(await sks('p', '😀')).toEqual(['😀'])
      expect(await sks('p', 'A')).toEqual([])
      expect(await sks('nobody')).toEqual([])
    })

    it('queries more items than fit a page, and lets the caller write meanwhile', async () => {
      const wanted = Array.from({ length: 300 }, (_, i) => `run#${String(i).padStart(4, '0')}`)
      for (const sk of [...wanted, 'before', 'zafter']) await table.create('p', sk, { sk })
      expect(await sks('p', 'run#')).toEqual(wanted)
      for await (const { sk, revision } of table.query('p', 'run#')) await table.remove('p', sk, revision)
      expect(await sks('p')).toEqual(['before', 'zafter'])
    })

    it('lets the caller stop a query early', async () => {
      for (const sk of ['1', '2', '3']) await table.create('p', sk, null)
      for await (const { sk } of table.query('p')) {
        expect(sk).toBe('1')
        break
      }
      expect(await table.create('p', '4', null)).toBe(true)
    })

    it.each(BODIES.map((body) => [JSON.stringify(body), body]))('returns the body %s', async (_, body) => {
      await table.create('p', 's', body)
      expect((await table.get('p', 's'))!.body).toEqual(body)
      await table.update('p', 's', 0, { body })
      expect((await query('p'))[0]!.body).toEqual({ body })
    })

    it('keeps no hold of the body it was given or gave', async () => {
      const body = { list: [1] }
      await table.create('p', 's', body)
      body.list.push(2)
      const got = (await table.get<{ list: number[] }>('p', 's'))!
      got.body.list.push(3)
      expect((await table.get('p', 's'))!.body).toEqual({ list: [1] })
    })

    it('fails on bodies that JSON cannot carry, and writes nothing', async () => {
      for (const body of [Number.NaN, { a: Number.POSITIVE_INFINITY }, undefined])
        await expect(table.create('p', 's', body)).rejects.toThrow()
      expect(await table.get('p', 's')).toBeNull()
    })

    it.each(['', 'a\u0000b', '\ud800', 'x'.repeat(2049)])('fails on the key part %j', async (part) => {
      for (const [pk, sk] of [
        [part, 's'],
        ['p', part],
      ] as const) {
        await expect(table.get(pk, sk)).rejects.toThrow(RangeError)
        await expect(table.create(pk, sk, null)).rejects.toThrow(RangeError)
        await expect(table.update(pk, sk, 0, null)).rejects.toThrow(RangeError)
        await expect(table.remove(pk, sk, 0)).rejects.toThrow(RangeError)
      }
      await expect(query(part)).rejects.toThrow(RangeError)
    })
  })
}
