/** `brief`: a folder for an agent outside, with nothing of the sealed side, the same each time, over nothing but a brief. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { BriefManifest, CaseTold, TargetTold, TriedChange } from '#schemas/agent.ts'
import { RejectionRecord } from '#schemas/proposal.ts'
import { readmeText } from '../../functions/steps/agent/brief-text.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { namesIn, sealedNames, textOf } from '../support/sealed-names.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

const K = 'evidence.orders.top_k'
const place = placeOfEachTest()
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })
const out = () => join(place.dir, 'for-agent')
const brief = (target: string, ...more: string[]) => place.at('brief', '--target', target, '--out', out(), ...more)
const filesOf = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .sort()
const linesOf = (file: string): unknown[] =>
  textOf(join(out(), file))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

test('holds target, surfaces, cases, what was tried, dead ends, a readme and a skill, each under its contract', async () => {
  const { target } = await ready(place, world)
  await ran(place, 'r')
  await place.at('propose', place.file('p.json', { patch: { [K]: 9 }, origin: 'agent' }), '--target', target)
  const { code, out: printed } = await brief(target)
  expect(code).toBe(0)
  expect(printed).toMatch('7 of 7 of the search side')
  expect(printed).toMatch('this user can read the vault, as can whatever runs under this account')
  const told = TargetTold.parse(JSON.parse(textOf(join(out(), 'surfaces.json'))))
  expect(told.surfaces.find(({ path }) => path === K)).toMatchObject({ baseline: 4, values: [1, 2, 3, 4, 5] })
  const cases = linesOf('cases.jsonl') as { file: string; case_id: string }[]
  for (const { file, case_id } of cases)
    expect(CaseTold.parse(JSON.parse(textOf(join(out(), file)))).case_id).toBe(case_id)
  expect(cases).toHaveLength(7)
  const tried = linesOf('candidates.jsonl').map((one) => TriedChange.parse(one))
  expect(tried[0]).toMatchObject({ by: 'inbox', fate: null, reason: expect.stringContaining('outside 1..5') })
  expect(tried.filter(({ by }) => by === 'run').map(({ fate }) => fate)).toContain('won')
  expect(linesOf('dead-ends.jsonl').map((one) => RejectionRecord.parse(one)).length).toBeGreaterThan(0)
  expect(textOf(join(out(), 'README.md'))).toMatch(
    /`evidence\.orders\.top_k` \(retrieval\): now `4`, one of \[1,2,3,4,5\]/,
  )
  // The example is a fair change: a step beside what is in force, and nothing that lets an action past a person.
  expect(textOf(join(out(), 'README.md'))).toContain(`{"patch": {"${K}":3}, "rationale"`)
  expect(textOf(join(out(), 'SKILL.md'))).toMatch(/^---\nname: autotune-proposals\ndescription: .+\n---\n/)
  const manifest = BriefManifest.parse(JSON.parse(textOf(join(out(), 'brief.json'))))
  expect(Object.keys(manifest.files).length + 1).toBe(filesOf(out()).length)
})

test('holds nothing of the sealed side: no id of a case, run or family, and not where it lies', async () => {
  const { target } = await ready(place, world)
  await ran(place, 'r')
  await brief(target)
  const sealed = await sealedNames(join(place.store, 'vault'))
  expect(sealed.size).toBeGreaterThan(100)
  const found = filesOf(out()).flatMap((file) => namesIn(`${relative(out(), file)}\n${textOf(file)}`, sealed))
  expect(found).toEqual([])
  expect(filesOf(out()).filter((file) => /vault[/\\]/.test(textOf(file)))).toEqual([])
  // The test can fail: a search id is found by the same look.
  expect(filesOf(out()).some((file) => namesIn(textOf(file), new Set(['x0'])).length > 0)).toBe(true)
})

test('is the same bytes again, writes nothing into the store, and takes the place of an earlier brief', async () => {
  const { target } = await ready(place, world)
  const store = bytesOf(place.store)
  await brief(target)
  const first = bytesOf(out())
  expect((await brief(target)).code).toBe(0)
  expect(bytesOf(out())).toEqual(first)
  expect(bytesOf(place.store)).toEqual(store)
  await brief(target, '--cases', '2')
  expect(linesOf('cases.jsonl')).toHaveLength(2)
  expect(readdirSync(place.dir).filter((name) => name.includes('unfinished'))).toEqual([])
})

test.each([
  ['a file of somebody else', (dir: string) => writeFileSync(join(dir, 'mine.txt'), 'x'), 'mine.txt is not as a brief'],
  ['an edited file', (dir: string) => writeFileSync(join(dir, 'README.md'), 'x'), 'README.md is not as a brief'],
  ['no manifest', (dir: string) => writeFileSync(join(dir, 'brief.json'), '{}'), 'and no brief'],
])('writes over nothing else: %s', async (_, change, says) => {
  const { target } = await ready(place, world)
  await brief(target)
  change(out())
  const before = bytesOf(out())
  const { code, err } = await brief(target)
  expect([code, err]).toEqual([2, expect.stringContaining(says)])
  expect(bytesOf(out())).toEqual(before)
})

test('failed and corrected cases come first; a folder in the store, a file and a target without answers are refused', async () => {
  const { target } = await ready(place, world)
  const corrections = place.file(
    'corrections.jsonl',
    `${JSON.stringify({ run_id: 's3', at: '2026-11-29T10:00:00Z', by: 'ana@example.com', outcome: { passed: false } })}\n`,
  )
  expect((await place.at('correct', corrections)).code).toBe(0)
  for (const n of ['0', '-1', '1.5'])
    expect((await brief(target, '--cases', n)).err).toMatch(`--cases takes a whole number from 1 to 10000, got "${n}"`)
  await brief(target, '--cases', '1')
  expect(linesOf('cases.jsonl')).toMatchObject([{ case_id: 's3', passed: false, corrected: 1 }])
  const inStore = await place.at('brief', '--target', target, '--out', join(place.store, 'brief'))
  expect([inStore.code, inStore.err]).toEqual([2, expect.stringContaining('lies in the store')])
  symlinkSync(place.store, join(place.dir, 'link'))
  const behindLink = await place.at('brief', '--target', target, '--out', join(place.dir, 'link', 'packs', 'brief'))
  expect([behindLink.code, behindLink.err]).toEqual([2, expect.stringContaining('lies in the store')])
  const onFile = await place.at('brief', '--target', target, '--out', target)
  expect([onFile.code, onFile.err]).toEqual([2, expect.stringContaining('is no folder')])
  mkdirSync(join(place.dir, 'empty'))
  const unanswered = place.file('empty.json', aTarget({ guardrails: {} }))
  const refused = await place.at('brief', '--target', unanswered, '--out', join(place.dir, 'empty'))
  expect([refused.code, readdirSync(join(place.dir, 'empty'))]).toEqual([2, []])
})

test('a long prompt block is told by its beginning, and the example of a change is not the block in force', () => {
  const surface = {
    path: 'prompt.instruction_block',
    layer: 'prompt',
    baseline: 'Find the order. '.repeat(50),
    values: null,
  }
  const told = {
    surfaces: [{ ...surface, bounds: {}, replayed_by: 'another_recording', in_search_space: true }],
    guardrails: {},
    blast_radius: {},
  }
  const text = readmeText(told as never, { cases: { told: 0, of: 0 }, tried: {}, dead_ends: 0 } as never, null)
  expect(text).toContain(`now \`"${surface.baseline.slice(0, 200)}…"\`, bounds in`)
  expect(text).toContain('{"patch": {"prompt.instruction_block":"the whole new text"}')
})
