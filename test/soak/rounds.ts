/** Gives every kind its fair part of the time, two at a time, and counts what was tried and what was found. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bases, makeBases } from './bases.ts'
import { Commands } from './commands.ts'
import { drawOf, type Kind, type Trial, type Tried } from './kind.ts'

export interface Found {
  readonly what: string
  readonly problem: string
  /** The command that tries it again. */
  readonly again: string
}

export interface Counted {
  readonly kind: string
  readonly holds: string
  readonly tried: number
  readonly seconds: number
  readonly found: readonly Found[]
}

export interface Soaking {
  readonly kinds: readonly Kind[]
  readonly seed: number
  /** This one alone; null: as many as there is time for. */
  readonly trial: number | null
  readonly ms: number
  readonly root: string
  readonly say: (line: string) => void
}

/** Trials at once: most of them wait for processes of their own. */
const LANES = 2
/** Findings of one kind after which it is tried no more: the same fault again and again helps nobody. */
const ENOUGH = 20
/** Shortest turn of a kind. */
const TURN_MS = 400
const PROGRESS_MS = 10_000

interface Turn {
  readonly kind: Kind
  readonly found: Found[]
  trial: Promise<Trial> | null
  tried: number
  ms: number
  busy: boolean
}

export async function soak({ kinds, seed, trial, ms, root, say }: Soaking): Promise<Counted[]> {
  const ends: (() => void | Promise<void>)[] = []
  let bases: Promise<Bases> | null = null
  const workshop = (kind: Kind) => {
    const commands = new Commands()
    const dir = join(root, kind.name)
    mkdirSync(dir)
    ends.push(() => commands.close())
    return {
      dir,
      commands,
      bases: () => {
        bases ??= makeBases(join(root, 'bases'), commands)
        return bases
      },
      atEnd: (act: () => void | Promise<void>) => void ends.unshift(act),
    }
  }
  const turns: Turn[] = kinds.map((kind) => ({ kind, found: [], trial: null, tried: 0, ms: 0, busy: false }))
  const started = performance.now()
  const over = () => performance.now() - started > ms

  async function one(turn: Turn, number: number): Promise<void> {
    turn.trial ??= turn.kind.open(workshop(turn.kind))
    const attack = await turn.trial
    const tried: Tried = await attack(drawOf(seed, turn.kind.name, number), number).catch((error: Error) => ({
      what: `trial ${number}`,
      found: `the trial itself failed: ${error.stack}`,
    }))
    turn.tried++
    if (trial !== null) say(`${turn.kind.name} ${number}: ${tried.what}`)
    if (tried.found === null) return
    const again = `npm run -s soak -- --seed ${seed} --only ${turn.kind.name} --trial ${number}`
    turn.found.push({ what: `${turn.kind.name} ${number}: ${tried.what}`, problem: tried.found, again })
    say(`FOUND ${turn.kind.name} ${number}: ${tried.what}\n   ${tried.found}\n   again: ${again}`)
  }

  /** The kind that had least time so far takes the next turn. */
  async function lane(): Promise<void> {
    while (!over()) {
      const [turn] = turns.filter((t) => !t.busy && t.found.length < ENOUGH).sort((a, b) => a.ms - b.ms)
      if (turn === undefined) return
      turn.busy = true
      const from = performance.now()
      do await one(turn, turn.tried + 1)
      while (performance.now() - from < TURN_MS && !over())
      turn.ms += performance.now() - from
      turn.busy = false
      // Kinds that only compute would keep the other lane from being heard.
      await new Promise((done) => setImmediate(done))
    }
  }

  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000)
    say(`${seconds} s: ${turns.map(({ kind, tried }) => `${kind.name} ${tried}`).join(', ')}`)
  }, PROGRESS_MS)
  try {
    if (trial !== null) await one(turns[0]!, trial)
    else await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    clearInterval(progress)
    for (const end of ends) await end()
  }
  return turns.map(({ kind, tried, ms: spent, found }) => ({
    kind: kind.name,
    holds: kind.holds,
    tried,
    seconds: Math.round(spent / 100) / 10,
    found,
  }))
}
