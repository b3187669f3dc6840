/** Who acts from a terminal, and why: what the record of an act keeps. */
import { userInfo } from 'node:os'
import { MACHINE } from '#core/release/rollout.ts'
import { Name } from '#schemas/common.ts'
import { personProblem, samePerson } from '#schemas/person.ts'
import { UserError } from '../errors.ts'
import type { Hand } from '../steps/release/advance.ts'

export interface HandOptions {
  readonly reason: string
  readonly by?: string
}

const MOST = 2000

/** By default the user of this terminal. Throws UserError for a reason or a name that no record can hold. */
export function handOf({ by = neededUser(), reason }: HandOptions): Hand {
  const text = reason.replace(/\r\n?/g, '\n').trim()
  if (text.length < 3 || text.length > MOST || /[^\P{Cc}\n\t]/u.test(text))
    throw new UserError(`--reason takes 3 to ${MOST} characters, none of them control characters`)
  return { by: personOf(by), reason: text }
}

/** Who puts their word under a document, by default the user of this terminal, and on which day. Throws UserError for a name that is none. */
export const signing = (by = neededUser()): { readonly owner: string; readonly on: string } => ({
  owner: personOf(by),
  on: new Date().toISOString().slice(0, 10),
})

/** A person's name as records keep it. Throws UserError for what is none. */
export function personOf(by: string): string {
  const person = Name.safeParse(by.trim())
  if (!person.success) throw new UserError(`--by takes a person's name, got ${JSON.stringify(by)}`)
  const spelled = personProblem(person.data)
  if (spelled) throw new UserError(`--by ${JSON.stringify(by)} ${spelled}`)
  if (samePerson(person.data, MACHINE)) throw new UserError('--by "rollout" is the name of the machine: name a person')
  return person.data
}

/** The user of this terminal; null: some containers know none. */
export function terminalUser(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}

/** The user of this terminal. Throws UserError where it knows none. */
export function neededUser(): string {
  const user = terminalUser()
  if (user === null) throw new UserError('nobody is logged in here: say who you are with --by PERSON')
  return user
}
