/** Nobody but its owner reads a store, whatever mask and whatever folder it was made under. */
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'
import { autotune, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { command, shell } from './shell.ts'

let place: Workplace
beforeAll(() => {
  place = workplace()
})
afterAll(() => place.dispose())

/** What others may do with anything below a folder. */
const open = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0)

describe.skipIf(process.platform === 'win32')('a store', () => {
  /** Does something under a mask that hides nothing. */
  async function unmasked<T>(work: () => Promise<T>): Promise<T> {
    const mask = process.umask(0)
    try {
      return await work()
    } finally {
      process.umask(mask)
    }
  }

  test.each([
    ['in no folder yet', null],
    ['in a folder that anybody may write', 0o777],
    ['in a folder that anybody may read', 0o755],
  ])('%s, under a mask that hides nothing: every file is 0600, every folder 0700', async (name, mode) => {
    const store = join(place.dir, name.replaceAll(' ', '_'))
    if (mode !== null) {
      mkdirSync(store)
      chmodSync(store, mode)
    }
    await unmasked(async () => {
      const { target } = await ready({ ...place, store })
      expect((await autotune('run', '--target', target, '--store', store)).code).toBe(0)
    })
    expect(open(store)).toEqual([])
    expect(statSync(store).mode & 0o777).toBe(0o700)
  })

  test('whose vault and ledger were opened to others closes them again', async () => {
    const there = { ...place, store: join(place.dir, 'opened') }
    await ready(there)
    const parts = ['vault', 'ledger.sqlite'].map((part) => join(there.store, part))
    for (const part of parts) chmodSync(part, 0o777)
    openStore(there.store, { durable: false }).close()
    expect(parts.map((part) => statSync(part).mode & 0o077)).toEqual([0, 0])
  })

  test.skipIf(process.getuid?.() !== 0)('whose vault is another user and open is refused', async () => {
    const there = { ...place, store: join(place.dir, 'another') }
    await ready(there)
    chmodSync(place.dir, 0o755)
    await shell(
      `chown -R 65534:65534 '${there.store}'; chown 0:65534 '${join(there.store, 'vault')}'; chmod 770 '${join(there.store, 'vault')}'`,
    )
    const { code, err } = await shell(command('list', '--store', there.store), { user: 65534 })
    expect(code).toBe(2)
    expect(err).toMatch(/vault is open to other users \(mode 770\).*chmod go-rwx/)
  })

  test('in a folder that holds other things leaves the rights of that folder alone', async () => {
    const shared = join(place.dir, 'shared')
    mkdirSync(join(shared, 'other'), { recursive: true })
    for (const dir of [shared, join(shared, 'other')]) chmodSync(dir, 0o755)
    await ready({ ...place, store: shared })
    expect(statSync(shared).mode & 0o777).toBe(0o755)
    expect(open(shared)).toEqual([join(shared, 'other')])
  })
})
