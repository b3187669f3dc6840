/** A live run: both arms ask a pinned model, the suite judges the new words, and nothing of it is asked again. */
import { beforeAll, describe, expect, test } from 'vitest'
import { requestDigest } from '#core/model/request.ts'
import type { Store } from '#ports'
import type { RunSummary } from '#schemas/run.ts'
import { anEvaluator, aPack, aSuite, aSurface } from '../../support/builders.ts'
import { type Replay, TOP_K } from '../../support/harness-engine.ts'
import { liveSuite, liveWorld, PIN, type Scripted, scripted } from '../../support/live-engine.ts'
import { contents, items, memory, stocked, twin } from '../stores.ts'
import { artifact, started, target, verified, world } from './live-runs.ts'

/** Finished with a model that answers alike; every test works on a copy. */
let base: Store
let summary: RunSummary
const model = scripted()
beforeAll(async () => {
  base = await world()
  summary = await started(base, model)
})

describe('a live run', () => {
  test('is certified on the new words, and says who answered, when, and how far the baseline differs from itself', async () => {
    expect(summary.verdict).toBe('certified')
    expect(summary.noise).toMatchObject({ repeats: 2, cases: 20, lost: 0, metric: { within: 0 } })
    expect(summary.search.no_search).toMatchObject({ replays: summary.search.paid, best: expect.anything() })
    const gate = JSON.parse(await artifact(base, 'gate.json'))
    expect(gate.live).toMatchObject({ model: 'small', host: '127.0.0.1:9', answers: expect.any(Number) })
    expect(gate.live.first < gate.live.last).toBe(true)
    const proposal = JSON.parse(await artifact(base, 'selected-proposal.json'))
    expect(proposal.wording.join('\n')).toContain('asked live, in both arms: small at 127.0.0.1:9')
    expect(proposal.wording.join('\n')).toContain('noise of economics_tokens_per_decision: a gain up to 0 is none')
  })

  test('asks every case in both arms with one seed, and every other case with another one', async () => {
    const samples = Map.groupBy(model.asked, ({ prompt }) => prompt.split(':')[0]!)
    // Two draws of a search case, one of a sealed one, whatever the settings.
    for (const [about, asked] of samples)
      expect(new Set(asked.map((r) => r.sample)).size, about).toBe(about.startsWith('refund s') ? 2 : 1)
    const sealed = model.asked.filter(({ prompt }) => prompt.startsWith('refund h'))
    expect(new Set(sealed.map((r) => r.sample)).size).toBe(100)
    expect(model.asked.every((r) => r.model === PIN.model && r.seed === 7 && r.temperature === 0.7)).toBe(true)
    // Nothing was asked a second time.
    expect(new Set(model.asked.map(requestDigest)).size).toBe(model.asked.length)
  })

  test('is verified to the byte with no call', async () => {
    expect(await verified(await twin(base))).toMatchObject({
      reproducible: true,
      scope: 'gate',
      differences: [],
      third_look: { differing: 0 },
    })
  })

  test.each(['open', 'vault'] as const)(
    'names an answer that is missing, or was changed, on the %s side',
    async (side) => {
      const store = await twin(base)
      const objects = side === 'open' ? store.objects : store.vault
      const [key] = (await Array.fromAsync(objects.list(''))).filter((k) => k.includes('model-cache/'))
      const text = Buffer.from((await objects.get(key!))!).toString()
      await objects.put(key!, text.replace(/"content":"\w+"/, '"content":"maybe"'))
      const changed = await verified(store)
      expect(changed.reproducible).toBe(false)
      expect(changed.differences).toContainEqual({
        file: 'answers of the model',
        why: expect.stringMatching(
          /^1 of \d+ are not what the run was computed from\. The first: .*model-cache\/\w+\.json was changed$/,
        ),
      })
      await objects.delete(key!)
      const gone = await verified(store)
      expect(gone.reproducible).toBe(false)
      expect(gone.differences).toContainEqual({
        file: 'answers of the model',
        why: expect.stringMatching(/model-cache\/\w+\.json is missing$/),
      })
    },
  )
})

describe('what lies where', () => {
  test('no sealed prompt, id or answer is on the search side', async () => {
    const all = await contents(base)
    const open = Object.entries(all).filter(([key]) => key.startsWith('open/'))
    const prompts = model.asked.filter(({ prompt }) => prompt.startsWith('refund h'))
    expect(prompts.length).toBeGreaterThan(100)
    // Beside what a "yes" may show: its certificates name changed cases.
    const beside = open.filter(([key]) => !/(gate\.json|selected-proposal\.json)$/.test(key))
    const digests = prompts.map((request) => requestDigest(request).slice(7))
    for (const [key, text] of beside) {
      expect(text, key).not.toMatch(/refund h\d|"h\d+"|family-h\d/)
      for (const digest of digests) expect(`${key} ${text}`.includes(digest), key).toBe(false)
    }
    // An answer of the search side answers no sealed case, and the other way round.
    expect(Object.keys(all).filter((key) => /^vault\/gate\/\w+\/1\/model-cache\//.test(key))).toHaveLength(
      prompts.length,
    )
    expect(Object.keys(all).filter((key) => /^vault\/model-cache/.test(key))).toEqual([])
  })
})

describe('a label of the recorded words', () => {
  test('carries over to no live arm: a suite whose utility rests on it is refused, by evaluator', async () => {
    const store = await world(aSuite())
    const asked = scripted()
    await expect(started(store, asked)).rejects.toThrow(
      /recorded_outcome \(recorded_outcome, utility\) reads what was said of the recorded words, and a live run has others: publish a suite .*attributes\.reference/s,
    )
    expect(asked.asked).toEqual([])
    expect(await items(store)).toEqual([])
  })

  test.each([
    ['operator_corrections', anEvaluator({ check: 'operator_corrections', kind: 'human', dimension: 'safety' })],
    [
      'an expression over the label',
      anEvaluator({
        check: 'expression',
        expression: { '!!': [{ var: 'label.passed' }] },
      } as Parameters<typeof anEvaluator>[0]),
    ],
  ])('blocks as not measured where it is a floor: %s', async (_, floor) => {
    const store = await world(aSuite({ evaluators: [...liveSuite().evaluators, floor] }))
    await expect(started(store, scripted())).rejects.toThrow(/in a live run \w+ is not measured, which blocks/)
  })

  test('is not looked at as a report either, though the new words are the recorded ones', async () => {
    const report = anEvaluator({ check: 'recorded_outcome', kind: 'business', dimension: 'utility', role: 'report' })
    const store = await world(aSuite({ evaluators: [...liveSuite().evaluators, report] }))
    const { noise } = await started(store, scripted())
    expect(noise!.evaluators.find((e) => e.evaluator_id === 'recorded_outcome')!.n).toBe(0)
    expect(noise!.evaluators.find((e) => e.evaluator_id === 'right_answer')!.n).toBe(20)
  })
})

describe('a prompt block', () => {
  const PROMPT = 'prompt.instruction_block'
  const settings = { [TOP_K]: 4, [PROMPT]: 'Answer yes or no. Then say at length why that is so.' }
  const bounds = { max_added_tokens: 50, max_changed_sentences: 3, forbidden_terms: [] }
  const pack = aPack({ settings, tunable_surfaces: [aSurface(PROMPT, bounds)] })
  const asksWithIt: Replay = async ({ messages }, given, pinned) => {
    const { content } = await pinned.model({ prompt: `${messages[0]!.content}: ${given[PROMPT]}` })
    const read = (await pinned.retrieve('orders', { hop: 1 })).slice(0, 4).map((p) => p.evidence_ref)
    return { status: 'DECIDED', outputs: { answer: content }, evidence_refs: read, usage: null }
  }

  test.each([
    ['that matters: utility is seen to fail without it, so one good edit is not blind', 'yes or no', 'committed'],
    ['that nothing depends on is blind', 'refund', 'blind'],
  ])('%s', async (_, needed, fate) => {
    const runs = liveWorld().map((run) => ({ ...run, settings }))
    const store = await stocked(memory(), runs, { suite: liveSuite(), pack })
    const patch = { [PROMPT]: { from: settings[PROMPT], to: 'Answer yes or no. Then say why that is so.' } }
    const change = { candidate_id: 'c_shorter', layer: 'prompt', patch, rationale: 'shorter' } as const
    const model = scripted(({ prompt }) => (prompt.includes(needed) ? 'yes' : 'no'))
    const request = { target: { ...target, search_space: [PROMPT] }, candidates: [change] }
    const { candidates } = await started(store, model, { request, replay: asksWithIt })
    expect(candidates.map((c) => c.fate)).toEqual([fate])
  })
})

describe('noise', () => {
  test('a gain that the baseline shows when it is asked again is none', async () => {
    const store = await world()
    // Every draw costs something between 0 and 400 tokens more, whatever was asked.
    const noisy: Scripted = {
      ...scripted(),
      async converse(request) {
        const reply = await scripted().converse(request)
        return 'refused' in reply ? reply : { ...reply, prompt_tokens: 4000 + (request.sample % 4000) }
      },
    }
    const { verdict, noise, candidates } = await started(store, noisy)
    expect(verdict).not.toBe('certified')
    expect(noise!.metric.within).toBeGreaterThan(100)
    expect(candidates.every(({ fate }) => fate !== 'committed' && fate !== 'won')).toBe(true)
  })

  test('flips are counted by evaluator, with n and the cases', async () => {
    const store = await world()
    const first = new Set<string>()
    const flipping = scripted(({ prompt, sample }) => {
      if (!/^refund s[0-4]:/.test(prompt)) return undefined
      const is = first.has(prompt)
      first.add(prompt)
      return is && sample > 0 ? 'no' : undefined
    })
    const { noise, reasons } = await started(store, flipping)
    expect(noise!.evaluators.find((e) => e.evaluator_id === 'right_answer')).toEqual({
      evaluator_id: 'right_answer',
      n: 20,
      flipped: 5,
      flip_share: 0.25,
      cases: ['s0', 's1', 's2', 's3', 's4'],
    })
    expect(reasons.join('\n')).toContain('right_answer 5 of 20 (two draws differ with 25 %)')
  })
})
