/** The gate over a store: one conditional write before any sealed byte, one bit after all of them, the same bytes for every "no". */
import { describe, expect, test } from 'vitest'
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import { digestOf } from '#core/canonical.ts'
import { chainHolds } from '#core/gate/ledger.ts'
import { casesForZeroFailures } from '#core/statistics/binomial.ts'
import type { Store } from '#ports'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { TuningProposal } from '#schemas/proposal.ts'
import { AutotuneRun } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { askGate } from '../../../functions/steps/heldout/gate.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { aFamily, aTarget, aWorld, type FamilyParts, INTENT } from '../../support/builders.ts'
import { contents, holder, items, memory, onDisk, run, stocked, watched } from '../stores.ts'

const K = 'evidence.orders.top_k'
const small = { search: 6, heldout: 100 }
const heldout = (parts: Omit<FamilyParts, 'side'>, n = 1): FamilyParts[] => Array(n).fill({ side: 'heldout', ...parts })
const change = (to: number): CandidateChange => ({
  candidate_id: `k${to}`,
  layer: 'retrieval',
  patch: { [K]: { from: 4, to } },
  rationale: 'fewer passages',
})
const asking = (questions: number, over: Partial<TuningTarget> = {}) =>
  aTarget({ scoring: { replayer: 'transcript', questions }, ...over })
const file = async (store: Store, name: string, id: string): Promise<string> =>
  (await contents(store))[`open/autotune/runs/${id}/${name}`]!

describe('a yes', () => {
  test('retires the version, shows everything, and becomes a proposal', async () => {
    const store = await stocked(memory(), aWorld(small))
    const summary = await run(store, { runId: 'r' })
    expect(summary).toMatchObject({ verdict: 'certified', winner: { [K]: { from: 4, to: 1 } } })
    const [item] = await items(store)
    expect(item).toMatchObject({
      used: 1,
      open: null,
      retired: 'passed',
      history: [{ k: 1, answer: true, run_id: 'r' }],
    })
    expect(chainHolds(item!)).toBe(true)
    const proposal = TuningProposal.parse(JSON.parse(await file(store, 'selected-proposal.json', 'r')))
    expect(proposal).toMatchObject({
      tuning_proposal_id: 'r_01',
      status: 'proposed',
      candidate_change: { target_pack: 'ctxpack.support@1.0.0', patch: { [K]: { from: 4, to: 1 } } },
      observed_delta: { economics_tokens: -300, utility: 0, policy_violations: 0, p95_latency_ms: null },
      release_path: { rollout_stage: '0%_shadow', rollback_target: 'ctxpack.support@1.0.0' },
      ledger: { question: 1, of: 1, alpha: 0.05, spent: 0.05, retired: 'passed' },
    })
    expect(Object.keys(await contents(store)).filter((k) => k.includes('releases'))).toEqual([])
  })

  test('names the regressions it tolerates, and never says there are none', async () => {
    const store = await stocked(memory(), aWorld({ search: 60, heldout: 160, extra: heldout({ gold: 3 }) }))
    await run(store, { runId: 'r' })
    const proposal = TuningProposal.parse(JSON.parse(await file(store, 'selected-proposal.json', 'r')))
    expect(proposal.guardrails).toEqual({ passed: true, regression_runs: ['x0'] })
    expect(proposal.wording.join('\n')).toMatch('1 regression listed below')
  })
})

describe('a no', () => {
  const causes: Record<string, FamilyParts[]> = {
    'a policy violation': heldout({ required: 3 }),
    'failing utility': heldout({ gold: 3 }, 15),
    'an unreplayable case': heldout({ over: { offers: { orders: { depth: 4, exhausted: false } } } }),
  }
  /** The same sealed version for every cause: it holds all of them, and the candidate decides which one bites. */
  const together = [...causes['a policy violation']!, ...causes['failing utility']!]

  test.each(Object.entries(causes))('answers three fields and nothing else for %s', async (name, extra) => {
    const up = name === 'an unreplayable case'
    const store = await stocked(memory(), aWorld({ ...small, extra }))
    const candidates = up ? [change(5)] : null
    const target = up ? asking(1, { metric: 'economics_tokens_per_decision', direction: 'increase' }) : asking(1)
    const summary = await run(store, { runId: 'r', target, candidates })
    const [item] = await items(store)
    expect(summary.verdict).toBe('not_certified')
    expect(await file(store, 'gate.json', 'r')).toBe(`{"certified":false,"question":1,"version":"${item!.version}"}\n`)
    expect(summary.reasons).toEqual([
      `${INTENT} ${item!.version.slice(0, 15)}: question 1 of 1 answered no. 0.05 of 0.05 spent. That was its last question: the version is retired, and its cases join the search set of the next run.`,
      // Of the search side: it says nothing of the answer.
      expect.stringMatching(/^tokens estimated/),
    ])
  })

  test('is the same bytes whether policy, utility or nobody decided it', async () => {
    const answers = new Set<string>()
    const versions = new Set<string>()
    for (const [i, list] of [[change(2)], [change(1)], [change(3)]].entries()) {
      const store = await stocked(memory(), aWorld({ ...small, extra: together }))
      if (i < 2) await run(store, { runId: 'r', candidates: list })
      else {
        // Opened, then given up: nothing was ever scored.
        const dying = watched(store, (act, side, key) => {
          if (act === 'read' && side === 'vault' && key.endsWith('test.jsonl')) throw new Error('power cut')
        })
        await expect(run(dying, { runId: 'r', candidates: list, holder: holder('gone') })).rejects.toThrow('power cut')
        const { abandonRun } = await import('../../../functions/steps/run/abandon.ts')
        await releasedThenAbandoned(store, abandonRun)
      }
      const vault = Object.entries(await contents(store)).find(([key]) => key.endsWith('answer.json'))!
      answers.add(vault[1])
      versions.add((await items(store))[0]!.version)
    }
    expect(versions.size).toBe(1)
    expect(answers.size).toBe(1)
  })

  test('leaves every listed candidate "committed", with no number of the held-out set anywhere in the open store', async () => {
    const store = await stocked(memory(), aWorld({ ...small, extra: heldout({ required: 3 }) }))
    const summary = await run(store, { runId: 'r', target: asking(2) })
    expect(summary.candidates.filter((c) => c.fate === 'committed')).toEqual([
      expect.objectContaining({
        reason: 'the list was answered "no"; no further detail exists until the version is retired',
      }),
    ])
    expect(summary.reasons[0]).toMatch(
      / 0\.025 of 0\.05 spent\. No further detail exists until the version is retired\.$/,
    )
    expect(summary.candidates.some((c) => c.fate === 'certified' || c.fate === 'won')).toBe(false)
    const open = Object.entries(await contents(store)).filter(([key]) => key.startsWith('open/'))
    for (const [key, text] of open) {
      expect(key).not.toMatch(/test\.jsonl|scores-/)
      if (!key.includes('/runs/2026')) expect(text).not.toMatch(/"h\d+"|family-h|"set":"heldout"/)
    }
  })
})

/** The lock of a run whose process is gone: as the kernel leaves it. */
async function releasedThenAbandoned(
  store: Store,
  abandon: typeof import('../../../functions/steps/run/abandon.ts').abandonRun,
): Promise<void> {
  await store.table.create('lock', `${INTENT}#destructive`, {
    run_id: 'r',
    about: digestOf('anything'),
    holder: 'gone',
    since: '2026-11-23T00:00:00.000Z',
  })
  await abandon(store, 'r', holder('me'))
}

describe('before a question is spent', () => {
  test('the policy floor is met exactly: one family below it is inconclusive, at it the question is asked', async () => {
    const floor = casesForZeroFailures(0.027, 0.05)
    expect(floor).toBe(110)
    const target = aTarget({
      guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.027 } },
    })
    const below = await stocked(memory(), aWorld({ search: 6, heldout: floor - 1 }))
    expect(await run(below, { target })).toMatchObject({
      verdict: 'inconclusive',
      needed_families: floor,
      heldout_families: floor - 1,
      reasons: [
        `policy: N=${floor - 1}, needs ${floor}. Nothing was spent.`,
        expect.stringMatching(/^tokens estimated/),
      ],
    })
    expect((await items(below))[0]).toMatchObject({ used: 0, open: null, retired: null })
    const at = await stocked(memory(), aWorld({ search: 6, heldout: floor }))
    expect((await run(at, { target })).verdict).toBe('certified')
  })

  test('no sealed byte is read for scoring when OPEN fails', async () => {
    const store = await stocked(memory(), aWorld(small))
    let opening = false
    const sealedReads: string[] = []
    const racing = watched(store, (act, side, key) => {
      if (opening && act === 'read' && side === 'vault') sealedReads.push(key)
    })
    // Another process opens a question in the very moment in which this one wants to.
    const table = {
      ...racing.table,
      async spend(pk: string, sk: string, revision: number, body: unknown, what: string) {
        if (pk.startsWith('heldout#') && (body as LedgerItem).open) {
          opening = true
          const row = (await store.table.get<LedgerItem>(pk, sk))!
          await store.table.update(pk, sk, row.revision, { ...row.body, used: 1 })
        }
        return racing.table.spend(pk, sk, revision, body, what)
      },
    }
    const summary = await run({ ...racing, table })
    expect(opening).toBe(true)
    expect(summary).toMatchObject({
      verdict: 'refused',
      reasons: [
        'another run opened a question at the same moment. Start the run again',
        expect.stringMatching(/^tokens estimated/),
      ],
    })
    expect(sealedReads).toEqual([])
  })

  test('nothing of the vault is read between sealing and OPEN', async () => {
    const store = await stocked(memory(), aWorld(small))
    await run(store, {
      target: aTarget({ guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } } }),
    })
    const events: string[] = []
    await run(
      watched(store, (act, side, key) => {
        if (key.endsWith('target.json')) events.push('pinned')
        if (side === 'vault' && act === 'read') events.push('sealed')
        if (side === 'table' && key.startsWith('heldout#')) events.push('ledger')
      }),
      { runId: 'asks' },
    )
    const pinned = events.lastIndexOf('pinned', events.indexOf('ledger'))
    expect(events.slice(pinned, events.indexOf('ledger'))).not.toContain('sealed')
    expect(events.slice(events.indexOf('ledger'))).toContain('sealed')
  })
})

describe('the budget', () => {
  test('refuses question K + 1, and the K before it were answered one by one', async () => {
    const extra = [...heldout({ required: 3 })]
    const store = await stocked(memory(), aWorld({ ...small, extra }))
    const list = [change(1), change(2)]
    for (const [i, candidate] of list.entries())
      expect(await run(store, { runId: `q${i + 1}`, target: asking(2), candidates: [candidate] })).toMatchObject({
        verdict: 'not_certified',
      })
    const [item] = await items(store)
    expect(item).toMatchObject({ used: 2, retired: 'exhausted', history: [{ answer: false }, { answer: false }] })
    expect(chainHolds(item!)).toBe(true)
    const third = await run(store, { runId: 'q3', target: asking(2), candidates: [change(3)] })
    expect(third.verdict).toBe('refused')
    expect((await items(store))[0]).toEqual(item)
  })

  test('refuses every question after a pass', async () => {
    const store = await stocked(memory(), aWorld(small))
    await run(store, { runId: 'q1', target: asking(2), candidates: [change(2)] })
    expect((await items(store))[0]).toMatchObject({ used: 1, questions: 2, retired: 'passed' })
    expect((await run(store, { runId: 'q2', target: asking(2), candidates: [change(3)] })).verdict).toBe('refused')
  })

  test('gives the same question its recorded answer, unspent', async () => {
    const store = await stocked(memory(), aWorld({ ...small, extra: heldout({ required: 3 }) }))
    const first = await run(store, { runId: 'q1', target: asking(2), candidates: [change(1)] })
    for await (const row of store.table.query(`rejection#${INTENT}`))
      await store.table.remove(row.pk, row.sk, row.revision)
    const again = await run(store, { runId: 'q2', target: asking(2), candidates: [change(1)] })
    expect(again.verdict).toBe(first.verdict)
    expect((await items(store))[0]!.used).toBe(1)
    expect(await file(store, 'gate.json', 'q2')).toBe(await file(store, 'gate.json', 'q1'))
  })
})

describe('fifty openings at once', () => {
  const stores = {
    'in memory': () => ({ store: memory(), dispose: () => {} }),
    'over SQLite': () => {
      const made = onDisk()
      const other = sqliteTable(`${made.dir}/ledger.sqlite`)
      return {
        store: made.store,
        dispose: () => {
          other.close()
          made.dispose()
        },
      }
    },
  }
  test.each(Object.entries(stores))(
    '%s: one is asked, the others are refused and read nothing sealed',
    async (_, make) => {
      const { store, dispose } = make()
      try {
        await stocked(store, aWorld({ ...small, extra: heldout({ required: 3 }) }))
        await run(store, {
          runId: 'r',
          target: asking(5, { guardrails: { ...aTarget().guardrails, utility_delta: { min: -0.2 } } }),
        })
        const [before] = await items(store)
        expect(before).toMatchObject({ used: 1, questions: 5 })
        const pinned = AutotuneRun.parse(JSON.parse(await file(store, 'target.json', 'r')))
        const asked = await Promise.all(
          Array.from({ length: 50 }, (_, i) => {
            const reads: string[] = []
            const mine = watched(store, (act, side, key) => {
              if (act === 'read' && side === 'vault') reads.push(key)
            })
            return askGate(mine, { ...pinned, run_id: `r${i}` }, digestOf(i), [change(2)], transcriptEngine()).then(
              (result) => ({ result, reads }),
            )
          }),
        )
        const won = asked.filter((a) => 'answer' in a.result)
        expect(won).toHaveLength(1)
        for (const { result, reads } of asked) if ('refused' in result) expect(reads).toEqual([])
        const [pk, sk] = rowKeys.version(INTENT, before!.version)
        const { body } = (await store.table.get<LedgerItem>(pk, sk))!
        expect(body.used).toBe(2)
        expect(chainHolds(body)).toBe(true)
      } finally {
        dispose()
      }
    },
  )
})

describe('a list is scored in one pass', () => {
  const list = [change(2), change(3)]
  const scores = async (store: Store) =>
    Object.fromEntries(Object.entries(await contents(store)).filter(([key]) => /\/2\/scores-\d\.jsonl$/.test(key)))

  /**
   * Asks the second question of a sealed set by an engine that ends after so many cases, and then by one that does not.
   * `kept`: scores that are on record by then.
   */
  async function asked(ends = Infinity, kept: Readonly<Record<string, string>> = {}) {
    const store = await stocked(memory(), aWorld({ ...small, extra: heldout({ required: 3 }) }))
    await run(store, { runId: 'r', target: asking(5) })
    const pinned = AutotuneRun.parse(JSON.parse(await file(store, 'target.json', 'r')))
    const passes: number[] = []
    const inner = transcriptEngine()
    const ask = (left: number) =>
      askGate(store, { ...pinned, run_id: 'again' }, digestOf('again'), list, {
        score: () => expect.fail('a candidate was scored by itself'),
        async *scoreTogether(lines, of, changes) {
          passes.push(changes.length)
          for await (const row of inner.scoreTogether!(lines, of, changes)) {
            if (left-- === 0) throw new Error('the engine ended')
            yield row
          }
        },
      })
    if (ends < Infinity) {
      await expect(ask(ends)).rejects.toThrow('the engine ended')
      expect(await scores(store)).toEqual({})
    }
    for (const [key, text] of Object.entries(kept)) await store.vault.put(key.replace('vault/', ''), text)
    const { answer } = (await ask(Infinity)) as { answer: unknown }
    return { passes, answer, scores: await scores(store) }
  }

  test('one that ends in the middle leaves no scores; the next start gives the same, and takes none again that is on record', async () => {
    const whole = await asked()
    expect(whole.passes).toEqual([2])
    const texts = Object.values(whole.scores)
    expect(texts.map((text) => text.trim().split('\n').length)).toEqual([101, 101])
    expect(texts[0]).not.toBe(texts[1])
    expect(await asked(40)).toEqual({ ...whole, passes: [2, 2] })
    const [first] = Object.entries(whole.scores)
    expect(await asked(3, Object.fromEntries([first!]))).toEqual({ ...whole, passes: [2, 1] })
    expect(await asked(0, whole.scores)).toEqual({ ...whole, passes: [2] })
  })
})

test('a tampered sealed set is never scored', async () => {
  const store = await stocked(memory(), aWorld({ ...small, extra: heldout({ required: 3 }) }))
  const inconclusive = aTarget({
    guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } },
  })
  await run(store, { target: inconclusive })
  const [item] = await items(store)
  const key = `goldens/${INTENT}/${item!.version.slice(7)}/test.jsonl`
  const text = Buffer.from((await store.vault.get(key))!).toString()
  await store.vault.put(key, text.replaceAll('"required":[0,0,1,0,0]', '"required":[0,0,0,0,0]'))
  expect(text).toContain('"required":[0,0,1,0,0]')
  await expect(run(store, { runId: 'asks' })).rejects.toThrow(/sealed|changed/)
})

test('a family that violates in one of its cases violates', async () => {
  const second = aFamily('second', { side: 'heldout', family: 'family-h0', required: 3 })
  const store = await stocked(memory(), [...aWorld(small), second])
  expect((await run(store)).verdict).toBe('not_certified')
})
