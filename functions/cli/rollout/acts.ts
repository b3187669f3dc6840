/** `rollout start | advance | stop | resume`: what moves a rollout. */
import type { Moved } from '#core/release/rollout.ts'
import { broughtBy } from '#core/release/tuple.ts'
import { type Rollout, RolloutConfig, type RolloutStatus } from '#schemas/release.ts'
import { openEngine, optionsOf } from '../../embedded/engine.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { readInput } from '../../embedded/read-input.ts'
import type { Signer } from '../../ports.ts'
import { parseAs, parseJson } from '../../steps/experience/parse.ts'
import { advanceRollout, resumeRollout, stopRollout } from '../../steps/release/advance.ts'
import { startRunRollout } from '../../steps/release/start.ts'
import { pinnedRun } from '../../steps/run/verify.ts'
import { type HandOptions, handOf } from '../hand.ts'
import { filedOrFinished } from '../inspect.ts'
import { nextCommand } from '../next.ts'
import { deploymentName } from '../open.ts'
import { isDeployed } from '../store-options.ts'
import { print } from '../terminal.ts'
import { type RolloutOptions, withRollouts } from './open.ts'
import { rowLines, standLine, transitionLines } from './text.ts'

/** 0: it goes on without anybody. 3: it does not go forward, and a person should look. */
const exitOf = (status: RolloutStatus): number =>
  status === 'paused' || status === 'rolled_back' || status === 'stopped' || status === 'retired' ? 3 : 0

type StartOptions = RolloutOptions & { readonly config: string; readonly cage?: boolean }

export async function start(run: string, o: StartOptions): Promise<number> {
  const config = readConfig(o.config)
  return await withRollouts(o, async (store, signer) => {
    const rollout = await startWith(store, signer, run, config, o.cage)
    const { rollout_id, status, stage, candidate, baseline, rollback_replay } = rollout
    const { certification } = rollout
    print(
      o.json,
      {
        run,
        rollout: rollout_id,
        ...(certification && { certification }),
        status,
        stage,
        candidate,
        baseline,
        rollback_replay,
      },
      () => [
        standLine(rollout),
        ...(rollout.certification ? [rollout.certification.toUpperCase()] : []),
        `release   ${candidate.release_tuple_id}: ${broughtBy(rollout)}`,
        `way back  ${baseline.release_tuple_id}: ${baseline.refs.pack}; replayed, ${rollback_replay.reproduced} of ${rollback_replay.cases} cases reproduce`,
        'next      who gets which arm, scored production runs, and whether it goes forward:',
        `          ${nextCommand(o, ['rollout', 'export', rollout.intent, '--out', 'routing.json'])}`,
        `          ${nextCommand(o, ['rollout', 'record', rollout_id, 'runs.jsonl'])}`,
        `          ${nextCommand(o, ['rollout', 'advance', rollout_id])}`,
      ],
    )
    return 0
  })
}

/** The configuration of a rollout from a file. Throws UserError with file and field. */
export function readConfig(file: string): RolloutConfig {
  const { $schema: _, ...config } = parseAs(RolloutConfig, parseJson(readInput(file), file), file)
  return config
}

/** Starts the rollout of a run's approved proposal. Throws UserError with what stands against it. */
export async function startWith(
  store: LocalStore,
  signer: Signer,
  run: string,
  config: RolloutConfig,
  cage?: boolean,
): Promise<Rollout> {
  const part = await filedOrFinished(store, run)
  const pinned = part ? null : await pinnedRun(store, run)
  const engine = await openEngine(store, (part ?? pinned)?.target.intent ?? '', optionsOf(pinned?.replayer, cage))
  try {
    return (await startRunRollout(store, engine, signer, { runId: run, config })).rollout
  } finally {
    engine.close()
  }
}

export async function advance(id: string, o: RolloutOptions): Promise<number> {
  return await withRollouts(o, async (store, signer) => {
    const moved = await advanceRollout(store, signer, id)
    print(o.json, { ...said(moved), rows: moved.rows }, () => [...transitionLines(moved), ...rowLines(moved.rows)])
    return exitOf(moved.item.rollout.status)
  })
}

type ActOptions = RolloutOptions & HandOptions

export async function stop(id: string, o: ActOptions): Promise<number> {
  if (!isDeployed(o)) return await stopHere(id, o)
  const { stopDeployedRollout } = await import('#adapters/aws/deployed-stop.ts')
  const answer = await stopDeployedRollout(deploymentName(o), { rollout_id: id, ...handOf(o) })
  if ('failed' in answer) {
    print(o.json, { rollout: id, ...answer.failed }, () => [
      `the stop of ${id} failed: ${answer.failed.error}: ${answer.failed.reason}`,
      '   what it had done stands: call it again, which goes on from there',
    ])
    return 1
  }
  print(o.json, said(answer), () => transitionLines(answer))
  return 0
}

const stopHere = (id: string, o: ActOptions): Promise<number> =>
  withRollouts(o, async (store, signer) => {
    const moved = await stopRollout(store, signer, id, handOf(o))
    print(o.json, said(moved), () => transitionLines(moved))
    return 0
  })

/** Exit code 3: there was no pause to resume. */
export const resume = (id: string, o: ActOptions): Promise<number> =>
  withRollouts(o, async (store, signer) => {
    const moved = await resumeRollout(store, signer, id, handOf(o))
    print(o.json, said(moved), () => transitionLines(moved))
    return moved.record === null ? 3 : 0
  })

const said = ({ item: { run_id, rollout }, record, unchanged }: Moved) => ({
  run: run_id,
  rollout: rollout.rollout_id,
  status: rollout.status,
  stage: rollout.stage,
  missing: rollout.missing,
  record,
  unchanged,
})
