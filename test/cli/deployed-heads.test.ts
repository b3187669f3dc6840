/** `verify` without a run and `anchor publish` on a deployment: what its journal of heads says, under the role of the auditor. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rejection } from '#core/gate/rejections.ts'
import { keys } from '#schemas/s3-keys.ts'
import { shortId } from '../../functions/steps/run/forget.ts'
import { writeRejections } from '../../functions/steps/run/memory.ts'
import { pinnedRun } from '../../functions/steps/run/verify.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { type Account, account } from '../support/aws/account.ts'
import { aPack, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'

const RUN = 'at_run'
const stack = ['--stack', 'Autotune']
let aws: Account
let place: Workplace
let importing: string[]

beforeAll(async () => {
  aws = await account()
  place = workplace()
  const runs = place.runs('runs.jsonl', aWorld({ search: 6, heldout: 100 }))
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', aSuite())]
  importing = ['import', runs, ...documents, '--split', 'recorded', '--split-key', 'key-of-these-tests', ...stack]
  expect((await autotune(...importing)).err).toBe('')
  const target = place.file('target.json', aTarget())
  expect(await autotune('run', '--target', target, '--run-id', RUN, ...stack)).toMatchObject({
    code: 0,
    out: expect.stringContaining('CERTIFIED'),
  })
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})
beforeEach(() => {
  aws.before = () => {}
  aws.written.length = 0
})

const verify = (...more: string[]) => autotune('verify', ...stack, ...more)

describe('a deployment that nobody touched', () => {
  test('is what its journal says, looked at by the auditor, who writes nothing', async () => {
    const asked = new Set<string>()
    aws.before = (action, name) => void (action === 'sts:AssumeRole' && asked.add(name))
    const { code, out } = await verify()
    expect(out).toMatch(`the store is what its journal says: s3://${aws.bucket}\njournal  `)
    expect(out).toMatch('no auditor sees them')
    expect([code, [...asked]]).toEqual([0, [aws.stacks.AutotuneData!.AuditorRoleArn]])
    expect(aws.written).toEqual([])
    const { out: json } = await verify('--json')
    expect(JSON.parse(json.trim().split('\n').at(-1)!)).toMatchObject({ holds: true, problems: [], found: 0 })
  })

  test('publishes an anchor, against which it is looked at from then on', async () => {
    const file = join(place.dir, 'heads.jsonl')
    expect(await autotune('anchor', 'publish', '--to', file, ...stack)).toMatchObject({ code: 0, err: '' })
    const { n } = JSON.parse(readFileSync(file, 'utf8'))
    expect(n).toBe((await aws.store.heads.journal.read()).lines.length)
    expect(await verify('--anchor', file)).toMatchObject({ code: 0, out: expect.stringContaining('anchors  1 looked') })
    // The last line goes, with what it speaks about: nothing in the deployment knows better, but the anchor does.
    const gone = [keys.head(n), keys.autotuneRun(RUN, 'manifest.json')]
    await putBack([], gone, async () => {
      const { code, out } = await verify('--anchor', file)
      expect([code, out]).toEqual([2, expect.stringMatching(/anchor of line \d+: the journal ends at line/)])
    })
  })
})

describe('a rejection that a deployment remembers', () => {
  test('is named by list, lifted under the role of memory, named as lifted, and lifted once', async () => {
    const pinned = (await pinnedRun(aws.store, RUN))!
    const patches = [{ 'evidence.orders.top_k': { from: 4, to: 1 } }]
    const under = { metric: pinned.target.metric!, direction: pinned.target.direction! }
    const reason = 'hides orders'
    const refused = rejection(pinned, { patches, source: 'reviewer', reason, under })
    await writeRejections(aws.store, [refused])
    expect((await autotune('list', ...stack)).out).toContain(`   ${shortId(refused)}  evidence.orders.top_k 4 -> 1\n`)
    const asked = new Set<string>()
    aws.before = (action, name) => void (action === 'sts:AssumeRole' && asked.add(name))
    const forget = ['forget', shortId(refused), '--reason', 'archived now', '--by', 'fay@acme', ...stack]
    const said = await autotune(...forget)
    expect([said.code, said.err, said.out]).toEqual([
      0,
      '',
      expect.stringMatching(/^forgotten .*\n.*\nby +fay@acme at /),
    ])
    expect([...asked]).toEqual([aws.stacks.AutotuneData!.MemoryRoleArn])
    aws.before = () => {}
    expect((await autotune('list', ...stack)).out).toMatch(/lifted by fay@acme at \S+: archived now/)
    expect((await autotune(...forget)).err).toMatch(/was lifted by fay@acme at .*Nothing was written/)
    expect((await verify()).code).toBe(0)
  })

  test('stays in a deployment of an earlier version, which is told to be deployed again', async () => {
    const { MemoryRoleArn: _, ...earlier } = aws.stacks.AutotuneData!
    const now = aws.stacks.AutotuneData
    aws.stacks.AutotuneData = earlier
    const { code, err } = await autotune('forget', 'ffffffffffff', '--reason', 'because', ...stack)
    aws.stacks.AutotuneData = now
    expect([code, err]).toEqual([2, expect.stringMatching(/has no role that lifts rejections: deploy it again/)])
  })
})

/** Does something to objects of the store or to lines, and puts them back. */
async function putBack(change: readonly string[], remove: readonly string[], act: () => Promise<void>): Promise<void> {
  const side = (key: string) => (key.startsWith(keys.heads()) ? aws.store.lines : aws.store.objects)
  const before = await Promise.all([...change, ...remove].map(async (key) => [key, await side(key).get(key)] as const))
  for (const key of change) await side(key).put(key, '{}\n')
  for (const key of remove) await side(key).delete(key)
  try {
    await act()
  } finally {
    for (const [key, bytes] of before) await side(key).put(key, bytes!)
  }
}

describe('verify of a deployment notices', () => {
  test.each<[string, { change?: string[]; remove?: string[] }, RegExp]>([
    [
      'a run that was removed',
      { remove: [keys.autotuneRun(RUN, 'manifest.json')] },
      /run at_run is missing: it ended c/,
    ],
    ['a run that was changed', { change: [keys.autotuneRun(RUN, 'manifest.json')] }, /run at_run was changed/],
    ['an artifact that was changed', { change: [keys.autotuneRun(RUN, 'gate.json')] }, /at_run: gate.json is not the/],
    ['a suite that was changed', { change: [keys.suite(aSuite().suite)] }, /was changed since it was published/],
    ['a line that was removed', { remove: [keys.head(2)] }, /line 2 of the journal does not follow/],
    ['a line that was changed', { change: [keys.head(2)] }, /line 2 of the journal is damaged/],
  ])('%s', async (_, { change = [], remove = [] }, says) => {
    await putBack(change, remove, async () => {
      const { code, out } = await verify()
      expect([code, out]).toEqual([2, expect.stringMatching(says)])
    })
    expect((await verify()).code).toBe(0)
  })

  test('a question that was given back in the table', async () => {
    const { items } = aws.store.heads
    const [row] = await Array.fromAsync(items.query<{ used: number }>(rowKeys.versions(INTENT)))
    await items.update(row!.pk, row!.sk, row!.revision, { ...row!.body, used: 0, history: [], retired: null })
    const { code, out } = await verify()
    expect([code, out]).toEqual([2, expect.stringMatching(/question ledger of .* was changed: its code does not hold/)])
  })
})

describe('on a deployment of a version that kept no journal', () => {
  test.each([
    ['verify', () => verify()],
    ['anchor publish', () => autotune('anchor', 'publish', ...stack)],
    ['import', () => autotune(...importing)],
  ])('%s says that it is to be deployed again', async (_, act) => {
    const data = aws.stacks.AutotuneData!
    const { HeadsBucketName: _gone, ...older } = data
    aws.stacks.AutotuneData = older
    expect(await act()).toMatchObject({
      code: 2,
      err: expect.stringContaining('deployment Autotune keeps no journal of heads: deploy it again'),
    })
    expect((await autotune('list', ...stack)).code).toBe(0)
    aws.stacks.AutotuneData = data
  })
})
