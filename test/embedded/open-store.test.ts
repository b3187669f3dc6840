/** The embedded store: its three sides lie in one folder and never reach each other; its keys are its owner's. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { storeSigner } from '#adapters/local/store-signer.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'

let dir: string
let store: LocalStore
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'autotune-sides-'))
  store = openStore(dir, { durable: false })
})
afterEach(() => {
  store.close()
  rmSync(dir, { recursive: true, force: true })
})

test.each(['vault', 'releases'] as const)('the open side neither reads, writes nor lists %s', async (side) => {
  await store[side].put('a/b.json', 'sealed')
  await store.objects.put('packs/p.json', 'open')
  const key = `${side}/a/b.json`
  await expect(store.objects.get(key)).rejects.toThrow(RangeError)
  await expect(store.objects.put(key, 'x')).rejects.toThrow(RangeError)
  await expect(store.objects.putIfAbsent(key, 'x')).rejects.toThrow(RangeError)
  await expect(store.objects.delete(key)).rejects.toThrow(RangeError)
  expect(await Array.fromAsync(store.objects.list(''))).toEqual(['packs/p.json'])
  expect(Buffer.from((await store[side].get('a/b.json'))!).toString()).toBe('sealed')
  expect(await Array.fromAsync(store[side].list(''))).toEqual(['a/b.json'])
})

test('signs with one key a purpose, made once, and a code of one is none of the other', async () => {
  const [links, releases] = [storeSigner(store.vaultDir, 'review-link'), storeSigner(store.vaultDir, 'release')]
  const mac = await releases.sign('text')
  expect(await releases.holds('text', mac)).toBe(true)
  expect(await storeSigner(store.vaultDir, 'release').holds('text', mac)).toBe(true)
  expect(await links.holds('text', mac)).toBe(false)
  expect(await releases.holds('text!', mac)).toBe(false)
  expect(await releases.holds('text', '')).toBe(false)
  expect(statSync(join(store.vaultDir, 'release.key')).mode & 0o777).toBe(0o600)
})
