/** A store that somebody writes who has not its key: its stages, the ways to change them unseen, and what is found. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll } from 'vitest'
import { canonical, chainLink, digestOf } from '#core/canonical.ts'
import { stopRollout } from '#core/release/rollout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { changeRollout } from '../../functions/steps/release/change-rollout.ts'
import { verifyWholeStore } from '../../functions/steps/release/verify-store.ts'
import { decideAtTerminal } from '../../functions/steps/review/answer.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { approve, certified, HAND, ID, produce, reviewed, signer, start } from '../steps/release/support.ts'
import { REFS } from '../support/builders.ts'

/** A store when its run was certified, its review was opened, approved, its rollout had begun, had production on record, and was stopped. */
export const stages = { certified: '', opened: '', approved: '', started: '', recorded: '', stopped: '' }
let made: string
export const stop = (store: LocalStore) =>
  changeRollout(store, signer, ID, (rollout) => stopRollout(rollout, { ...HAND, at: store.clock.now() }))
export const vote = (store: LocalStore, reviewer = 'ben', role = 'policy') =>
  decideAtTerminal(store, 'r', { role, reviewer, decision: 'approved', reason: null, shown: null })
export const open = (dir: string): LocalStore => openStore(dir, { durable: false })

/** Makes the stages, and is rid of them when the tests of a file are over. */
export function withStages(): void {
  beforeAll(async () => {
    made = mkdtempSync(join(tmpdir(), 'autotune-attack-'))
    for (const stage of Object.keys(stages) as (keyof typeof stages)[]) stages[stage] = join(made, stage)
    const live = join(made, 'live')
    const kept = (stage: keyof typeof stages): void => {
      const store = open(live)
      store.close()
      cpSync(live, stages[stage], { recursive: true })
    }
    const acting = async (act: (store: LocalStore) => Promise<unknown>): Promise<void> => {
      const store = open(live)
      await act(store).finally(() => store.close())
    }
    await acting(certified)
    kept('certified')
    await acting((store) => reviewed(store, 'r'))
    kept('opened')
    await acting((store) => approve(store, 'r'))
    kept('approved')
    await acting(start)
    kept('started')
    await acting((store) => produce(store, { count: 3 }))
    kept('recorded')
    await acting(stop)
    kept('stopped')
  })
  afterAll(() => rmSync(made, { recursive: true, force: true }))
}

/** A copy of a stage to attack. */
export function copied(stage: keyof typeof stages): string {
  const dir = mkdtempSync(join(made, 'copy-'))
  cpSync(stages[stage], dir, { recursive: true })
  return dir
}

/** What `verify` without a run finds, as lines. */
export async function found(dir: string): Promise<string[]> {
  const store = open(dir)
  try {
    return (await verifyWholeStore(store, signer))!.problems.map(({ what, why }) => `${what} ${why}`)
  } finally {
    store.close()
  }
}

/** Works on the ledger of a store as somebody does who has its file. */
export function inLedger<T>(dir: string, act: (ledger: DatabaseSync) => T): T {
  const ledger = new DatabaseSync(join(dir, 'ledger.sqlite'))
  try {
    return act(ledger)
  } finally {
    ledger.close()
  }
}

export function edited(dir: string, pk: string, change: (body: Record<string, never>) => unknown, revision = 0): void {
  const rows = rowsOf(dir, pk)
  inLedger(dir, (ledger) => {
    for (const { sk, body } of rows)
      ledger
        .prepare('UPDATE items SET body = ?, revision = revision + ? WHERE pk = ? AND sk = ?')
        .run(canonical(change(JSON.parse(body))), revision, pk, sk)
  })
}

/** Takes the codes off the items of a store, and the debits that say how they lay there. */
export function uncoded(dir: string): void {
  removed(dir, ['ledger-debits.jsonl'])
  edited(dir, 'debits', () => ({ n: 0, chain: null }))
  for (const pk of ['split', 'heldout#support.refund']) edited(dir, pk, ({ head_code: _, ...body }) => body)
}

export function inserted(dir: string, pk: string, sk: string, body: unknown, revision = 0): void {
  inLedger(dir, (ledger) =>
    ledger.prepare('INSERT INTO items VALUES (?, ?, ?, ?)').run(pk, sk, revision, canonical(body)),
  )
}

/** Puts one partition of the ledger back as an older copy had it, codes and all; null: it is emptied. */
export function partitionPutBack(dir: string, pk: string, older: keyof typeof stages | null): void {
  const select = 'SELECT pk, sk, revision, body FROM items WHERE pk GLOB ?'
  const rows = older === null ? [] : inLedger(stages[older], (ledger) => ledger.prepare(select).all(pk))
  inLedger(dir, (ledger) => {
    ledger.prepare('DELETE FROM items WHERE pk GLOB ?').run(pk)
    for (const row of rows)
      ledger.prepare('INSERT INTO items VALUES (?, ?, ?, ?)').run(...(Object.values(row) as string[]))
  })
}

/** Partitions of the tests' intent, as patterns: claims lie in many. */
export const REJECTIONS = 'rejection#support.refund'
export const CLAIMS = 'family#*#support.refund'

/** Edits the first row of a partition. */
function firstEdited(dir: string, pk: string, body: unknown): void {
  const { sk } = rowsOf(dir, pk)[0]!
  inLedger(dir, (ledger) =>
    ledger.prepare('UPDATE items SET body = ? WHERE pk GLOB ? AND sk = ?').run(canonical(body), pk, sk),
  )
}

export function rowsOf(dir: string, pk: string): { readonly sk: string; readonly body: string }[] {
  const select = 'SELECT sk, body FROM items WHERE pk GLOB ? ORDER BY sk'
  return inLedger(dir, (ledger) => ledger.prepare(select).all(pk) as never)
}

export const file = (dir: string, ...path: readonly string[]): string => join(dir, ...path)
export const LAYOUT = keys.layout()
export const LEDGER = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm', 'ledger-debits.jsonl']
export const removed = (dir: string, names: readonly string[]): void => {
  for (const name of names) rmSync(file(dir, name), { recursive: true, force: true })
}
/** Puts back what an older copy had of some files. */
export const putBack = (dir: string, older: keyof typeof stages, names: readonly string[]): void => {
  removed(dir, names)
  for (const name of names)
    if (existsSync(file(stages[older], name))) cpSync(file(stages[older], name), file(dir, name), { recursive: true })
}
export const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'))
export const lastHead = (dir: string): string => file(dir, 'heads', readdirSync(file(dir, 'heads')).sort().at(-1)!)

/** A manifest that says something else, with a digest that covers it. */
export function resealed(dir: string, change: (manifest: Record<string, unknown>) => void): void {
  const path = file(dir, 'autotune/runs/r/manifest.json')
  const { digest: _, ...manifest } = json(path)
  change(manifest)
  writeFileSync(path, `${canonical({ ...manifest, digest: digestOf(manifest) })}\n`)
}

export type Attack = readonly [what: string, stage: keyof typeof stages, act: (dir: string) => void, noticed: RegExp]

export const ATTACKS: readonly Attack[] = [
  [
    'the ledger is removed, its debits too',
    'approved',
    (dir) => removed(dir, LEDGER),
    /question ledger of support.refund .* is missing/,
  ],
  [
    'the ledger is put back to before the approval',
    'approved',
    (dir) => putBack(dir, 'certified', LEDGER),
    /review rv_r_1 is missing/,
  ],
  [
    'the ledger and the releases are put back to before the rollout',
    'started',
    (dir) => putBack(dir, 'approved', [...LEDGER, 'releases']),
    /rollout ro_r is missing/,
  ],
  [
    'a question is given back, its unkeyed chain recomputed',
    'certified',
    (dir) => {
      removed(dir, ['ledger-debits.jsonl'])
      edited(dir, 'debits', () => ({ n: 0, chain: null }))
      edited(dir, 'heldout#support.refund', (body) => {
        const { used, open: opened, history, retired, chain, revision, ...facts } = body as Record<string, unknown>
        return { ...facts, used: 0, open: null, history: [], retired: null, chain: chainLink(null, facts), revision: 0 }
      })
    },
    /question ledger of support.refund .* was changed/,
  ],
  [
    'a finished run is removed',
    'certified',
    (dir) => removed(dir, ['autotune/runs/r']),
    /run r is missing: it ended certified, and was removed since/,
  ],
  [
    'a finished run is removed, and a lock says that it is under way',
    'certified',
    (dir) => {
      removed(dir, ['autotune/runs/r'])
      inserted(dir, 'lock', 'support.refund#x', {
        run_id: 'r',
        about: 'a',
        holder: 'h',
        since: '2026-11-23T00:00:00.000Z',
      })
    },
    /run r is missing: it ended certified, and was removed since/,
  ],
  [
    'a lock is no lock',
    'certified',
    (dir) => inserted(dir, 'lock', 'support.refund#x', null),
    /lock of support\.refund#x is damaged: restore the ledger from a copy/,
  ],
  [
    'a verdict is changed, the manifest sealed again',
    'certified',
    (dir) => resealed(dir, (manifest) => Object.assign(manifest, { verdict: 'rejected' })),
    /run r was changed/,
  ],
  [
    'the proposal is edited before its review opens, the manifest sealed again',
    'certified',
    (dir) => {
      const path = file(dir, 'autotune/runs/r/selected-proposal.json')
      writeFileSync(
        path,
        readFileSync(path, 'utf8')
          .replace('"top_k"', '"top_j"')
          .replace(/"to":\d+/, '"to":0'),
      )
      resealed(dir, (manifest) =>
        Object.assign(manifest.artifacts as object, { 'selected-proposal.json': digestOf(json(path)) }),
      )
    },
    /run r was changed/,
  ],
  [
    'an approval is forged in the ledger',
    'certified',
    (dir) => {
      const { head_code: _, ...review } = JSON.parse(rowsOf(stages.approved, 'review')[0]!.body)
      inserted(dir, 'review', 'rv_r_1', review, 2)
    },
    /review rv_r_1 is not in the journal: somebody else wrote it/,
  ],
  [
    'an approval gets another name and a later revision',
    'approved',
    (dir) => edited(dir, 'review', (body) => JSON.parse(JSON.stringify(body).replaceAll('"ana"', '"eve"')), 1),
    /review rv_r_1 was changed: its code does not hold/,
  ],
  [
    'a promotion record is edited',
    'started',
    (dir) => edited(dir, 'rollout', (body) => JSON.parse(JSON.stringify(body).replaceAll('0%_shadow', '5%_canary'))),
    /rollout ro_r was changed/,
  ],
  [
    'a signed artifact is removed',
    'started',
    (dir) => removed(dir, ['releases/rollouts/ro_r/0000/artifact.json']),
    /promotion record ro_r 0 is missing/,
  ],
  [
    'a suite is published anew under its ref',
    'certified',
    (dir) => {
      const path = file(dir, 'packs', REFS.evals, 'suite.json')
      writeFileSync(path, `${canonical({ ...json(path), weakened: true })}\n`)
    },
    /evals.*@.* was changed since it was published/,
  ],
  [
    'sealed runs are rewritten, the lists of imports with them',
    'certified',
    (dir) => {
      const folder = file(dir, 'ingest/listed')
      for (const name of readdirSync(folder)) {
        const lists = readFileSync(join(folder, name), 'utf8')
        rmSync(join(folder, name))
        const other = lists.replace(']', ',"ingest/journal/0.jsonl"]')
        writeFileSync(join(folder, `${digestOf(JSON.parse(other)).slice(7)}.json`), other)
      }
    },
    /ingest\/listed\/.* is not in the journal/,
  ],
  [
    'runs of another store are put in, with the list of their import',
    'certified',
    (dir) => writeFileSync(file(dir, `ingest/listed/${digestOf('elsewhere').slice(7)}.json`), '[]'),
    /ingest\/listed\/.* is not in the journal: another program put runs into this store/,
  ],
  [
    'the family claims of an asked version are removed',
    'certified',
    (dir) => partitionPutBack(dir, CLAIMS, null),
    /question ledger of support.refund .* lacks the claims of 100 families/,
  ],
  [
    'a family claim is moved to a version that nobody asked',
    'certified',
    (dir) => firstEdited(dir, CLAIMS, { version: digestOf('another') }),
    /lacks the claims of 1 family/,
  ],
  [
    'a family that was never sealed is claimed for an asked version',
    'certified',
    (dir) => {
      const [row] = rowsOf(dir, CLAIMS)
      inserted(dir, ...rowKeys.claim('support.refund', 'f'.repeat(32)), JSON.parse(row!.body))
    },
    /has claims of 1 family that it does not hold/,
  ],
  [
    'a rejection is removed',
    'stopped',
    (dir) => partitionPutBack(dir, REJECTIONS, null),
    /rejection of support.refund .* is missing/,
  ],
  [
    'a rejection is edited',
    'stopped',
    (dir) => edited(dir, REJECTIONS, (body) => ({ ...(body as object), reason: 'none' })),
    /rejection of support.refund .* was changed/,
  ],
  [
    'a rejection is put in',
    'certified',
    (dir) => inserted(dir, REJECTIONS, 'x#y', { rejection_id: 'y' }),
    /rejection of support.refund .* is not in the journal/,
  ],
  [
    'what became of a proposal is removed',
    'started',
    (dir) => partitionPutBack(dir, 'proposal#r_01', null),
    /what became of proposal r_01 .* is missing/,
  ],
  [
    'a segment of the production log is removed, its row too',
    'recorded',
    (dir) => partitionPutBack(dir, 'production#ro_r', null),
    /production log of ro_r 000001 is missing/,
  ],
  [
    'a segment of the production log is put in',
    'recorded',
    (dir) => inserted(dir, 'production#ro_r', '000002', { digest: digestOf('x'), runs: 1 }),
    /production log of ro_r 000002 is not in the journal/,
  ],
  ['the journal is removed', 'approved', (dir) => removed(dir, ['heads']), /the journal of heads is missing/],
  [
    'a line of the journal is edited',
    'approved',
    (dir) =>
      writeFileSync(
        file(dir, 'heads/00000003.json'),
        `${canonical({ ...json(file(dir, 'heads/00000003.json')), at: '2026-01-01T00:00:00.000Z' })}\n`,
      ),
    /line 4 of the journal does not follow/,
  ],
  [
    'the last line of the journal is edited',
    'approved',
    (dir) => writeFileSync(lastHead(dir), `${canonical({ ...json(lastHead(dir)), at: '2026-01-01T00:00:00.000Z' })}\n`),
    /was not written by this store/,
  ],
  [
    'the key of the journal is removed',
    'approved',
    (dir) => removed(dir, ['vault/heads.key']),
    /was not written by this store/,
  ],
]
