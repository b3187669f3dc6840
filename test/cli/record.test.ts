/** `record`: budget, resumption, kills, and recorders that misbehave; a run then searches what was recorded. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bytesOf } from './command-line.ts'
import { planPlace, RECORDER, shallow, target } from './plan-world.ts'

const { place, planFile, makePlan, calls, record } = planPlace()

describe('record', () => {
  test('needs a budget, and says it before the first call', async () => {
    await makePlan()
    const none = await record(RECORDER)
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('say how much it may spend')])
    const { code, out } = await record(RECORDER, '--calls', '5', '--concurrency', '1')
    expect(code).toBe(3)
    expect(out.indexOf('budget   5 recordings in all')).toBeLessThan(out.indexOf('made     5 recordings'))
    expect(out).toMatch('5 recordings were tried, which is the limit')
    expect(out).toMatch('5 of 12 recorded')
    expect(calls()).toHaveLength(5)
    // What a part of the cases is recorded under is searched on none, and the rest is said.
    const { out: ran } = await place.at('run', '--target', place.file('target.json', target), '--run-id', 'r')
    expect(ran).toMatch('evidence.orders.top_k 5 .. 8 not searched: 7 of 12 cases cannot be replayed')
  })

  test('goes on where it stopped, makes nothing twice, and a run then searches what it recorded', async () => {
    const { file } = await makePlan()
    const sealed = bytesOf(join(place.store, 'vault'))
    await record(RECORDER, '--calls', '5', '--concurrency', '1')
    const { code, out } = await record(RECORDER, '--calls', '12')
    expect([code, out]).toEqual([0, expect.stringContaining('12 of 12 recorded')])
    expect(calls().length).toBe(12)
    expect(new Set(calls()).size).toBe(12)
    expect(bytesOf(join(place.store, 'vault'))).toEqual(sealed)
    const again = await record(RECORDER, '--calls', '12')
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('made     0 recordings')])
    expect((await place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'))).out).toMatch(
      'nothing is to be recorded',
    )
    const ran = await place.at('run', '--target', file, '--run-id', 'r', '--json')
    const summary = ran.json() as {
      verdict: string
      candidates: { patch: object; fate: string }[]
      reasons: string[]
      not_searched: string[]
      ledger: string | null
    }
    expect(summary.not_searched).toBeUndefined()
    expect(summary.candidates.find(({ patch }) => JSON.stringify(patch).includes('"to":8'))).toMatchObject({
      fate: 'committed',
    })
    // No sealed case was recorded so: nothing is asked whose answer is known.
    expect(summary.verdict).toBe('inconclusive')
    expect(summary.reasons.join()).toMatch(
      '12 of 12 search families have the first candidate from recordings that were made for a plan',
    )
    expect((await place.at('verify', 'r')).code).toBe(0)
  })

  test('stops before a recording might go beyond its cents', async () => {
    await makePlan()
    const { code, out } = await record(RECORDER, '--cents', '5', '--concurrency', '1')
    // 1.6 cents each.
    expect(code).toBe(3)
    expect(calls()).toHaveLength(3)
    expect(out).toMatch(/4\.8 of 5 cents are spent, and another recording may cost 1\.6/)
  })

  test.each([
    ['throws', `throw new Error('no route')`, /it threw Error: no route/],
    ['hangs', `await new Promise(() => setInterval(() => {}, 1000))`, /it gave no answer within 300 ms and was cut/],
    ['ends its process', `process.exit(7)`, /its process ended \(exit code 7\)/],
    ['returns nothing', `return null`, /what it returned is not valid/],
    [
      'returns a number that is none',
      `return { offers: {}, evidence: [], steps: [], outcome: { score: NaN } }`,
      /score: the number NaN/,
    ],
    [
      'answers another request',
      `return { offers: {}, evidence: [], steps: [{ kind: 'message', role: 'user', content: 'else', tokens: null }], outcome: ${JSON.stringify(shallow('s0', 'search').outcome)} }`,
      /steps: the user said "else"/,
    ],
  ])('a recorder that %s fails those cases, stops after five in a row, and stores nothing', async (_, body, says) => {
    await makePlan()
    const before = bytesOf(place.store).filter((file) => !file.includes('ledger'))
    const { code, out } = await record(
      `export async function record() { ${body} }`,
      '--calls',
      '12',
      '--concurrency',
      '1',
      '--limit-ms',
      '300',
    )
    expect(code).toBe(3)
    expect(out).toMatch(says)
    expect(out).toMatch('5 recordings failed one after the other')
    expect(bytesOf(place.store).filter((file) => !file.includes('ledger'))).toEqual(before)
  })

  test.each([
    ['no module', 'nothing', /exports no function named record/],
    ['a module that does not load', 'import "./none.mjs"', /it cannot be imported/],
  ])('%s is refused before anything is called', async (_, source, says) => {
    await makePlan()
    const { code, err } = await record(source === 'nothing' ? 'export const x = 1' : source, '--calls', '2')
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
  })

  test('is told nothing that this program is told by its environment: the command that prints a key is among it', async () => {
    await makePlan()
    process.env.AUTOTUNE_SECRET = 'echo key'
    try {
      const told = `throw new Error(JSON.stringify([Object.keys(process.env).filter((n) => n.startsWith('AUTOTUNE')), 'PATH' in process.env]))`
      const { out } = await record(`export async function record() { ${told} }`, '--calls', '1')
      expect(out).toMatch('it threw Error: [[],true]')
    } finally {
      delete process.env.AUTOTUNE_SECRET
    }
  })

  test.each([
    ['a note', 'call Ana about the third case'],
    ['JSON of somebody else', '{"name": "my-package", "version": "1.0.0"}'],
    ['a line of somebody else, and a torn one', '{"name": "mine"}\n{"na'],
  ])('%s in the place of its file is refused, and not a byte of it is lost', async (_, text) => {
    await makePlan()
    const mine = place.file('mine.txt', text)
    const { code, err } = await record(RECORDER, '--calls', '3', '--out', mine)
    expect([code, err]).toEqual([2, expect.stringContaining('--out')])
    expect(readFileSync(mine, 'utf8')).toBe(text)
    expect(calls()).toEqual([])
  })

  test('killed in the middle, it keeps what was recorded and asks nothing twice', async () => {
    const { file } = await makePlan()
    const slow = RECORDER.replace('const depth', `await new Promise((done) => setTimeout(done, 150))\n  const depth`)
    const recorder = place.file('recorder.mjs', slow)
    const child = spawn(
      process.execPath,
      [
        'bin/autotune.mjs',
        'record',
        planFile(),
        '--with',
        `module:${recorder}`,
        '--calls',
        '12',
        '--concurrency',
        '1',
        '--store',
        place.store,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    const made = () =>
      existsSync(`${planFile()}.runs.jsonl`)
        ? readFileSync(`${planFile()}.runs.jsonl`, 'utf8').split('\n').length - 1
        : 0
    while (made() < 3) await new Promise((done) => setTimeout(done, 20))
    const beside = await record(slow, '--calls', '12')
    expect([beside.code, beside.err]).toEqual([
      2,
      expect.stringMatching(/this plan is being recorded: process .* Nothing was spent/),
    ])
    child.kill('SIGKILL')
    await new Promise((done) => child.once('exit', done))
    const kept = made()
    expect(kept).toBeLessThan(12)
    writeFileSync(`${planFile()}.runs.jsonl`, `${readFileSync(`${planFile()}.runs.jsonl`, 'utf8')}{"run_id": "torn`)
    const { code, out } = await record(slow, '--calls', '12')
    expect([code, out]).toEqual([0, expect.stringContaining('12 of 12 recorded')])
    // A line that lacks nothing but its end is no torn one.
    writeFileSync(`${planFile()}.runs.jsonl`, readFileSync(`${planFile()}.runs.jsonl`, 'utf8').trimEnd())
    expect((await record(slow, '--calls', '12')).code).toBe(0)
    expect(made()).toBe(12)
    expect((await place.at('verify')).code).toBe(0)
    expect((await place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'))).out).toMatch(
      'nothing is to be recorded',
    )
    // The one that was under way when it was killed is asked again: its answer was never heard.
    expect(calls().length).toBeLessThanOrEqual(13)
    expect(new Set(calls()).size).toBe(12)
  }, 30_000)
})
