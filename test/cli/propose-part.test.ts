/** `propose FILE` of another producer, and everything that tells of it afterwards: the stamp is on each. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishDocument } from '../../functions/steps/experience/documents.ts'
import { aConfig, SUBJECTS } from '../core/release/builders.ts'
import { aPartFile, aSuite, aWorld, REFS } from '../support/builders.ts'
import { autotune, placeOfEachTest, ready, type Workplace, workplace } from './command-line.ts'

const place = placeOfEachTest()
const NEW = '{"rules":[{"rule_id":"R1","max":90}]}\n'
const STAMP = /not certified by replay/i

/** A store with both versions of the policy; each test works on a copy. */
let made: Workplace
beforeAll(async () => {
  made = workplace()
  await ready(made, aWorld({ search: 6, heldout: 100 }))
  const store = openStore(made.store, { durable: false })
  await publishDocument(store, { ref: REFS.policy, text: '{"rules":[{"rule_id":"R1","max":100}]}\n' })
  await publishDocument(store, { ref: 'policy.returns@1.1.0', text: NEW })
  store.close()
})
afterAll(() => made.dispose())
beforeEach(() => cpSync(made.dir, place.dir, { recursive: true }))

const at = (...argv: string[]) => autotune(...argv, '--store', place.store)
const file = (over: object = {}) =>
  place.file('part.json', JSON.stringify(aPartFile({ digest: digestOfBytes(NEW), ...over }), null, 2))
const filed = async (): Promise<string> =>
  ((await at('propose', file(), '--json')).json() as { proposal: string }).proposal

test('is filed, reviewed, decided, rolled out and verified; every screen carries the stamp', async () => {
  const first = await at('propose', file())
  expect([first.code, first.err]).toEqual([0, ''])
  expect(first.out).toMatch(/NOT CERTIFIED BY REPLAY[\s\S]*rules\[R1\]\.max: 100 -> 90[\s\S]*nothing was replayed/)
  const again = await at('propose', file(), '--json')
  expect(again.json()).toMatchObject({ filed: false, certified: false, verdict: 'not certified by replay' })
  const id = await filed()
  const seats = ['domain_owner=cleo', 'policy=ben', 'reliability=ana'].flatMap((seat) => ['--reviewer', seat])
  const said: string[] = []
  const say = async (...argv: string[]) => {
    const { code, out, err } = await at(...argv)
    expect([argv[0], code, err.replace(/^.*…\n?/gm, '')]).toEqual([
      argv[0],
      0,
      expect.not.stringMatching(/^autotune:/m),
    ])
    said.push(out)
    return out
  }
  await say('review', id, ...seats, '--no-serve')
  for (const [role, who] of [
    ['domain_owner', 'cleo'],
    ['policy', 'ben'],
    ['reliability', 'ana'],
  ])
    await say('decide', id, '--role', role!, '--reviewer', who!, '--approve')
  writeFileSync(join(place.dir, 'rollout.json'), JSON.stringify(aConfig({ subjects: SUBJECTS })))
  expect(await say('rollout', 'start', id, '--config', join(place.dir, 'rollout.json'))).toMatch('policy.returns@1.1.0')
  await say('list')
  await say('show', id)
  await say('explain', id)
  await say('explain', 'policy.returns@1.1.0')
  await say('rollout', 'list')
  await say('rollout', 'show', `ro_${id}`)
  await say('verify', id)
  for (const out of said) expect(out).toMatch(STAMP)
  for (const out of said) expect(out.replace(/not certified by replay/gi, '')).not.toMatch(/certif/i)
  expect((await at('case', 'c0', '--run', id)).err).toMatch(/no case|not certified by replay/)
  expect((await at('report', id)).err).toMatch(new RegExp(`is a filed proposal.*autotune report ro_${id}`))
  expect((await at('rollout', 'verify', `ro_${id}`)).out).toMatch(/^verified/)
  expect((await at('verify')).out).toMatch(/the store is what its journal says/)
})

describe('what is refused', () => {
  test.each<[string, object | string, RegExp]>([
    ['a forged certificate', { certified: true }, /part\.json: certified: is false, or left out/],
    ['a kind that is none', { kind: 'part-release' }, /"part-release" is no kind of proposal.*part_release/],
    ['evaluators without the quarter', { part: 'evaluators', to: 'evals.refund@2.0.0' }, /by the quarterly path only/],
    [
      'another tuple',
      { baseline_tuple: { ...REFS, pack: 'ctxpack.other@1.0.0' } },
      /ctxpack\.other@1\.0\.0 of baseline_tuple/,
    ],
    ['JSON that ends too soon', '{"kind": "part_release",\n "intent": ', /part\.json/],
  ])('%s', async (_, over, says) => {
    const bad = typeof over === 'string' ? place.file('part.json', over) : file(over)
    const { code, err } = await at('propose', bad)
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect((await at('list', '--json')).json()).not.toHaveProperty('proposals')
  })
})

test('import prints the digests that proposals of parts name, of a document and of a suite', async () => {
  const next = place.file('returns.json', NEW.replace('90', '80'))
  const suite = place.file('suite-2.json', JSON.stringify({ ...aSuite(), suite: 'evals.refund@9.0.0' }, null, 2))
  const { out } = await at(
    'import',
    '--document',
    `policy.returns@1.2.0=${next}`,
    '--suite',
    suite,
    '--split',
    'recorded',
  )
  const digestOf = (ref: string) =>
    out
      .split('\n')
      .find((line) => line.trim().startsWith(`${ref} `))!
      .slice(-71)
  const policy = file({ to: 'policy.returns@1.2.0', digest: digestOf('policy.returns@1.2.0') })
  expect(await at('propose', policy)).toMatchObject({ code: 0, err: '' })
  const evals = file({ part: 'evaluators', to: 'evals.refund@9.0.0', digest: digestOf('evals.refund@9.0.0') })
  const { err } = await at('propose', evals)
  expect(err).toMatch('by the quarterly path only')
  expect(err).not.toMatch('was imported as')
})

test('a store whose filed proposal was changed says so, and lets nobody review it', async () => {
  const id = await filed()
  const [name] = readdirSync(join(place.store, 'proposals', id))
  const path = join(place.store, 'proposals', id, name!)
  writeFileSync(path, readFileSync(path, 'utf8').replace('destructive', 'read_only'))
  expect((await at('verify')).code).toBe(2)
  expect((await at('verify', id)).out).toMatch(/DOES NOT HOLD/)
  expect((await at('review', id, '--reviewer', 'policy=ben', '--no-serve')).err).toMatch(/was changed or removed/)
})

test('one that was changed is named by list, which goes on with the others', async () => {
  const id = await filed()
  const other = place.file('other.txt', 'be kind\n')
  await at('import', '--document', `policy.returns@1.2.0=${other}`)
  const to = { to: 'policy.returns@1.2.0', digest: digestOfBytes('be kind\n') }
  const sound = ((await at('propose', file(to), '--json')).json() as { proposal: string }).proposal
  const [name] = readdirSync(join(place.store, 'proposals', id))
  const path = join(place.store, 'proposals', id, name!)
  writeFileSync(path, readFileSync(path, 'utf8').replace('policy.returns@1.1.0', 'policy.returns@1.3.0'))
  const { code, out } = await at('list')
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(new RegExp(`${sound}  .*proposed[\\s\\S]*${id}  damaged\n.*was changed or`)),
  ])
  expect((await at('list', '--json')).json()).toMatchObject({
    proposals: [
      { proposal: sound, status: 'proposed' },
      { proposal: id, status: 'damaged', reason: expect.stringContaining(`autotune verify ${id}`) },
    ],
  })
  expect((await at('explain', 'policy.returns@1.2.0')).out).toMatch(/policy.returns@1.2.0[\s\S]*damaged .*was changed/)
})
