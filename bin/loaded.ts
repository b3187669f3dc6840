/** Loading parts of the program, which takes a while in which no signal is answered. */
import { setImmediate } from 'node:timers/promises'

/** Whoever ended the program meanwhile is answered before anything is done: a signal is looked up between two turns. */
export async function answered(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

/** A part once it is loaded, and nobody ended the program meanwhile. */
export async function loaded<Part>(part: Promise<Part>): Promise<Part> {
  const it = await part
  await answered()
  return it
}
