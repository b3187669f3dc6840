/** Judges over a scripted model: what is kept, on which side, who pays, and what is no verdict. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { ModelPort, ObjectStore } from '#ports'
import { modelJudges } from '../../functions/embedded/model-judges.ts'
import { modelVerdicts } from '../../functions/steps/replay/model-verdicts.ts'
import { aJudge } from '../support/judge.ts'
import { memoryStore } from '../support/memory/memory-store.ts'

const clock = { now: () => '2026-11-30T00:00:00.000Z' }
const reply = (content: string | null, over: Partial<ModelReply> = {}): ModelReply => ({
  ...{ model: 'small', content, tool_calls: [], prompt_tokens: 9, completion_tokens: 3, latency_ms: 1 },
  ...over,
})

let asked: ModelRequest[]
let told: string[]
let answer: (request: ModelRequest) => ModelReply | ModelRefusal
let sides: { objects: ObjectStore; vault: ObjectStore }
const model: ModelPort = {
  async converse(request) {
    asked.push(request)
    return answer(request)
  },
}
beforeEach(() => {
  asked = []
  told = []
  answer = () => reply('{"verdict": true}')
  sides = { objects: memoryStore(), vault: memoryStore() }
})

const judges = (calls: string | undefined, more: Readonly<Record<string, string>> = {}) =>
  modelJudges({ ...sides, clock, say: (line) => told.push(line), env: { AUTOTUNE_JUDGE_CALLS: calls, ...more }, model })
const VIEWS = [1, 2, 3].map((n) => JSON.stringify({ context: { n } }))
const ask = (calls: string | undefined, side: 'search' | 'vault' = 'search', views = VIEWS, judge = aJudge()) =>
  modelVerdicts(judge, views, side, judges(calls).through)

describe('a judge', () => {
  test('answers each view in its order, says before the first call whom it asks, and is asked once for ever', async () => {
    answer = ({ prompt }) => reply(`so\n{"verdict": ${prompt.includes('"n":2')}}`)
    expect(await ask('10')).toEqual([{ returned: false }, { returned: true }, { returned: false }])
    expect(told).toEqual([
      expect.stringMatching(/^judge: asks small at http:\/\/127\.0\.0\.1:8080\/v1 .* at most 10 calls/),
    ])
    expect(asked).toHaveLength(3)
    expect(await ask(undefined)).toEqual([{ returned: false }, { returned: true }, { returned: false }])
    expect([asked.length, told.length]).toEqual([3, 1])
  })

  test('pays for nothing unless it is allowed to, and for no call more', async () => {
    await expect(ask(undefined)).rejects.toThrow(
      /answer sha256:\w+ of the judge small is not kept .* set AUTOTUNE_JUDGE_CALLS/,
    )
    expect(asked).toEqual([])
    await expect(ask('2')).rejects.toThrow(/the budget of 2 calls is spent: .* Nothing is lost/)
    expect(asked).toHaveLength(2)
    expect(await ask('1')).toHaveLength(3)
    expect(asked).toHaveLength(3)
  })

  const priced = (ref: string, prompt: number, completion: number) =>
    sides.objects.put(
      `packs/${ref}/prices.json`,
      JSON.stringify({
        price_table: ref,
        models: { small: { prompt_cents_per_million: prompt, completion_cents_per_million: completion } },
      }),
    )
  const within = (cents: string) =>
    modelVerdicts(aJudge(), VIEWS, 'search', judges('10', { AUTOTUNE_JUDGE_CENTS: cents }).through)

  test('pays for no cent more, by the dearest price that the store has for it', async () => {
    await priced('p@1.0.0', 1_000_000, 0)
    await priced('p@2.0.0', 0, 1_000_000)
    answer = () => reply('{"verdict": true}', { prompt_tokens: 1, completion_tokens: 1 })
    // An answer is 2 cents; one that is under way may be a cent each for its prompt and all of max_tokens.
    await expect(within('1')).rejects.toThrow(/the budget of 1 cents is spent/)
    expect(asked).toEqual([])
    expect(told).toEqual([])
    expect(await within('100000')).toHaveLength(3)
    expect(told).toEqual([
      expect.stringMatching(
        /at most 10 calls \(AUTOTUNE_JUDGE_CALLS\), at most \d+ cents for the first of them, 100000 cents/,
      ),
    ])
  })

  test('pays for nothing by the cent where no table has its price', async () => {
    await expect(within('100')).rejects.toThrow(/no price for small, so a budget in cents cannot be held/)
    expect(asked).toEqual([])
  })

  test.each(['0', '-1', 'some', ' '])('is not allowed "%s" cents', (cents) => {
    expect(() => judges('1', { AUTOTUNE_JUDGE_CENTS: cents })).toThrow(
      /AUTOTUNE_JUDGE_CENTS is ".*": it takes a number/,
    )
  })

  test('is asked where the suite says alone: no environment leads it elsewhere', async () => {
    const { through } = judges('10', { NODE_USE_ENV_PROXY: '1' })
    await expect(modelVerdicts(aJudge(), VIEWS, 'search', through)).rejects.toThrow(
      /NODE_USE_ENV_PROXY .* to another place/,
    )
    expect(asked).toEqual([])
  })

  test('pays for nothing while what was recorded is recomputed, and goes on after', async () => {
    const source = judges('10')
    const payAgain = source.payNothing()
    await expect(modelVerdicts(aJudge(), VIEWS, 'search', source.through)).rejects.toThrow(/is not kept/)
    payAgain()
    expect(await modelVerdicts(aJudge(), VIEWS, 'search', source.through)).toHaveLength(3)
  })

  test.each(['-1', '1.5', 'many'])('is not allowed "%s" calls', (calls) => {
    expect(() => judges(calls)).toThrow(/AUTOTUNE_JUDGE_CALLS is ".*": it takes a whole number/)
  })

  test('keeps what it said of sealed cases in the vault alone, and reads none of it on the search side', async () => {
    await ask('10', 'vault')
    const keysOf = async (store: ObjectStore) => await Array.fromAsync(store.list(''))
    expect(await keysOf(sides.objects)).toEqual([])
    expect(await keysOf(sides.vault)).toHaveLength(3)
    await ask('10', 'search')
    expect(asked).toHaveLength(6)
  })

  test.each<[string, () => ModelReply | ModelRefusal, RegExp]>([
    ['refuses', () => ({ refused: 'a filter' }), /the judge refused: a filter/],
    ['answers nothing', () => reply(null), /answered nothing/],
    ['answers blanks', () => reply(' \n'), /answered nothing/],
    ['is cut', () => reply('{"verdict": true}', { cut: true }), /ended at max_tokens/],
    ['rambles', () => reply('I think it is fine.'), /no line \{"verdict": \.\.\.\}/],
  ])('that %s gives no verdict, and is asked no second time for it', async (_, said, reason) => {
    answer = said
    for (const calls of ['10', undefined])
      expect(await ask(calls)).toEqual(VIEWS.map(() => ({ failed: expect.stringMatching(reason) })))
    expect(asked).toHaveLength(3)
  })

  test('that gives no verdict on any of the first search cases ends the run; of sealed cases each has no verdict', async () => {
    answer = () => reply('fine')
    const many = Array.from({ length: 40 }, (_, n) => JSON.stringify({ context: { n } }))
    await expect(ask('100', 'search', many)).rejects.toThrow(
      /gave no verdict on any of 8 cases: the judge's answer has no line/,
    )
    expect(asked).toHaveLength(8)
    expect(await ask('100', 'vault', many)).toHaveLength(40)
  })

  test('that cannot be asked is an error with what to do, and what was answered is kept', async () => {
    answer = ({ prompt }) => {
      if (prompt.includes('"n":3')) throw new Error('connection reset')
      return reply('{"verdict": true}')
    }
    await expect(ask('10')).rejects.toThrow(
      /the judge of tone cannot be asked: connection reset\. What it answered is kept/,
    )
    answer = () => reply('{"verdict": true}')
    await ask('10')
    expect(asked.filter(({ prompt }) => !prompt.includes('"n":3'))).toHaveLength(2)
  })

  test('that compares is asked in both orders, and says nothing where the order decides', async () => {
    const judge = aJudge({ compares: 'recorded' })
    const view = JSON.stringify({ recorded: { n: 1 }, replayed: { n: 2 } })
    const same = JSON.stringify({ recorded: { n: 1 }, replayed: { n: 1 } })
    answer = () => reply('{"better": "first"}')
    expect(await ask('10', 'search', [view, same], judge)).toEqual([
      { failed: expect.stringContaining('the other order') },
      { returned: true },
    ])
    expect(asked).toHaveLength(2)
  })
})
