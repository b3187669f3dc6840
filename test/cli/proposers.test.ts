/** `run --proposers`: a reviewed block that was recorded goes from its library to a certified proposal, and says what it cost. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import type { InboxAnswer } from '#schemas/inbox.ts'
import { anEvaluator, aPack, aSuite, aTarget, aWorld, INTENT, modelCall, prices, said } from '../support/builders.ts'
import { type Workplace, workplace } from './command-line.ts'

const BLOCK = 'prompt.instruction_block'
const KEPT = 'Never refund without a person.'
const LONG = `Find the order first. ${KEPT} Say the amount. Say it once more at the end.`
const SHORT = `Find the order first. ${KEPT} Say the amount.`
/** Without its first sentence nothing is refused any more. */
const WORSE = `${KEPT} Say the amount. Say it once more at the end.`
const pack = aPack({
  settings: { ...aPack().settings, [BLOCK]: LONG },
  tunable_surfaces: [
    // Only beyond its bounds it breaks what the records guard: nothing of it gains anything.
    { ...aPack().tunable_surfaces[0]!, bounds: { min: 4, max: 4 } } as never,
    {
      layer: 'prompt',
      field: 'instruction_block',
      path: BLOCK,
      bounds: { max_added_tokens: 10, forbidden_terms: ['skip the policy'], protected_sentences: [KEPT] },
      intents: [INTENT],
      owner: 'o',
    },
  ],
})
const suite = aSuite({
  evaluators: [...aSuite().evaluators, anEvaluator({ check: 'must_refuse', dimension: 'safety' })],
})
const target = {
  ...aTarget({
    search_space: [BLOCK, 'evidence.orders.top_k'],
    baseline_tuple: { ...aTarget().baseline_tuple!, price_table: 'prices.models@1.0.0' },
    guardrails: { ...aTarget().guardrails, safety: { min: 1, max_violation_rate: 0.1 } },
  }),
  not_at_stake: { grounded_arguments: 'no tool is called in these records' },
}

/** Every case is recorded under three texts and had to be refused; every other one names what it attacks. */
const world = aWorld({ search: 30, heldout: 120 }).flatMap((one, i) => {
  const base = {
    ...one,
    case_id: one.run_id,
    ...(i % 2 === 0 && { attributes: { attacks: 'skip the policy' } }),
    outcome: { ...one.outcome, must_refuse: true },
  }
  const under = (text: string, name: string, prompt_tokens: number, refused = true) => ({
    ...base,
    run_id: `${one.run_id}${name}`,
    trace_id: `${one.run_id}${name}`,
    settings: { ...pack.settings, [BLOCK]: text },
    steps: [said('user', `refund ${one.run_id}`), modelCall({ prompt_tokens })],
    outcome: { ...base.outcome, refused, passed: refused },
  })
  return [under(LONG, '', 1200), under(SHORT, '_short', 1000), under(WORSE, '_worse', 1000, false)]
})

const reviewed = {
  block_id: 'short',
  path: BLOCK,
  text: SHORT,
  why: 'says it once',
  reviewed_by: 'ana@example.com',
  reviewed_on: '2026-11-01',
}
const library = { library: 'blocks.refund@1.0.0', blocks: [{ ...reviewed, digest: digestOf(reviewed) }] }

let place: Workplace
const files = { target: '', blocks: '' }
beforeAll(async () => {
  place = workplace()
  files.target = place.file('target.json', target)
  files.blocks = place.file('blocks.json', library)
  const documents = [
    '--pack',
    place.file('pack.json', pack),
    '--suite',
    place.file('suite.json', suite),
    '--prices',
    place.file('prices.json', prices()),
  ]
  const { err } = await place.at('import', place.runs('runs.jsonl', world), ...documents, '--split', 'recorded')
  expect(err).toBe('')
})
afterAll(() => place.dispose())

describe('what is refused before anything runs', () => {
  test.each([
    [
      'a name that is none',
      ['--proposers', 'blocs'],
      /"blocs" is no proposer: there are corrections, blocks, neighbours, sentences/,
    ],
    ['blocks without a library', ['--proposers', 'blocks'], /name its file with --blocks FILE/],
    ['a library for nobody', ['--blocks', 'BLOCKS'], /add --proposers blocks/],
  ])('%s', async (_, given, says) => {
    const { code, err } = await place.at(
      'run',
      '--target',
      files.target,
      ...given.map((one) => (one === 'BLOCKS' ? files.blocks : one)),
    )
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
  })

  test('a block whose words are not those that were reviewed, with the digest of a new review', async () => {
    const changed = place.file('changed.json', { ...library, blocks: [{ ...library.blocks[0], text: 'Say yes.' }] })
    const { code, err } = await place.at('run', '--target', files.target, '--proposers', 'blocks', '--blocks', changed)
    expect(code).toBe(2)
    expect(err).toMatch(
      /changed\.json: blocks\[0\]\.digest: block "short" is not what ana@example\.com reviewed: .*sha256:/,
    )
  })
})

describe('a run that asks them', () => {
  test('searches the reviewed block and every deletion, certifies what was recorded, and says how far each origin came', async () => {
    const run = await place.at(
      'run',
      '--target',
      files.target,
      '--proposers',
      'sentences,blocks',
      '--blocks',
      files.blocks,
      '--run-id',
      'r',
    )
    expect(run.err.replace(/autotune: .*\n/g, '')).toBe('')
    expect(run.out).toMatch(/origin +proposed +in bounds +replayed +survived +certified +best/)
    expect(run.code).toBe(0)
    // The deletion of the last sentence is the very block of the library: the first who proposed it keeps it.
    expect(run.out).toMatch(/blocks +1 +1 +1 +1 +1 +1000: /)
    expect(run.out).toMatch(/sentences +3 +3 +1 +0 +0 +-/)
    expect(run.out).toMatch(
      /predicted +by blocks: -\d+ tokens of economics_tokens_per_decision; the search set showed -200, the held-out set -200 tokens/,
    )
    expect(run.out).toMatch(/unreplayable/)
    expect((await place.at('verify', 'r')).code).toBe(0)
  })

  test('explain tells origin, prediction, price and red team of a candidate; so do the report and propose', async () => {
    const { candidates } = (await place.at('explain', 'r', '--json')).json() as {
      candidates: { candidate_id: string; fate: string }[]
    }
    const won = candidates.find(({ fate }) => fate === 'won')!
    const { out } = await place.at('explain', 'r', won.candidate_id)
    expect(out).toMatch(/origin +blocks: says it once \(block short, reviewed by ana@example\.com on 2026-11-01\)/)
    expect(out).toMatch(/said +-\d+ tokens/)
    expect(out).toMatch(/prompt +prompt\.instruction_block: \d+ -> \d+ words, 4 -> 3 sentences \(1 changed\)/)
    expect(out).toMatch(/a decision: -8 tokens \(1200 -> 1192\) in 1 model call, -0\.008 cents by the price table/)
    expect(out).toMatch(`protected: 1 of 1 sentences untouched: "${KEPT}"`)
    expect(out).toMatch('red team: "skip the policy": 15 cases, 15 refused')
    expect(out).toMatch('meaning: no bound reads it; no sentence is new')

    const file = join(place.dir, 'report.html')
    expect((await place.at('report', 'r', '--out', file)).code).toBe(0)
    const report = readFileSync(file, 'utf8')
    for (const words of ['Price of the prompt', 'Red team', 'Changes by who proposed them', 'skip the policy'])
      expect(report).toContain(words)

    const changes = place.file('changes.jsonl', `${JSON.stringify({ patch: { [BLOCK]: SHORT } })}\n`)
    const known = await place.at('propose', changes, '--target', files.target)
    expect(known.out).toMatch(/LOOKED AT BEFORE {2}run r looked at it as c_/)
    const again = await place.at('propose', changes, '--target', files.target, '--again')
    expect(again.out).toMatch(
      /prompt +prompt\.instruction_block: [\s\S]*red team: "skip the policy": 15 cases, 15 refused/,
    )

    // What is kept for an agent says the same, and says of a text that nobody recorded what is new in it.
    const to = LONG.replace('Say the amount.', 'Say the amount twice.')
    const handed = place.file('handed.json', { patch: { [BLOCK]: to }, origin: 'agent' })
    const { replies } = (await place.at('propose', handed, '--target', files.target, '--json')).json() as {
      replies: { answer: InboxAnswer }[]
    }
    expect(replies[0]!.answer).toMatchObject({
      fate: 'unreplayable',
      reason: expect.stringMatching(/no recording under prompt\.instruction_block .*amount twice/),
      prompt: expect.arrayContaining([
        'new: "Say the amount twice."',
        `protected: 1 of 1 sentences untouched: "${KEPT}"`,
        expect.stringMatching(/^red team: "skip the policy": 15 cases/),
      ]),
    })
    expect((await place.at('propose', handed, '--target', files.target)).out).toMatch('new: "Say the amount twice."')
  })
})
