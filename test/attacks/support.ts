/** Runs hostile code in the product's own cage, at every level that this machine has. */
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wallHere } from '#adapters/local/cage/level.ts'
import { type Caged, startCaged } from '#adapters/local/cage/start.ts'
import { installedWalls, type Wall } from '#adapters/local/cage/wall.ts'

/** Every level, by name: null is the belt alone. Walls are left out where this kernel builds none. */
export const LEVELS: readonly (readonly [string, Wall | null])[] = [
  ...(wallHere() ? installedWalls().map((wall) => [`wall by ${wall.by}`, wall] as const) : []),
  ['belt', null],
]

export interface Room {
  readonly root: string
  /** Path of a file of this name, with this text. */
  file(name: string, text: string): string
  /** What came out of code that may read itself and `readable`, and how it ended. */
  attack(code: string, level: Wall | null, caged?: Partial<Caged>): Promise<{ out: string; code: number | null }>
  [Symbol.dispose](): void
}

let made = 0

/** A temporary folder to attack from. */
export function aRoom(): Room {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-attack-')))
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text)
    return join(root, name)
  }
  return {
    root,
    file,
    async attack(code, level, caged = {}) {
      const script = file(`attack-${made++}.mjs`, code)
      const child = startCaged(
        {
          script,
          heapMb: 256,
          cwd: root,
          stdio: ['ignore', 'pipe', 'pipe'],
          ...caged,
          readable: [script, ...(caged.readable ?? [])],
        },
        level,
      )
      let out = ''
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (out += String(chunk)))
      const [exit] = (await once(child, 'close')) as [number | null]
      return { out, code: exit }
    },
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Code that prints ESCAPED and what it got when a statement goes through, else what stopped it. */
export const attempt = (statement: string): string =>
  `try { console.log('ESCAPED', await (async () => { ${statement} })()) } catch (error) { console.log('STOPPED', error.code ?? error.cause?.code ?? error.message) }`
