/** `autotune cadence sign`: an owner's word in the bands, that a limit still fits or that a year may spend more; the file is reviewed like any change. */
import { readFileSync } from 'node:fs'
import { Bands } from '#schemas/bands.ts'
import { GUARDRAIL_NAMES } from '#schemas/metrics.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from '../../steps/experience/parse.ts'
import { signing } from '../hand.ts'
import { writeSigned } from '../new-file.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'

interface Options {
  readonly json: boolean
  readonly bands: string
  readonly by?: string
}

/** Puts the signature into the file, in the place of an earlier one. Throws UserError for what can be none, with nothing written. */
export async function sign(what: string, of: readonly string[], { json, bands: file, by }: Options): Promise<number> {
  readBands(file)
  const bands = parseJson(readFileSync(file, 'utf8'), file) as Bands
  const { owner, on } = signing(by)
  const signed =
    what === 'limit'
      ? limitSigned(bands, of, { owner, on })
      : what === 'budget'
        ? budgetSigned(of, { owner, on })
        : wrong(`"${what}" cannot be signed`)
  const next = { ...bands, ...signed.over }
  parseAs(Bands, next, file)
  await writeSigned(file, next)
  print(json, { file, owner, on, signed: signed.says }, () => [
    `signed   ${signed.says} by ${owner} on ${on}`,
    `next     ${file} is changed: have it reviewed like any change; the next "autotune cadence" goes by it`,
  ])
  return 0
}

const wrong = (why: string): never => {
  throw new UserError(
    `${why}: "autotune cadence sign limit INTENT GUARDRAIL", or "autotune cadence sign budget NUMBER"`,
  )
}

interface Signed {
  readonly over: Partial<Bands>
  readonly says: string
}
type Hand = { readonly owner: string; readonly on: string }

function limitSigned({ intents, signed_limits: before = [] }: Bands, of: readonly string[], hand: Hand): Signed {
  const [intent, name] = of
  if (intent === undefined || name === undefined || of.length > 2)
    return wrong('a limit is named by its intent and guardrail')
  if (!intents.some((one) => one.intent === intent))
    throw new UserError(`the bands have no intent ${intent}: they have ${intents.map((one) => one.intent).join(', ')}`)
  const guardrail = GUARDRAIL_NAMES.find((one) => one === name)
  if (!guardrail) throw new UserError(`"${name}" is no guardrail: one of ${GUARDRAIL_NAMES.join(', ')}`)
  const others = before.filter((one) => one.intent !== intent || one.guardrail !== guardrail)
  return {
    over: { signed_limits: [...others, { intent, guardrail, ...hand }] },
    says: `${guardrail} of ${intent}`,
  }
}

function budgetSigned(of: readonly string[], hand: Hand): Signed {
  const budget = Number(of[0])
  if (of.length !== 1 || !(budget > 0 && budget < 1)) return wrong('a budget is one number between 0 and 1')
  return {
    over: { error_budget_per_year: budget, signed_budget: { budget, ...hand } },
    says: `an error budget of ${budget} a year`,
  }
}
