/** A model judge from import to a run that verifies: it blocks, certifies no floor, and a drop of utility beside people alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aPack, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { JUDGE } from '../support/judge.ts'
import { type ScriptedModelServer, scriptedModelServer } from '../support/scripted-model-server.ts'
import { placeOfEachTest } from './command-line.ts'
import { aSmallWorld } from './own-suite.ts'

const place = placeOfEachTest()
const { at } = place
const CALLS = 'AUTOTUNE_JUDGE_CALLS'

interface Shown {
  readonly context: { readonly kept: readonly { readonly required: boolean }[] }
}
let server: ScriptedModelServer
/** What the judge says of a case. */
let says: (view: Shown) => string
/** What it says of two. */
let prefers: (first: Shown, second: Shown) => string
beforeEach(async () => {
  says = ({ context }) => `{"verdict": ${context.kept.some(({ required }) => required)}}`
  const shown = (prompt: string, name: string): Shown =>
    JSON.parse(new RegExp(`^${name} .*\\n(.*)$`, 'm').exec(prompt)![1]!) as Shown
  server = await scriptedModelServer(({ prompt }) => ({
    says: prompt.includes('\nFIRST (')
      ? prefers(shown(prompt, 'FIRST'), shown(prompt, 'SECOND'))
      : says(shown(prompt, 'CASE')),
  }))
  process.env[CALLS] = '2000'
})
afterEach(async () => {
  delete process.env[CALLS]
  await server.close()
})

const judge = (over: object) => ({
  ...JUDGE,
  evaluator_id: 'mine',
  asks: { ...JUDGE.asks, model: { provider: 'openai', base_url: server.baseUrl, model: 'small' } },
  reads: ['context'],
  ...over,
})
/** Imports a world under the suite of the tests, with the judge in place of what it has of that dimension. */
async function stored(
  dimension: 'policy' | 'utility',
  runs: readonly ExperienceRun[] = aSmallWorld(),
  over: object = {},
): Promise<void> {
  const others = aSuite().evaluators.filter((e) => e.dimension !== dimension)
  const pack = place.file('pack.json', aPack())
  const suite = place.file('suite.json', { ...aSuite(), evaluators: [...others, judge({ dimension, ...over })] })
  const imported = await at(
    'import',
    place.runs('runs.jsonl', runs),
    '--split',
    'recorded',
    '--pack',
    pack,
    '--suite',
    suite,
  )
  expect([imported.code, imported.err]).toEqual([0, expect.anything()])
}
const ran = (over: object = {}) => at('run', '--target', place.file('target.json', aTarget(over)))
const idOf = (out: string): string => /^run (\S+)/m.exec(out)![1]!
const rowsOf = (id: string) =>
  JSON.parse(readFileSync(join(place.store, 'autotune/runs', id, 'selected-proposal.json'), 'utf8')).certificate as {
    guardrail: string
    kind: string
    passed: boolean
    counts: Record<string, number>
  }[]

describe('a judge as a floor of policy', () => {
  test('blocks, is called checked and not certified, and stands on the run; verify asks nobody', async () => {
    await stored('policy')
    const { code, out, err } = await ran()
    expect([code, out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
    expect(err).toMatch(/judge: asks small at http:\/\/127\.0\.0\.1:\d+\/v1 .*at most 2000 calls/)
    expect(out).toMatch(
      /the model judge mine is small at http:.* \(temperature 0, seed 7\): it grades, and does not know the arm/,
    )
    // Nobody is left without the passage that the judge looks for.
    expect(out).toMatch(/evidence\.orders\.top_k 4 -> 1/)
    const id = idOf(out)
    expect(rowsOf(id).find(({ guardrail }) => guardrail === 'policy')).toMatchObject({ kind: 'checked', passed: true })

    const asked = server.asked.length
    expect(await at('verify', id)).toMatchObject({ code: 0 })
    expect((await at('verify')).code).toBe(0)
    expect(server.asked.length).toBe(asked)
  })

  test('that calls the change worse stops it on the search side', async () => {
    says = ({ context }) => `{"verdict": ${context.kept.length > 3}}`
    await stored('policy')
    const { code, out } = await ran()
    expect(code).toBe(3)
    expect(out).not.toMatch(/^proposal/m)
    expect(JSON.parse(readFileSync(join(place.store, 'autotune/runs', idOf(out), 'gate.json'), 'utf8')).asked).toBe(
      false,
    )
  })

  test('is asked nothing where nobody allowed it, and the run says what to do', async () => {
    delete process.env[CALLS]
    await stored('policy')
    const { code, err } = await ran()
    expect([code, err]).toEqual([2, expect.stringMatching(/this command may pay for none: set AUTOTUNE_JUDGE_CALLS/)])
    expect(server.asked).toEqual([])
  })

  test('that nobody answers for is an error, and the run goes on with what was kept', async () => {
    await stored('policy')
    const real = says
    let left = 20
    says = (view) => (left-- > 0 ? real(view) : 'no verdict at all')
    process.env[CALLS] = '20'
    const stopped = await ran()
    expect([stopped.code, stopped.err]).toEqual([2, expect.stringMatching(/the budget of 20 calls is spent/)])
    says = real
    process.env[CALLS] = '2000'
    expect((await ran()).code).toBe(0)
    const prompts = server.asked.map(({ prompt }) => prompt)
    // The same view of both sides is paid twice, and no other one.
    expect(prompts.filter((prompt, i) => prompts.indexOf(prompt) !== i).length).toBeLessThanOrEqual(prompts.length / 2)
  })

  test('leaves what it said of sealed cases in the vault alone', async () => {
    await stored('policy')
    await ran()
    const kept = (folder: string) => readdirSync(join(place.store, folder, 'model-cache')).length
    expect(kept('.')).toBeGreaterThan(0)
    expect(kept('vault')).toBeGreaterThan(0)
    expect(kept('.') + kept('vault')).toBe(server.asked.length)
  })
})

describe('a judge that compares', () => {
  const keptMore = (first: Shown, second: Shown) =>
    `{"better": "${first.context.kept.length > second.context.kept.length ? 'first' : 'second'}"}`

  test('passes what it calls no worse than the recorded run, and asks nothing about the baseline', async () => {
    const holds = ({ context }: Shown): boolean => context.kept.some(({ required }) => required)
    prefers = (first, second) =>
      `{"better": "${holds(first) === holds(second) ? 'same' : holds(first) ? 'first' : 'second'}"}`
    await stored('policy', aSmallWorld(), { compares: 'recorded' })
    const { code, out } = await ran()
    expect([code, out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
    expect(out).toMatch(/compares with the recorded run, in both orders/)
    expect(server.asked.length % 2).toBe(0)
    expect(await at('verify', idOf(out))).toMatchObject({ code: 0 })
  })

  test('that finds nothing worse whatever is taken away is blind, and certifies nothing', async () => {
    prefers = () => '{"better": "same"}'
    await stored('policy', aSmallWorld(), { compares: 'recorded' })
    const { code, out } = await ran()
    expect([code, out]).toEqual([3, expect.stringMatching(/mine is blind/)])
  })

  test.each([
    ['what it calls worse in both orders', keptMore],
    ['everything where whatever stands first is better', () => '{"better": "first"}'],
  ])('stops %s', async (_, says) => {
    prefers = says
    await stored('policy', aSmallWorld(), { compares: 'recorded' })
    const { code, out, err } = await ran()
    expect([code, out + err]).toEqual([expect.any(Number), expect.not.stringMatching(/^proposal /m)])
    expect(code).not.toBe(0)
  })
})

describe('a judge of utility', () => {
  /** A world of which people said the same of each run, on a scale of 0 and 1. */
  const judgedByPeople = (value: 0 | 1): ExperienceRun[] =>
    aWorld({ search: 40, heldout: 100 }).map((run) => ({
      ...run,
      outcome: {
        ...run.outcome,
        scores: [{ name: 'person', kind: 'human', version: null, dimension: 'utility', value, finding: null }] as never,
      },
    }))
  const WIDE = { guardrails: { ...aTarget().guardrails, utility_delta: { min: -0.3 } } }

  test('certifies beside people who agree with it, with twice its possible error set aside', async () => {
    await stored('utility', judgedByPeople(1))
    const { code, out } = await ran(WIDE)
    expect([code, out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /by a judge that differs from people in 0 of 40 families: 2 x 7\.\d+ points set aside/,
    )
    const row = rowsOf(idOf(out)).find(({ guardrail }) => guardrail === 'utility_delta')
    expect(row).toMatchObject({
      kind: 'certified',
      passed: true,
      counts: { judge_overlap: 40, judge_disagreements: 0 },
    })
    expect(await at('verify', idOf(out))).toMatchObject({ code: 0 })
  })

  test.each([
    ['people who say otherwise', judgedByPeople(0), /differs? from people in 40 of 40/],
    ['nobody', aSmallWorld(), /a model judge gave these labels, and of no search family a person labelled/],
  ])('certifies nothing beside %s', async (_, runs, reason) => {
    await stored('utility', runs)
    const { code, out } = await ran(WIDE)
    expect(code).toBe(3)
    expect(out.replace(/\s+/g, ' ')).toMatch(reason)
  })
})

describe('what a judge is told', () => {
  test('names no arm, setting, run or candidate', async () => {
    says = () => '{"verdict": true}'
    await stored('policy')
    await ran()
    const all = server.asked.map(({ prompt }) => prompt).join('\n')
    expect(all).not.toMatch(/as_recorded|skipped|baseline|candidate|top_k|settings|run_\w|c_[0-9a-f]{6}/)
  })
})
