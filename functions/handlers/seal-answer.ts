/** Computes the answer from the recorded scores and seals it in the vault. Nothing leaves before it is due. */
import type { CaseScore } from '#core/gate/score.ts'
import { AnswerInput } from '#schemas/payloads.ts'
import { gateKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { askedOf, scoringsOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { linesOfShards, openHeads } from '../lambda/sealed-shards.ts'
import type { Step } from '../lambda/step.ts'
import type { ReplayEngine } from '../ports.ts'
import { sealAnswer as seal } from '../steps/heldout/gate.ts'

export const sealAnswerFunction: Step<AnswerInput, Record<string, never>> = {
  name: 'seal-answer',
  sealed: 'gate',
  input: AnswerInput,
  async work({ asked, reserved: { version, question: k, shards } }, { store }) {
    const { run, question } = await askedOf(store, asked)
    const scorings = scoringsOf(run, question)
    const engine: Pick<ReplayEngine, 'score'> = {
      /** The list is scored in its own order, one call a scoring. */
      async *score(_lines, run, change, pass) {
        const scoring = scorings.findIndex((s) => s.pass === pass && s.change?.candidate_id === change?.candidate_id)
        let scored = 0
        for await (const score of linesOfShards<CaseScore>(store, shards, (i) =>
          gateKeys.scores(version, k, scoring, i),
        )) {
          scored++
          yield score
        }
        if (scored !== run.heldout_test_set!.cases) throw new UserError('a sealed case was not scored')
      },
    }
    const opened = async () => ({ panel: await openHeads(store, { run, k }, shards), async *lines() {} })
    await seal(store, run, question.commit, question.list, engine, opened)
    return {}
  },
}

export const handler = makeHandler(sealAnswerFunction)
