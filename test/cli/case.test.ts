/** One case and one candidate, told whole: figures are those of the artifacts, and a sealed case is shown to nobody. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CandidateScore } from '#schemas/candidate.ts'
import { aWorld } from '../support/builders.ts'
import { bytesOf, ran, ready, type Workplace, workplace } from './command-line.ts'

let place: Workplace
let scored: CandidateScore[]
beforeAll(async () => {
  place = workplace()
  await ready(place, aWorld({ search: 6, heldout: 100 }))
  await ran(place, 'r')
  const lines = readFileSync(join(place.store, 'autotune/runs/r/candidates.jsonl'), 'utf8').trimEnd().split('\n')
  scored = lines.map((line) => JSON.parse(line) as CandidateScore)
})
afterAll(() => place.dispose())
const at = (...argv: string[]) => place.at(...argv)
const winner = () => scored.find((c) => c.fate === 'won')!

describe('a case of the search side', () => {
  test('is shown with what was asked, offered and done, and how it ended', async () => {
    const { code, out } = await at('case', 's0')
    expect(code).toBe(0)
    expect(out).toMatch(/^case {5}s0 of support\.refund, family \S+\nrequest {2}\S/)
    expect(out).toMatch(/^outcome {2}passed/m)
    expect(out).toMatch(/^context {2}\d+ passages were offered$/m)
    expect(out).toMatch(/^steps$/m)
  })

  test('has its context and verdicts before and after what a run found, and after another candidate', async () => {
    const { code, out } = await at('case', 's0', '--run', 'r')
    expect(code).toBe(0)
    const { to } = winner().patch['evidence.orders.top_k']!
    expect(out).toMatch(
      new RegExp(`^under {4}${winner().candidate_id} \\(won\\) of run r: evidence\\.orders\\.top_k 4 -> ${to}$`, 'm'),
    )
    expect(out).toMatch(new RegExp(`^context {2}4 -> ${to} passages`, 'm'))
    const looks = (await at('case', 's0', '--run', 'r', '--json')).json() as { looks: { changed: { kept: string[] } } }
    const gone = out.match(/^ {3}- orders, hop 1/gm)!
    expect(gone).toHaveLength(4 - looks.looks.changed.kept.length)
    for (const other of scored.filter((c) => c.fate !== 'won'))
      expect((await at('case', 's0', '--run', 'r', '--candidate', other.candidate_id)).out).toContain(
        `${other.candidate_id} (${other.fate})`,
      )
  })

  test.each<readonly [string[], RegExp]>([
    [['case', 's'], /no case "s" on the search side of this store; near it: s0, s1, s2/],
    [['case', 'zzzzzzzz'], /no case "zzzzzzzz" on the search side of this store\. A sealed case is shown to nobody/],
    [['case', '../../vault'], /no case "\.\.\/\.\.\/vault"/],
    [['case', 's0', '--run', 'nobody'], /no finished run "nobody"/],
    [['case', 's0', '--candidate', 'c_1'], /--candidate is of a run: name it with --run/],
    [['case', 's0', '--run', 'r', '--candidate', 'c_zz'], /run r looked at no candidate "c_zz"/],
  ])('that cannot be shown is refused with the way out: %j', async (argv, says) => {
    expect(await at(...argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(says) })
  })

  test.each(['h0', 'h99'])(
    'is not %s, which is sealed: it is refused as one that nobody knows, and nothing is written',
    async (id) => {
      const before = bytesOf(place.store)
      const sealed = await at('case', id)
      const unknown = await at('case', id.replace('h', 'k'))
      expect(sealed).toMatchObject({ code: 2, out: '' })
      expect(sealed.err.replace(id, 'ID')).toBe(unknown.err.replace(id.replace('h', 'k'), 'ID'))
      expect(bytesOf(place.store)).toEqual(before)
    },
  )
})

describe('a candidate', () => {
  test('is told whole, by its id or by the beginning of it, with the figures of its artifact', async () => {
    const { candidate_id, metric, search, guardrails } = winner()
    const { code, out } = await at('explain', 'r', candidate_id.slice(0, 8))
    expect(code).toBe(0)
    expect(out).toMatch(`candidate  ${candidate_id}`)
    expect(out).toMatch(new RegExp(`^metric .* -> ${metric} tokens \\(-`, 'm'))
    expect(out).toMatch(
      `${search!.regressions} worse, ${search!.improvements} better of ${search!.labelled} with a label`,
    )
    for (const row of guardrails)
      expect(out).toMatch(new RegExp(`^ {3}${row.guardrail} +${row.verdict.replace('_', ' ')}`, 'm'))
    expect(out).toMatch(/^held out {3}certified at p=/m)
    expect((await at('explain', 'r', candidate_id, '--json')).json()).toMatchObject({ run: 'r', candidate_id, metric })
  })

  test('that the run did not look at is refused, with those near it', async () => {
    const near = `${winner().candidate_id.slice(0, -1)}_`
    const { code, err } = await at('explain', 'r', near)
    expect(code).toBe(2)
    expect(err).toMatch(`near it: ${winner().candidate_id}`)
    expect((await at('explain', 'r', 'c_')).err).toMatch(`"c_" begins ${scored.length} candidates of run r`)
  })
})
