/** Wall: an encrypted vault against somebody who works under the same account and may read and write every file of the store. */
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import { FRAME_BYTES, HEAD_BYTES } from '#adapters/local/vault/frames.ts'
import { KEY_RECORD } from '#adapters/local/vault/vault-key.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { contents, imported, items, run, stocked } from '../steps/stores.ts'
import { aWorld, INTENT } from '../support/builders.ts'
import { memoryStore } from '../support/memory/memory-store.ts'

const KEY = randomBytes(32).toString('base64')
const OTHER = randomBytes(32).toString('base64')
const small = { search: 6, heldout: 100 }

let made: string
beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'autotune-attack-'))
})
afterAll(() => rmSync(made, { recursive: true, force: true }))
const fresh = (): string => mkdtempSync(join(made, 'store-'))

/** A store in a folder, its key printed by a command or not to be had. */
async function within<T>(dir: string, key: string | null, act: (store: LocalStore) => Promise<T>): Promise<T> {
  const command = key === null ? undefined : `echo ${key}`
  const store = openStore(dir, { durable: false, vaultKeyCommand: command })
  try {
    return await act(store)
  } finally {
    store.close()
  }
}
const filled = (store: LocalStore) => stocked(store, aWorld(small))

/** Every file below a folder, by its path. */
const files = (dir: string): string[] =>
  (readdirSync(dir, { recursive: true }) as string[]).filter((name) => statSync(join(dir, name)).isFile()).sort()

describe('reading the folder', () => {
  test('finds no sealed run and no sealed case in any file of it, and no key', async () => {
    const dir = fresh()
    await within(dir, KEY, async (store) => {
      await filled(store)
      await run(store, { runId: 'r' })
    })
    const vault = files(join(dir, 'vault')).filter((name) => !name.endsWith('.key'))
    expect(vault.length).toBeGreaterThan(100)
    for (const name of vault) {
      const bytes = readFileSync(join(dir, 'vault', name))
      expect(bytes.subarray(0, 4).toString()).toBe('atvo')
      for (const word of ['family', 'run_id', 'answer', 'required']) expect(bytes.includes(word), name).toBe(false)
    }
    for (const name of files(dir)) expect(readFileSync(join(dir, name)).includes(KEY), name).toBe(false)
  })

  test('changes no byte of what everybody may read: the run, its certificate and the ledger are those of a plain store', async () => {
    const of = async (key: string | null) =>
      await within(fresh(), key, async (store) => {
        const clocked = { ...store, clock: { now: () => '2026-11-23T00:00:00.000Z' } }
        await filled(clocked as LocalStore)
        await run(clocked, { runId: 'r' })
        // Lines of the journal of heads carry codes under a key that each store has of its own.
        const all = Object.entries(await contents(clocked)).filter(([key]) => !key.startsWith('open/heads/'))
        return { all, ledger: await items(clocked) }
      })
    expect(await of(KEY)).toEqual(await of(null))
  })
})

describe('opening an encrypted store', () => {
  let dir: string
  beforeAll(async () => {
    dir = fresh()
    await within(dir, KEY, filled)
  })
  const snapshot = () => files(dir).map((name) => [name, readFileSync(join(dir, name)).toString('base64')])

  test.each([
    ['without the key', null, /set AUTOTUNE_VAULT_KEY_COMMAND to the command that prints its key/],
    ['with another key', OTHER, /is not the one that the vault of .* was encrypted with/],
    ['with a command that prints no key', '', /must print 32 bytes in base64/],
    ['with a command that prints half a key', KEY.slice(0, 22), /must print 32 bytes in base64/],
    ['with a command that fails', 'x; exit 3', /failed \(exit code 3\)/],
    ['with a command that is ended', 'x; kill -9 $$', /failed \(SIGKILL\)/],
  ])('%s: says so, and changes nothing', async (_, key, said) => {
    const before = snapshot()
    await expect(within(dir, key, (store) => store.unlockVault())).rejects.toThrow(said)
    await expect(within(dir, key, (store) => run(store))).rejects.toThrow(said)
    await expect(
      within(dir, key, (store) => imported(store, [...aWorld({ search: 0, heldout: 2 })].map(renamed))),
    ).rejects.toThrow(said)
    const after = new Map(snapshot() as [string, string][])
    for (const [name, bytes] of before)
      if (name!.startsWith('vault') || name === KEY_RECORD) expect(after.get(name!), name).toBe(bytes)
    expect([...after.keys()].filter((name) => name.startsWith('vault/'))).toEqual(
      before.map(([name]) => name).filter((name) => name!.startsWith('vault/')),
    )
  })

  test('reads what everybody may read without the key', async () => {
    await within(dir, null, async (store) => {
      expect(await Array.fromAsync(store.objects.list('packs/'))).not.toEqual([])
      expect(await store.vaultReader()).toBe('key')
    })
  })

  test('whose record was removed: no run, and no import that would write plain', async () => {
    const copy = fresh()
    cpSync(dir, copy, { recursive: true })
    rmSync(join(copy, KEY_RECORD))
    const count = files(join(copy, 'vault')).length
    for (const key of [null, KEY]) {
      await expect(within(copy, key, (store) => run(store))).rejects.toThrow('it is encrypted')
      await expect(
        within(copy, key, (store) => imported(store, aWorld({ search: 0, heldout: 2 }).map(renamed))),
      ).rejects.toThrow(/vault-key\.json is missing, and .* is encrypted: restore it/)
    }
    expect(files(join(copy, 'vault'))).toHaveLength(count)
    expect(existsSync(join(copy, KEY_RECORD))).toBe(false)
  })
})

const renamed = (r: ReturnType<typeof aWorld>[number]) => ({
  ...r,
  run_id: `new-${r.run_id}`,
  family_id: `new-${r.family_id}`,
  case_id: `new-${r.case_id}`,
})

describe('a plain store', () => {
  test('stays plain and works when a key is named later: nothing is converted in silence', async () => {
    const dir = fresh()
    await within(dir, null, filled)
    await within(dir, KEY, async (store) => {
      expect(await store.vaultReader()).toBe('account')
      await imported(store, [...aWorld({ search: 0, heldout: 2 })].map(renamed))
      expect(await run(store)).toMatchObject({ verdict: 'certified' })
    })
    expect(existsSync(join(dir, KEY_RECORD))).toBe(false)
    expect(
      files(join(dir, 'vault')).some((name) => readFileSync(join(dir, 'vault', name), 'latin1').startsWith('atvo')),
    ).toBe(false)
  })
})

const edited = (bytes: Buffer, at: number, value: number): Buffer => {
  bytes[at] = value
  return bytes
}

describe('writing the folder', () => {
  const sealed = async () => {
    const dir = fresh()
    await within(dir, KEY, async (store) => {
      await filled(store)
      await store.vault.put('a/large', 'x'.repeat(3 * FRAME_BYTES + 17))
      await store.vault.put('a/other', 'y'.repeat(3 * FRAME_BYTES + 17))
    })
    return dir
  }
  const readAll = (dir: string, key: string) =>
    within(dir, KEY, async (store) => {
      const whole = await store.vault.get(key)
      const pieces = Buffer.concat(await Array.fromAsync((await store.vault.read(key))!))
      expect(pieces.equals(whole!)).toBe(true)
      return pieces.length
    })
  const frame = FRAME_BYTES + 16
  const at = (n: number) => HEAD_BYTES + n * frame

  test.each<[string, (bytes: Buffer, other: Buffer) => Buffer]>([
    ['one bit is turned', (b) => edited(b, 500, b[500]! ^ 1)],
    ['a bit of the salt is turned', (b) => edited(b, 10, b[10]! ^ 1)],
    ['the version byte is turned', (b) => edited(b, 4, 2)],
    ['the last frame is cut off', (b) => b.subarray(0, at(3))],
    ['the last byte is cut off', (b) => b.subarray(0, b.length - 1)],
    ['everything but the head is cut off', (b) => b.subarray(0, HEAD_BYTES)],
    ['half of the head is left', (b) => b.subarray(0, 8)],
    ['it is emptied', () => Buffer.alloc(0)],
    [
      'two frames change places',
      (b) =>
        Buffer.concat([b.subarray(0, at(0)), b.subarray(at(1), at(2)), b.subarray(at(0), at(1)), b.subarray(at(2))]),
    ],
    ['a frame is taken out', (b) => Buffer.concat([b.subarray(0, at(1)), b.subarray(at(2))])],
    ['a frame comes twice', (b) => Buffer.concat([b.subarray(0, at(1)), b.subarray(at(0))])],
    [
      'a frame is that of another object',
      (b, o) => Buffer.concat([b.subarray(0, at(1)), o.subarray(at(1), at(2)), b.subarray(at(2))]),
    ],
    ['bytes are added', (b) => Buffer.concat([b, Buffer.from('x')])],
    ['it is the other object, moved here', (_, o) => o],
    ['it is plain text', () => Buffer.from('{"plain":true}\n'.repeat(5))],
  ])('%s: noticed when it is read', async (_, attack) => {
    const dir = await sealed()
    const [file, other] = ['large', 'other'].map((name) => join(dir, 'vault', 'a', name))
    writeFileSync(file!, attack(readFileSync(file!), readFileSync(other!)))
    await expect(readAll(dir, 'a/large')).rejects.toThrow(/^vault\/a\/large is not the object that was sealed there/)
    expect(await readAll(dir, 'a/other')).toBe(3 * FRAME_BYTES + 17)
  })

  test('a sealed run is moved to another place: the run is refused before it asks', async () => {
    const dir = await sealed()
    const runs = files(join(dir, 'vault')).filter((name) => name.endsWith('trace.json'))
    renameSync(join(dir, 'vault', runs[0]!), join(dir, 'vault', runs[1]!))
    cpSync(join(dir, 'vault', runs[1]!), join(dir, 'vault', runs[0]!))
    await expect(within(dir, KEY, (store) => run(store))).rejects.toThrow(
      /vault\/experience\/.* is not the object that was sealed/,
    )
    expect(await within(dir, KEY, items)).toEqual([])
    expect(dirname(runs[0]!)).not.toBe(INTENT)
  })

  test('an older object of the same name is put back: NOT noticed by its encryption; the digest of a sealed version notices it', async () => {
    const inner = memoryStore()
    const key = randomBytes(32)
    const store = encryptedStore(inner, { forReading: () => key, forWriting: async () => key })
    await store.put('a', 'old')
    const old = (await inner.get('a'))!
    await store.put('a', 'new')
    await inner.put('a', old)
    expect(Buffer.from((await store.get('a'))!).toString()).toBe('old')
  })
})

test('any bytes, in any pieces, come back as they were, and no two objects look alike', async () => {
  const folder = fresh()
  const inner = fileStore(folder, { durable: false })
  const key = randomBytes(32)
  const store = encryptedStore(inner, { forReading: () => key, forWriting: async () => key })
  const size = fc.oneof(
    fc.nat(50),
    fc.constantFrom(FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 2 * FRAME_BYTES + 1),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 4 }), async (sizes) => {
      const pieces = sizes.map((n) => randomBytes(n))
      const stream = async function* () {
        yield* pieces
      }
      await store.put('a', stream())
      const plain = Buffer.concat(pieces)
      const first = Buffer.from((await inner.get('a'))!)
      expect(plain.equals((await store.get('a'))!)).toBe(true)
      expect(plain.equals(Buffer.concat(await Array.fromAsync((await store.read('a'))!)))).toBe(true)
      await store.put('a', plain)
      expect(first.equals((await inner.get('a'))!)).toBe(false)
      expect((await inner.get('a'))!.length).toBe(first.length)
    }),
    { numRuns: 40 },
  )
})
