/** Wall: a spent question stays spent. Each test is one way to get it back; the debit file beside the ledger stops it. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import type { ReplayEngine } from '#ports'
import type { LedgerItem } from '#schemas/heldout.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { abandonRun } from '../../functions/steps/run/abandon.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { killWhileWriting } from '../adapters/contract/children.ts'
import { contents, holder, items, run, stocked } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'

const DEBITS = 'ledger-debits.jsonl'
const LEDGER = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']

/** A store as it stood before its first run, when that was about to ask, killed right after OPEN, and finished. */
let made: string
const stages = { imported: '', sealed: '', killed: '', finished: '' }
beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'autotune-attack-'))
  for (const stage of Object.keys(stages) as (keyof typeof stages)[]) stages[stage] = join(made, stage)
  const live = join(made, 'live')
  const store = openStore(live, { durable: false })
  await stocked(store, aWorld({ search: 6, heldout: 100 }))
  cpSync(live, stages.imported, { recursive: true })
  const engine = transcriptEngine()
  const killing: ReplayEngine = {
    ...engine,
    scoreTogether(...args) {
      // A copy of what is on the disk, while the process lives: what a kill would leave, its -wal file included.
      cpSync(live, stages.killed, { recursive: true })
      return engine.scoreTogether!(...args)
    },
  }
  let isOpened = false
  const table: LocalStore['table'] = {
    ...store.table,
    spend(...args) {
      if (!isOpened) cpSync(live, stages.sealed, { recursive: true })
      isOpened = true
      return store.table.spend(...args)
    },
  }
  const request = { target: aTarget(), candidates: null, runId: 'asked', demonstration: null }
  expect(await runTarget({ ...store, table }, request, holder('first'), killing)).toMatchObject({
    verdict: 'certified',
  })
  store.close()
  cpSync(live, stages.finished, { recursive: true })
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

const taken: string[] = []
const copyOf = (stage: keyof typeof stages): string => {
  const dir = mkdtempSync(join(made, 'attacked-'))
  cpSync(stages[stage], dir, { recursive: true })
  taken.push(dir)
  return dir
}

/** Puts the ledger of one stage into the store of another. */
function putLedger(dir: string, from: keyof typeof stages, files: readonly string[] = LEDGER): void {
  for (const file of files) {
    rmSync(join(dir, file), { force: true })
    if (existsSync(join(stages[from], file))) copyFileSync(join(stages[from], file), join(dir, file))
  }
}

async function within<T>(dir: string, act: (store: LocalStore) => Promise<T>): Promise<T> {
  const store = openStore(dir, { durable: false })
  try {
    return await act(store)
  } finally {
    store.close()
  }
}

/** The question of another run, as somebody asks it who hopes for a fresh budget. */
const askAnother = (store: LocalStore) =>
  run(store, { runId: 'again', target: aTarget({ owner: 'somebody-else' }), holder: holder('second') })

/** The sealed version, its item before OPEN: made from the first ledger that holds it. */
const beforeOpen = (dir: string): void => {
  const database = new DatabaseSync(join(dir, 'ledger.sqlite'))
  const [{ n }] = database.prepare("SELECT count(*) AS n FROM items WHERE pk LIKE 'heldout#%'").all() as [{ n: number }]
  expect(n).toBe(1)
  database.exec(`UPDATE items SET revision = 0,
    body = json_set(json_set(json_set(body, '$.used', 0), '$.open', NULL), '$.history', json('[]'))
    WHERE pk LIKE 'heldout#%'`)
  database.close()
}

describe('the parent is killed after OPEN, and then', () => {
  const staysSpent = async (dir: string) =>
    await within(dir, async (store) => {
      expect((await items(store))[0]).toMatchObject({ used: 1, open: { k: 1, run_id: 'asked' } })
      await expect(askAnother(store)).rejects.toThrow('run asked is open on support.refund')
      expect(await abandonRun(store, 'asked', holder('second'))).toEqual({ run: 'asked', question: 1 })
      expect((await items(store))[0]).toMatchObject({ used: 1, retired: 'exhausted', history: [{ answer: false }] })
      expect((await askAnother(store)).verdict).toBe('refused')
    })

  test('its -wal file is deleted: the debit is in the main file', async () => {
    const dir = copyOf('killed')
    for (const file of LEDGER.slice(1)) rmSync(join(dir, file), { force: true })
    await staysSpent(dir)
  })

  test('its -wal file is overwritten with nothing, or with noise: the debit is in the main file', async () => {
    for (const bytes of ['', 'x'.repeat(5000)]) {
      const dir = copyOf('killed')
      writeFileSync(join(dir, 'ledger.sqlite-wal'), bytes)
      rmSync(join(dir, 'ledger.sqlite-shm'), { force: true })
      await staysSpent(dir)
    }
  })

  const combinations = [
    ['the whole ledger', LEDGER],
    ['its main file', LEDGER.slice(0, 1)],
    ['its -wal file', LEDGER.slice(1)],
  ] as const

  test.each([combinations[0], combinations[2]])(
    '%s is put back to the moment before OPEN: the debit file brings it forward',
    async (_, files) => {
      const dir = copyOf('killed')
      putLedger(dir, 'sealed', files)
      await staysSpent(dir)
    },
  )

  test('its main file is put back to the moment before OPEN, without the -wal file that held the seal: refused', async () => {
    const dir = copyOf('killed')
    putLedger(dir, 'sealed', LEDGER.slice(0, 1))
    await expect(within(dir, askAnother)).rejects.toThrow('is behind')
  })

  test.each(combinations)('%s is put back to before the seal: refused, naming question and run', async (_, files) => {
    const dir = copyOf('killed')
    putLedger(dir, 'imported', files)
    await expect(within(dir, askAnother)).rejects.toThrow(
      /ledger\.sqlite is behind .*ledger-debits\.jsonl: it lacks question 1 of support\.refund sha256:\w{8}, opened by run asked\. .* restore the newest copy/,
    )
  })

  test('the item alone is edited back to "nothing asked": refused', async () => {
    const dir = copyOf('killed')
    beforeOpen(dir)
    await expect(within(dir, askAnother)).rejects.toThrow('is behind')
  })

  test('the same run goes on and ends as if nobody had killed it', async () => {
    const dir = copyOf('killed')
    await within(dir, async (store) => {
      expect(await run(store, { runId: 'asked', holder: holder('second') })).toMatchObject({ verdict: 'certified' })
      const artifacts = Object.entries(await contents(store)).filter(([key]) => key.includes('autotune/runs/asked/'))
      const whole = Object.fromEntries(
        await within(copyOf('finished'), async (other) => Object.entries(await contents(other))),
      )
      for (const [key, text] of artifacts) if (!key.endsWith('manifest.json')) expect(text).toBe(whole[key])
    })
  })
})

describe('a run is finished, and then', () => {
  test('the ledger is put back to the moment after OPEN: its answer is entered again', async () => {
    const dir = copyOf('finished')
    putLedger(dir, 'killed')
    await within(dir, async (store) => {
      expect((await items(store))[0]).toMatchObject({ used: 1, open: null, retired: 'passed' })
    })
  })

  test('the ledger is put back to before the seal, or removed: refused, naming what it lacks', async () => {
    for (const attack of ['put back', 'removed']) {
      const dir = copyOf('finished')
      if (attack === 'put back') putLedger(dir, 'imported')
      else for (const file of LEDGER) rmSync(join(dir, file), { force: true })
      await expect(within(dir, askAnother)).rejects.toThrow(
        /lacks question 1 .*opened by run asked; question 1 .*answered by/,
      )
    }
  })

  test.each<[string, (file: string) => void, RegExp]>([
    ['removed', (file) => rmSync(file), /it holds 0 debits and the ledger knows 2/],
    ['emptied', (file) => truncateSync(file, 0), /it holds 0 debits and the ledger knows 2/],
    ['cut by a line', (file) => writeFileSync(file, `${lines(file)[0]}\n`), /it holds 1 debits and the ledger knows 2/],
    [
      'cut within a line',
      (file) => truncateSync(file, readFileSync(file).length - 5),
      /holds 1 debits and the ledger knows 2/,
    ],
    [
      'edited',
      (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"used":1', '"used":0')),
      /line 1: .*was changed/,
    ],
    ['robbed of its first line', (file) => writeFileSync(file, `${lines(file)[1]}\n`), /line 1: .*was changed/],
    ['given a forged line', (file) => writeFileSync(file, '{"n":3}\n', { flag: 'a' }), /line 3: .*was changed/],
  ])('the debit file is %s: noticed, and said', async (_, attack, said) => {
    const dir = copyOf('finished')
    attack(join(dir, DEBITS))
    await expect(within(dir, askAnother)).rejects.toThrow(said)
    await expect(within(dir, askAnother)).rejects.toThrow('restore it from a copy')
  })

  test('ledger and debit file are put back together: NOT noticed, only an anchor elsewhere could (docs/trust.md)', async () => {
    const dir = copyOf('finished')
    putLedger(dir, 'imported')
    rmSync(join(dir, DEBITS))
    expect(await within(dir, items)).toEqual([])
  })
})

const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n')

describe('a process that spends is killed at any moment', () => {
  test('no debit is lost, none is counted twice, and the next one goes on', async () => {
    const dir = mkdtempSync(join(made, 'killed-'))
    const file = join(dir, 'ledger.sqlite')
    for (const afterMs of [0, 3, 9, 17, 31, 52]) {
      await killWhileWriting('../../../attacks/child/spend-loop.ts', [file], afterMs)
      const table = sqliteTable(file)
      const { revision, body } = (await table.get<{ used: number }>('heldout#i', 'v'))!
      const debits = lines(join(dir, DEBITS)).slice(0, -1)
      expect({ revision, used: body.used }).toEqual({ revision: debits.length, used: debits.length })
      table.close()
    }
  })

  /** Two spends, and the files as they stood between them. */
  const twice = async (dir: string) => {
    const file = join(dir, 'ledger.sqlite')
    const table = sqliteTable(file)
    await table.create('heldout#i', 'v', { used: 0 })
    await table.spend('heldout#i', 'v', 0, { used: 1 }, 'question 1')
    table.close()
    const between = readFileSync(file)
    const again = sqliteTable(file)
    await again.spend('heldout#i', 'v', 1, { used: 2 }, 'question 2')
    again.close()
    return { file, between, debits: readFileSync(join(dir, DEBITS)) }
  }

  test('after every byte of the debit, before the ledger has it: torn is not spent, whole is', async () => {
    const dir = mkdtempSync(join(made, 'torn-'))
    const { file, between, debits } = await twice(dir)
    const first = debits.indexOf(0x0a) + 1
    for (let end = first; end <= debits.length; end += end < debits.length - 4 ? 37 : 1) {
      rmSync(`${file}-wal`, { force: true })
      rmSync(`${file}-shm`, { force: true })
      writeFileSync(file, between)
      writeFileSync(join(dir, DEBITS), debits.subarray(0, end))
      const table = sqliteTable(file)
      const whole = end === debits.length
      expect(await table.get('heldout#i', 'v')).toMatchObject({ revision: whole ? 2 : 1 })
      expect(await table.spend('heldout#i', 'v', whole ? 2 : 1, { used: 'next' }, 'the next')).toBe(true)
      table.close()
      expect(lines(join(dir, DEBITS))).toHaveLength(whole ? 4 : 3)
    }
  })

  test('the debit of a question is on its own disk file before any sealed case is read', async () => {
    const [opened] = lines(join(stages.killed, DEBITS))
    expect(lines(join(stages.killed, DEBITS))).toHaveLength(2)
    const { body } = JSON.parse(opened!) as { body: LedgerItem }
    expect(body).toMatchObject({ used: 1, open: { k: 1, run_id: 'asked' } })
    // The main file alone holds it too.
    const dir = copyOf('killed')
    for (const file of LEDGER.slice(1)) rmSync(join(dir, file), { force: true })
    const database = new DatabaseSync(join(dir, 'ledger.sqlite'), { readOnly: true })
    expect(
      JSON.parse(database.prepare('SELECT body FROM items WHERE pk = ?').get('heldout#support.refund')!.body as string),
    ).toEqual(body)
    database.close()
  })
})
