/** Tries of the audit on copies of a store on disk: they hold on a sound one and change no byte of it, and each tells its planted fault. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NODE, TYPESCRIPT, wallHere } from '#adapters/local/cage/level.ts'
import type { DoneFacts } from '#core/done/facts.ts'
import type { Tried } from '#core/harness-audit/tried.ts'
import { keys } from '#schemas/s3-keys.ts'
import { cagedTries, processTries } from '../../functions/embedded/caged-tries.ts'
import { copiedStore } from '../../functions/embedded/copied-store.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { type CopiedStore, durability, idempotency, privacy } from '../../functions/steps/audit/again.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { bytesOf } from '../cli/command-line.ts'
import { factsOf } from '../steps/done/support.ts'
import { approve, at, certified, produce, START, signer, start } from '../steps/release/support.ts'

const dir = mkdtempSync(join(tmpdir(), 'autotune-audit-'))
let opened: LocalStore
let facts: DoneFacts
beforeAll(async () => {
  opened = openStore(join(dir, 'harness'), { durable: false })
  await certified(opened)
  await approve(opened, 'r')
  const store = at(opened, START)
  await start(store)
  await produce(store)
  facts = await factsOf(store)
})
afterAll(() => {
  opened.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Copies on which a fault is planted; production of the tests lies in the future. */
const copyWith =
  (plant: (one: CopiedStore) => Promise<unknown> = async () => {}) =>
  async (): Promise<CopiedStore> => {
    const { store, untold, ...rest } = copiedStore(opened)
    const clock = { now: () => '2030-01-01T00:00:00.000Z' }
    const one = { ...rest, store: { ...store, clock }, untold: { ...untold, clock }, signer }
    await plant(one)
    return one
  }
const through = (tried: Tried): readonly string[] =>
  'cannot' in tried ? [tried.cannot] : tried.attempts.flatMap((one) => (one.stopped === null ? [one.tried] : []))

test('on a sound store each is stopped, and no byte of it changes', async () => {
  const bytes = () => bytesOf(opened.dir).filter((line) => !line.includes('ledger.sqlite-'))
  const before = bytes()
  expect(through(await idempotency(copyWith(), facts))).toEqual([])
  expect(through(await durability(copyWith(), facts))).toEqual([])
  expect(through(await privacy(copyWith(), facts))).toEqual([])
  const { sandbox, secrets } = await processTries(opened, facts)
  expect([through(sandbox), through(secrets)]).toEqual([[], []])
  expect(bytes()).toEqual(before)
})

test('a log that lost a segment is told: nothing is tried on it', async () => {
  const row = (await Array.fromAsync(opened.table.query(rowKeys.productions('ro_r')))).at(-1)!
  const lost = copyWith(({ store }) => store.heads!.items.remove(row.pk, row.sk, row.revision))
  await expect(idempotency(lost, facts)).rejects.toThrow('production log of ro_r')
})

test('a recorder that writes other bytes than before is told', async () => {
  const row = (await Array.fromAsync(opened.table.query<object>(rowKeys.productions('ro_r')))).at(-1)!
  // The last two segments as one: whoever died between them would have written others.
  const other = copyWith(({ untold }) =>
    untold.table.update(row.pk, row.sk, row.revision, { ...row.body, runs: (row.body as { runs: number }).runs - 1 }),
  )
  expect(through(await durability(other, facts))).toContain(
    'a recording of production that died before its last segment counted',
  )
})

test('an artifact that somebody else wrote is not written again as it was', async () => {
  const key = keys.promotion('ro_r', 0, 'artifact.json')
  const other = copyWith(({ untold }) => untold.releases.put(key, '{}\n'))
  expect(through(await durability(other, facts))).toEqual([
    'a process that died after its item, before any file',
    'a process that died before it signed',
  ])
})

test('a review that is open again takes a decision twice', async () => {
  const open = copyWith(async ({ store }) => {
    const [pk, sk] = rowKeys.review('rv_r_1')
    const row = (await store.table.get<{ review: object }>(pk, sk))!
    const review = { ...row.body.review, decisions: [], status: 'open' }
    await store.table.update(pk, sk, row.revision, { ...row.body, review })
  })
  expect(through(await idempotency(open, facts))).toContainEqual(expect.stringMatching(/ decides again$/))
})

test('a file that still names an erased run is told', async () => {
  const left = copyWith(async ({ store }) => {
    const [key] = await Array.fromAsync(store.objects.list('goldens/'))
    await store.objects.put('notes/copy.jsonl', (await store.objects.get(key!))!)
  })
  expect(through(await privacy(left, facts))).toContain('open notes/copy.jsonl still names an erased run')
})

test('a key of the store on the open side is told', async () => {
  const key = readFileSync(join(opened.vaultDir, 'heads.key')).toString('base64')
  await opened.objects.put('notes/leak.txt', `the key is ${key}`)
  try {
    expect(through((await processTries(opened, facts)).secrets)).toContain('notes/leak.txt holds a key of the store')
  } finally {
    await opened.objects.delete('notes/leak.txt')
  }
})

test('a process that nothing holds says that everything went through; one under the belt alone is held', async () => {
  const told = { secrets: [join(opened.vaultDir, 'heads.key')], place: join(dir, 'written'), port: 9 }
  const script = new URL('../../functions/adapters/local/cage/tries-child.ts', import.meta.url).pathname
  const { stdout } = spawnSync(NODE, [...TYPESCRIPT, script, JSON.stringify(told)], { env: { SECRET: 'x', TZ: 'UTC' } })
  expect(JSON.parse(stdout.toString())).toMatchObject({ read: [null], write: null, start: null, environment: null })
  for (const wall of new Set([null, wallHere()])) {
    const { read, write, start: started, environment } = await cagedTries(opened, told.secrets, wall)
    expect([read, write, started, environment].flat().every((one) => one !== null)).toBe(true)
  }
})
