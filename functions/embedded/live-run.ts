/** A live run as it begins: the document that its owner signed, the model that it names, and what would be asked of that. */
import { needStraight } from '#adapters/straight.ts'
import { payerOf, pinOf } from '#core/live/live-model.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import { spaceSize } from '#core/search/exact-candidates.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../errors.ts'
import type { ModelPort, Store } from '../ports.ts'
import { compileIntent } from '../steps/experience/compile.ts'
import { versionsOf } from '../steps/experience/families.ts'
import { readIndex } from '../steps/experience/run-index.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { needBaseline } from '../steps/live/affordable.ts'
import { AskedBefore } from '../steps/live/asked-before.ts'
import { plannedRunLines } from '../steps/live/planned-run.ts'
import type { LiveOptions } from './live-asker.ts'
import { models } from './models.ts'
import type { LocalStore } from './open-store.ts'

export interface LiveRun {
  readonly document: LiveModel
  /** Where it was read, for people. */
  readonly file: string
  readonly model: ModelPort
  readonly target: TuningTarget
  readonly candidates: readonly CandidateChange[] | null
  /** Are proposers asked: how many changes they make, nobody can tell beforehand. */
  readonly proposes: boolean
  readonly say: LiveOptions['say']
}

/**
 * The model of a document. Its key comes from the environment; what is asked, and where, does not. Throws UserError where the
 * environment would send it elsewhere.
 */
export function modelOf(
  { model }: LiveModel,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ModelPort {
  needStraight(model, env)
  return models(env)
}

/** What a live run is given. Throws UserError where nobody signed the document, or it was changed since. */
export async function liveRun(
  local: LocalStore,
  { document, file, model, target, candidates, proposes, say }: LiveRun,
): Promise<LiveOptions> {
  const pin = signedPin(document, file)
  const { pack, prices } = await soundDocuments(local.objects, target)
  const { intent } = target
  let heldout = 0
  if (intent !== undefined) for await (const _ of readIndex({ ...local, objects: local.vault }, intent)) heldout++
  return {
    pin,
    budget: document.budget,
    prices,
    model,
    payer: payerOf(target, candidates, pin),
    plan: { heldout, candidates: pack && !proposes ? looksAt(pack, target, candidates) : null },
    say,
  }
}

/**
 * What a deployed run will ask at most, before it is started: counted from the search side, which is read here as its functions will
 * read it, and from what the ledger publishes of the sealed one. Throws UserError where nobody signed the document, or it was changed
 * since, and where its budget does not hold the baseline.
 */
export async function deployedPlan(
  store: Parameters<typeof compileIntent>[0] & Pick<Store, 'table'>,
  { document, file, target, candidates }: Pick<LiveRun, 'document' | 'file' | 'target' | 'candidates'>,
): Promise<string[]> {
  const [pin, { budget }] = [signedPin(document, file), document]
  const { pack, prices } = await soundDocuments(store.objects, target)
  const intent = target.intent ?? ''
  const recorded = new AskedBefore()
  for await (const line of compileIntent(store, intent)) recorded.add(line)
  const standing = (await versionsOf(store, intent)).find(({ body }) => body.retired === null)
  return plannedRunLines({
    pin,
    budget,
    prices: prices ?? NO_PRICES,
    set: recorded.set,
    baseline: needBaseline(pin, budget, recorded.set),
    candidates: pack ? looksAt(pack, target, candidates) : null,
    heldout: standing?.body.cases ?? null,
  })
}

/** What a run pins of a document. */
function signedPin(document: LiveModel, file: string): LivePin {
  const pin = pinOf(document)
  if ('problem' in pin)
    throw new UserError(
      `${file} names the model of a live run, and ${pin.problem}: its owner signs what stands there with "autotune sign ${file} --by PERSON"`,
    )
  return pin
}

/** How many settings tables the search asks about at most, negative control and no-search arm among them; null: nobody can tell. */
function looksAt(
  pack: ContextPack,
  { intent, search_space = [] }: TuningTarget,
  given: LiveRun['candidates'],
): number | null {
  const paths = search_space.filter((path) =>
    pack.tunable_surfaces.some((s) => s.path === path && s.intents.includes(intent ?? '')),
  )
  const fields = tunableFields(pack, intent ?? '', paths)
  const { within, exact } = spaceSize(fields, fields.length)
  const control = 2 * fields.length + 1
  if (given) return given.length + control
  // The arm on random candidates may pay for as many replays again.
  return exact ? 2 * within + control : null
}

/** A verification asks nobody: what is not kept is missing. */
export const keptAlone = (pin: LivePin): LiveOptions => ({
  pin,
  budget: { calls: 0, cents: null },
  prices: null,
  model: null,
  // Whose an answer is stands on record, and is compared.
  payer: '',
  plan: { heldout: 0, candidates: null },
  say: () => {},
})
