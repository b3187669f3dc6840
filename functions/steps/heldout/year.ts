/**
 * The error budget of a year over every intent, version and epoch: a question is charged to one item of the ledger before it is opened, so
 * that two runs that ask at once cannot spend the same room.
 */
import { type AskedQuestion, mostOfNext, questionsOf, yearRefusal } from '#core/cadence/year-budget.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { versionsOf } from '../experience/families.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** A budget as its owner last declared it. */
interface DeclaredBudget {
  readonly budget: number
  /** Owner who signed it; null: the first one, or a lower one, which need nobody. */
  readonly by: string | null
  readonly on: string
  /** Digest of the bands that declare it. */
  readonly bands: string
}

/** The item: what was declared, oldest first, and what was charged since. */
export interface YearItem {
  readonly declared: readonly DeclaredBudget[]
  readonly charged: readonly AskedQuestion[]
}

type Asking = Pick<Store, 'table' | 'objects' | 'clock' | 'yearBudget'>

/** The budget that holds: of a deployment the one that it was deployed with, of a folder the one declared last. Null: none is. */
const budgetOf = (store: Asking, item: YearItem | undefined): number | null =>
  store.yearBudget ?? item?.declared.at(-1)?.budget ?? null

/**
 * Charges a question to the year; again without effect. Returns why it may not be asked, with nothing charged; null: it may, or no budget
 * is declared.
 */
export async function chargeYear(
  store: Asking,
  { intent, version, alpha_k: level }: LedgerItem,
  { commit, run_id }: { readonly commit: string; readonly run_id: string },
): Promise<string | null> {
  const [pk, sk] = rowKeys.yearBudget()
  for (;;) {
    const row = await store.table.get<YearItem>(pk, sk)
    const budget = budgetOf(store, row?.body)
    if (budget === null) return null
    const { declared, charged } = row?.body ?? { declared: [], charged: [] }
    if (charged.some((one) => one.commit === commit)) return null
    const day = store.clock.now().slice(0, 10)
    const refused = yearRefusal(await everyQuestion(store, charged), day, { level, budget })
    if (refused) return refused
    const next: YearItem = { declared, charged: [...charged, { intent, version, run_id, commit, level, day }] }
    // Another run was charged meanwhile: what it spent counts.
    if (await (row ? store.table.update(pk, sk, row.revision, next) : store.table.create(pk, sk, next))) return null
  }
}

/** Takes a charge back whose question another run opened first. */
export async function dischargeYear({ table }: Asking, commit: string): Promise<void> {
  const [pk, sk] = rowKeys.yearBudget()
  for (;;) {
    const row = await table.get<YearItem>(pk, sk)
    if (!row?.body.charged.some((one) => one.commit === commit)) return
    const charged = row.body.charged.filter((one) => one.commit !== commit)
    if (await table.update(pk, sk, row.revision, { ...row.body, charged })) return
  }
}

/** Why the next question of an intent would be refused now; null: it fits, or no budget is declared. Charges nothing. */
export async function yearProblem(store: Asking, intent: string, alpha: number): Promise<string | null> {
  const item = (await store.table.get<YearItem>(...rowKeys.yearBudget()))?.body
  const budget = budgetOf(store, item)
  if (budget === null) return null
  const level = mostOfNext(
    (await versionsOf(store, intent)).map(({ body }) => body),
    alpha,
  )
  return yearRefusal(await everyQuestion(store, item?.charged ?? []), store.clock.now().slice(0, 10), { level, budget })
}

/** Charged questions, and those that the ledger has beside them, of every intent. */
async function everyQuestion(store: Asking, charged: readonly AskedQuestion[]): Promise<AskedQuestion[]> {
  const known = new Set(charged.map(({ commit }) => commit))
  const asked = [...charged]
  for (const intent of await intentsOf(store)) {
    const versions = (await versionsOf(store, intent)).map(({ body }) => body)
    const others = versions.map((v) => ({
      ...v,
      history: v.history.filter(({ commit }) => !known.has(commit)),
      open: v.open && !known.has(v.open.commit) ? v.open : null,
    }))
    asked.push(...(await askedQuestions(store, others)))
  }
  return asked
}

/**
 * Takes up the budget that bands declare. A lower one holds at once, as the first one does; a higher one where its owner signed it since.
 * Returns what was not taken up, in words; null: the budget holds as the bands say it.
 */
export async function declareBudget(
  { table, clock }: Pick<Store, 'table' | 'clock'>,
  wanted: {
    readonly budget: number | null
    readonly bands: string
    readonly signed: { readonly budget: number; readonly owner: string; readonly on: string } | null
  },
): Promise<string | null> {
  const [pk, sk] = rowKeys.yearBudget()
  const row = await table.get<YearItem>(pk, sk)
  const { declared, charged } = row?.body ?? { declared: [], charged: [] }
  const now = declared.at(-1)
  const { budget, bands, signed } = wanted
  if (budget === null)
    return now ? `the bands declare no error budget, and ${now.budget} a year holds since ${now.on}` : null
  if (now?.budget === budget) return null
  const isRaise = now !== undefined && budget > now.budget
  const isSigned = signed !== null && signed.budget === budget && signed.on >= (now?.on ?? '')
  if (isRaise && !isSigned)
    return `the bands declare an error budget of ${budget} a year, and ${now.budget} holds since ${now.on}: a higher one takes its owner's signature ("autotune cadence sign budget ${budget} --by PERSON")`
  const next: DeclaredBudget = {
    budget,
    by: isSigned ? signed.owner : null,
    on: clock.now().slice(0, 10),
    bands,
  }
  const item: YearItem = { declared: [...declared, next], charged }
  const done = row ? await table.update(pk, sk, row.revision, item) : await table.create(pk, sk, item)
  return done ? null : await declareBudget({ table, clock }, wanted)
}

/** Every question to some versions, with the day on which its run began. */
export async function askedQuestions(
  store: Pick<Store, 'objects'>,
  versions: readonly LedgerItem[],
): Promise<AskedQuestion[]> {
  const days = new Map<string, string | null>()
  for (const { history, open } of versions)
    for (const run of [...history.map(({ run_id }) => run_id), ...(open ? [open.run_id] : [])])
      days.set(run, await dayOf(store, run))
  return versions.flatMap((version) => questionsOf(version, (run) => days.get(run) ?? null))
}

async function dayOf({ objects }: Pick<Store, 'objects'>, run: string): Promise<string | null> {
  const manifest = await orNull(readJson<RunManifest>(objects, keys.autotuneRun(run, 'manifest.json')))
  return manifest?.started_at.slice(0, 10) ?? null
}
