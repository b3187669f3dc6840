/** Verification: a finished run is recomputed from what it pinned, and one changed byte anywhere is named. */
import { describe, expect, test } from 'vitest'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { Store } from '#ports'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { Verdict } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readText } from '../../../functions/streams/read-object.ts'
import { aFamily, aRoughTarget, aWorld, type FamilyParts, INTENT } from '../../support/builders.ts'
import { contents, imported, items, memory, onDisk, run, stocked, twin, watched } from '../stores.ts'

const small = { search: 6, heldout: 30 }
const strict = { ...aRoughTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } }
const violating: FamilyParts[] = [{ side: 'heldout', required: 3 }]
const verify = (store: Store, id = 'r') => verifyRun(store, id, transcriptEngine())

const RUNS: Record<
  string,
  { verdict: Verdict; world: Parameters<typeof aWorld>[0]; target?: Partial<TuningTarget>; scope: string }
> = {
  certified: { verdict: 'certified', world: small, scope: 'gate' },
  'answered "no" by a version that lives': {
    verdict: 'not_certified',
    world: { ...small, extra: violating },
    target: { scoring: { replayer: 'transcript', questions: 2 } },
    scope: 'commit',
  },
  'answered "no" by its last question': {
    verdict: 'not_certified',
    world: { ...small, extra: violating },
    scope: 'gate',
  },
  inconclusive: { verdict: 'inconclusive', world: small, target: { guardrails: strict }, scope: 'commit' },
  'without a candidate': {
    verdict: 'no_candidate',
    world: { ...small, extra: [{ side: 'search', required: 4, gold: 4 }] },
    scope: 'commit',
  },
  'refused after its search': { verdict: 'refused', world: { search: 6, heldout: 0 }, scope: 'commit' },
}
const made = new Map<string, Store>()
/** A copy of the store of that run, which is made once. */
async function finished(name: string): Promise<Store> {
  const { verdict, world, target } = RUNS[name]!
  const store = made.get(name) ?? (await stocked(memory(), aWorld(world)))
  if (!made.has(name)) expect((await run(store, { runId: 'r', target: aRoughTarget(target) })).verdict).toBe(verdict)
  made.set(name, store)
  return await twin(store)
}
const flipped = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === '7' ? '8' : '7') + text.slice(at + 1)

describe.each(Object.keys(RUNS))('a run %s', (name) => {
  test('is reproducible, as far as its version may be opened', async () => {
    const store = await finished(name)
    expect(await verify(store)).toEqual({ run: 'r', reproducible: true, scope: RUNS[name]!.scope, differences: [] })
  })

  test('is reproducible but for the answer where nobody may open the vault, and it stays closed', async () => {
    const store = await finished(name)
    const closed = watched(store, (_, side) => {
      if (side === 'vault') throw new Error('the vault was opened')
    })
    const scope = RUNS[name]!.scope === 'gate' ? 'answer' : 'commit'
    expect(await verifyRun(closed, 'r', transcriptEngine(), 'closed')).toEqual({
      run: 'r',
      reproducible: true,
      scope,
      differences: [],
    })
    for (const file of ['gate.json', 'audit.jsonl'] as const) {
      const text = (await readText(store.objects, keys.autotuneRun('r', file)))!
      await store.objects.put(keys.autotuneRun('r', file), flipped(text, Math.floor(text.length / 3)))
      const { differences } = await verifyRun(closed, 'r', transcriptEngine(), 'closed')
      expect(differences.map((d) => d.file)).toContain(file)
      await store.objects.put(keys.autotuneRun('r', file), text)
    }
  })

  test('is not reproducible after one changed byte in any artifact, and the file is named', async () => {
    const store = await finished(name)
    const folder = 'autotune/runs/r/'
    const files = await Array.fromAsync(store.objects.list(folder))
    expect(files.length).toBeGreaterThanOrEqual(6)
    for (const key of files) {
      const text = Buffer.from((await store.objects.get(key))!).toString()
      for (const at of [Math.floor(text.length / 3), text.length - 1]) {
        if (at < 0) continue
        await store.objects.put(key, flipped(text, at))
        const result = await verify(store)
        expect({ key, at, ...result, named: result.differences.map((d) => d.file) }).toMatchObject({
          reproducible: false,
          named: expect.arrayContaining([key.slice(folder.length)]),
        })
      }
      await store.objects.put(key, text)
    }
    expect((await verify(store)).reproducible).toBe(true)
  })

  test('is not reproducible with an artifact missing or one too many', async () => {
    const store = await finished(name)
    const folder = 'autotune/runs/r/'
    for (const key of await Array.fromAsync(store.objects.list(folder))) {
      if (key.endsWith('manifest.json')) continue
      const bytes = (await store.objects.get(key))!
      await store.objects.delete(key)
      expect((await verify(store)).differences.map((d) => d.file)).toContain(key.slice(folder.length))
      await store.objects.put(key, bytes)
    }
    if (RUNS[name]!.verdict !== 'certified') {
      await store.objects.put(`${folder}selected-proposal.json`, '{}\n')
      expect((await verify(store)).differences).toEqual([{ file: 'selected-proposal.json', why: expect.any(String) }])
    }
  })

  test('is not reproducible after a changed byte in its search set, or without it', async () => {
    const store = await finished(name)
    const [key] = (await Array.fromAsync(store.objects.list(`goldens/${INTENT}/`))).filter(
      (k) => k.split('/').length === 4,
    )
    const text = Buffer.from((await store.objects.get(key!))!).toString()
    await store.objects.put(key!, flipped(text, Math.floor(text.length / 2)))
    const changed = await verify(store)
    expect(changed).toMatchObject({ reproducible: false, scope: 'none' })
    expect(changed.differences).toEqual([{ file: 'search set', why: expect.stringContaining(`${key} was changed`) }])
    await store.objects.delete(key!)
    expect((await verify(store)).differences).toEqual([
      { file: 'search set', why: expect.stringContaining(`${key} is missing`) },
    ])
  })
})

describe('the ledger item', () => {
  const names = Object.keys(RUNS).filter((n) => !n.startsWith('refused'))
  test.each(names)('of a run %s is named after any change of it', async (name) => {
    const store = await finished(name)
    const [item] = await items(store)
    const changes: Partial<LedgerItem>[] = [
      { used: item!.used + 1 },
      { questions: item!.questions + 1 },
      { alpha_k: item!.alpha_k * 2 },
      { labelled: item!.labelled - 1 },
      { chain: item!.version },
      { open: { k: 1, commit: item!.version, run_id: 'r' } },
      { retired: item!.retired === null ? 'exhausted' : null },
      ...(item!.used > 0
        ? [
            { used: 0 },
            { history: [] },
            { used: 0, history: [] },
            { history: item!.history.map((q) => ({ ...q, answer: !q.answer })) },
            { history: item!.history.map((q) => ({ ...q, commit: item!.version })) },
          ]
        : []),
    ]
    for (const change of changes) {
      const changed = await twin(store)
      const [pk, sk] = rowKeys.version(INTENT, item!.version)
      const { revision } = (await changed.table.get(pk, sk))!
      expect(await changed.table.update(pk, sk, revision, { ...item, ...change })).toBe(true)
      const result = await verify(changed)
      expect({ change, named: result.differences.map((d) => d.file) }).toEqual({
        change,
        named: expect.arrayContaining(['ledger']),
      })
    }
    expect((await verify(await twin(store))).reproducible).toBe(true)
  })

  test('is named when it is gone', async () => {
    const store = await finished('certified')
    const [pk, sk] = rowKeys.version(INTENT, (await items(store))[0]!.version)
    const row = (await store.table.get(pk, sk))!
    await store.table.remove(pk, sk, row.revision)
    expect((await verify(store)).differences.map((d) => d.file)).toContain('ledger')
  })
})

describe('the vault', () => {
  test('is not opened while the version lives', async () => {
    for (const name of ['answered "no" by a version that lives', 'inconclusive', 'without a candidate']) {
      const reads: string[] = []
      const store = watched(await finished(name), (_, side, key) => {
        if (side === 'vault') reads.push(key)
      })
      expect((await verify(store)).reproducible).toBe(true)
      expect(reads).toEqual([])
    }
  })

  test('shows after retirement whether the sealed set is still the one that answered', async () => {
    const store = await finished('certified')
    const [key] = await Array.fromAsync(store.vault.list(`goldens/${INTENT}/`))
    const text = Buffer.from((await store.vault.get(key!))!).toString()
    await store.vault.put(key!, text.replace('"tokens":[100,', '"tokens":[101,'))
    expect((await verify(store)).differences.map((d) => d.file)).toContain('sealed set')
  })
})

describe('a run stays reproducible', () => {
  test('after its version was retired, its cases joined the search set and new runs came', async () => {
    const store = await finished('certified')
    await imported(
      store,
      Array.from({ length: 100 }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 })),
    )
    await run(store, { runId: 'second' })
    for (const id of ['r', 'second'])
      expect(await verify(store, id)).toMatchObject({ reproducible: true, scope: 'gate' })
  })

  test('after its version was superseded', async () => {
    const store = await finished('inconclusive')
    await imported(store, [aFamily('n', { side: 'heldout' })])
    await run(store, { runId: 'second', target: aRoughTarget({ guardrails: strict }) })
    for (const id of ['r', 'second']) expect(await verify(store, id)).toMatchObject({ reproducible: true })
  })

  test('question by question: an early "no" is recomputed once the version is exhausted', async () => {
    const store = await finished('answered "no" by a version that lives')
    const change = {
      candidate_id: 'c',
      layer: 'retrieval' as const,
      patch: { 'evidence.orders.top_k': { from: 4, to: 2 } },
      rationale: 'r',
    }
    const target = aRoughTarget({ scoring: { replayer: 'transcript', questions: 2 } })
    expect(await run(store, { runId: 'second', candidates: [change], target })).toMatchObject({
      verdict: 'not_certified',
    })
    for (const id of ['r', 'second'])
      expect(await verify(store, id)).toMatchObject({ reproducible: true, scope: 'gate' })
  })

  test('whose question was given up before and asked again', async () => {
    const store = await stocked(memory(), aWorld(small))
    const target = aRoughTarget({ scoring: { replayer: 'transcript', questions: 2 } })
    const dying = watched(store, (act, side, key) => {
      if (act === 'read' && side === 'vault' && key.endsWith('test.jsonl')) throw new Error('power cut')
    })
    await expect(run(dying, { runId: 'gone', target })).rejects.toThrow('power cut')
    const { abandonRun } = await import('../../../functions/steps/run/abandon.ts')
    const { holder } = await import('../stores.ts')
    await abandonRun(store, 'gone', holder())
    expect(await run(store, { runId: 'r', target })).toMatchObject({ verdict: 'not_certified' })
    expect(await verify(store)).toMatchObject({ reproducible: true, scope: 'commit' })
    const change = {
      candidate_id: 'c',
      layer: 'retrieval' as const,
      patch: { 'evidence.orders.top_k': { from: 4, to: 2 } },
      rationale: 'r',
    }
    await run(store, { runId: 'second', candidates: [change], target })
    expect((await items(store))[0]!.retired).not.toBeNull()
    expect(await verify(store)).toMatchObject({ reproducible: true })
  })
})

test('fails on a run that does not exist, or never finished', async () => {
  const store = await finished('certified')
  for (const id of ['nobody', '../r', 'r/../r', ''])
    await expect(verify(store, id)).rejects.toThrow(`no finished run "${id}" in this store`)
})

test('names a file that got a byte order mark: its text is the same, its bytes are not', async () => {
  const store = await finished('inconclusive')
  const bytes = (await store.objects.get('autotune/runs/r/gate.json'))!
  await store.objects.put('autotune/runs/r/gate.json', Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes))
  expect((await verify(store)).differences.map((d) => d.file)).toContain('gate.json')
})

test.each(['{}', '[]', '7', '"no"', '{"question":null}', 'null'])(
  'an answer that was replaced by %s is named, and nothing else goes wrong',
  async (text) => {
    const store = await finished('certified')
    await store.objects.put('autotune/runs/r/gate.json', text)
    const { reproducible, differences } = await verify(store)
    expect([reproducible, differences.map((d) => d.file)]).toEqual([false, expect.arrayContaining(['gate.json'])])
  },
)

test('works over files as over memory', async () => {
  const { store, dispose } = onDisk()
  try {
    await stocked(store, aWorld(small))
    await run(store, { runId: 'r', target: aRoughTarget() })
    expect(await verify(store)).toMatchObject({ reproducible: true, scope: 'gate' })
    const inMemory = await contents(await finished('certified'))
    for (const [key, text] of Object.entries(await contents(store)))
      if (!key.endsWith('manifest.json') && !key.startsWith('open/heads/')) expect(inMemory[key]).toBe(text)
  } finally {
    dispose()
  }
})

test('a run that version 0.1.0 made is verified by that version, in one line', async () => {
  const store = await finished('certified')
  const key = keys.autotuneRun('r', 'target.json')
  const { gate_rules: _, ...old } = JSON.parse((await readText(store.objects, key))!)
  await store.objects.put(key, JSON.stringify(old))
  const manifestKey = keys.autotuneRun('r', 'manifest.json')
  const { digest: __, ...manifest } = JSON.parse((await readText(store.objects, manifestKey))!)
  const body = { ...manifest, artifacts: { ...manifest.artifacts, 'target.json': digestOfBytes(JSON.stringify(old)) } }
  await store.objects.put(manifestKey, `${canonical({ ...body, digest: digestOf(body) })}\n`)
  await expect(verify(store)).rejects.toThrow(/^run r was made by version 0\.1\.0: verify it with that version$/)
})
