/** How well a user's own harness was held while it replayed, in the words that people read. */
import type { LivePin } from '#schemas/live-model.ts'
import type { Cage, Replayer } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'

/** Does code of a user's replay? Absent: the transcript replayer. */
export const isCode = (replayer: Replayer | undefined): boolean => (replayer?.kind ?? 'transcript') !== 'transcript'

/** The model that a run asks live; null: recorded answers stand. */
export const liveOf = (replayer: Replayer | undefined): LivePin | null =>
  replayer?.kind === 'module' || replayer?.kind === 'exec' ? (replayer.live ?? null) : null

/** Marks a baseline replay that recordings answered where the run asked code of a user's. `engine`: who replays it now. */
export const byRecords = (
  { replayer }: { readonly replayer?: Replayer | undefined },
  engine: { readonly replayer?: Replayer | undefined },
): { readonly by_records?: true } => (isCode(replayer) && !isCode(engine.replayer) ? { by_records: true } : {})

/** The cage of a replayer; null: no code of a user's ran, or the run does not say. */
export function cageOf(replayer: Replayer | undefined): Cage | null {
  if (replayer?.kind === 'lambda') return 'deployed'
  return replayer?.kind === 'module' || replayer?.kind === 'exec' ? (replayer.cage ?? null) : null
}

/** What each level stops, and what it does not. */
export const CAGE_WORDING: Readonly<Record<Cage, string>> = {
  wall: 'wall: namespaces of its own, no network, no other process, no file but those of its digest',
  belt: 'belt: Node’s permission model alone, which stops code that strays; code that means harm may still find a way around it, and learns which files exist',
  'belt without network gate':
    'belt without network gate: Node’s permission model alone, and this Node lets sockets through; what the harness is sent can leave the machine',
  deployed: 'deployed: your own function holds itself; what it keeps, logs or sends of a case is not seen from here',
  none: 'none: nothing holds it; it may read, keep and send what your user may, and answer from what no digest covers',
}

/** Code of a user's in a run, and how it is held. */
export interface Held {
  readonly replayer?: Replayer | undefined
  readonly verdict_cage?: Cage | undefined
}

/** The lines that stand on a run and its certificate; none where no code of a user's ran. */
export function cageLines({ replayer, verdict_cage: judges }: Held): string[] {
  const cage = cageOf(replayer)
  return [
    ...(cage ? [`the harness ran under ${CAGE_WORDING[cage]}`] : []),
    ...(replayer?.kind === 'exec' ? [coveredBy(replayer)] : []),
    ...(judges ? [`the modules that judge ran under ${CAGE_WORDING[judges]}`] : []),
  ]
}

/** What the digest of a program covers, and what it does not. */
const coveredBy = ({ interpreter }: Extract<Replayer, { kind: 'exec' }>): string =>
  interpreter
    ? `its digest covers the script, the files declared beside it and the bytes of ${interpreter.path}; the libraries of that interpreter and of the machine are read and not covered`
    : 'its digest covers the program and the files declared beside it; the libraries of the machine are read and not covered'

/** Why a target may not be run under this replayer; null: it may. */
export function cageProblem({ scoring }: Pick<TuningTarget, 'scoring'>, held: Held): string | null {
  const cage = cageOf(held.replayer)
  if (liveOf(held.replayer) && cage !== 'wall' && cage !== 'belt')
    return `a live run takes a harness that reaches no network, so that it asks no model but the one that was signed, and here it runs under "${cage}": "autotune doctor" says how to get a wall on this machine`
  if (scoring?.cage !== 'wall') return null
  const [what, under] =
    cage === null || cage === 'wall' ? ['modules that judge', held.verdict_cage] : ['the harness', cage]
  return under === undefined || under === 'wall'
    ? null
    : `scoring.cage demands a wall around ${what}, and here ${what === 'the harness' ? 'it runs' : 'they run'} under "${under}": "autotune doctor" says how to get a wall on this machine`
}
