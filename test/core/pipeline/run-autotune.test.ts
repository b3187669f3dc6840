/** The whole pipeline over ports that only remember: what is called when, what is left, and that nothing depends on order. */
import { describe, expect, test } from 'vitest'
import { Gathered, panelOf, reproduceLine, type SealedLine } from '#core/baseline/reproduce.ts'
import { byCodeUnit, canonical, canonicalLines, digestOf, digestOfBytes } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { gateAnswer } from '#core/gate/answer.ts'
import { certificateOf } from '#core/gate/certify.ts'
import { answerQuestion, openQuestion, sealedItem } from '#core/gate/ledger.ts'
import { scoreCase } from '#core/gate/score.ts'
import { sealVersion } from '#core/gate/seal.ts'
import type { Artifact } from '#core/outcome.ts'
import { harnessBehind } from '#core/replay/by-construction.ts'
import { slim } from '#core/replay/slim.ts'
import { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
import { applyPatch } from '#core/space/scope.ts'
import { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import { GateAnswer, type LedgerItem } from '#schemas/heldout.ts'
import { TuningProposal } from '#schemas/proposal.ts'
import { AuditLine, AutotuneRun, RunSummary } from '#schemas/run.ts'
import { AUTOTUNE_FILES } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { aCase, aPack, aSuite, aTarget, aWorld, type FamilyParts } from '../../support/builders.ts'
import { searched } from '../search/worlds.ts'

const target = aTarget()
const pinsOf = (t: TuningTarget) => ({
  tuple: t.baseline_tuple!,
  settings: aPack().settings,
  suite: aSuite(),
  prices: null,
  replayer: { kind: 'transcript' } as const,
})

/** A pinned run over a small world, and ports that answer from it and write down what they are asked. */
function world({
  extra = [],
  over = {},
  heldout = 100,
  shuffle = false,
}: {
  extra?: FamilyParts[]
  over?: Partial<TuningTarget>
  heldout?: number
  shuffle?: boolean
} = {}) {
  const t = { ...target, ...over }
  const pins = pinsOf(t)
  const runs = aWorld({ search: 6, heldout, extra })
  const side = (name: string) => {
    const cases = runs.filter((r) => r.split === name).map((r) => aCase(r))
    const gathered = new Gathered()
    const lines: SealedLine[] = []
    for (const replayCase of shuffle ? cases.toReversed() : cases) {
      const reproduced = reproduceLine(canonical(replayCase), pins)
      gathered.add(reproduced)
      if ('measures' in reproduced.result) lines.push({ case: replayCase, baseline: reproduced.result.measures })
    }
    lines.sort((a, b) => byCodeUnit(a.case.case_id, b.case.case_id))
    return { reproduction: gathered.reproduction(undefined), lines }
  }
  const heldoutSide = side('heldout')
  const sealed = sealVersion(heldoutSide.reproduction, resolveTarget(t), pins, {
    p95_latency_ms: null,
    p50_latency_ms: null,
    decisions: 1,
  })
  const run: AutotuneRun = AutotuneRun.parse({
    run_id: 'at_run',
    target: t,
    pack: aPack(),
    evaluator_suite: aSuite(),
    price_table: null,
    replayer: { kind: 'transcript' },
    search_set: { ref: 'goldens/support.refund/search@0', digest: digestOf('search'), cases: 6 },
    heldout_test_set: sealed.facts.families > 0 ? sealed.facts : null,
    candidates: null,
    rejections: [],
    demonstration: null,
  })
  const calls: string[] = []
  let replays = ''
  let item: LedgerItem = sealedItem(sealed.facts)
  const ports: AutotunePorts = {
    async reproduce() {
      calls.push('reproduce')
      return side('search').reproduction
    },
    async pin() {
      calls.push('pin')
    },
    async search(_run, input) {
      calls.push('search')
      const results: ReplayResult[] = []
      const panel = panelOf(side('search').lines.map((line) => ({ ...line, case: slim(line.case) })))
      const found = searched({ ...input, panel }, (r) => results.push(r))
      replays = canonicalLines(results)
      return { found, results: digestOfBytes(replays) }
    },
    async ledgerItem() {
      calls.push('ledger')
      return item
    },
    async ask(_run, commit, found) {
      calls.push('ask')
      const opened = openQuestion(item, commit, run.run_id)
      if ('refused' in opened) return opened
      const replayPins = { baseline: aPack().settings, prices: null }
      const certificates = found.committed.map(({ candidate_id, layer, patch, rationale }) =>
        certificateOf(
          {
            facts: sealed.facts,
            target: resolveTarget(t),
            suite: aSuite(),
            harness: harnessBehind(run),
            panel: sealed.panel,
            listed: found.committed.length,
          },
          {
            change: { candidate_id, layer, patch, rationale },
            cases: heldoutSide.lines.map(
              (line) => scoreCase(line, [applyPatch(aPack().settings, patch)], replayPins, aSuite())[0]!,
            ),
          },
        ),
      )
      const answer = gateAnswer(sealed.facts.version, 1, commit, certificates, sealed.facts.alpha_k)
      const closed = answerQuestion(opened.next, commit, answer.certified)
      if ('refused' in closed) return closed
      item = closed.next
      return { answer, item }
    },
  }
  return { run, ports, calls, replays: () => replays }
}
/** Artifacts that a run leaves as text. */
const textsOf = (artifacts: readonly Artifact[]): Record<string, string> =>
  Object.fromEntries(artifacts.flatMap(({ file, text }) => (text === null ? [] : [[file, text]])))

const all = ['reproduce', 'pin', 'search', 'ledger', 'ask']

describe('runAutotune', () => {
  test('reproduces, pins, searches, reads the ledger and asks, in that order and once', async () => {
    const { run, ports, calls } = world()
    const outcome = await runAutotune(run, ports)
    expect(calls).toEqual(all)
    expect(outcome.verdict).toBe('certified')
    expect(RunSummary.parse(outcome.summary)).toEqual(outcome.summary)
  })

  test('leaves artifacts that their contracts accept, in chain order', async () => {
    const { run, ports, replays } = world()
    const { artifacts } = await runAutotune(run, ports)
    expect(artifacts.map((a) => a.file)).toEqual(
      AUTOTUNE_FILES.filter((f) => f !== 'manifest.json' && f !== 'harness-replies.jsonl'),
    )
    const text: Record<string, string> = { ...textsOf(artifacts), 'replay-results.jsonl': replays() }
    const lines = (file: string) =>
      text[file]!.trimEnd()
        .split('\n')
        .map((l) => JSON.parse(l))
    expect(AutotuneRun.parse(JSON.parse(text['target.json']!))).toEqual(run)
    for (const line of lines('candidates.jsonl')) CandidateScore.parse(line)
    for (const line of lines('replay-results.jsonl')) ReplayResult.parse(line)
    GateAnswer.parse(JSON.parse(text['gate.json']!))
    TuningProposal.parse(JSON.parse(text['selected-proposal.json']!))
    const audit = lines('audit.jsonl').map((l) => AuditLine.parse(l))
    const digests = new Map<string, string>([['search_set', run.search_set.digest]])
    audit.forEach((line, i) => {
      expect(line.digest).toBe(digestOfBytes(text[line.artifact]!))
      expect(line.previous).toBe(i === 0 ? null : digestOf(audit[i - 1]))
      for (const [name, digest] of Object.entries(line.computed_from)) expect(digest).toBe(digests.get(name))
      digests.set(line.artifact, line.digest)
    })
    expect(audit.map((l) => l.artifact)).toEqual(artifacts.slice(0, -1).map((a) => a.file))
  })

  test('says of each candidate what made it, and nothing where it was pinned before they said so', async () => {
    const old = world()
    const text = async (over: Partial<AutotuneRun>) => {
      const { run, ports } = world()
      return textsOf((await runAutotune({ ...run, ...over }, ports)).artifacts)['candidates.jsonl']!
    }
    const before = textsOf((await runAutotune(old.run, old.ports)).artifacts)['candidates.jsonl']!
    expect(before).not.toContain('"origin"')
    expect((await text({ says_origin: true })).replaceAll('"origin":"search",', '')).toBe(before)
    expect((await text({ says_origin: true })).split('"origin":"search"')).toHaveLength(before.split('\n').length)
  })

  test('leaves the same bytes whatever the order of cases and families', async () => {
    const [a, b] = [
      world({ extra: [{ side: 'heldout', gold: 3 }] }),
      world({ extra: [{ side: 'heldout', gold: 3 }], shuffle: true }),
    ]
    expect(await runAutotune(b.run, b.ports)).toEqual(await runAutotune(a.run, a.ports))
  })

  test('stops at an unanswered contract before anything is read', async () => {
    const { run, ports, calls } = world()
    const { metric: _, ...incomplete } = target
    const outcome = await runAutotune({ ...run, target: incomplete }, ports)
    expect(calls).toEqual([])
    expect(outcome).toMatchObject({ verdict: 'refused', artifacts: [], rejections: [] })
    expect(outcome.summary.reasons[0]).toMatch('metric is missing')
  })

  test('stops at a baseline that breaks a floor before anything is pinned', async () => {
    const { run, ports, calls } = world({ extra: [{ side: 'search', required: 5 }] })
    const outcome = await runAutotune(run, ports)
    expect(calls).toEqual(['reproduce'])
    expect(outcome).toMatchObject({ verdict: 'refused', artifacts: [] })
  })

  test.each([
    [
      'inconclusive',
      world({ over: { guardrails: { ...target.guardrails, policy: { min: 1, max_violation_rate: 0.001 } } } }),
    ],
    ['no_candidate', world({ extra: [{ side: 'search', required: 4, gold: 4 }] })],
  ])('searches, gives every candidate its fate and asks nothing: %s', async (verdict, { run, ports, calls }) => {
    const outcome = await runAutotune(run, ports)
    expect(calls).toEqual(all.slice(0, -1))
    expect(outcome.verdict).toBe(verdict)
    expect(outcome.summary.candidates).toHaveLength(4)
    expect(outcome.billed.heldout_questions).toBe(0)
    // What the negative control replayed is paid for too.
    expect(outcome.billed.replays).toBeGreaterThan(outcome.summary.search.paid)
    const gate = JSON.parse(textsOf(outcome.artifacts)['gate.json']!)
    expect(gate).toMatchObject({ asked: false, verdict })
  })

  test('is refused without a held-out version, and keeps its record', async () => {
    const { run, ports, calls } = world({ heldout: 0 })
    const outcome = await runAutotune(run, ports)
    expect(calls).toEqual(['reproduce', 'pin', 'search'])
    expect(outcome).toMatchObject({ verdict: 'refused', rejections: [] })
    expect(outcome.artifacts).toHaveLength(5)
  })

  test('is refused where the conditional write says so, and keeps its record', async () => {
    const { run, ports } = world()
    const outcome = await runAutotune(run, { ...ports, ask: async () => ({ refused: 'somebody was faster' }) })
    expect(outcome).toMatchObject({ verdict: 'refused', rejections: [] })
    expect(outcome.summary).toMatchObject({ reasons: ['somebody was faster'], proposal: null, winner: null })
    expect(outcome.artifacts.map((a) => a.file)).not.toContain('selected-proposal.json')
  })

  test('asks nothing of a version that is retired or has a question open', async () => {
    for (const change of [
      { retired: 'passed' },
      { retired: 'exhausted', used: 1 },
      { retired: 'superseded' },
      { open: { k: 1, commit: digestOf('other'), run_id: 'other' }, used: 1 },
    ] as const) {
      const { run, ports, calls } = world()
      const item = { ...sealedItem(run.heldout_test_set!), ...change }
      const outcome = await runAutotune(run, { ...ports, ledgerItem: async () => item })
      expect(outcome.verdict).toBe('refused')
      expect(calls).not.toContain('ask')
    }
  })

  test('leaves a "no" as one bit: every listed candidate stays committed, and the list is remembered', async () => {
    const { run, ports } = world({ extra: [{ side: 'heldout', required: 3 }] })
    const outcome = await runAutotune(run, ports)
    expect(outcome.verdict).toBe('not_certified')
    expect(JSON.parse(textsOf(outcome.artifacts)['gate.json']!)).toEqual({
      certified: false,
      question: 1,
      version: run.heldout_test_set!.version,
    })
    expect(outcome.rejections.map((r) => [r.source, r.patches.length])).toEqual([['gate', 1]])
    expect(outcome.summary.candidates.map((c) => c.fate)).not.toContain('won')
  })

  test('puts refused before inconclusive before no candidate', async () => {
    const both = world({
      extra: [{ side: 'search', required: 4, gold: 4 }],
      over: { guardrails: { ...target.guardrails, policy: { min: 1, max_violation_rate: 0.001 } } },
    })
    expect((await runAutotune(both.run, both.ports)).verdict).toBe('inconclusive')
    const item = { ...sealedItem(both.run.heldout_test_set!), retired: 'passed' as const }
    const refused = await runAutotune(both.run, { ...both.ports, ledgerItem: async () => item })
    expect(refused.verdict).toBe('refused')
  })

  test('writes no pack and no release: what it leaves is one proposal', async () => {
    const { run, ports } = world()
    const outcome = await runAutotune(run, ports)
    expect(Object.keys(outcome).sort()).toEqual(['answer', 'artifacts', 'billed', 'rejections', 'summary', 'verdict'])
    expect(outcome.artifacts.filter(({ file }) => file.includes('proposal'))).toHaveLength(1)
  })
})
