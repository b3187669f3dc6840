/** SYNTHETIC: the manual, the parts and the stand-in model of a repair desk that does not exist. */
import type { Draw } from '../../functions/demo/draw.ts'

export const DEVICES = ['Lumo', 'Vento', 'Aqua', 'Terra', 'Brisa', 'Nimbus', 'Corda', 'Solis'].flatMap((name) =>
  [200, 300, 400].map((size) => `${name}-${size}`),
)

const FAULTS = [
  ['no water reaches the tank', 'pump', 'PMP'],
  ['the fan rattles and stops', 'fan wheel', 'FAN'],
  ['the display stays dark', 'display board', 'DSP'],
  ['the door does not lock', 'door latch', 'LCH'],
  ['it heats without end', 'thermostat', 'THS'],
  ['it leaks under the base', 'base seal', 'SEA'],
  ['it trips the fuse at once', 'heating coil', 'COI'],
  ['it hums but does not turn', 'start capacitor', 'CAP'],
  ['the filter light never goes out', 'filter sensor', 'FSN'],
  ['it smells of burnt rubber', 'drive belt', 'BLT'],
] as const

export interface Fault {
  readonly device: string
  readonly code: string
  readonly symptom: string
  readonly name: string
  readonly part: string
  /** Part that a bulletin names in place of the manual's; null: no bulletin. */
  readonly superseded: string | null
}

/** Fault `n` of a device; the same arguments, the same fault. */
export function faultOf(device: string, n: number): Fault {
  const [symptom, name, prefix] = FAULTS[n % FAULTS.length]!
  const serial = DEVICES.indexOf(device) * FAULTS.length + (n % FAULTS.length) + 100
  const part = `${prefix}-${serial}`
  // One fault in eight has a bulletin.
  return {
    device,
    code: `E-${10 + (n % FAULTS.length)}`,
    symptom,
    name,
    part,
    superseded: serial % 8 === 0 ? `${prefix}-${serial + 800}` : null,
  }
}
export const FAULT_COUNT = FAULTS.length

export interface LibraryPassage {
  readonly ref: string
  readonly text: string
  readonly gold: boolean
  readonly required: boolean
}

const passage = (ref: string, text: string, gold = false, required = false): LibraryPassage => ({
  ref,
  text,
  gold,
  required,
})

/** The twelve passages that the library offers for a fault, in no order that means anything. */
export function offeredFor(draw: Draw, fault: Fault): LibraryPassage[] {
  const { device, code, superseded } = fault
  const others = DEVICES.filter((d) => d !== device)
  const own = passage(`manual/${device}/${code}`, faultText(fault), true)
  const safety = passage(`safety/${device}`, safetyText(device), false, true)
  const bulletin = superseded
    ? [
        passage(
          `bulletin/${device}/${code}`,
          `Service bulletin for the ${device}, fault ${code}, ${fault.symptom}: part ${fault.part} wears out early. Fit ${superseded} instead.`,
          true,
        ),
      ]
    : []
  const used = new Set([Number(code.slice(2)) - 10])
  const neighbours: LibraryPassage[] = []
  while (own && neighbours.length < 9 - bulletin.length) {
    const n = draw.int(0, FAULT_COUNT - 1)
    if (neighbours.length < 4 && used.has(n)) continue
    used.add(n)
    const other = neighbours.length < 4 ? faultOf(device, n) : faultOf(draw.pick(others), n)
    const ref = `manual/${other.device}/${other.code}`
    if (!neighbours.some((p) => p.ref === ref)) neighbours.push(passage(ref, faultText(other)))
  }
  return [...neighbours, safety, ...bulletin, own, passage(`warranty/${device}`, WARRANTY)]
}

const faultText = ({ device, code, symptom, name, part }: Fault): string =>
  `${device}, fault ${code}: ${symptom}. Most often the ${name} is worn. Test it with the meter between the two outer pins; below forty ohm it is still good. Otherwise replace the ${name}, part ${part}, and clear the counter by holding both keys for five seconds.`

const safetyText = (device: string): string =>
  `${device}, any fault that the display shows: before opening the device, pull the plug. A charge may remain in the ${device} for ten minutes, so wait before you fit the part. Wear gloves, you need both hands.`

const WARRANTY =
  'Warranty: two years from the day of purchase, on parts and labour. Wear of belts, seals and filters is excluded, and so is damage from lime. Keep the receipt; the serial number stands on the back.'

/** The parts service. */
export const stockOf = (part: string): string => {
  const number = Number(part.slice(part.indexOf('-') + 1))
  return JSON.stringify({
    part,
    in_stock: number % 5,
    days: number % 5 === 0 ? 12 : 2,
    depot: number % 2 === 0 ? 'north' : 'south',
  })
}

/** The stand-in for a language model: names the part that the prompt holds for a fault, following bulletins. */
export function partNamed(prompt: string, { device, code }: Fault): string | null {
  const bulletin = new RegExp(`bulletin for the ${device}, fault ${code}:.*?Fit (\\S+) instead`).exec(prompt)
  const manual = new RegExp(`${device}, fault ${code}:.*?part (\\S+),`).exec(prompt)
  return (bulletin ?? manual)?.[1] ?? null
}
