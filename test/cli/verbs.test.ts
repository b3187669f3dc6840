/** Every verb: what it prints, for people and for machines, and its exit code. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TuningProposal } from '#schemas/proposal.ts'
import { RunSummary } from '#schemas/run.ts'
import { AUTOTUNE_FILES } from '#schemas/s3-keys.ts'
import { aTarget, aWorld, toolCall } from '../support/builders.ts'
import { autotune, placeOfEachTest, ran, ready, type Workplace, workplace } from './command-line.ts'

const VERBS = ['demo', 'init', 'import', 'erase', 'doctor', 'propose', 'run', 'list', 'show', 'explain', 'verify']
const BIN = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))

describe('help', () => {
  test.each(VERBS)('of %s has an example', async (verb) => {
    const { code, out } = await autotune(verb, '--help')
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`Example:\\n  autotune ${verb}`))
    expect(out).toContain('--store <dir>')
    expect(out).toContain('--json')
  })

  test('names every verb', async () => {
    const { code, out } = await autotune('--help')
    expect(code).toBe(0)
    for (const verb of VERBS) expect(out).toMatch(new RegExp(`^  ${verb}`, 'm'))
  })

  test.each([[[]], [['nonsense']], [['list', '--nonsense']], [['show']], [['doctor']]])(
    'is pointed to for %j',
    async (argv) => {
      const { code, out, err } = await autotune(...argv)
      expect(code).toBe(2)
      expect(out).toBe('')
      expect(err).toMatch(/help|Usage/)
    },
  )
})

describe('a finished run', () => {
  let place: Workplace
  let target: string
  beforeAll(async () => {
    place = workplace()
    target = (await ready(place)).target
    await ran(place, 'r')
  })
  afterAll(() => place.dispose())
  const at = (...argv: string[]) => place.at(...argv)

  test('is told to people with its verdict, its fates, its certificate and its file', async () => {
    const { code, out } = await at('show', 'r')
    expect(code).toBe(0)
    expect(out).toMatch(/^run r\nverdict {2}CERTIFIED/)
    expect(out).toMatch('policy violations < 10 %')
    expect(out).toMatch(/ledger {8}support.refund sha256:\w+: question 1 of 1, 0.05 of 0.05 spent, now retired/)
    expect(out).not.toMatch(/no regressions|significant|proved to be|\bsafe\b/)
  })

  test('is one JSON object on the last line of "run --json"', async () => {
    const other = workplace()
    try {
      const { target: file } = await ready(other)
      const { code, out, json } = await autotune(
        'run',
        '--target',
        file,
        '--run-id',
        'r',
        '--json',
        '--store',
        other.store,
      )
      expect(code).toBe(0)
      expect(out.trimEnd()).not.toContain('\n')
      const summary: RunSummary & { proposal: string } = json()
      expect(RunSummary.parse(summary)).toEqual(summary)
      expect(summary).toMatchObject({
        run: 'r',
        verdict: 'certified',
        winner: { 'evidence.orders.top_k': { from: 4, to: 1 } },
        heldout_families: 100,
      })
      expect(summary.proposal).toBe(join(other.store, 'autotune/runs/r/selected-proposal.json'))
      TuningProposal.parse(JSON.parse(readFileSync(summary.proposal, 'utf8')))
    } finally {
      other.dispose()
    }
  })

  test('stands in the list, as {"runs":[{"run":...}]} for machines', async () => {
    const { code, json } = await at('list', '--json')
    expect(code).toBe(0)
    expect(json()).toEqual({
      memory: [],
      runs: [expect.objectContaining({ run: 'r', verdict: 'certified' })],
      corrections: { search: 0, sealed: 0 },
    })
    expect((await at('list')).out).toMatch(
      /^run +date +verdict +gain +worse +status\nr +\d{4}-\d\d-\d\d +certified +-\d+(\.\d+)? % +0 of \d+ +\w.*\n {3}support\.refund: evidence\.orders\.top_k 4 -> \d$/m,
    )
  })

  test('is explained: what became of its candidates and why, with the metric of each', async () => {
    const { code, out } = await at('explain', 'r')
    expect(code).toBe(0)
    for (const to of [1, 2, 3, 5]) expect(out).toContain(`evidence.orders.top_k 4 -> ${to}`)
    expect(out).toMatch(/^ +1 {2}won\n +certified, .*\n +candidate +tokens +worse +change\n +c_\w+ +\d+ +0 +evidence/m)
    expect(((await at('explain', 'r', '--json')).json() as RunSummary).candidates).toHaveLength(4)
  })

  test('is verified, and after one changed byte is not: exit 2, the file named', async () => {
    const good = await at('verify', 'r')
    expect([good.code, good.out]).toEqual([0, expect.stringMatching(/^reproducible: run r, recomputed to the end/)])
    const file = join(place.store, 'autotune/runs/r/gate.json')
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.with(100, bytes[100]! ^ 1))
    const bad = await at('verify', 'r')
    expect([bad.code, bad.out]).toEqual([2, expect.stringMatching(/NOT REPRODUCIBLE[\s\S]* {3}gate\.json: /)])
    expect((await at('verify', 'r', '--json')).json()).toMatchObject({ run: 'r', reproducible: false })
    writeFileSync(file, bytes)
    expect((await at('verify', 'r')).code).toBe(0)
  })

  test('whose manifest was damaged is listed as such, and every verb says so: exit 2', async () => {
    const file = join(place.store, 'autotune/runs/r/manifest.json')
    const bytes = readFileSync(file)
    for (const damaged of [bytes.subarray(1), Buffer.from('{}\n'), Buffer.from('null')]) {
      writeFileSync(file, damaged)
      expect((await at('list', '--json')).json()).toEqual({
        memory: [],
        runs: [expect.objectContaining({ run: 'r', verdict: 'damaged' })],
        corrections: { search: 0, sealed: 0 },
      })
      for (const verb of ['show', 'explain', 'verify']) {
        const { code, out, err } = await at(verb, 'r')
        expect([verb, code, out + err]).toEqual([verb, 2, expect.stringMatching(/manifest\.json|no finished run/)])
      }
    }
    writeFileSync(file, bytes)
  })

  test('is never overwritten: the same id again is refused, with nothing written', async () => {
    const before = place.listing()
    const { code, err } = await at('run', '--target', target, '--run-id', 'r')
    expect([code, err]).toEqual([2, 'autotune: run r exists already: choose another --run-id\n'])
    expect(place.listing()).toEqual(before)
  })

  test('has used up its held-out version: the next run is refused with exit 2 and says what to do', async () => {
    const { code, out } = await at('run', '--target', target, '--run-id', 'second')
    expect(code).toBe(2)
    expect(out).toMatch('REFUSED')
    expect(out).toMatch('Import families that were never sealed')
    expect((await at('verify', 'second')).code).toBe(0)
  })

  test.each(['nobody', '../r', 'r/../../x', '__proto__', ' ', ''])('of id %j is not there: exit 2', async (id) => {
    for (const verb of ['show', 'explain', 'verify']) {
      const { code, err } = await at(verb, id)
      expect([verb, code, err]).toEqual([verb, 2, expect.stringContaining(`no finished run "${id}" in this store`)])
    }
  })
})

describe('a store that is not there', () => {
  test.each([['list'], ['show', 'r'], ['explain', 'r'], ['verify', 'r'], ['run', '--abandon', 'r']])(
    'is not made by "%s": exit 2',
    async (...argv) => {
      const place = workplace()
      try {
        const { code, err } = await autotune(...argv, '--store', place.store)
        expect([code, err]).toEqual([2, expect.stringContaining('no store in')])
        expect(existsSync(place.store)).toBe(false)
      } finally {
        place.dispose()
      }
    },
  )

  test('is not made by a run or a doctor either, who say what is missing', async () => {
    const place = workplace()
    try {
      const target = place.file('target.json', aTarget())
      for (const verb of ['run', 'doctor']) {
        const { code, out, err } = await autotune(verb, '--target', target, '--store', place.store)
        expect([code, out + err]).toEqual([
          2,
          expect.stringMatching(/publish it with "autotune import --pack FILE"|no store in/),
        ])
        expect(existsSync(place.store)).toBe(false)
      }
    } finally {
      place.dispose()
    }
  })
})

describe('exit codes', () => {
  const place = placeOfEachTest()
  const { at } = place
  const strict = { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } }

  test('3: ran and proposes nothing, with the reason (inconclusive, and what it needs)', async () => {
    await ready(place)
    const file = place.file('strict.json', aTarget({ guardrails: strict }))
    const { code, out } = await at('run', '--target', file)
    expect(code).toBe(3)
    expect(out).toMatch('INCONCLUSIVE')
    expect(out).toMatch('policy: N=100, needs 2995. Nothing was spent.')
    const doctor = await at('doctor', '--target', file)
    expect(doctor.code).toBe(3)
    expect(doctor.out).toMatch('verdict  INCONCLUSIVE')
    expect((await at('doctor', '--target', file, '--json')).json()).toMatchObject({
      verdict: 'inconclusive',
      heldout_families: 100,
      needed_families: 2995,
    })
  })

  test('3: ran and proposes nothing (not certified), and says no more than that', async () => {
    const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'heldout', required: 3 }] })
    const { target } = await ready(place, world)
    const { code, out } = await at('run', '--target', target)
    expect([code, out]).toEqual([
      3,
      expect.stringMatching(
        /NOT CERTIFIED[\s\S]*no further detail exists[\s\S]*its last question: the version is retired/,
      ),
    ])
  })

  test('0 and 2: doctor is ready, or names every unanswered question', async () => {
    const { target } = await ready(place)
    const good = await at('doctor', '--target', target)
    expect([good.code, good.out]).toEqual([0, expect.stringMatching(/^ok +metric[\s\S]*verdict {2}READY/)])
    const before = place.listing()
    const bad = await at('doctor', '--target', place.file('empty.json', {}))
    expect(bad.code).toBe(2)
    expect(bad.out.match(/^FAIL/gm)!.length).toBeGreaterThanOrEqual(12)
    expect(place.listing()).toEqual(before)
  })

  test('doctor says what of the argument values was traced, and what the suite ignores', async () => {
    const world = aWorld().map((run) => ({
      ...run,
      steps: [...run.steps, toolCall('c', { name: run.run_id, order: 'ORD-4711' }, { name: 'refund' })],
    }))
    const { target } = await ready(place, world)
    const { out } = await at('doctor', '--target', target)
    expect(out).toMatch(/traced +\d+\.\d % of \d+ argument values were traced: refund/)
    expect(out).toMatch(
      /traced +\d+ argument values stand nowhere in the records and are ignored by grounded_arguments \(never_grounded "ignore"\)/,
    )
    expect(out).toMatch(/tokens +estimated as ceil\(chars\/4\): dialogue in 40 of 40 recordings/)
    const { json } = await at('doctor', '--target', target, '--json')
    expect(json()).toMatchObject({
      tracing: { recordings: 40, tools: { refund: [expect.any(Number), expect.any(Number)] } },
    })
  })

  test('2: doctor says when every sealed family has answered already', async () => {
    const { target } = await ready(place)
    await ran(place, 'r')
    const { code, out } = await at('doctor', '--target', target)
    expect(code).not.toBe(0)
    expect(out).not.toMatch('READY')
  })

  test('2: a target that a floor of the baseline breaks is told so, and nothing is written', async () => {
    const { target } = await ready(place, aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 5 }] }))
    const before = place.listing()
    const { code, json } = await at('run', '--target', target, '--json')
    expect(code).toBe(2)
    expect(json()).toMatchObject({
      verdict: 'refused',
      reasons: [expect.stringContaining('policy: the baseline breaks it in 1 of 7 families: nothing can be certified')],
    })
    expect(place.listing()).toEqual(before)
    expect((await at('doctor', '--target', target)).code).toBe(2)
  })

  test('0: hand-written candidates run in place of the search', async () => {
    const { target } = await ready(place)
    const candidates = place.file('changes.jsonl', '{"patch": {"evidence.orders.top_k": 2}, "rationale": "cheaper"}\n')
    const { code, json } = await at('run', '--target', target, '--candidates', candidates, '--json')
    expect(code).toBe(0)
    expect(json()).toMatchObject({
      verdict: 'certified',
      winner: { 'evidence.orders.top_k': { from: 4, to: 2 } },
      search: { visited: 1 },
    })
  })

  test('2: a run that nobody opened cannot be given up', async () => {
    await ready(place)
    const { code, err } = await at('run', '--abandon', 'nobody')
    expect([code, err]).toEqual([2, 'autotune: no run "nobody" is open in this store\n'])
  })
})

describe('init', () => {
  test('writes starters that doctor and import understand, and never overwrites one', async () => {
    const place = workplace()
    try {
      const { code, out } = await autotune('init', '--dir', place.dir)
      expect(code).toBe(0)
      expect(out).toMatch('autotune -- import --pack')
      const again = await autotune('init', '--dir', place.dir)
      expect([again.code, again.err]).toEqual([2, expect.stringContaining('nothing was written')])
      const documents = ['pack', 'suite', 'prices'].flatMap((d) => [`--${d}`, join(place.dir, `${d}.json`)])
      expect((await autotune('import', ...documents, '--store', place.store)).code).toBe(0)
      const doctor = await autotune('doctor', '--target', join(place.dir, 'target.json'), '--store', place.store)
      expect(doctor.out).toMatch('no case of the search set reproduces under the baseline')
      expect(doctor.code).toBe(2)
    } finally {
      place.dispose()
    }
  })
})

describe('as a process', () => {
  test('prints one JSON object for an error too, and nothing on stdout otherwise', async () => {
    const place = workplace()
    try {
      const call = (...argv: string[]) =>
        spawnSync(process.execPath, [BIN, ...argv, '--store', place.store], { encoding: 'utf8' })
      const json = call('list', '--json')
      expect([json.status, JSON.parse(json.stdout)]).toEqual([2, { error: expect.stringContaining('no store in') }])
      const plain = call('list')
      expect([plain.status, plain.stdout]).toEqual([2, ''])
      expect(plain.stderr).toMatch(/^autotune: no store in .*\n$/)
    } finally {
      place.dispose()
    }
  })

  test('killed again and again ends with the same bytes, and one question at most is spent', async () => {
    const [whole, broken] = [workplace(), workplace()]
    try {
      await ready(whole)
      await ran(whole, 'r')
      const { target } = await ready(broken)
      const args = [BIN, 'run', '--target', target, '--run-id', 'r', '--store', broken.store]
      for (const ms of [300, 700, 1200]) {
        const child = spawn(process.execPath, args, { stdio: 'ignore' })
        const ended = once(child, 'exit')
        await Promise.race([ended, setTimeout(ms)])
        child.kill('SIGKILL')
        await ended
      }
      if (!existsSync(join(broken.store, 'autotune/runs/r/manifest.json')))
        expect(await autotune(...args.slice(1))).toMatchObject({ code: 0 })
      for (const file of AUTOTUNE_FILES.filter((f) => f !== 'manifest.json' && f !== 'harness-replies.jsonl')) {
        const read = (place: Workplace) => readFileSync(join(place.store, 'autotune/runs/r', file), 'utf8')
        expect(read(broken)).toBe(read(whole))
      }
      expect(await autotune('verify', 'r', '--store', broken.store)).toMatchObject({ code: 0 })
    } finally {
      whole.dispose()
      broken.dispose()
    }
  })

  test('says its verbs', () => {
    expect(execFileSync(process.execPath, [BIN, '--help'], { encoding: 'utf8' })).toMatch('Usage: autotune')
  })
})
