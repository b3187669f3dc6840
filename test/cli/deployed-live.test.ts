/** `autotune run --live --stack`: what it says before anything is asked, what it asked, and what it refuses. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signedBy } from '#core/live/live-model.ts'
import { RunUsage } from '#schemas/model-usage.ts'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { type Account, account } from '../support/aws/account.ts'
import { aPack, aTarget } from '../support/builders.ts'
import { synthesize } from '../support/infra/deployment.ts'
import { DOCUMENT, liveDesk, liveSuite, liveWorld, scripted } from '../support/live-engine.ts'
import { moduleCall } from '../support/workflow/module-call.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'
import { STACK } from './deployed-run.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-deployed-live-')))
const [HARNESS, LIVE] = [join(root, 'desk.mjs'), join(root, 'live.json')]
const document = signedBy(
  {
    ...DOCUMENT,
    model: { provider: 'bedrock', model_arn: 'arn:aws:bedrock:eu-central-1::foundation-model/small' },
    seed: null,
  },
  'ana@example.com',
  '2026-11-29',
)
const model = scripted()
let aws: Account
let place: Workplace
let target: string
beforeAll(async () => {
  writeFileSync(HARNESS, 'export const replay = () => null\n')
  writeFileSync(LIVE, JSON.stringify(document))
  const { templates } = synthesize({ harness: HARNESS, live: LIVE })
  const { digest } = harnessFiles(HARNESS, null)
  aws = await account({ templates, call: moduleCall(liveDesk(), digest), converse: model.converse })
  place = workplace()
  target = place.file('target.json', aTarget({ scoring: { replayer: 'module' } }))
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', liveSuite())]
  const split = ['--split', 'recorded', '--split-key', 'key-of-these-tests']
  const runs = place.runs('runs.jsonl', liveWorld({ search: 8, heldout: 12 }))
  expect(await autotune('import', runs, ...documents, ...split, ...STACK)).toMatchObject({ code: 0 })
}, 120_000)
afterAll(async () => {
  place.dispose()
  rmSync(root, { recursive: true, force: true })
  await aws.stop()
})

const run = (live: string, ...more: string[]) => autotune('run', '--target', target, '--live', live, ...STACK, ...more)

test('says calls and cents before the first call, and counts afterwards what the search side paid for', async () => {
  const { code, out, err } = await run(LIVE, '--run-id', 'r', '--json')
  expect(code).toBe(3)
  expect(err).toMatch(/^live {5}small at Amazon Bedrock, signed by ana@example\.com on 2026-11-29$/m)
  expect(err).toMatch(/^calls {4}baseline 16 \(2 draws of 8 search cases\), .* at most \d+, sealed side as many as/m)
  expect(err).toMatch(/in all at most \d+ calls, of no known price by no price table of the target/)
  const usage = RunUsage.parse(JSON.parse(out).model_usage)
  expect(usage).toMatchObject({ run_id: 'r', rows: [{ purpose: 'replay', answers: model.asked.length }] })
  expect(usage.rows[0]!.paid).toBe(model.asked.length)
  // No question was asked: there is no more to tell.
  expect(usage.sealed_calls).toBeNull()
  // Who stopped following is told later.
  expect(JSON.parse((await autotune('show', 'r', '--json', ...STACK)).out).model_usage).toEqual(usage)
  // The very same again asks nobody anything new: what is kept was paid by this run.
  const before = model.asked.length
  const again = await run(LIVE)
  expect(again.out).toMatch(/^models {3}replay: \d+ answers of small at Amazon Bedrock, \d+ tokens in, \d+ out/m)
  expect(model.asked.length).toBe(before)
}, 120_000)

test.each<[string, object, RegExp]>([
  ['nobody signed', { ...document, signed: undefined }, /nobody signed it: its owner signs what stands there/],
  ['was changed since', { ...document, temperature: 0 }, /it is no longer what ana@example\.com signed/],
  [
    'does not hold the baseline',
    signedBy({ ...document, budget: { calls: 15, cents: null } }, 'ana@example.com', '2026-11-29'),
    /the baseline alone takes 16 calls .* budget\.calls is 15: raise it and sign again\. Nothing was asked/,
  ],
])('a document that %s starts nothing', async (name, words, says) => {
  const before = model.asked.length
  let started = 0
  aws.before = (action) => {
    if (action === 'states:StartExecution') started++
  }
  const { code, err } = await run(place.file(`${name.replaceAll(' ', '-')}.json`, words))
  aws.before = () => {}
  expect([code, err]).toEqual([2, expect.stringMatching(says)])
  expect([started, model.asked.length]).toEqual([0, before])
})
