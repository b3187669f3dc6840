/** Routing that a deployment delivers: in each form that it names, under the policies of its roles, with every move. */
import { beforeAll, expect, it } from 'vitest'
import { FORMS } from '#adapters/delivery/forms.ts'
import type { Store } from '#ports'
import { formsOf } from '#schemas/forms.ts'
import type { Routing } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readRollout } from '../../functions/steps/release/rollouts.ts'
import { readJson, readText } from '../../functions/streams/read-object.ts'
import { approve, certified } from '../steps/release/support.ts'
import { memory } from '../steps/stores.ts'
import { INTENT } from '../support/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { deploy } from '../support/workflow/deployed.ts'

const ID = 'ro_r'
let store: Store
beforeAll(async () => {
  store = journaled(memory())
  await approve(await certified(store), 'r')
}, 60_000)

it('is what each form makes of the routing in force, at the start and once it was stopped; the runtime reads it and writes none', async () => {
  const deliver = Object.keys(FORMS).join(',')
  const { runtime, rollout, clock, call } = deploy(store, { templates: templatesOf({ deliver }) })
  rollout({ run_id: 'r' })
  await clock.idle()
  const delivered = async () => {
    const { revision } = (await readRollout(store, ID))!.rollout
    const routing = (await readJson<Routing>(store.releases, keys.promotion(ID, revision, 'routing.json')))!
    for (const form of formsOf(deliver)) {
      const { ending, textOf } = FORMS[form]
      expect(await readText(runtime.releases, keys.delivered(INTENT, ending))).toBe(textOf(routing))
    }
    return routing
  }
  expect((await delivered()).period).toBe('0%_shadow')
  await call('StopRollout', { rollout_id: ID, by: 'fay@example.com', reason: 'customers report missing refunds' })
  expect((await delivered()).period).toBeNull()
  await expect(runtime.releases.put(keys.delivered(INTENT, 'json'), '{}')).rejects.toThrow('may not s3:PutObject')
}, 60_000)

it('is in no form without the context value; what is no form, and forms without rollouts, stop the synthesis', () => {
  expect(JSON.stringify(templatesOf())).not.toContain('AUTOTUNE_DELIVER')
  expect(() => templatesOf({ deliver: 'flagd,yaml' })).toThrow('"yaml" is no form: json, appconfig, flagd, env')
  expect(() => templatesOf({ deliver: 'flagd', rollouts: undefined })).toThrow('no rollouts are deployed')
}, 60_000)
