/** A process killed before any of its writes and started again ends with the same bytes, and asks at most once. */
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { abandonRun } from '../../functions/steps/run/abandon.ts'
import { openLocks, takeLock } from '../../functions/steps/run/lock.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { aFamily, aRoughTarget, aWorld } from '../support/builders.ts'
import {
  contents,
  copied,
  holder,
  imported,
  items,
  Killed,
  killedAtWrite,
  memory,
  run as runOf,
  stocked,
  twin,
  watched,
} from './stores.ts'

/** Each kill is two runs: a world that is small, and a target that it can answer. */
const small = { search: 6, heldout: 30 }
const run: typeof runOf = (store, over) => runOf(store, { target: aRoughTarget(), ...over })
const worlds = {
  // One search family that top_k 1 fails: a list of two, the safe one first.
  'a yes to a list of two': aWorld({ ...small, search: 14, extra: [{ side: 'search', gold: 2 }] }),
  'a yes': aWorld(small),
  'a no': aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }),
  'no candidate': aWorld({ ...small, extra: [{ side: 'search', required: 4, gold: 4 }] }),
}
const RUN_ID = 'at_run'

/** Everything that a finished run leaves, but for what holds times. */
const left = async (store: Store) => {
  const all = await contents(store)
  return {
    files: Object.fromEntries(
      Object.entries(all).filter(([key]) => !/manifest\.json$|\/autotune\/newest\/|experience\/runs\//.test(key)),
    ),
    items: await items(store),
    locks: await Array.fromAsync(store.table.query('lock')),
  }
}
/** Write numbers of a whole run: all of them but most of the claims of families. */
async function writesWorthKilling(store: Store): Promise<number[]> {
  const kinds: string[] = []
  await run(
    watched(await copied(store), (act, _, key) => {
      if (act === 'write') kinds.push(key.startsWith('family#') ? 'claim' : key)
    }),
    { runId: RUN_ID },
  )
  const claims = kinds.flatMap((kind, i) => (kind === 'claim' ? [i + 1] : []))
  const skipped = new Set(claims.filter((_, i) => i > 0 && i !== 15 && i < claims.length - 1))
  return kinds.map((_, i) => i + 1).filter((n) => !skipped.has(n))
}

const named = Object.entries(worlds).filter(([name]) => name !== 'a yes')
describe.each(named)('a run that ends in %s', (name, world) => {
  test('ends with the same bytes wherever it was killed, and one question at most is spent', async () => {
    const base = await stocked(memory(), world)
    const whole = await copied(base)
    const summary = await run(whole, { runId: RUN_ID })
    const undisturbed = await left(whole)
    const sealed = Object.keys(undisturbed.files).filter((key) => key.includes('/scores-'))
    expect(sealed).toHaveLength(name.endsWith('two') ? 2 : name.endsWith('no') ? 1 : 0)
    const writes = await writesWorthKilling(base)
    expect(writes.length).toBeGreaterThan(12)
    for (const n of writes) {
      const store = await copied(base)
      await expect(run(killedAtWrite(store, n).store, { runId: RUN_ID, holder: holder('first') })).rejects.toThrow(
        Killed,
      )
      expect((await items(store)).every((item) => item.used <= 1)).toBe(true)
      const again = await run(store, { runId: RUN_ID, holder: holder('second') })
      expect({ n, ...again }).toEqual({ n, ...summary })
      const after = await left(store)
      expect({ n, ...after }).toEqual({ n, ...undisturbed })
    }
  })
})

test('a run that was killed twice, the second time while it resumed, ends the same way', async () => {
  const base = await stocked(memory(), worlds['a no'])
  const whole = await copied(base)
  await run(whole, { runId: RUN_ID })
  const writes = (await writesWorthKilling(base)).filter((n) => n > small.heldout + 5)
  const undisturbed = await left(whole)
  for (const [i, first] of writes.entries()) {
    const second = [1, 3, 5][i % 3]!
    const store = await copied(base)
    const start = (name: string, n: number) =>
      run(killedAtWrite(store, n).store, { runId: RUN_ID, holder: holder(name) }).catch((error) => {
        if (!(error instanceof Killed)) throw error
      })
    await start('first', first)
    await start('second', second)
    await start('third', 1000)
    expect({ first, second, ...(await left(store)) }).toEqual({ first, second, ...undisturbed })
  }
})

test('a run that was killed while it opened a retired version to the search ends the same way', async () => {
  const base = await stocked(memory(), worlds['a yes'])
  await run(base, { runId: 'first' })
  const fresh = Array.from({ length: 30 }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 }))
  await imported(base, fresh)
  const whole = await twin(base)
  const kinds: string[] = []
  const watching = watched(whole, (act, _, key) => {
    if (act === 'write') kinds.push(/^family#|experience\/runs/.test(key) ? 'many' : key)
  })
  const summary = await run(watching, { runId: RUN_ID })
  expect(summary).toMatchObject({ verdict: 'certified', heldout_families: 30 })
  const undisturbed = await left(whole)
  const many = kinds.flatMap((kind, i) => (kind === 'many' ? [i + 1] : []))
  const sampled = new Set([many[0]!, many[7]!, many[75]!, many.at(-1)!])
  for (const [i, kind] of kinds.entries()) {
    if (kind === 'many' && !sampled.has(i + 1)) continue
    const store = await twin(base)
    const died = killedAtWrite(store, i + 1)
    await expect(run(died.store, { runId: RUN_ID, holder: holder('first') })).rejects.toThrow(Killed)
    await run(store, { runId: RUN_ID, holder: holder('second') })
    expect({ n: i + 1, ...(await left(store)) }).toEqual({ n: i + 1, ...undisturbed })
  }
})

describe('a question that was opened and never answered', () => {
  const opened = async () => {
    const store = await stocked(memory(), worlds['a yes'])
    let open = false
    const dying = watched(store, (act, side, key) => {
      if (open) throw new Killed(key)
      open =
        act === 'write' && side === 'table' && key.startsWith('heldout#') && key.includes('sha256') && opens++ === 1
    })
    let opens = 0
    await expect(run(dying, { runId: RUN_ID, holder: holder('first') })).rejects.toThrow(Killed)
    expect((await items(store))[0]).toMatchObject({ used: 1, open: { k: 1, run_id: RUN_ID } })
    return store
  }

  test('is spent, and answered by the next start of that run', async () => {
    const store = await opened()
    expect(await run(store, { runId: RUN_ID, holder: holder('second') })).toMatchObject({ verdict: 'certified' })
    expect((await items(store))[0]).toMatchObject({ used: 1, open: null, retired: 'passed' })
  })

  test('is answered "no" when the run is given up, and the lock is free', async () => {
    const store = await opened()
    expect(await abandonRun(store, RUN_ID, holder('second'))).toEqual({ run: RUN_ID, question: 1 })
    const [item] = await items(store)
    expect(item).toMatchObject({ used: 1, open: null, retired: 'exhausted', history: [{ answer: false }] })
    expect(await Array.fromAsync(store.table.query('lock'))).toEqual([])
    await expect(abandonRun(store, RUN_ID, holder('second'))).rejects.toThrow(
      `no run "${RUN_ID}" is open in this store`,
    )
  })

  test('stays answered "no" for the same question asked again', async () => {
    const store = await opened()
    await abandonRun(store, RUN_ID, holder('second'))
    expect(await run(store, { runId: 'again' })).toMatchObject({ verdict: 'refused' })
  })

  /** What another process does once, when this one is about to look at or change the rows of a key, the so-manieth time. */
  const beside = (
    store: Store,
    act: 'query' | 'update',
    key: string,
    other: () => Promise<unknown>,
    nth = 1,
  ): Store => {
    let times = 0
    const first = async (pk: string) => {
      if (pk.startsWith(key) && ++times === nth) await other()
    }
    const { table } = store
    return {
      ...store,
      table: {
        ...table,
        async *query<T>(...args: Parameters<typeof table.query>) {
          if (act === 'query') await first(args[0])
          yield* table.query<T>(...args)
        },
        async update(...args) {
          if (act === 'update') await first(args[0])
          return await table.update(...args)
        },
      },
    }
  }

  test('is answered by its run, and not by "no" over that, when the run is taken up just before it is given up', async () => {
    const store = await opened()
    const resumed = () => run(store, { runId: RUN_ID, holder: holder('second') })
    await expect(abandonRun(beside(store, 'update', 'lock', resumed), RUN_ID, holder('third'))).rejects.toThrow(
      `run ${RUN_ID} was taken up by another process at this moment`,
    )
    expect((await items(store))[0]).toMatchObject({ used: 1, open: null, history: [{ answer: true }] })
  })

  test.each(['killed', 'failed'])('of a run that %s is not taken up while it is given up', async (how) => {
    const store = await opened()
    if (how === 'failed') for await (const lock of openLocks(store)) await lock.free()
    const said: unknown[] = []
    const resumed = (runId: string) => async () => {
      const started = run(store, { runId, holder: holder('second', ['third']) })
      said.push(await started.catch(({ message }: Error) => message))
    }
    // Whether a run without a lock has an open question is looked at before its lock is taken.
    const [runId, nth] = how === 'failed' ? ['other', 2] : [RUN_ID, 1]
    const giving = beside(store, 'query', 'heldout', resumed(runId), nth)
    expect(await abandonRun(giving, RUN_ID, holder('third'))).toEqual({ run: RUN_ID, question: 1 })
    expect(said).toEqual([expect.stringContaining('process third is working on it')])
    expect((await items(store))[0]).toMatchObject({ open: null, history: [{ answer: false }] })
    expect(await Array.fromAsync(store.table.query('lock'))).toEqual([])
  })

  test.each(['', '.', '..', '../../x', '/etc/passwd', '__proto__', 'a b'])('is of no run "%s"', async (id) => {
    await expect(abandonRun(await opened(), id, holder('second'))).rejects.toThrow(
      `no run "${id}" is open in this store`,
    )
  })

  test('of another run is none of a finished one, which is not open', async () => {
    const store = await opened()
    await run(store, { runId: RUN_ID, holder: holder('second') })
    await takeLock(store, 'support.refund', 'destructive', { run_id: 'other', about: 'x' }, holder('first'))
    await expect(abandonRun(store, RUN_ID, holder('third'))).rejects.toThrow(`no run "${RUN_ID}" is open in this store`)
  })

  test('is not given up while its process still works', async () => {
    const store = await opened()
    await expect(abandonRun(store, RUN_ID, holder('second', ['first']))).rejects.toThrow(
      new RegExp(`^run ${RUN_ID} is not to be given up: process first is working on it since .*Stop it first$`),
    )
    expect((await items(store))[0]!.open).not.toBeNull()
  })
})

test('a run that was killed after its sealed answer and then given up is answered "no", whatever that answer was', async () => {
  const store = await stocked(memory(), worlds['a yes'])
  let answered = false
  const dying = watched(store, (act, side, key) => {
    if (answered) throw new Killed(key)
    answered = act === 'write' && side === 'vault' && key.endsWith('answer.json')
  })
  await expect(run(dying, { runId: RUN_ID, holder: holder('first') })).rejects.toThrow(Killed)
  await abandonRun(store, RUN_ID, holder('second'))
  expect((await items(store))[0]).toMatchObject({ history: [{ answer: false }], retired: 'exhausted' })
})

test('a run that was given up leaves nothing that a later run of that id takes for its own', async () => {
  const store = await stocked(memory(), worlds['a yes'])
  const { reached, store: dying } = killedAtWrite(store, small.heldout + 15)
  await expect(run(dying, { runId: RUN_ID, holder: holder('first') })).rejects.toThrow(Killed)
  expect(reached()).toBe(small.heldout + 15)
  await abandonRun(store, RUN_ID, holder('second'))
  const other = aRoughTarget({ owner: 'somebody-else' })
  const died = killedAtWrite(store, 2)
  await expect(run(died.store, { runId: RUN_ID, target: other, holder: holder('third') })).rejects.toThrow(Killed)
  await run(store, { runId: RUN_ID, target: other, holder: holder('fourth') })
  const target = JSON.parse((await contents(store))[`open/autotune/runs/${RUN_ID}/target.json`]!)
  expect(target.target.owner).toBe('somebody-else')
})

describe('a gate that failed, its process alive', () => {
  const failed = async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const engine = {
      ...transcriptEngine(),
      // biome-ignore lint/correctness/useYield: it never comes to yield
      async *scoreTogether() {
        throw new Error('disk full')
      },
    }
    const request = { target: aRoughTarget(), candidates: null, runId: RUN_ID, demonstration: null }
    await expect(runTarget(store, request, holder('first'), engine)).rejects.toThrow('disk full')
    expect((await items(store))[0]).toMatchObject({ used: 1, open: { run_id: RUN_ID } })
    return store
  }

  test('is answered by the next start of that run, or of that target under another id', async () => {
    for (const runId of [RUN_ID, 'other']) {
      const store = await failed()
      expect(await run(store, { runId })).toMatchObject({ run: runId, verdict: 'certified' })
      expect((await items(store))[0]!.used).toBe(1)
    }
  })

  test('can be given up by the id that a refusal names', async () => {
    const store = await failed()
    const other = await run(store, { runId: 'other', target: aRoughTarget({ owner: 'somebody-else' }) })
    expect(other.verdict).toBe('refused')
    expect(other.reasons[0]).toContain(`run --abandon ${RUN_ID}`)
    expect(await abandonRun(store, RUN_ID, holder('second'))).toEqual({ run: RUN_ID, question: 1 })
    expect((await items(store))[0]).toMatchObject({ used: 1, open: null, history: [{ answer: false }] })
  })
})
