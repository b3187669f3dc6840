/** Kind `store`: a finished store with files that were flipped, cut, swapped, taken away or put twice. */
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { keys } from '#schemas/s3-keys.ts'
import type { Draw } from '../../functions/demo/draw.ts'
import { type Bases, ROLLOUT, RUN } from './bases.ts'
import { type Ran, wrongAnswer } from './commands.ts'
import { filesOf, WorkingCopy } from './folder.ts'
import type { Kind } from './kind.ts'

/** Verbs that look at a store, and the files that each answers for: whatever is damaged of them, it may not say "good". */
const LOOKS: readonly {
  argv: (files: Bases['files']) => readonly string[]
  answersFor: RegExp | null
  /** One more file that it answers for, in a store. */
  orIts?: (dir: string) => string
}[] = [
  {
    argv: () => ['verify', RUN],
    answersFor: /^(autotune\/runs\/r\/|vault\/goldens\/)/,
    orIts: (dir) => pinnedSet(dir),
  },
  {
    argv: () => ['rollout', 'verify', ROLLOUT],
    answersFor: /^(releases\/|production\/|packs\/ctxpack\.support@1\.1\.0\/)/,
  },
  // The journal of heads names every import, run, item and promotion by its digest.
  { argv: () => ['verify'], answersFor: /^(heads\/|autotune\/runs\/r\/manifest\.json|experience\/runs\/)/ },
  { argv: () => ['list'], answersFor: null },
  { argv: () => ['show', RUN], answersFor: null },
  { argv: () => ['show', 'late'], answersFor: null },
  { argv: () => ['explain', RUN], answersFor: null },
  { argv: () => ['explain', 'ctxpack.support@1.1.0'], answersFor: null },
  { argv: () => ['rollout', 'show', ROLLOUT], answersFor: null },
  { argv: () => ['rollout', 'list'], answersFor: null },
  { argv: ({ target }) => ['doctor', '--target', target], answersFor: null },
  { argv: ({ target, candidates }) => ['propose', candidates, '--target', target], answersFor: null },
  { argv: ({ target }) => ['run', '--target', target, '--run-id', 'next'], answersFor: null },
]

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** The search set that run `r` pins: another run compiled another one. */
const pinnedSet = (dir: string): string => {
  const run = JSON.parse(readFileSync(join(dir, 'autotune/runs', RUN, 'target.json'), 'utf8'))
  return keys.goldensAt(run.target.intent, run.search_set.digest)
}

/** Does one thing to a file of a store; what was done, and whether its bytes are others now. */
function damage(draw: Draw, dir: string, file: string, files: readonly string[]): { what: string; changed: boolean } {
  const path = join(dir, file)
  const bytes = readFileSync(path)
  const write = (now: Buffer, what: string) => {
    writeFileSync(path, now)
    return { what: `${file}: ${what}`, changed: !now.equals(bytes) }
  }
  const at = draw.int(0, Math.max(0, bytes.length - 1))
  switch (draw.pick(['flip', 'flip', 'cut', 'empty', 'longer', 'delete', 'swap', 'other', 'null', 'folder'] as const)) {
    case 'flip': {
      const now = Buffer.from(bytes)
      if (now.length > 0) now[at]! ^= 1 << draw.int(0, 7)
      return write(now, `a bit at byte ${at}`)
    }
    case 'cut':
      return write(bytes.subarray(0, at), `cut at byte ${at}`)
    case 'empty':
      return write(Buffer.alloc(0), 'empty')
    case 'longer':
      return write(Buffer.concat([bytes, bytes]), 'twice')
    case 'null':
      return write(Buffer.from('null\n'), 'null')
    case 'delete':
      rmSync(path)
      return { what: `${file}: gone`, changed: true }
    case 'folder':
      rmSync(path)
      mkdirSync(path)
      return { what: `${file}: a folder`, changed: true }
    case 'other': {
      const other = draw.pick(files)
      return write(readFileSync(join(dir, other)), `the bytes of ${other}`)
    }
    default: {
      const siblings = files.filter((each) => dirname(dirname(each)) === dirname(dirname(file)) && each !== file)
      if (siblings.length === 0) return write(bytes.subarray(1), 'without its first byte')
      const other = draw.pick(siblings)
      const swapped = readFileSync(join(dir, other))
      writeFileSync(join(dir, other), bytes)
      return write(swapped, `swapped with ${other}`)
    }
  }
}

/** A look may be stopped by damage, or see none of it; it never takes a run for another one. */
function wrongLook(argv: readonly string[], ran: Ran, before: Ran): string | null {
  const wrong = wrongAnswer(ran)
  if (wrong !== null) return wrong
  if (/CERTIFIED/.test(ran.out) && !/NOT CERTIFIED/.test(ran.out) && !/CERTIFIED/.test(before.out))
    return `${argv.join(' ')} says CERTIFIED now`
  return null
}

export const storeDamage: Kind = {
  name: 'store',
  holds: 'a damaged store is told of in words, and nothing that is damaged is called verified',
  async open({ dir, bases, commands }) {
    const { recorded, files } = await bases()
    const copy = new WorkingCopy(recorded, join(dir, 'store'))
    const looks = LOOKS.map(({ argv, answersFor, orIts }) => {
      const its = orIts?.(recorded)
      return { argv: argv(files), answersFor: (file: string) => file === its || answersFor?.test(file) === true }
    })
    const before = new Map<string, Ran>()
    for (const { argv } of looks) before.set(argv.join(' '), await commands.run(...argv, '--store', copy.dir))
    const all = filesOf(recorded)
    // Most of a store are runs of which one says what all say: each group counts alike.
    const groups = Object.values(Object.groupBy(all, (file) => file.split('/').slice(0, 2).join('/'))) as string[][]
    // An item whose line is gone proves itself by its own code, as after a kill between the two: docs/trust.md.
    const lastLine = all.filter((file) => file.startsWith('heads/')).at(-1)
    return async (draw) => {
      const file = draw.pick(draw.pick(groups))
      const { what, changed } = damage(draw, copy.dir, file, all)
      const chosen = looks.filter(({ answersFor }) => answersFor(file) || draw.chance(0.4))
      const isTold = changed && !(file === lastLine && !isFile(join(copy.dir, file)))
      let found: string | null = null
      for (const { argv, answersFor } of chosen) {
        const ran = await commands.run(...argv, '--store', copy.dir)
        found = wrongLook(argv, ran, before.get(argv.join(' '))!)
        if (found === null && isTold && ran.code === 0 && answersFor(file))
          found = `${argv.join(' ')} says that all is well: ${ran.out.slice(0, 200)}`
        if (found !== null) found = `${argv.slice(0, 2).join(' ')}: ${found}`
        if (found !== null) break
      }
      rmSync(copy.dir, { recursive: true, force: true })
      cpSync(recorded, copy.dir, { recursive: true })
      return { what: `${what}; ${chosen.map(({ argv }) => argv.slice(0, 2).join(' ')).join(', ')}`, found }
    }
  },
}
