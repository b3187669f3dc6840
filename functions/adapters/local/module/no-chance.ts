/**
 * Takes clock and chance from a process in which a module judges: a verdict that rests on the day would be another one when the
 * run is verified, and no second look on the same day finds that out. What reads them throws, and says why.
 */
import nodeCrypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import vm from 'node:vm'

const refusal = (what: string) => (): never => {
  throw new Error(`${what}: a verdict is a pure function of the view, and has no clock and no chance`)
}

/** Replaces what an object has of some functions. */
function refuse(of: object, called: string, names: readonly string[]): void {
  // Two of Node's cannot be replaced: they call what is.
  for (const name of names)
    if (name in of && Object.getOwnPropertyDescriptor(of, name)?.configurable !== false)
      Object.defineProperty(of, name, { value: refusal(`${called}${name}`), writable: false, configurable: false })
}

/** Of this process, for good. To be called before any code of the module runs. */
export function takeChance(): void {
  takeDate()
  takeFormats()
  refuse(Math, 'Math.', ['random'])
  refuse(performance, 'performance.', ['now', 'timeOrigin', 'mark', 'measure', 'toJSON', 'timerify'])
  refuse(process.hrtime, 'process.hrtime.', ['bigint'])
  const hrtime = Object.assign(refusal('process.hrtime'), { bigint: process.hrtime.bigint })
  Object.defineProperty(process, 'hrtime', { value: hrtime, writable: false, configurable: false })
  refuse(process, 'process.', ['uptime', 'cpuUsage', 'threadCpuUsage', 'resourceUsage', 'memoryUsage'])
  refuse(os, 'os.', ['uptime', 'loadavg', 'freemem', 'cpus'])
  // A realm of its own has a clock of its own.
  refuse(vm, 'vm.', ['createContext', 'runInNewContext'])
  refuse(vm.Script.prototype, 'vm.Script.', ['runInNewContext'])
  const { Temporal } = globalThis as { Temporal?: { Now: object } }
  if (Temporal) refuse(Temporal.Now, 'Temporal.Now.', Object.getOwnPropertyNames(Temporal.Now))
  refuse(Object.getPrototypeOf(globalThis.crypto) as object, 'crypto.', ['getRandomValues', 'randomUUID'])
  refuse(nodeCrypto, 'crypto.', [
    ...['randomBytes', 'pseudoRandomBytes', 'prng', 'rng', 'randomFill', 'randomFillSync', 'randomInt'],
    ...['randomUUID', 'randomUUIDv7', 'getRandomValues', 'generateKey', 'generateKeySync'],
    ...['generateKeyPair', 'generateKeyPairSync', 'generatePrime', 'generatePrimeSync'],
  ])
  syncBuiltinESMExports()
}

/** A date of something that is given stays. */
function takeDate(): void {
  const Real = Date
  const now = refusal('the present date')
  refuse(Real, 'Date.', ['now'])
  const guarded = new Proxy(Real, {
    construct: (target, args, as) => (args.length === 0 ? now() : (Reflect.construct(target, args, as) as object)),
    apply: now,
  })
  Object.defineProperty(Real.prototype, 'constructor', { value: guarded, writable: false, configurable: false })
  Object.defineProperty(globalThis, 'Date', { value: guarded, writable: false, configurable: false })
}

/** Without an argument they write the present date. */
function takeFormats(): void {
  const { prototype } = Intl.DateTimeFormat
  const given = (name: string, formatted: (date: never) => unknown) => (date?: unknown) =>
    date === undefined ? refusal(`Intl.DateTimeFormat.${name}`)() : formatted(date as never)
  const { get } = Object.getOwnPropertyDescriptor(prototype, 'format')!
  Object.defineProperty(prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      return given('format', get!.call(this) as (date: never) => string)
    },
    configurable: false,
  })
  const { formatToParts } = prototype
  Object.defineProperty(prototype, 'formatToParts', {
    value(this: Intl.DateTimeFormat, date?: unknown) {
      return given('formatToParts', (at) => formatToParts.call(this, at))(date)
    },
    writable: false,
    configurable: false,
  })
}
