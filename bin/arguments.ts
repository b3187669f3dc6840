/** Values of options: read, and refused with the option's name. */
import { Option } from 'commander'
import { UserError } from '../functions/errors.ts'

/** Of every verb that may start a harness of the user's own. */
export const noCage = (): Option =>
  new Option('--no-cage', 'start a program of exec:PATH with nothing that holds it; the run says so')

/** Collects a repeatable option. */
export const repeat = (value: string, all: string[]): string[] => [...all, value]

export function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 0)
      throw new UserError(`${option} takes a whole number from 0, got "${text}"`)
    return value
  }
}

/** A finite number from 0. */
export function numberOf(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < 0)
      throw new UserError(`${option} takes a number from 0, got "${text}"`)
    return value
  }
}

/** `most`: a timer counts no further. */
export function atLeastOne(option: string, most = 2 ** 31 - 1): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw new UserError(`${option} takes a whole number from 1 to ${most}, got "${text}"`)
    return value
  }
}

export function port(text: string): number {
  const value = wholeNumber('--port')(text)
  if (value > 65_535) throw new UserError(`--port takes a number from 0 to 65535, got "${text}"`)
  return value
}

export function expiry(text: string): number {
  const value = atLeastOne('--expires-hours')(text)
  if (value > 8760) throw new UserError(`--expires-hours takes at most 8760 (a year), got "${text}"`)
  return value
}

export function share(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new UserError(`--heldout-share takes a number between 0 and 1, got "${text}"`)
  return value
}

const EXAMPLES = ['otel', 'openinference', 'rule', 'python'] as const

export function exampleKind(text: string): (typeof EXAMPLES)[number] {
  const kind = EXAMPLES.find((known) => known === text)
  if (!kind) throw new UserError(`there is no example "${text}": it is one of ${EXAMPLES.join(', ')}`)
  return kind
}
