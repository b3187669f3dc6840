/** What every ObjectStore does, whatever stands behind it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore } from '#ports'
import type { Made, Make } from './registry.ts'

/** Keys that no adapter may take. Exported for what an adapter must prove beside the contract. */
export const REFUSED_KEYS: readonly string[] = [
  '',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/./b',
  'a/..',
  '/abs',
  'a//b',
  'a/',
  'a\\b',
  '..\\x',
  'a\u0000b',
  'a\nb',
  'a\u007fb',
  'caf\u00e9',
  '\ud800',
  '.tmp-1',
  'a/.tmp-1/b',
  'x'.repeat(256),
  `${'x/'.repeat(512)}x`,
]

/**
 * Runs the contract of ObjectStore as one describe block.
 *
 * @param name the adapter, for the report
 * @param makeStore an empty store for each test
 */
export function objectStoreContract(name: string, makeStore: Make<ObjectStore>): void {
  describe(`object store: ${name}`, () => {
    let made: Made<ObjectStore>
    let store: ObjectStore
    beforeEach(async () => {
      made = await makeStore()
      store = made.adapter
    })
    afterEach(() => made.dispose())

    const text = async (key: string) => {
      const bytes = await store.get(key)
      return bytes && Buffer.from(bytes).toString()
    }
    const list = (prefix: string) => Array.fromAsync(store.list(prefix))

    it('finds nothing in an empty store', async () => {
      expect(await store.get('a/b')).toBeNull()
      expect(await list('')).toEqual([])
      expect(await list('a/b')).toEqual([])
      await store.delete('a/b')
    })

    it('reads its own writes, as text and as bytes', async () => {
      await store.put('packs/p@1/pack.json', 'ä€😀\n')
      expect(await text('packs/p@1/pack.json')).toBe('ä€😀\n')
      await store.put('packs/p@1/pack.json', new Uint8Array([1, 2, 3]).subarray(1))
      expect(await store.get('packs/p@1/pack.json')).toBeInstanceOf(Uint8Array)
      expect([...(await store.get('packs/p@1/pack.json'))!]).toEqual([2, 3])
    })

    it('holds every byte, no byte, and five million', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      const large = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31) >> 3)
      for (const [key, bytes] of Object.entries({ all, none: new Uint8Array(0), large })) {
        await store.put(key, bytes)
        expect(await store.putIfAbsent(`${key}-once`, bytes)).toBe(true)
        expect(Buffer.compare((await store.get(key))!, bytes)).toBe(0)
        expect(Buffer.compare((await store.get(`${key}-once`))!, bytes)).toBe(0)
      }
    })

    it('reads a part, as far as there is one', async () => {
      const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) >> 3)
      await store.put('a/part', bytes)
      for (const [start, length] of [
        [0, 1],
        [0, 200_000],
        [65_535, 2],
        [65_536, 65_536],
        [131_071, 70_000],
        [199_999, 5],
        [100_000, 1_000_000],
        [200_000, 5],
        [300_000, 1],
      ] as const)
        expect([...(await store.readRange('a/part', start, length))!]).toEqual([...bytes.slice(start, start + length)])
      await store.put('a/none', '')
      expect(await store.readRange('a/none', 0, 10)).toEqual(new Uint8Array())
      expect(await store.readRange('a/gone', 0, 10)).toBeNull()
      await expect(store.readRange('../x', 0, 1)).rejects.toThrow(RangeError)
    })

    it('reads and writes piece by piece', async () => {
      const pieces = async function* () {
        for (let i = 0; i < 300; i++) yield i % 2 ? 'ä'.repeat(5000) : Buffer.from('b'.repeat(5000))
      }
      const whole = Array.from({ length: 300 }, (_, i) => (i % 2 ? 'ä' : 'b').repeat(5000)).join('')
      await store.put('a', pieces())
      expect(await store.putIfAbsent('b', pieces())).toBe(true)
      expect(await store.putIfAbsent('b', pieces())).toBe(false)
      for (const key of ['a', 'b'])
        expect(Buffer.concat(await Array.fromAsync((await store.read(key))!)).toString()).toBe(whole)
      expect(await store.read('none')).toBeNull()
    })

    it('writes nothing of a stream that throws', async () => {
      const broken = async function* () {
        yield 'x'.repeat(100_000)
        throw new Error('half way')
      }
      await store.put('a', 'old')
      await expect(store.put('a', broken())).rejects.toThrow('half way')
      await expect(store.putIfAbsent('b', broken())).rejects.toThrow('half way')
      expect(await text('a')).toBe('old')
      expect(await list('')).toEqual(['a'])
    })

    it('keeps no hold of the bytes it was given or gave', async () => {
      const given = new Uint8Array([1, 2])
      await store.put('a', given)
      given[0] = 9
      const got = (await store.get('a'))!
      got[1] = 9
      expect([...(await store.get('a'))!]).toEqual([1, 2])
    })

    it('replaces longer bytes by shorter ones', async () => {
      await store.put('a', 'long long long')
      await store.put('a', 'short')
      expect(await text('a')).toBe('short')
      expect(await list('')).toEqual(['a'])
    })

    it('leaves one of many concurrent puts, whole', async () => {
      const bodies = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(10_000 + i))
      await Promise.all(bodies.map((body) => store.put('deep/down/a', body)))
      expect(bodies).toContain(await text('deep/down/a'))
      expect(await list('')).toEqual(['deep/down/a'])
    })

    it('puts if absent once of fifty times', async () => {
      const won = await Promise.all(Array.from({ length: 50 }, (_, i) => store.putIfAbsent('gate/a', `writer ${i}`)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await text('gate/a')).toBe(`writer ${won.indexOf(true)}`)
      expect(await store.putIfAbsent('gate/a', 'late')).toBe(false)
      expect(await text('gate/a')).toBe(`writer ${won.indexOf(true)}`)
      await store.delete('gate/a')
      expect(await store.putIfAbsent('gate/a', 'anew')).toBe(true)
    })

    it('does not put if absent over a put', async () => {
      await store.put('a', '')
      expect(await store.putIfAbsent('a', 'other')).toBe(false)
      expect(await text('a')).toBe('')
    })

    it('names each version, and never gives one for another', async () => {
      expect(await store.versionOf('a')).toBeNull()
      const first = await store.put('a', 'one')
      expect(await store.versionOf('a')).toBe(first)
      const second = await store.put('a', 'two')
      expect(await store.versionOf('a')).toBe(second)
      if (first === null || second === null) {
        expect(await Promise.all(['a', 'b'].map((key) => store.versionOf(key)))).toEqual([null, null])
        return
      }
      expect(second).not.toBe(first)
      const at = async (version: string) => {
        const bytes = await store.get('a', version)
        return bytes && Buffer.from(bytes).toString()
      }
      expect(await at(second)).toBe('two')
      // Kept, or gone: never what was written since.
      expect(['one', null]).toContain(await at(first))
      await store.putIfAbsent('once', 'x')
      const once = (await store.versionOf('once'))!
      expect([...(await store.get('once', once))!]).toEqual([120])
      expect(await store.get('a/b', second)).toBeNull()
      await store.delete('a')
      expect(['two', null]).toContain(await at(second))
      expect(await store.versionOf('a')).toBeNull()
    })

    it('lists in code-unit order of whole keys', async () => {
      const keys = [
        'a/b',
        'a-b',
        'a.b',
        'a/b-c',
        'aa',
        'B',
        'a/B/c',
        'a0/z',
        'a/b%c',
        'z',
        '_',
        'Z/a',
        'a b',
        '~/x/y/z',
      ]
      for (const key of keys) await store.put(key, key)
      expect(await list('')).toEqual([...keys].sort())
    })

    it('lists under a prefix that ends anywhere', async () => {
      const keys = [
        'runs/2026-01-01/r1/trace.json',
        'runs/2026-01-01/r10/trace.json',
        'runs/2026-02-01/r2',
        'runs-old/x',
      ]
      for (const key of keys) await store.put(key, key)
      for (const prefix of [
        '',
        'r',
        'runs',
        'runs/',
        'runs/2026-0',
        'runs/2026-01-01/r1',
        'runs/2026-01-01/r1/',
        'no/',
      ])
        expect(await list(prefix), prefix).toEqual(keys.filter((key) => key.startsWith(prefix)).sort())
      expect(await list('runs/2026-02-01/r2')).toEqual(['runs/2026-02-01/r2'])
      expect(await list('runs/2026-02-01/r2/')).toEqual([])
    })

    it('lists more keys than fit a page', async () => {
      const keys = Array.from({ length: 1_100 }, (_, i) => `many/${i % 7}/${i}`)
      for (let i = 0; i < keys.length; i += 100)
        await Promise.all(keys.slice(i, i + 100).map((key) => store.put(key, 'x')))
      expect(await list('many/')).toEqual([...keys].sort())
    })

    it('lists lazily: a caller may stop early, and delete what it sees', async () => {
      for (const key of ['a/1', 'a/2', 'b/1']) await store.put(key, 'x')
      for await (const key of store.list('')) {
        expect(key).toBe('a/1')
        break
      }
      for await (const key of store.list('')) await store.delete(key)
      expect(await list('')).toEqual([])
    })

    it('deletes one object and not its neighbours', async () => {
      for (const key of ['a/b', 'a/bc', 'a/d']) await store.put(key, key)
      await store.delete('a/b')
      await store.delete('a/b')
      await store.delete('a')
      expect(await store.get('a/b')).toBeNull()
      expect(await list('')).toEqual(['a/bc', 'a/d'])
    })

    it('finds no object at the beginning of keys or below one', async () => {
      await store.put('a/b', 'x')
      expect(await store.get('a')).toBeNull()
      expect(await store.get('a/b/c')).toBeNull()
      await store.delete('a/b/c')
      expect(await list('')).toEqual(['a/b'])
    })

    it.each(REFUSED_KEYS)('fails on the key %j', async (key) => {
      await expect(store.get(key)).rejects.toThrow(RangeError)
      await expect(store.put(key, 'x')).rejects.toThrow(RangeError)
      await expect(store.putIfAbsent(key, 'x')).rejects.toThrow(RangeError)
      await expect(store.versionOf(key)).rejects.toThrow(RangeError)
      await expect(store.delete(key)).rejects.toThrow(RangeError)
      expect(await list('')).toEqual([])
    })

    it.each(['../', '/', 'a//', 'a/../', './x', 'a\u0000', 'a\\', 'caf\u00e9', '.tmp-1/'])(
      'fails on the prefix %j',
      async (prefix) => {
        await expect(list(prefix)).rejects.toThrow(RangeError)
      },
    )

    it('takes every key that the layout makes', async () => {
      const keys = [
        'packs/ctxpack.a@1.0.0/pack.json',
        'a/%2e%2e/x',
        'a/...x',
        `${'k'.repeat(255)}/x`,
        '.hidden',
        'tmp-1',
      ]
      for (const key of keys) await store.put(key, key)
      for (const key of keys) expect(await text(key)).toBe(key)
      expect(await list('')).toEqual([...keys].sort())
    })
  })
}
