/** What the file store promises beside its port: kills, other processes, links, and things in the way. */
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileStore } from '#adapters/local/files/file-store.ts'
import type { ObjectStore } from '#ports'
import { UserError } from '../../../functions/errors.ts'
import { killWhileWriting, run } from './children.ts'
import { REFUSED_KEYS } from './object-store.contract.ts'
import { freshFolder } from './registry.ts'

describe('file store', () => {
  let fresh: Awaited<ReturnType<typeof freshFolder>>
  let root: string
  let store: ObjectStore
  beforeEach(async () => {
    fresh = await freshFolder()
    root = join(fresh.folder, 'deep', 'store')
    store = fileStore(root)
  })
  afterEach(() => fresh.dispose())

  const list = (prefix = '') => Array.fromAsync(store.list(prefix))
  const temps = async () =>
    (await readdir(fresh.folder, { recursive: true })).filter((name) => name.includes('.tmp-')).length

  it('makes its root with the first write, not with a read', async () => {
    await store.get('a')
    await list()
    await store.delete('a')
    expect(await readdir(fresh.folder)).toEqual([])
    await store.put('a/b', 'x')
    expect(await readFile(join(root, 'a', 'b'), 'utf8')).toBe('x')
    expect(await readdir(join(root, 'a'))).toEqual(['b'])
  })

  it('leaves no temporary file behind, whoever wins', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.putIfAbsent('a/b', `${i}`)))
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.put('a/c', `${i}`)))
    expect(await temps()).toBe(0)
  })

  it('refuses each of many writes into a folder that cannot be made, and takes all of them once it can', async () => {
    await mkdir(root, { recursive: true })
    await writeFile(join(root, 'a'), '')
    const keys = Array.from({ length: 20 }, (_, i) => `a/b/${i % 2}/${i}`)
    const writes = () => Promise.allSettled(keys.map((key) => store.put(key, key)))
    for (const write of await writes()) expect(write).toMatchObject({ reason: { name: 'UserError' } })
    await rm(join(root, 'a'))
    for (const write of await writes()) expect(write.status).toBe('fulfilled')
    expect((await list()).sort()).toEqual(keys.toSorted())
  })

  it('shows no leftover of a killed writer', async () => {
    await store.put('a/b', 'x')
    await writeFile(join(root, 'a', '.tmp-1-abc-0'), 'half of an obj')
    await mkdir(join(root, '.tmp-folder'))
    await writeFile(join(root, '.tmp-folder', 'x'), '')
    expect(await list()).toEqual(['a/b'])
    expect(await list('a/.')).toEqual([])
  })

  it('writes nothing outside its root for any refused key', async () => {
    for (const key of REFUSED_KEYS) await store.put(key, 'x').catch(() => {})
    expect(await readdir(fresh.folder, { recursive: true })).toEqual([])
  })

  it('lists no name that cannot be a key', async () => {
    await store.put('a', 'x')
    await writeFile(join(root, 'caf\u00e9'), 'x')
    await writeFile(join(root, 'line\nbreak'), 'x')
    expect(await list()).toEqual(['a'])
  })

  it.each(['durable', 'not durable'])('keeps whole objects only when its writer is killed (%s)', async (durable) => {
    let seen = 0
    for (const afterMs of [0, 7, 23, 61, 110]) {
      await killWhileWriting('put-loop.ts', [root, durable], afterMs)
      for await (const key of store.list('')) {
        const bytes = (await store.get(key))!
        expect(bytes.length, key).toBe(200_000 + bytes[0]!)
        expect(
          bytes.every((byte) => byte === bytes[0]),
          key,
        ).toBe(true)
        seen++
      }
    }
    expect(seen).toBeGreaterThan(20)
  })

  it('gives each key to one of several processes', async () => {
    const printed = await Promise.all(Array.from({ length: 3 }, () => run('put-if-absent.ts', [root, '100'])))
    const results = printed.map((text) => JSON.parse(text) as { pid: number; won: string[] })
    const winners = results.flatMap(({ pid, won }) => won.map((key) => [key, String(pid)] as const))
    expect(winners.map(([key]) => key).sort()).toEqual(await list('locks/'))
    expect(winners).toHaveLength(100)
    for (const [key, pid] of winners) expect(Buffer.from((await store.get(key))!).toString()).toBe(pid)
    expect(await temps()).toBe(0)
  })

  it('lets a reader see the old object or the new one, never a mixture', async () => {
    const bodies = ['a', 'b'].map((letter, i) => Buffer.from(letter.repeat(300_000 + i)))
    await store.put('k', bodies[0]!)
    let writing = true
    const writer = (async () => {
      for (let i = 0; i < 20; i++) await store.put('k', bodies[i % 2]!)
      writing = false
    })()
    while (writing) {
      const seen = (await store.get('k'))!
      if (!bodies.some((body) => body.equals(seen))) expect.fail(`${seen.length} bytes of neither`)
    }
    await writer
  })

  it('may have a link for its root', async () => {
    await mkdir(join(fresh.folder, 'real'))
    await symlink(join(fresh.folder, 'real'), join(fresh.folder, 'link'))
    store = fileStore(join(fresh.folder, 'link'))
    await store.put('a/b', 'x')
    expect(await list()).toEqual(['a/b'])
    expect(await readFile(join(fresh.folder, 'real', 'a', 'b'), 'utf8')).toBe('x')
  })

  it('fails on a link to a file, and replaces only the link', async () => {
    await store.put('a/b', 'x')
    await writeFile(join(fresh.folder, 'secret'), 'secret')
    for (const target of [join(fresh.folder, 'secret'), join(root, 'a', 'b')]) {
      await symlink(target, join(root, 'a', 'link'))
      await expect(store.get('a/link')).rejects.toThrow(UserError)
      await expect(list()).rejects.toThrow(/symbolic link/)
      expect(await store.putIfAbsent('a/link', 'y')).toBe(false)
      await store.put('a/link', 'y')
      expect(Buffer.from((await store.get('a/link'))!).toString()).toBe('y')
      await store.delete('a/link')
    }
    expect(await readFile(join(fresh.folder, 'secret'), 'utf8')).toBe('secret')
    expect(Buffer.from((await store.get('a/b'))!).toString()).toBe('x')
  })

  it('fails on a link to a folder, for reading, listing and writing', async () => {
    await store.put('a/b', 'x')
    const outside = join(fresh.folder, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'b'), 'secret')
    for (const target of [outside, join(root, 'a')]) {
      const name = target === outside ? 'out' : 'in'
      await symlink(target, join(root, name))
      await expect(store.get(`${name}/b`)).rejects.toThrow(UserError)
      await expect(store.put(`${name}/x`, 'x')).rejects.toThrow(UserError)
      await expect(store.putIfAbsent(`${name}/new/x`, 'x')).rejects.toThrow(UserError)
      await expect(store.delete(`${name}/b`)).rejects.toThrow(UserError)
      await expect(list(`${name}/`)).rejects.toThrow(UserError)
      await expect(list()).rejects.toThrow(UserError)
    }
    await symlink(join(fresh.folder, 'nowhere'), join(root, 'dangling'))
    await expect(store.put('dangling/x', 'x')).rejects.toThrow(UserError)
    expect(await readdir(outside)).toEqual(['b'])
    expect(await list('a/')).toEqual(['a/b'])
  })

  it('fails when an object stands where a folder is needed, and the other way round', async () => {
    await store.put('a', 'x')
    await store.put('b/c', 'x')
    for (const put of [store.put, store.putIfAbsent]) {
      await expect(put('a/b', 'y')).rejects.toThrow(/is a file where/)
      await expect(put('a/b/c/d', 'y')).rejects.toThrow(/is a file where/)
      await expect(put('b', 'y')).rejects.toThrow(/is a folder where/)
    }
    expect(await list()).toEqual(['a', 'b/c'])
    expect(await temps()).toBe(0)
  })

  it('fails when its root is a file', async () => {
    await writeFile(join(fresh.folder, 'file'), 'x')
    store = fileStore(join(fresh.folder, 'file'))
    await expect(store.put('a', 'x')).rejects.toThrow(UserError)
    await expect(store.get('a')).rejects.toThrow(UserError)
    await expect(list()).rejects.toThrow(UserError)
  })
})
