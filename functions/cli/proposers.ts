/** Who proposes changes for a run beside its search: named by the target, by `--proposers`, or by both. */
import { answerCache } from '#adapters/model-cache.ts'
import { recordable } from '#core/model/reply.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { ProposerModel } from '#schemas/proposer-model.ts'
import { PROPOSERS, type ProposerName, REFLECT } from '#schemas/proposers.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { models } from '../embedded/models.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { AnswerCache, Clock, Store } from '../ports.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { parseBlocks } from '../steps/experience/parse-blocks.ts'
import { proposingOf } from '../steps/run/proposers.ts'
import { reflect } from '../steps/run/reflect.ts'
import { nearText } from './near.ts'

export interface ProposerOptions {
  readonly proposers?: string
  readonly blocks?: string
  /** File of the model that `reflect` asks. */
  readonly reflect?: string
}

/** Undefined: nobody is asked. Throws UserError for a name that is none, and for a library that is not as it was reviewed. */
export function askedProposers(target: TuningTarget, { proposers, blocks }: ProposerOptions): Proposing | undefined {
  const named = proposers?.split(',').map((name) => name.trim()) ?? []
  if (named.includes(REFLECT))
    throw new UserError('--proposers: "reflect" asks a model: name its document with --reflect FILE instead')
  for (const name of named)
    if (!PROPOSERS.includes(name as ProposerName))
      throw new UserError(
        `--proposers: "${name}" is no proposer: there are ${PROPOSERS.join(', ')}${nearText(name, PROPOSERS)}`,
      )
  const library = blocks === undefined ? null : parseBlocks(readInput(blocks), blocks)
  return proposingOf(target, named as ProposerName[], library)
}

/** The document of `--reflect`; null: no model proposes anything. */
export const reflectModel = ({ reflect: file }: ProposerOptions): ProposerModel | null =>
  file === undefined ? null : parseAs(ProposerModel, parseJson(readInput(file), file), file)

/** Who is asked, and behind them the model of `reflect`. */
export function withReflection(
  store: Store,
  proposing: Proposing | undefined,
  pinned: ProposerModel | null,
  prices: PriceTable | null,
): Proposing | undefined {
  if (pinned === null) return proposing
  const cacheOf = (payer: string): AnswerCache =>
    store.rolesApart ? unkept(store.clock, payer) : answerCache(store.objects, store.clock, payer)
  const tell = (line: string) => process.stderr.write(`${line}\n`)
  const last = reflect(store, { pinned, prices, model: models(process.env), cacheOf, tell })
  return { proposers: [...(proposing?.proposers ?? []), last], blocks: proposing?.blocks ?? null }
}

/** Of a deployment, which whoever starts a run only reads: the one question of a run is asked anew by the next. */
const unkept = (clock: Clock, payer: string): AnswerCache => ({
  payer,
  async *paid() {},
  ask: async (request, model) => ({
    reply: recordable(await model.converse(request)),
    at: clock.now(),
    payer,
    fresh: true,
  }),
})
