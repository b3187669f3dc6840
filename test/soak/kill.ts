/** Kind `kill`: commands that are killed at a moment or at a write by chance, and given again. */
import { join } from 'node:path'
import { type Bases, importArgs, ROLLOUT, RUN } from './bases.ts'
import { type Commands, wrongAnswer } from './commands.ts'
import { contentsOf, ledgerRows, someOf, WorkingCopy } from './folder.ts'
import { type Ended, ended, writesOf } from './killed-process.ts'
import type { Kind } from './kind.ts'
import { Outcome } from './outcome.ts'

interface Act {
  readonly name: string
  /** Store that the command begins with; null: none. */
  readonly from: keyof Omit<Bases, 'files'> | null
  readonly argv: (bases: Bases) => readonly string[]
  /** Commands that must say that all is well afterwards. */
  readonly checks: readonly (readonly string[])[]
}

const VERIFY = ['verify', RUN]
/** Whatever was killed: the store is what its journal of heads says. */
const VERIFY_STORE = ['verify']
/**
 * What two ends are compared by. Heads stand in the journal in the order in which they were written, which a kill may change
 * (`verify` checks them); unfinished files stay until the next import.
 */
const endOf = (dir: string): Map<string, string> =>
  new Map([...contentsOf(dir)].filter(([name]) => !name.startsWith('heads/') && !name.includes('.tmp-')))

const VERIFY_ROLLOUT = ['rollout', 'verify', ROLLOUT]
const ACTS: readonly Act[] = [
  { name: 'import', from: null, argv: importArgs, checks: [] },
  {
    ...{ name: 'run', from: 'stocked', checks: [VERIFY] },
    argv: ({ files }) => ['run', '--target', files.target, '--run-id', RUN],
  },
  {
    ...{ name: 'decide', from: 'opened', checks: [VERIFY] },
    argv: () => ['decide', RUN, '--role', 'policy', '--reviewer', 'ben', '--approve'],
  },
  {
    ...{ name: 'rollout start', from: 'approved', checks: [VERIFY, VERIFY_ROLLOUT] },
    argv: ({ files }) => ['rollout', 'start', RUN, '--config', files.rollout],
  },
  {
    ...{ name: 'rollout record', from: 'started', checks: [VERIFY_ROLLOUT] },
    argv: ({ files }) => ['rollout', 'record', ROLLOUT, files.production],
  },
  { name: 'rollout advance', from: 'recorded', argv: () => ['rollout', 'advance', ROLLOUT], checks: [VERIFY_ROLLOUT] },
  {
    ...{ name: 'rollout stop', from: 'recorded', checks: [VERIFY_ROLLOUT] },
    argv: () => ['rollout', 'stop', ROLLOUT, '--reason', 'enough', '--by', 'fay'],
  },
]

/** How a command goes when nobody kills it. */
interface Undisturbed {
  readonly outcome: Outcome
  readonly ms: number
  readonly writes: number
}

interface Place {
  readonly made: Bases
  readonly dir: string
  readonly commands: Commands
}

async function undisturbed(act: Act, { made, dir }: Place): Promise<Undisturbed> {
  const argv = act.argv(made)
  const results: ReadonlyMap<string, string>[][] = []
  let [ms, writes] = [0, 0]
  for (const name of ['one', 'other']) {
    const copy = new WorkingCopy(act.from && made[act.from], join(dir, `${act.name}-${name}`))
    const whole: Ended = await ended(argv, copy.dir, null)
    const once = endOf(copy.dir)
    ;[ms, writes] = [whole.ms, writesOf(copy.dir)]
    await ended(argv, copy.dir, null)
    results.push([once, endOf(copy.dir)])
    copy.remove()
  }
  return { outcome: new Outcome(results as never), ms, writes }
}

/** Questions spent, and whether one is open. */
const questions = (dir: string): { spent: number; open: boolean } => {
  const items = ledgerRows(dir)
    .filter(({ pk }) => pk.startsWith('heldout#'))
    .map(({ body }) => JSON.parse(body) as { used: number; open: unknown })
  return { spent: items.reduce((sum, { used }) => sum + used, 0), open: items.some(({ open }) => open !== null) }
}

export const kill: Kind = {
  name: 'kill',
  holds:
    'a killed command given again ends with the same bytes, no question refunded or spent twice, nothing half-written',
  async open({ dir, bases, commands }) {
    const place: Place = { made: await bases(), dir, commands }
    const known = new Map<string, Promise<Undisturbed>>()
    return async (draw) => {
      const act = draw.pick(ACTS)
      if (!known.has(act.name)) known.set(act.name, undisturbed(act, place))
      const whole = await known.get(act.name)!
      const at = draw.chance(0.6)
        ? { write: draw.int(1, whole.writes) }
        : { ms: Math.round((whole.ms * draw.int(20, 105)) / 100) }
      const twice = draw.chance(0.25)
      const copy = new WorkingCopy(act.from && place.made[act.from], join(dir, 'killed'))
      const argv = act.argv(place.made)
      const how =
        'write' in at ? `before write ${at.write} of ${whole.writes}` : `after ${at.ms} of ${Math.round(whole.ms)} ms`
      const what = `${act.name} killed ${how}${twice ? ', twice' : ''}`
      for (let i = 0; i <= Number(twice); i++) await ended(argv, copy.dir, at)
      const abandons = act.name === 'run' && draw.chance(0.3)
      const found = abandons ? await givenUp(copy.dir, place) : await givenAgain(act, argv, copy.dir, whole, place)
      copy.remove()
      return { what: abandons ? `${what}, given up` : what, found }
    }
  },
}

async function givenAgain(
  act: Act,
  argv: readonly string[],
  dir: string,
  whole: Undisturbed,
  place: Place,
): Promise<string | null> {
  const again = await place.commands.run(...argv, '--store', dir)
  const wrong = wrongAnswer(again)
  if (wrong) return wrong
  const differs = whole.outcome.differs(endOf(dir))
  if (differs !== null) return `${differs} (the second command ended with ${again.code}: ${again.err.slice(0, 300)})`
  for (const check of [...act.checks, VERIFY_STORE]) {
    const { code, out, err } = await place.commands.run(...check, '--store', dir)
    if (code !== 0) return `${check.join(' ')} ended with ${code}: ${err}${out}`
  }
  return await unfinished(dir, place)
}

/** A run that is given up keeps the question that it spent; a question is never open after it. */
async function givenUp(dir: string, { commands }: Place): Promise<string | null> {
  const before = questions(dir)
  const gave = await commands.run('run', '--abandon', RUN, '--store', dir)
  const after = questions(dir)
  if (wrongAnswer(gave)) return wrongAnswer(gave)
  if (after.spent !== before.spent) return `${before.spent} questions were spent before it, ${after.spent} after`
  if (after.open) return `a question is open still: ${gave.err}`
  return null
}

/** The next import leaves no unfinished file. */
async function unfinished(dir: string, { made, commands }: Place): Promise<string | null> {
  const { code, err } = await commands.run(...importArgs(made), '--store', dir)
  if (code !== 0) return `the next import ended with ${code}: ${err}`
  const left = [...contentsOf(dir).keys()].filter((name) => name.includes('.tmp-'))
  return left.length === 0 ? null : `unfinished files after the next import: ${someOf(left)}`
}
