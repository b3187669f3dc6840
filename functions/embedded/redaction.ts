/** `import --redact`: rules at work on records before anything of them is stored, and how often each found something. */

import { toNativeRun } from '#adapters/local/import/native-run.ts'
import { TookTooLong, within } from '#adapters/local/import/time-limit.ts'
import { formOf, pseudonymsIn } from '#core/redaction/pseudonym.ts'
import { Redactor, type UnmetPath } from '#core/redaction/redact.ts'
import { type Part, toldIn } from '#core/traces/span.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RedactionRules } from '#schemas/redaction.ts'
import { UserError } from '../errors.ts'

/** A record may take as long as one of a map. */
const MOST_MS = 5_000

export class Redaction {
  readonly #file: string
  readonly #redactor: Redactor
  readonly #form: RegExp
  readonly #counts: Map<string, number>

  /** @param file of the rules, for errors */
  constructor({ rules }: RedactionRules, key: string, file: string) {
    this.#file = file
    this.#redactor = new Redactor(rules, key)
    this.#form = formOf(rules.map(({ name }) => name))
    this.#counts = new Map(rules.map(({ name }) => [name, 0]))
  }

  /** Pseudonyms in the runs so far, by rule; 0 where a rule found nothing. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  get unmetPaths(): readonly UnmetPath[] {
    return this.#redactor.unmetPaths
  }

  /** @throws UserError where a pattern backtracks without end */
  part(part: Part): Part {
    if (part.kind === 'unread') return part
    const { where } = toldIn(part)
    return this.#record(part, `${where.file}, ${where.at}`)
  }

  /** A run without what the rules find, with what they found. @throws UserError, also where it is no run any more */
  run(run: ExperienceRun): ExperienceRun {
    const redacted = toNativeRun(this.#record(run, `run ${run.run_id}`))
    if (redacted.kind === 'run') return this.noted(redacted.run)
    throw new UserError(
      `${this.#file}: run ${run.run_id} is none any more when it is redacted: ${redacted.field ?? 'run'}: ${redacted.problem}. Narrow the rule with "paths"`,
    )
  }

  /** A run whose texts were redacted already. */
  noted(run: ExperienceRun): ExperienceRun {
    const { redacted: _, ...rest } = run
    const found = pseudonymsIn(JSON.stringify(rest), this.#form)
    for (const [name, n] of Object.entries(found)) this.#counts.set(name, this.#counts.get(name)! + n)
    return Object.keys(found).length === 0 ? rest : { ...rest, redacted: found }
  }

  #record<T>(record: T, where: string): T {
    try {
      return within(MOST_MS, () => this.#redactor.record(record))
    } catch (error) {
      if (!(error instanceof TookTooLong)) throw error
      throw new UserError(
        `${this.#file}: rule "${this.#redactor.at}": pattern: it took more than ${MOST_MS / 1000} s over ${where} and was stopped. Look for a repetition inside a repetition, such as (a+)+, and write it without. Nothing was imported`,
      )
    }
  }
}
