/** `run --reflect`: a model over loopback proposes; what it costs is said first, and what it cannot be asked is told. */
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'
import { stocked } from '../steps/stores.ts'
import { aProposerModel, aTarget, aWorld } from '../support/builders.ts'
import { type Scripted, type ScriptedModelServer, scriptedModelServer } from '../support/scripted-model-server.ts'
import { placeOfEachTest } from './command-line.ts'

const TOP = 'evidence.orders.top_k'
const place = placeOfEachTest()
let server: ScriptedModelServer
afterEach(() => server.close())

async function ran(script: Scripted, over: object = {}) {
  server = await scriptedModelServer(() => script)
  const world = aWorld({ search: 6, heldout: 100 }).map((one, i) =>
    i === 0 ? { ...one, outcome: { ...one.outcome, passed: false } } : one,
  )
  const store = openStore(place.store, { durable: false })
  await stocked(store, world)
  store.close()
  const document = { ...aProposerModel(server.baseUrl), ...over }
  const target = place.file('target.json', aTarget({ search_space: [TOP] }))
  return await place.at('run', '--target', target, '--reflect', place.file('proposer.json', document), '--run-id', 'r')
}

test('its edits stand in the run under its name', async () => {
  const edit = { path: TOP, to: 3, why: 'the rest is never read', by: null, cases: [] }
  const { err, code } = await ran({ says: JSON.stringify({ edits: [edit] }) })
  expect(code).toBe(0)
  expect(err).toMatch(/^proposer: at most 1 call of m at http:/m)
  expect((await place.at('explain', 'r', '--json')).out).toContain('"origin":"reflect"')
  await place.at('report', 'r', '--out', `${place.dir}/r.html`)
  expect(readFileSync(`${place.dir}/r.html`, 'utf8')).toContain(
    '<dt>asked of models</dt><dd class="mono">proposer: 1 answer of m at http:',
  )
})

test('is no name for --proposers, and no origin for a file of changes', async () => {
  await ran({ says: '' }, { budget: undefined })
  const target = ['--target', `${place.dir}/target.json`]
  expect((await place.at('run', ...target, '--proposers', 'reflect')).err).toContain('--reflect FILE')
  const changes = place.file('changes.jsonl', `${JSON.stringify({ patch: { [TOP]: 3 }, origin: 'reflect' })}\n`)
  expect((await place.at('run', ...target, '--candidates', changes)).err).toContain('origin')
})

test.each([
  ['an endpoint that wants a key', { status: 401 }, {}, /Set AUTOTUNE_MODEL_KEY/],
  ['a budget in cents without a price', { says: '' }, { budget: { calls: 1, cents: 1 } }, /no price for m/],
  ['a document that misses its budget', { says: '' }, { budget: undefined }, /proposer\.json: budget/],
  ['an unknown field', { says: '' }, { api_key: 'k' }, /unknown field "api_key"/],
] as [string, Scripted, object, RegExp][])('%s: the run does not begin', async (_, script, over, says) => {
  const { code, err } = await ran(script, over)
  expect(code).toBe(2)
  expect(err).toMatch(says)
  expect((await place.at('list', '--json')).out).not.toContain('"run_id":"r"')
})
