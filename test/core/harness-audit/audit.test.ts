/** The harness audit: the table of controls, the pass line, signed declarations, and what the loop says of itself. */
import { describe, expect, test } from 'vitest'
import { keyId, signedBytes } from '#core/attest/dsse.ts'
import { doneReport } from '#core/done/report.ts'
import { CONTROLS, PROPERTIES, REPAIR_ORDER } from '#core/harness-audit/controls.ts'
import { type AuditEvidence, type Audited, auditReport, type Known, nextAudit } from '#core/harness-audit/judge.ts'
import { knownOfLoop, type LoopLook } from '#core/harness-audit/loop.ts'
import { knownOf, signedDeclarations, wordPayload } from '#core/harness-audit/manifest.ts'
import { WIRED } from '#core/harness-audit/wired.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import { HarnessManifest } from '#schemas/harness-manifest.ts'
import { readRecorded } from '../../../functions/steps/audit/recorded.ts'
import { factsOf, withMemory } from '../../steps/done/support.ts'
import { advance, produce, releasedStore } from '../../steps/release/support.ts'
import { aKey, aKeyFile, aSigner } from '../../support/attest.ts'

const ABOUT: Audited = {
  subject: 'support',
  kind: 'harness',
  as_of: '2026-11-30',
  owner: 'ana',
  next_audit: '2027-02-28',
}
const file = (level: AuditEvidence['level'], holds = true): AuditEvidence => ({
  level,
  path: `${level}.md`,
  digest: null,
  holds,
})
const shown: Known = { says: 'seen', evidence: [file('behavioural'), file('wiring')] }
const all = (over: Readonly<Record<number, Known>> = {}) =>
  new Map(CONTROLS.map(({ n }): [number, Known] => [n, over[n] ?? shown]))
const statusOf = (n: number, one: Known) => auditReport(ABOUT, all({ [n]: one })).rows[n - 1]!

test('the table is the published one: 44 controls in order, 29 of them P0, each property has some', () => {
  expect(CONTROLS.map(({ n }) => n)).toEqual(Array.from({ length: 44 }, (_, i) => i + 1))
  const of = (severity: string) => CONTROLS.filter((one) => one.severity === severity).map(({ n }) => n)
  expect(of('P1')).toEqual([3, 7, 8, 11, 22, 23, 25, 27, 31, 32, 33, 34, 39, 40, 44])
  expect(of('P0').length).toBe(29)
  expect(PROPERTIES.map((p) => CONTROLS.filter(({ property }) => property === p).length)).toEqual([
    7, 8, 7, 5, 3, 7, 5, 2,
  ])
  expect(new Set(CONTROLS.map(({ name }) => name)).size).toBe(44)
})

describe('one control', () => {
  test.each([
    ['behavioural and wiring', shown, 'Pass', 'behavioural'],
    ['behavioural alone', { says: 's', evidence: [file('behavioural')] }, 'Partial', 'behavioural'],
    ['wiring alone', { says: 's', evidence: [file('wiring')] }, 'Partial', 'wiring'],
    ['a definition alone', { says: 's', evidence: [file('definition')] }, 'Partial', 'definition'],
    ['a file that only asserts', { says: 's', evidence: [file('assertion')] }, 'Fail', 'assertion'],
    ['words alone', { says: 'we do', evidence: [] }, 'Fail', 'assertion'],
    ['unverified', { ...shown, unverified: 'unverified: nobody signed it' }, 'Fail', null],
    ['evidence in conflict', { ...shown, evidence: [...shown.evidence, file('wiring', false)] }, 'Fail', 'behavioural'],
    ['something short', { ...shown, short: 'no prompt' }, 'Partial', 'behavioural'],
  ] as const)('%s', (_, known, status, level) => {
    expect(statusOf(6, known)).toMatchObject({ status, level })
  })
})

describe('the pass line', () => {
  test('without a gap it is ready; nothing is summed up, and the statuses total 44', () => {
    const report = auditReport(ABOUT, all())
    expect(report).toMatchObject({ decision: 'READY WITH OWNED GAPS', blocking: [], repairs: [] })
    expect(Object.values(report.counts).reduce((a, b) => a + b, 0)).toBe(44)
  })
  test.each(CONTROLS)('control $n ($severity): Partial and Fail', ({ n, severity }) => {
    for (const known of [
      { ...shown, short: 'x' },
      { says: 'x', evidence: [] },
    ]) {
      const { decision, blocking } = auditReport(ABOUT, all({ [n]: known }))
      expect([decision === 'BLOCKED', blocking]).toEqual(severity === 'P0' ? [true, [n]] : [false, []])
    }
  })
  test('a P1 that fails constrains; a control that nobody declares fails', () => {
    expect(auditReport(ABOUT, all({ 44: { says: 'x', evidence: [] } })).decision).toBe('BETA-CONSTRAINED')
    const report = auditReport(ABOUT, new Map())
    expect([report.decision, report.counts.Fail, report.rows[0]!.reason]).toEqual([
      'BLOCKED',
      44,
      'unverified: the manifest declares nothing of it',
    ])
  })
  test('the queue has three repairs in upstream order, P0 first, with property and owner', () => {
    const { repairs } = auditReport(ABOUT, new Map())
    expect(repairs.map(({ control }) => control)).toEqual(REPAIR_ORDER.slice(0, 3))
    expect(repairs[0]).toMatchObject({ property: 'policy-governed', owner: 'ana' })
    const few = auditReport(
      ABOUT,
      all({ 40: { ...shown, short: 'x' }, 35: { ...shown, short: 'x' }, 2: { ...shown, short: 'x' } }),
    )
    expect(few.repairs.map(({ control }) => control)).toEqual([35, 2, 40])
  })
})

describe('a harness manifest', async () => {
  const sha = `sha256:${'a'.repeat(64)}`
  const wiring = `sha256:${'c'.repeat(64)}`
  const manifest = (over: object = {}): HarnessManifest =>
    HarnessManifest.parse({
      kind: 'harness_manifest',
      harness: 'support',
      owner: 'ana',
      next_audit: '2027-02-28',
      declarations: [
        {
          control: 1,
          says: 'the charter is enforced at start',
          evidence: [
            { level: 'behavioural', path: 'runs/refused.json', sha256: sha },
            { level: 'wiring', path: 'gateway.ts', sha256: wiring },
          ],
          expires: '2027-01-31',
          ...over,
        },
      ],
    })
  const found = new Map([
    ['runs/refused.json', sha],
    ['gateway.ts', wiring],
  ])
  const [ben, eve] = [aSigner(), aSigner('p256')]
  const WORD = { owner: 'ben', on: '2026-11-30' }
  const KEYS = aKeyFile(aKey(ben, 'Ben', 'reviewer', { expires: '2028-01-01T00:00:00.000Z' }), aKey(eve, 'eve', 'gate'))
  /** Signed under a key. */
  const wordOf = async (one: HarnessManifest, by = ben, word = WORD) => {
    const [first] = one.declarations
    const sig = await by.sign(signedBytes(wordPayload(one, first!, word.owner, word.on)))
    const key = { keyid: keyId(by.publicKey), sig: Buffer.from(sig).toString('base64') }
    return signedDeclarations(one, new Set([first!.control]), word, new Map([[first!.control, key]]))
  }
  const signed = await wordOf(manifest())
  const row = (
    one: HarnessManifest,
    files: ReadonlyMap<string, string> = found,
    day = '2026-11-30',
    keys: AttestationKeys | null = KEYS,
  ) =>
    auditReport(ABOUT, knownOf(one, files, { keys, now: `${day}T12:00:00.000Z` })).rows[
      one.declarations[0]!.control - 1
    ]!

  test('passes with a signature that holds, on files that are what was signed', () => {
    expect(row(signed)).toMatchObject({ status: 'Pass', reason: 'the charter is enforced at start' })
    expect(row(signed, found, '2027-01-31').status).toBe('Pass')
  })
  test('fails unsigned, changed since, expired, and with a file gone or another', () => {
    const [one] = signed.declarations
    expect(row(manifest()).reason).toBe('unverified: nobody signed it')
    expect(row({ ...signed, declarations: [{ ...one!, says: 'more than that' }] }).reason).toBe(
      'unverified: it is no longer what ben signed on 2026-11-30',
    )
    expect(row({ ...signed, declarations: [{ ...one!, expires: '2029-01-01' }] }).status).toBe('Fail')
    expect(row({ ...signed, harness: 'another' }).status).toBe('Fail')
    expect(row(signed, found, '2027-02-01').reason).toBe('unverified: the word of ben ended on 2027-01-31')
    expect(row(signed, new Map([['gateway.ts', wiring]])).reason).toBe(
      'unverified: runs/refused.json is missing or another than was signed',
    )
    expect(row(signed, new Map([...found, ['gateway.ts', `sha256:${'b'.repeat(64)}`]])).status).toBe('Fail')
  })
  test('is somebody’s word under a key of theirs alone: without one it is Partial at most', async () => {
    const bare = signedDeclarations(manifest(), new Set([1]), WORD)
    expect(row(bare)).toMatchObject({
      status: 'Partial',
      reason: expect.stringMatching(/^no key vouches for the word of ben/),
    })
    expect(row(signed, found, '2026-11-30', null)).toMatchObject({
      status: 'Partial',
      reason: expect.stringContaining('give it with --keys'),
    })
    const absent = manifest({ control: 43, not_applicable: true })
    expect(row(signedDeclarations(absent, new Set([43]), WORD)).status).toBe('Partial')
    expect(row(await wordOf(absent)).status).toBe('N/A')
  })
  test.each<[string, () => Promise<HarnessManifest>, string, AttestationKeys?]>([
    ['of another person', () => wordOf(manifest(), eve), 'is under the key of eve'],
    ['of nobody', () => wordOf(manifest(), aSigner()), 'is under a key that the file of keys does not name'],
    [
      'that was revoked',
      async () => signed,
      'is under a key that is revoked since',
      aKeyFile(aKey(ben, 'ben', 'reviewer', { revoked: { at: '2026-12-01T00:00:00.000Z', reason: 'lost' } })),
    ],
    [
      'that expired',
      async () => signed,
      'is under a key that expired at',
      aKeyFile(aKey(ben, 'ben', 'reviewer', { expires: '2026-11-30T12:00:00.000Z' })),
    ],
    [
      'over other words',
      async () => {
        const { key } = (await wordOf(manifest({ says: 'less' }))).declarations[0]!.signed!
        return signedDeclarations(manifest(), new Set([1]), WORD, new Map([[1, key!]]))
      },
      'does not hold under its key',
    ],
    [
      'over the word of a harness, put into a manifest of the loop',
      async () => ({ ...signed, loop: true as const }),
      'does not hold under its key',
    ],
    [
      'over the word of another harness',
      async () => {
        const { key } = (await wordOf({ ...manifest(), harness: 'other' })).declarations[0]!.signed!
        return signedDeclarations(manifest(), new Set([1]), WORD, new Map([[1, key!]]))
      },
      'does not hold under its key',
    ],
  ])('a word under a key %s does not count', async (_, made, why, keys = KEYS) => {
    expect(row(await made(), found, '2026-11-30', keys)).toMatchObject({
      status: 'Fail',
      reason: expect.stringContaining(`the word of ben ${why}`),
    })
  })
  test('a word holds a year at most, whoever signed it', async () => {
    const forEver = await wordOf(manifest({ expires: '9999-12-31' }))
    expect(row(forEver)).toMatchObject({
      status: 'Fail',
      reason: expect.stringContaining('a word holds a year at most'),
    })
    const aYear = await wordOf(manifest({ expires: '2027-12-01' }))
    expect(row(aYear).status).toBe('Pass')
    expect(nextAudit({ ...auditReport(ABOUT, all()), next_audit: '9999-12-31' })).toContain('MORE THAN A YEAR AWAY')
  })
  test.each([
    ['a control twice', [{ control: 2 }, { control: 2 }], 'declared twice'],
    ['a control that there is not', [{ control: 45 }], ''],
    ['not applicable but 43', [{ control: 1, not_applicable: true }], 'only control 43'],
    [
      'a path that leaves',
      [{ control: 1, evidence: [{ level: 'wiring', path: '../x', sha256: sha }] }],
      'beside the manifest',
    ],
    [
      'an absolute path',
      [{ control: 1, evidence: [{ level: 'wiring', path: '/etc/x', sha256: sha }] }],
      'beside the manifest',
    ],
    ['a field that is not ours', [{ control: 1, weight: 3 }], ''],
    [
      'one file as behavioural evidence and as wiring',
      [{ control: 1, evidence: ['behavioural', 'wiring'].map((level) => ({ level, path: 'x', sha256: sha })) }],
      'are two files',
    ],
    [
      'its copy under another name',
      [{ control: 1, evidence: ['behavioural', 'wiring'].map((level) => ({ level, path: level, sha256: sha })) }],
      'are two files',
    ],
  ])('%s is refused', (_, declarations, why) => {
    const read = HarnessManifest.safeParse({
      ...manifest(),
      declarations: declarations.map((one) => ({ says: 'words', evidence: [], expires: '2027-01-31', ...one })),
    })
    expect(read.success).toBe(false)
    expect(JSON.stringify(read.error!.issues)).toContain(why)
  })
})

test('of the loop: what probes show passes, the tuple without prompt, model and memory schema is Partial, all else is unverified', async () => {
  const store = await withMemory(await releasedStore())
  await produce(store)
  await advance(store)
  const facts = await factsOf(store)
  const seen = {
    program: new Map(Object.values(WIRED).map((path) => [path, 'sha256:0'])),
    vouched: null,
    onCopies: {},
  }
  const look = { ...seen, ...(await readRecorded(store, facts.run!)) }
  const audit = (over: Partial<typeof facts> = {}, looked: Partial<LoopLook> = {}) => {
    const one = { ...facts, ...over }
    return auditReport({ ...ABOUT, kind: 'loop' }, knownOfLoop(doneReport(one), one, { ...look, ...looked }))
  }
  const by = (status: string, report = audit()) => report.rows.filter((row) => row.status === status).map(({ n }) => n)
  expect(by('Fail')).toEqual([14, 19, 20, 24, 25, 38])
  expect(by('Partial')).toEqual([18, 21, 27, 31, 32, 33, 35, 36])
  expect(audit().rows[34]).toMatchObject({
    status: 'Partial',
    reason: 'the tuple pins no prompt, model profile, memory schema by digest',
  })
  expect(audit().decision).toBe('BLOCKED')
  const { rollout } = facts.rollout!
  const refs = {
    ...rollout.candidate.refs,
    prompt: 'p.a@1.0.0',
    model_profile: 'm.a@1.0.0',
    memory_schema: 's.a@1.0.0',
  }
  const digest = `sha256:${'a'.repeat(64)}`
  const digests = { ...rollout.candidate.digests, prompt: digest, model_profile: digest, memory_schema: digest }
  const whole = audit({
    rollout: { ...facts.rollout!, rollout: { ...rollout, candidate: { ...rollout.candidate, refs, digests } } },
  })
  expect(by('Partial', whole)).toEqual([18, 21, 27, 31, 32, 33])
  // What nobody measured is short, what went on unmeasured is a "no", and a probe that says no takes its controls with it.
  expect(audit().rows[31]!.reason).toMatch(/^not measured of every candidate that went on: /)
  const run = facts.run!
  const candidates = run.candidates.map((one) => ({
    ...one,
    search: one.search && { ...one.search, economics_cents: -1, p95_latency_ms: 0 },
  }))
  expect(audit({ run: { ...run, candidates } }).rows[31]!.status).toBe('Pass')
  const through = run.candidates.map((one) =>
    one.fate === 'won'
      ? { ...one, guardrails: one.guardrails.map((row) => ({ ...row, observed: null, verdict: 'pass' as const })) }
      : one,
  )
  expect(audit({ run: { ...run, candidates: through } }).rows[43]!.reason).toMatch(
    /^no: candidate c_\w+ went on, and a limit of it passed unmeasured$/,
  )
  // Rules decide: nothing goes on against one, no step under other thresholds, and what fell names its rule.
  const edited = (fate: string, verdict: 'block' | 'pass') =>
    run.candidates.map((one) =>
      one.fate === fate ? { ...one, guardrails: one.guardrails.map((row) => ({ ...row, verdict })) } : one,
    )
  expect(audit({ run: { ...run, candidates: edited('won', 'block') } }).rows[11]).toMatchObject({
    status: 'Fail',
    reason: expect.stringMatching(/^no: candidate c_\w+ went on against \w+$/),
  })
  const fallen = run.candidates.map((one) => (one.fate === 'won' ? { ...one, fate: 'search_guardrail' as const } : one))
  expect(audit({ run: { ...run, candidates: fallen } }).rows[11]!.reason).toMatch(/fell by a limit, and no row says/)
  const { records } = rollout
  const last = (over: object) =>
    audit({
      rollout: {
        ...facts.rollout!,
        rollout: { ...rollout, records: [...records.slice(0, -1), { ...records.at(-1)!, ...over }] },
      },
    }).rows[11]!.reason
  expect(last({ thresholds: digest })).toMatch(/^no: step \d+ of the rollout was decided under another configuration$/)
  const bad = { rule: 'utility', kind: 'floor', verdict: 'bad', observed: 1, limit: 0, note: '' }
  expect(last({ verdict: 'advanced', reasons: [bad] })).toMatch(/^no: step \d+ went forward against utility$/)
  expect(audit({ rollout: null }).rows[11]!.reason).toMatch(/^unverified: no rollout was started/)
  // Nobody else took part, or whoever did could only propose.
  expect(audit().rows[42]).toMatchObject({ status: 'N/A', reason: expect.stringMatching(/^no other agent/) })
  const byAgent = run.candidates.map((one) => ({ ...one, origin: 'coding-agent' }))
  expect(audit({ run: { ...run, candidates: byAgent } }).rows[42]).toMatchObject({
    status: 'Pass',
    reason: expect.stringMatching(/^others proposed \(coding-agent\), and may do nothing else/),
  })
  const leaks = [{ tried: 'x', found: true, says: 'sealed bytes' }]
  expect(audit({ run: { ...run, candidates: byAgent }, leaks }).rows[42]!.status).toBe('Fail')
  const labels = { ...run.proposal!.labels!, kinds: { ...run.proposal!.labels!.kinds, business: 0 } }
  expect(audit({ run: { ...run, proposal: { ...run.proposal!, labels } } }).rows[38]!.status).toBe('Partial')
  expect(audit({ rollout: null }).rows[36]).toMatchObject({
    status: 'Fail',
    reason: expect.stringMatching(/^no: reversible: /),
  })
})
