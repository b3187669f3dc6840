/** `rollout list | show | export | verify | assign`: what looks at a rollout and moves nothing. */
import { dirname } from 'node:path'
import { FORMS } from '#adapters/delivery/forms.ts'
import { replaceFile } from '#adapters/local/files/atomic-write.ts'
import { artifactJson } from '#core/release/artifact.ts'
import { type Attribute, assignArm } from '#core/release/assign-arm.ts'
import { routingOf } from '#core/release/routing.ts'
import { broughtBy } from '#core/release/tuple.ts'
import type { FormName } from '#schemas/forms.ts'
import { UserError } from '../../errors.ts'
import { exportRollout } from '../../steps/release/export.ts'
import { listInForce } from '../../steps/release/in-force.ts'
import { statusOfProposal } from '../../steps/release/lineage.ts'
import { followedRollout, listRollouts, needRollout } from '../../steps/release/rollouts.ts'
import { tellRollout } from '../../steps/release/story.ts'
import { verifyRollout } from '../../steps/release/verify.ts'
import { print } from '../terminal.ts'
import { type RolloutOptions, withRollouts } from './open.ts'
import { storyLines } from './text.ts'

export const list = (o: RolloutOptions): Promise<number> =>
  withRollouts(o, async (store) => {
    const rollouts = (await listRollouts(store)).map(({ run_id, rollout }) => ({ run: run_id, rollout }))
    const rows = rollouts.map(({ run, rollout }) => {
      const { rollout_id, intent, status, stage, revision, candidate, certification } = rollout
      return {
        rollout: rollout_id,
        run,
        intent,
        status,
        stage,
        revision,
        pack: candidate.refs.pack,
        ...(certification && { brings: broughtBy(rollout), certification }),
      }
    })
    const inForce = await listInForce(store)
    print(o.json, { rollouts: rows, in_force: inForce }, () =>
      rows.length === 0
        ? ['no rollouts yet: "autotune rollout start RUN --config FILE"']
        : [
            ...rows.map(
              (r) =>
                `${r.rollout.padEnd(40)} ${r.status.padEnd(12)} ${r.stage.padEnd(14)} ${r.brings ?? r.pack}  ${r.intent}${r.certification ? `  ${r.certification}` : ''}`,
            ),
            ...inForce.map((i) => `in force for ${i.intent}: ${i.release_tuple_id}`),
          ],
    )
    return 0
  })

/** The verdict on the data as it stands is shown, and not put into effect. */
export const show = (id: string, o: RolloutOptions): Promise<number> =>
  withRollouts(o, async (store) => {
    const { run_id, now, ...story } = await tellRollout(store, id)
    const proposal = await statusOfProposal(store, run_id)
    print(o.json, { run: run_id, proposal_status: proposal, as_of: now, ...story }, () => storyLines(story))
    return 0
  })

/** @param what a rollout, or an intent: then the rollout that routes it now */
export const exportVerb = (
  what: string,
  o: RolloutOptions & { readonly as: FormName | 'artifact'; readonly out?: string },
): Promise<number> =>
  withRollouts(o, async (store, signer) => {
    const id = (await followedRollout(store, what))?.rollout.rollout_id ?? what
    const signed = await exportRollout(store, signer, id)
    const { routing } = signed.artifact
    const text = o.as === 'artifact' ? artifactJson(signed) : FORMS[o.as].textOf(routing)
    if (o.out === undefined) {
      process.stdout.write(text)
      return 0
    }
    try {
      // A runtime may be reading it.
      await replaceFile(dirname(o.out), o.out, text, true, 0o666)
    } catch (error) {
      throw new UserError(`${o.out} cannot be written: ${(error as Error).message}`)
    }
    const said = { rollout: id, revision: routing.revision, as: o.as, out: o.out }
    print(o.json, said, () => [`wrote ${o.out}: ${o.as} of ${id} at revision ${routing.revision}`])
    return 0
  })

export const verify = (id: string, o: RolloutOptions): Promise<number> =>
  withRollouts(o, async (store, signer) => {
    const result = await verifyRollout(store, signer, id)
    print(o.json, result, () => [
      result.verified
        ? `verified: rollout ${id}: ${result.records} records chained, every artifact signed and recomputed, tuples and log as pinned`
        : `NOT VERIFIED: rollout ${id}`,
      ...result.differences.map((d) => `   ${d.file}: ${d.why}`),
    ])
    return result.verified ? 0 : 2
  })

interface AssignOptions extends RolloutOptions {
  readonly subject: string
  readonly intent?: string
  readonly attribute: readonly string[]
}

export const assign = (id: string, o: AssignOptions): Promise<number> =>
  withRollouts(o, async (store) => {
    const { rollout } = await needRollout(store, id)
    const attributes = Object.fromEntries(o.attribute.map(attributeOf))
    const found = assignArm(routingOf(rollout), { id: o.subject, intent: o.intent ?? rollout.intent, attributes })
    print(o.json, found, () => [
      `${found.arm}${found.release_tuple_id === null ? '' : ` (${found.release_tuple_id})`}: ${found.because}`,
      `shadow ${found.shadow ? 'yes' : 'no'}, compared ${found.compared ? 'yes' : 'no'}, period ${found.period ?? 'none'}`,
    ])
    return 0
  })

/** `KEY=VALUE`; true, false and numbers are read as such. */
function attributeOf(text: string): [string, Attribute] {
  const at = text.indexOf('=')
  if (at < 1) throw new UserError(`--attribute takes KEY=VALUE, such as internal=true, got "${text}"`)
  const value = text.slice(at + 1)
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return [
    text.slice(0, at),
    value === 'true' ? true : value === 'false' ? false : Number.isFinite(number) ? number : value,
  ]
}
