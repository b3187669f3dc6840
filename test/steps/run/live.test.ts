/** A live run: both arms ask a pinned model, the suite judges the new words, and nothing of it is asked again. */
import { beforeAll, describe, expect, test } from 'vitest'
import { requestDigest } from '#core/model/request.ts'
import type { Store } from '#ports'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { LiveOptions } from '../../../functions/embedded/live-asker.ts'
import { erase, planErasure } from '../../../functions/steps/erase/erase.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { anEvaluator, aPack, aSuite, aSurface, aTarget } from '../../support/builders.ts'
import { type Replay, TOP_K } from '../../support/harness-engine.ts'
import { journaled } from '../../support/journaled.ts'
import {
  asker,
  liveDesk,
  liveInProcess,
  liveSuite,
  liveWorld,
  PIN,
  type Scripted,
  type Sent,
  scripted,
} from '../../support/live-engine.ts'
import { contents, holder, items, memory, stocked, twin } from '../stores.ts'

const target = aTarget({ scoring: { replayer: 'module' } })

const world = (suite = liveSuite(), runs = liveWorld()): Promise<Store> => stocked(memory(), runs, { suite })

interface Given {
  readonly replay?: Replay
  readonly live?: Partial<LiveOptions>
  readonly sent?: (sent: Sent) => void
  readonly runId?: string
}

const started = (store: Store, model: Scripted, { replay = liveDesk(), live, sent, runId = 'r' }: Given = {}) =>
  runTarget(
    store,
    { target, candidates: null, runId, demonstration: null },
    holder(),
    liveInProcess(store, asker(store, model, live), replay, sent),
  )

const verified = (store: Store, replay = liveDesk()) =>
  verifyRun(store, 'r', liveInProcess(store, asker(store, null), replay))

const artifact = async (store: Store, file: string) => (await contents(store))[`open/autotune/runs/r/${file}`]!

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
    const { candidates } = await runTarget(
      store,
      {
        target: { ...target, search_space: [PROMPT] },
        candidates: [change],
        runId: 'r',
        demonstration: null,
      },
      holder(),
      liveInProcess(
        store,
        asker(
          store,
          scripted(({ prompt }) => (prompt.includes(needed) ? 'yes' : 'no')),
        ),
        asksWithIt,
      ),
    )
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

describe('the sealed side', () => {
  test('is certified against its own baseline of today, whatever was recorded', async () => {
    // The model of today is wrong about a third of the sealed cases, in both arms alike: no drop.
    const store = await world()
    const worse = scripted(({ prompt }) => (/^refund [hs]\d*[369]:/.test(prompt) ? 'no' : undefined))
    const { verdict, reasons } = await started(store, worse)
    expect([verdict, reasons[0]]).toEqual(['certified', expect.anything()])
    expect(await verified(store)).toMatchObject({ reproducible: true, differences: [] })
  })

  test('a drop of the candidate arm is a drop, also where each recorded label says that all is well', async () => {
    const store = await world()
    // Fewer passages than four are answered wrong, on the sealed side alone.
    const drops = scripted(({ prompt }) =>
      prompt.startsWith('refund h') && !prompt.includes('-e4') ? 'no' : undefined,
    )
    expect((await started(store, drops)).verdict).toBe('not_certified')
  })

  test.each([
    ['on both sides', () => true],
    ['on the sealed one', (prompt: string) => prompt.startsWith('refund h')],
  ])('tokens that the endpoint tells of one arm and not of the other are no gain: %s', async (_, silent) => {
    // The passages that the candidate keeps are fewer tokens than any prompt that was counted.
    const honest = scripted()
    const forgetful: Scripted = {
      ...honest,
      async converse(request) {
        const reply = await honest.converse(request)
        const isTold = request.prompt.includes('-e4') || !silent(request.prompt)
        return 'refused' in reply || isTold ? reply : { ...reply, prompt_tokens: null }
      },
    }
    const store = await world()
    expect((await started(store, forgetful)).verdict).not.toBe('certified')
  })

  test('an endpoint that changes its model meanwhile, as it says itself, certifies nothing; another name alone is shown', async () => {
    const named = (nameOf: (sealed: number) => string): Scripted => {
      const honest = scripted()
      let sealed = 0
      return {
        ...honest,
        async converse(request) {
          const reply = await honest.converse(request)
          return 'refused' in reply
            ? reply
            : { ...reply, model: nameOf(request.prompt.startsWith('refund h') ? sealed++ : 0) }
        },
      }
    }
    const store = await world()
    // Both arms are answered alike; the second one by another model.
    expect(
      (
        await started(
          store,
          named((sealed) => (sealed < 100 ? 'small-05' : 'small-08')),
        )
      ).verdict,
    ).toBe('not_certified')
    expect(JSON.parse(await artifact(store, 'gate.json'))).toEqual({
      certified: false,
      version: expect.any(String),
      question: 1,
    })
    expect(await verified(store)).toMatchObject({ reproducible: true, differences: [] })
    const steady = await world()
    const { verdict, reasons } = await started(
      steady,
      named(() => 'small-05'),
    )
    expect(verdict).toBe('certified')
    expect(JSON.parse(await artifact(steady, 'gate.json')).live.served).toEqual(['small-05'])
    expect(reasons.join('\n')).toContain('small at 127.0.0.1:9, which says that it is small-05, gave')
    expect(await verified(steady)).toMatchObject({ reproducible: true, differences: [] })
  })

  test('a case that the baseline arm cannot decide counts against the candidate, and for nobody', async () => {
    const refuses = (n: number) =>
      scripted(({ prompt }) => {
        const [, sealed] = /^refund h(\d+):/.exec(prompt) ?? []
        return sealed !== undefined && Number(sealed) < n ? { refused: 'a filter' } : undefined
      })
    const few = await world(liveSuite(), liveWorld({ heldout: 160 }))
    expect((await started(few, refuses(1))).verdict).toBe('certified')
    const [row] = JSON.parse(await artifact(few, 'gate.json')).certificates[0].rows
    expect(row.counts).toMatchObject({ violations: 0, excluded: 1 })
    const many = await world(liveSuite(), liveWorld({ heldout: 160 }))
    expect((await started(many, refuses(40))).verdict).toBe('not_certified')
  })
})

test('an erasure takes every answer of a model, of both sides: what was asked names nobody', async () => {
  const store = await stocked(journaled(memory()), liveWorld(), { suite: liveSuite() })
  await started(store, scripted())
  const answers = async () => Object.keys(await contents(store)).filter((key) => key.includes('model-cache/'))
  const sides = new Set((await answers()).map((key) => key.split('/')[0]))
  expect(sides).toEqual(new Set(['open', 'vault']))
  const planned = await planErasure(store, { runs: new Set(['s3']) })
  await erase(store, planned, { reason: 'request 4711', person: 'ana@example.com' }, async () => {})
  expect(await answers()).toEqual([])
  expect(await verified(store)).toMatchObject({ reproducible: null, erased: [expect.anything()] })
})

test('what is lost on the search side is expected on the sealed one: nothing is spent where that would break a limit', async () => {
  const store = await world()
  const refuses = scripted(({ prompt }) => (/^refund \w[0-4]:/.test(prompt) ? { refused: 'a filter' } : undefined))
  const { verdict, preflight, excluded } = await started(store, refuses)
  expect(excluded.cases).toEqual({ unreplayable: 5 })
  expect(verdict).toBe('inconclusive')
  // Five of twenty: 25 of a hundred.
  expect(preflight.find((row) => row.guardrail === 'policy')!.note).toMatch(/^N=100 beside 25 excluded, needs \d+$/)
  expect(await items(store)).toMatchObject([{ used: 0 }])
})

describe('a harness that means harm', () => {
  test('names no other model: what it sends beside the prompt is not there', async () => {
    const store = await world()
    const asked = scripted()
    const naming: Replay = (recorded, settings, pinned) =>
      liveDesk()(recorded, settings, {
        ...pinned,
        model: (request) => pinned.model({ ...request, model: 'large', base_url: 'http://evil' } as typeof request),
      })
    await started(store, asked, { replay: naming })
    expect(new Set(asked.asked.map((r) => JSON.stringify(r.model)))).toEqual(new Set([JSON.stringify(PIN.model)]))
  })

  test.each(['none', 'belt without network gate'] as const)('and reaches a network is not asked: %s', async (cage) => {
    const store = await world()
    const asked = scripted()
    const engine = liveInProcess(store, asker(store, asked), liveDesk(), () => {}, cage)
    const request = { target, candidates: null, runId: 'r', demonstration: null }
    await expect(runTarget(store, request, holder(), engine)).rejects.toThrow(
      /a live run takes a harness that reaches no network/,
    )
    expect(asked.asked).toEqual([])
  })

  test('is told nothing of arm, draw, pass or side beside the settings themselves', async () => {
    const store = await world()
    const messages: Sent[] = []
    await started(store, scripted(), { sent: (sent) => messages.push(sent) })
    const about = Map.groupBy(messages, ({ recorded }) => (recorded as { case_id: string }).case_id)
    for (const sents of about.values())
      expect(new Set(sents.map(({ recorded }) => JSON.stringify(recorded))).size).toBe(1)
    const settings = new Set(messages.map((sent) => JSON.stringify(Object.keys(sent.settings as object))))
    expect(settings).toEqual(new Set([JSON.stringify([TOP_K])]))
    expect(new Set(messages.map((sent) => Object.keys(sent).join()))).toEqual(new Set(['recorded,settings']))
    expect(JSON.stringify(messages)).not.toMatch(/"reference"|"yes"|"sample"|"repeat"/)
  })

  test('that counts its calls to tell a candidate from the baseline gives two answers, and nothing is spent', async () => {
    const store = await world()
    const seen = new Map<string, number>()
    const peeking = liveDesk(({ case_id }, _, pinned) => {
      const n = (seen.get(case_id) ?? 0) + 1
      seen.set(case_id, n)
      return n > 1 ? pinned.model({ prompt: `again ${n}` }).then(() => null) : null
    })
    const asked = scripted()
    const { verdict, reasons } = await started(store, asked, { replay: peeking })
    expect(verdict).toBe('refused')
    expect(reasons[0]).toMatch(/^the harness gave two answers to 20 of 20 search cases/)
    expect(await items(store)).toEqual([])
  })

  test('reports no usage of its own: what counts is what the model used', async () => {
    const store = await world()
    const lying: Replay = async (...given) => ({ ...(await liveDesk()(...given)), usage: [] })
    await started(store, scripted(), { replay: lying })
    const line = JSON.parse((await artifact(store, 'harness-replies.jsonl')).split('\n')[0]!)
    expect(line.reply.result.usage).toEqual([
      { model: 'small', prompt_tokens: expect.any(Number), completion_tokens: 5 },
    ])
    expect(line.reply.answers).toHaveLength(1)
    expect(keys.modelAnswer(line.reply.answers[0].request)).toMatch(/^model-cache\//)
  })
})
