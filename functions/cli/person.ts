/** Who gives a command: the person named with --by, or the user of this terminal. */
import { userInfo } from 'node:os'
import { Name } from '#schemas/common.ts'
import { UserError } from '../errors.ts'

/** A person's name. Throws UserError for what is none, and where nobody is named or logged in. */
export function personOf(by: string | undefined): string {
  const person = Name.safeParse((by ?? neededUser()).trim())
  if (!person.success) throw new UserError(`--by takes a person's name, got ${JSON.stringify(by)}`)
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

function neededUser(): string {
  const user = terminalUser()
  if (user === null) throw new UserError('nobody is logged in here: say who you are with --by PERSON')
  return user
}
