/** Modules that judge in the synthesized workflow: the functions as they are deployed leave the bytes of the laptop. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FunctionCaller, Store, VerdictSource } from '#ports'
import type { JudgeCall } from '#schemas/judge-call.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { deployedEngine } from '../../functions/embedded/engine.ts'
import { type LocalVerdicts, localVerdicts } from '../../functions/embedded/local-verdicts.ts'
import { judgeDays } from '../../functions/steps/cadence/judge.ts'
import { readRollout, rolloutId } from '../../functions/steps/release/rollouts.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { latestReview } from '../../functions/steps/review/reviews.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { readJson, readText } from '../../functions/streams/read-object.ts'
import { approve } from '../steps/release/support.ts'
import { copied, holder, memory, stocked } from '../steps/stores.ts'
import { DAYS, onDays, theBands } from '../support/bands.ts'
import { anEvaluator, aRoughTarget, aSuite, aWorld } from '../support/builders.ts'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { journaled } from '../support/journaled.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { DESK_ORIGIN } from '../support/workflow/http-api.ts'
import { type JudgeHost, judgeHost } from '../support/workflow/judge-hosts.ts'
import { locks, RUN, twin, versions } from '../support/workflow/twin.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-own-judges-')))
const home = process.cwd()
const JUDGE = './judges/judge.mjs'
// It names another file, which is part of its digest, and has no verdict about one kind of view.
const SOURCES = {
  'judges/judge.mjs': `import { least } from './least.mjs'
export function judge({ context, label }) {
  if (context.kept.length === 1) throw new TypeError('one is no context')
  return context.kept.filter(({ required }) => required).length >= least && label.passed
}`,
  'judges/least.mjs': 'export const least = 1',
  'package.json': '{ "type": "module" }',
}

let source: LocalVerdicts
let host: JudgeHost
let templates: Templates
let digest: string
beforeAll(async () => {
  mkdirSync(join(root, 'judges'))
  mkdirSync(join(root, 'store/vault'), { recursive: true })
  for (const [file, text] of Object.entries(SOURCES)) writeFileSync(join(root, file), text)
  // Read from the folder of the program, before this one works in another.
  templatesOf()
  templates = synthesize({ judges: join(root, JUDGE) }).templates
  host = await judgeHost(join(root, JUDGE))
  digest = harnessFiles(join(root, JUDGE), null).digest
  process.chdir(root)
  source = localVerdicts({ store: join(root, 'store'), vault: join(root, 'store/vault') }, null)
}, 120_000)
afterAll(() => {
  source?.close()
  process.chdir(home)
  rmSync(root, { recursive: true, force: true })
})

/** How it was held is told as it is in a deployment: that line of a run is another on a machine with a wall. */
const local = (): VerdictSource => ({
  cage: 'belt without network gate',
  judge(question, side) {
    for (const view of question.views) shown.add(view)
    return source.judge(question, side)
  },
  problem: (evaluator) => source.problem(evaluator),
})

const suite = (over: object = {}) =>
  aSuite({
    evaluators: [
      ...aSuite().evaluators.filter(({ dimension }) => dimension !== 'policy'),
      anEvaluator({
        evaluator_id: 'keeps',
        check: 'module',
        module: JUDGE,
        digest,
        limit_ms: 10_000,
        reads: ['context', 'label'],
        ...over,
      } as never),
    ],
  })
const target = aRoughTarget()
const stockedWith = async (its = suite()) =>
  await stocked(journaled(memory()), aWorld({ search: 6, heldout: 30 }), { suite: its })
/** Views of embedded runs, which deployed ones ask about as well. */
const shown = new Set<string>()
/** What the function said of each view, which depends on that view alone: each call is a process, so it is asked of all at once. */
const said = new Map<string, object>()
let asking: Promise<unknown> = Promise.resolve()
const calling: FunctionCaller['call'] = async (_, request) => {
  const { views, limit_ms } = request as JudgeCall
  asking = asking.then(async () => {
    if (views.every((view) => said.has(view))) return
    const unknown = [...new Set([...views, ...shown])].filter((view) => !said.has(view))
    const { answers } = (await host.call({ views: unknown, limit_ms })) as { answers: object[] }
    for (const [i, view] of unknown.entries()) said.set(view, answers[i]!)
  })
  await asking
  return { returned: { digest, answers: views.map((view) => said.get(view)!) } }
}

/** Functions that were asked, and which module of which side. */
function told() {
  const sides = new Set<string>()
  const judge: FunctionCaller['call'] = async (arn, request, limit) => {
    sides.add(/Judges(Search|Sealed)/.exec(arn)![1]!)
    return calling(arn, request, limit)
  }
  return { sides, judge }
}

describe('behind a deployed run whose suite asks a module', () => {
  let made: Store
  beforeAll(async () => {
    made = await stockedWith()
    const request = { target, candidates: null, runId: RUN, demonstration: null }
    const its = { ...made, verdicts: local() }
    // The bytes of a deployed one, as the next test holds.
    expect((await runTarget(its, request, holder(), transcriptEngine(local()))).verdict).toBe('certified')
  }, 240_000)

  it('a review is opened and decided, and the rollout started, by the module of the search side', async () => {
    const store = await copied(made)
    const { sides, judge } = told()
    const world = deploy(store, { judge, templates })
    world.review({ run_id: RUN })
    await world.clock.idle()
    const { review } = (await latestReview(store, RUN))!
    expect(sides).toEqual(new Set(['Search']))
    sides.clear()
    for (const reviewer of ['ana@example.com', 'ben@example.com']) {
      const { text } = world.mails.find(({ to }) => to === reviewer)!
      const path = /https:\S+/.exec(text)![0].slice(DESK_ORIGIN.length)
      const body = new URLSearchParams({
        ...{ decision: 'approved', confirm: 'yes', reason: '' },
        shown_digest: review.shown_digest,
      })
      const headers = { origin: DESK_ORIGIN, 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await world.http('POST', path, { headers, body: body.toString() })
      expect(answer.statusCode).toBe(303)
    }
    await world.clock.idle()
    expect((await latestReview(store, RUN))!.review.status).toBe('approved')
    expect((await readRollout(store, rolloutId(RUN)))!.rollout.stage).toBe('0%_shadow')
    expect(sides).toEqual(new Set(['Search']))
  }, 240_000)

  it.each<'review' | 'rollout'>(['review', 'rollout'])(
    'no %s begins where its module is not deployed any more',
    async (which) => {
      const store = await copied(made)
      if (which === 'rollout') await approve({ ...store, verdicts: local() }, RUN)
      const world = deploy(store, { judge: calling })
      const { error } = await world[which]({ run_id: RUN }).ended
      expect(JSON.stringify(error)).toMatch(/this deployment has none: deploy it with -c judges=\.\/judges\/judge\.mjs/)
      expect(await readRollout(store, rolloutId(RUN))).toBeNull()
    },
    240_000,
  )

  it('it is verified by whoever has the module of that digest at hand, and by nobody else', async () => {
    const verdicts = localVerdicts(null, null)
    const store = { ...made, verdicts }
    try {
      const engine = await deployedEngine(store, null)
      expect(await verifyRun(store, RUN, engine, 'closed')).toMatchObject({ reproducible: true, differences: [] })
      writeFileSync(join(root, 'judges/least.mjs'), 'export const least = 2')
      expect(await verifyRun(store, RUN, engine, 'closed')).toMatchObject({
        reproducible: false,
        differences: [
          {
            file: 'replayer',
            why: expect.stringMatching(/the module \.\/judges\/judge\.mjs of evaluator keeps is not the one/),
          },
        ],
      })
    } finally {
      writeFileSync(join(root, 'judges/least.mjs'), SOURCES['judges/least.mjs'])
      verdicts.close()
    }
  }, 240_000)

  it('days of its intent are judged as on a folder', async () => {
    const [first] = DAYS
    const base = await stocked(journaled(memory()), onDays(), { suite: suite() })
    const beside: Store = { ...(await copied(base)), rolesApart: true, verdicts: local() }
    await judgeDays(beside, theBands(), first)
    const store = await copied(base)
    const { sides, judge } = told()
    await deploy(store, { judge, templates }).daily('2026-11-23T00:15:00.000Z', { date: first }).ended
    const day = await readText(store.objects, keys.dailyCadence(first))
    expect(day).not.toBeNull()
    expect(day).toBe(await readText(beside.objects, keys.dailyCadence(first)))
    expect(sides.has('Search')).toBe(true)
  }, 240_000)
})

describe('a deployed run whose suite asks a module', () => {
  it('runs the bytes that the suite pins', () => {
    expect(host.digest).toBe(digest)
  })

  it('leaves the bytes of the embedded run; each side asks its own function', async () => {
    const asked = new Map<string, Set<string>>()
    const judge: FunctionCaller['call'] = async (arn, request, limit) => {
      asked.set(arn, (asked.get(arn) ?? new Set()).add(JSON.stringify(Object.keys(request as object))))
      return calling(arn, request, limit)
    }
    const same = await twin(await stockedWith(), target, {
      engine: () => transcriptEngine(local()),
      verdicts: local(),
      judging: { judge, templates },
    })
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 16 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(RUN, 'target.json'))
    expect(run!.verdict_cage).toBe('belt without network gate')
    expect([...asked.keys()].map((arn) => /Judges(Search|Sealed)/.exec(arn)?.[1]).sort()).toEqual(['Sealed', 'Search'])
  }, 240_000)

  it('is refused before anything is taken or kept where that module is not deployed, or with other bytes', async () => {
    const other = `sha256:${'a'.repeat(64)}`
    for (const [its, how, says] of [
      [suite(), {}, /this deployment has none: deploy it with -c judges=\.\/judges\/judge\.mjs/],
      [suite({ digest: other }), { templates }, /of digest sha256:aaaaaaaaaaaa, and this deployment has others/],
      [suite({ limit_ms: 10_001 }), { templates }, /10001 ms a view, and a deployment waits 10000 ms at most/],
    ] as const) {
      const store = await stockedWith(its)
      const { error } = await deploy(store, { judge: calling, ...how }).tune({ target, run_id: RUN })
      expect(JSON.stringify(error)).toMatch(says)
      expect(await locks(store)).toBe(0)
    }
  })

  it('is refused where the target demands a wall', async () => {
    const store = await stockedWith()
    const walled = aRoughTarget({ scoring: { ...target.scoring, cage: 'wall' } as never })
    const { error } = await deploy(store, { judge: calling, templates }).tune({ target: walled, run_id: RUN })
    expect(JSON.stringify(error)).toMatch(/scoring\.cage demands a wall around modules that judge/)
  })

  it.each<[string, FunctionCaller['call'], RegExp]>([
    [
      'tells another digest',
      async () => ({ returned: { digest: `sha256:${'b'.repeat(64)}`, answers: [] } }),
      /runs other bytes \(sha256:bbbbbbbbbbbb\) than the suite pins .*deploy it anew/,
    ],
    [
      'cannot load its module',
      async () => ({ returned: { digest, unloadable: 'the module ./judges/judge.mjs cannot be run: it is broken' } }),
      /cannot be run: it is broken/,
    ],
  ])('ends before anything is sealed where the function %s', async (_, judge, says) => {
    const store = await stockedWith()
    const failed = await deploy(store, { judge, templates }).tune({ target, run_id: RUN })
    expect(failed.error!.cause).toMatch(says)
    expect(failed.entered.at(-1)).toBe('Gather Search Set')
    expect(await versions(store, target)).toEqual([])
    expect(await locks(store)).toBe(0)
  })

  it.each<[string, FunctionCaller['call']]>([
    ['is lost', async () => ({ failed: 'the module gave no answer within 80000 ms and was cut' })],
    ['answers in another protocol', async () => ({ returned: ['yes'] })],
    ['answers too little', async () => ({ returned: { digest, answers: [] } })],
    [
      'answers with texts',
      async (_, request) => ({
        returned: { digest, answers: (request as { views: string[] }).views.map(() => ({ returned: 'true' })) },
      }),
    ],
  ])('certifies nothing where every call %s: no verdict is never a pass', async (_, judge) => {
    const store = await stockedWith()
    const { execution } = { execution: await deploy(store, { judge, templates }).tune({ target, run_id: RUN }) }
    expect((execution.output as { verdict?: string } | undefined)?.verdict).not.toBe('certified')
    expect((await versions(store, target)).every(({ used, open }) => used === 0 && open === null)).toBe(true)
    expect(await locks(store)).toBe(0)
  })
})
