/** What is held by one process at a time: who holds it, whether that one still works, and how its holder keeps it. */
import { clearInterval, setInterval } from 'node:timers'
import { INSTANT_PATTERN } from '#schemas/patterns.ts'
import { UserError } from '../../errors.ts'
import type { Holder, Store } from '../../ports.ts'

/** Part of the body of every lock. */
export interface Held {
  readonly holder: string
  readonly since: string
  /** When its holder was last heard of; absent: not since it took it. */
  readonly beat?: string
}

const BEAT_MS = 30_000

/** A holder whose process cannot be seen from here counts as gone after so much silence: twenty beats. */
export const SILENCE_MS = 10 * 60_000

/**
 * The holder in words for people, if it still has what it holds; `null`: it is gone. A row that names nobody holds for nobody:
 * who damaged it could have removed it, and a holder that works all the same sees that its place was taken.
 */
export function holderAtWork(held: Held, holder: Holder, now: string): string | null {
  if (!isHeld(held)) return null
  const { holder: name, since, beat = since } = held
  const alive = holder.isAlive(name)
  if (alive === true) return `process ${name} is working on it since ${since}`
  if (alive === false) return null
  const until = Date.parse(beat) + SILENCE_MS
  return Date.parse(now) >= until
    ? null
    : `process ${name} of another machine or container is working on it since ${since}, and was heard of at ${beat}. Where its process cannot be seen it counts as gone at ${new Date(until).toISOString()}`
}

/** Does a row say who holds it and since when? It is read from a ledger that may be damaged. */
export function isHeld(row: unknown): row is Held {
  if (typeof row !== 'object' || row === null) return false
  const { holder, since, beat = since } = row as Partial<Held>
  const isMoment = (at: unknown) => typeof at === 'string' && INSTANT_PATTERN.test(at) && !Number.isNaN(Date.parse(at))
  return typeof holder === 'string' && isMoment(since) && isMoment(beat)
}

/** Gives back what is held, if it is still `mine`. A last beat may come in between. */
export async function giveBack<T>(
  { table }: Pick<Store, 'table'>,
  [pk, sk]: readonly [string, string],
  mine: (held: T) => boolean,
): Promise<void> {
  for (let row = await table.get<T>(pk, sk); row && mine(row.body); row = await table.get<T>(pk, sk))
    if (await table.remove(pk, sk, row.revision)) return
}

interface Keeping {
  /** Throws UserError when somebody else has taken it: this process was silent for too long. */
  check(): Promise<void>
  stop(): void
}

/** Lets others hear of this holder, until it stops. */
export function keepHeld(
  { table, clock }: Pick<Store, 'table' | 'clock'>,
  [pk, sk]: readonly [string, string],
  holder: Holder,
): Keeping {
  const beat = async () => {
    const row = await table.get<Held>(pk, sk)
    if (row?.body.holder === holder.name) await table.update(pk, sk, row.revision, { ...row.body, beat: clock.now() })
  }
  // A beat that is missed is made up for by the next one; whether it is still held is asked where it matters.
  const timer = setInterval(() => void beat().catch(() => {}), BEAT_MS)
  timer.unref()
  return {
    async check() {
      const row = await table.get<Held>(pk, sk)
      if (row?.body.holder !== holder.name)
        throw new UserError(
          'this process was not heard of for too long (was the machine asleep?), and another one has taken its place. Start again when that one has ended',
        )
    },
    stop: () => clearInterval(timer),
  }
}
