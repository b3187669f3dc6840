/** `verify` of a run that a harness replayed: recomputed from what it answered then, and the harness is asked a third time. */
import { beforeAll, describe, expect, test } from 'vitest'
import { DENIED_FROM } from '#core/baseline/third-look.ts'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { type Verification, verifyRun } from '../../../functions/steps/run/verify.ts'
import { readText } from '../../../functions/streams/read-object.ts'
import { aTarget, aWorld } from '../../support/builders.ts'
import { desk, inProcess, type Replay, TOP_K } from '../../support/harness-engine.ts'
import { contents, holder, memory, stocked, twin } from '../stores.ts'

const target = aTarget({ scoring: { replayer: 'module' } })
const request = { target, candidates: null, runId: 'r', demonstration: null }

/** Finished with a pure harness; every test works on a copy. */
let base: Store
beforeAll(async () => {
  base = await stocked(memory(), aWorld({ search: 20, heldout: 100 }))
  const summary = await runTarget(
    base,
    request,
    holder(),
    inProcess(base, () => desk()),
  )
  expect(summary.verdict).toBe('certified')
})

const verify = (store: Store, replay: Replay): Promise<Verification> =>
  verifyRun(
    store,
    'r',
    inProcess(store, () => replay),
  )

/** Keeps one passage less than it should, in these cases. */
const drops = (is: (caseId: string, topK: number) => boolean): Replay =>
  desk((recorded, settings, pinned) =>
    is(recorded.case_id, settings[TOP_K] as number)
      ? desk()(recorded, { ...settings, [TOP_K]: (settings[TOP_K] as number) - 1 }, pinned)
      : null,
  )

describe('one answer that is another one now', () => {
  test('on the search side denies nothing, and is named with its case, its settings and the bound', async () => {
    const { reproducible, differences, third_look } = await verify(
      base,
      drops((id, k) => id === 's3' && k === 4),
    )
    expect({ reproducible, differences }).toEqual({ reproducible: true, differences: [] })
    expect(third_look).toMatchObject({ differing: 1, sealed: 0, finding: null })
    expect(third_look!.examples).toEqual([expect.stringMatching(/^s3 under the baseline: evidence_refs /)])
  })

  test('on the sealed side is counted, and no case of it is named', async () => {
    const { reproducible, third_look } = await verify(
      base,
      drops((id, k) => id === 'h7' && k === 4),
    )
    expect(reproducible).toBe(true)
    expect(third_look).toMatchObject({ differing: 1, sealed: 1, examples: [] })
    expect(JSON.stringify(third_look)).not.toContain('h7')
  })

  test('that breaks a floor which the certificate calls clean is said plainly, and does not deny it', async () => {
    const won = JSON.parse((await readText(base.objects, keys.autotuneRun('r', 'selected-proposal.json')))!)
    const [{ to }] = Object.values(won.candidate_change.patch) as [{ to: number }]
    const { reproducible, third_look } = await verify(
      base,
      desk(({ case_id }, settings) => {
        if (case_id === 'h7' && settings[TOP_K] === to) throw new Error('lost')
      }),
    )
    expect(reproducible).toBe(true)
    expect(third_look!.finding).toMatch(
      /^the certificate stands on two looks\. Of what the harness answers now the gate would not have certified \S+: .*policy violated in 1 of 100 families/,
    )
  })
})

describe('a harness that is no longer what it was, under the same digest', () => {
  test.each<readonly [string, Replay]>([
    ['everywhere', drops(() => true)],
    ['on sealed cases alone', drops((id) => id.startsWith('h'))],
    ['on search cases alone', drops((id) => id.startsWith('s'))],
    ['because it throws', desk(() => Promise.reject(new Error('no such file')))],
  ])('is denied: %s', async (_, replay) => {
    const { reproducible, differences, third_look } = await verify(base, replay)
    expect(reproducible).toBe(false)
    expect(third_look!.differing).toBeGreaterThanOrEqual(DENIED_FROM)
    // The artifacts follow from the answers on record all the same.
    expect(differences).toEqual([
      { file: 'replayer', why: expect.stringContaining('asked again, it gave another answer to') },
    ])
  })

  test('is denied from nine answers on', async () => {
    for (const n of [DENIED_FROM - 1, DENIED_FROM]) {
      const { reproducible, third_look } = await verify(
        base,
        drops((id, k) => k === 4 && id.startsWith('h') && Number(id.slice(1)) < n),
      )
      expect([third_look!.differing, reproducible]).toEqual([n, n < DENIED_FROM])
    }
  })
})

describe('what was answered then', () => {
  test('lies open for the search side, and for the sealed side in the vault alone', async () => {
    const all = await contents(base)
    const replies = all['open/autotune/runs/r/harness-replies.jsonl']!.trimEnd().split('\n')
    expect(replies.every((line) => /^\{"case":"s\d+"/.test(line))).toBe(true)
    expect(new Set(replies).size).toBe(replies.length)
    expect(JSON.parse(all['open/autotune/runs/r/gate.json']!).scored).toMatch(/^sha256:/)
  })

  test('is named when a byte of it was changed, when a line is gone, or one is too many', async () => {
    const key = keys.autotuneRun('r', 'harness-replies.jsonl')
    const text = (await readText(base.objects, key))!
    const lines = text.trimEnd().split('\n')
    for (const changed of [
      text.replace('"refund":true', '"refund":null'),
      `${lines.slice(1).join('\n')}\n`,
      `${[...lines, lines[0]!.replace(/"case":"\w+"/, '"case":"s999"')].join('\n')}\n`,
      '',
    ]) {
      const store = await twin(base)
      await store.objects.put(key, changed)
      const { reproducible, differences } = await verify(store, desk())
      expect(reproducible).toBe(false)
      expect(differences.map((d) => d.file)).toContain('harness-replies.jsonl')
    }
  })

  test('on the sealed side is held by a digest in the answer, also where no certificate shows it', async () => {
    const scores = Object.entries(await contents(base)).filter(([key]) =>
      /^vault\/gate\/.*(baseline|scores-\d)(-second)?\.jsonl$/.test(key),
    )
    expect(scores.length).toBeGreaterThanOrEqual(4)
    for (const [key, text] of scores) {
      const store = await twin(base)
      await store.vault.put(key.slice('vault/'.length), text.replace(/"status":"\w+"/, '"status":"replayed" '))
      const { reproducible, differences } = await verify(store, desk())
      expect([key, reproducible, differences.map((d) => d.file)]).toEqual([
        key,
        false,
        expect.arrayContaining(['gate.json']),
      ])
      await store.vault.delete(key.slice('vault/'.length))
      expect((await verify(store, desk())).differences.map((d) => d.file)).toEqual(
        expect.arrayContaining(['sealed log', 'gate.json']),
      )
    }
  })

  test('was not kept by an earlier version: such a run is recomputed from the harness as it is', async () => {
    const store = await stocked(memory(), aWorld({ search: 20, heldout: 100 }))
    const { replies: _, ...engine } = inProcess(store, () => desk())
    expect((await runTarget(store, request, holder(), engine)).verdict).toBe('certified')
    expect((await contents(store))['open/autotune/runs/r/harness-replies.jsonl']).toBeUndefined()
    expect(await verify(store, desk())).toMatchObject({ reproducible: true, scope: 'gate', differences: [] })
    expect(
      (
        await verify(
          store,
          drops((id) => id === 's3'),
        )
      ).reproducible,
    ).toBe(false)
  })
})
