/** What a harness answered, as it can stand on record: canonical JSON has no half of a character, and no endless reason. */
import type { HarnessReply } from './harness.ts'

/** Longest reason that stands on record. */
export const MOST_CHARACTERS = 20_000

/** The same reply, or the failure that it is: a text cut within a character has no canonical form. */
export function writable(reply: HarnessReply): HarnessReply {
  const asked = reply.answers && { answers: reply.answers }
  if ('failed' in reply) return { failed: whole(reply.failed), ...asked }
  if ('unreplayable' in reply) return { unreplayable: whole(reply.unreplayable), ...asked }
  return isWellFormed(reply.result)
    ? reply
    : {
        ...asked,
        failed:
          'the harness returned a text that is cut within a character: cut by characters ([...text]), not by code units',
      }
}

const whole = (text: string): string => text.slice(0, MOST_CHARACTERS).toWellFormed()

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner))
}
