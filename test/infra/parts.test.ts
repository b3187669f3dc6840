/** Every construct without props, or with parts of the loop that are other things, says what it is to be given. */
import { App, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { describe, expect, it } from 'vitest'
import {
  Attestations,
  AuditSql,
  Autotune,
  AutotuneStack,
  Cadence,
  Harness,
  Judges,
  ReviewDesk,
  Rollouts,
  StatefulStack,
} from '../../lib/index.ts'
import { aConfig } from '../core/release/builders.ts'
import { INTENT } from '../support/builders.ts'
import { UNBUNDLED } from '../support/infra/deployment.ts'

const anApp = () => new App({ context: UNBUNDLED })

describe.each([undefined, null, {}, 'x'])('%j for props, of', (given) => {
  it.each(
    Object.entries({ StatefulStack, AutotuneStack, Autotune, Attestations, AuditSql, Cadence, ReviewDesk, Rollouts }),
  )('%s, is told by what is missing', (_name, kind) => {
    const scope = new Stack(anApp(), 'Bare')
    expect(() => new (kind as new (...args: unknown[]) => Construct)(scope, 'Part', given)).toThrow(RangeError)
  })
})

it('no props of a part, and a part of its props that is none', () => {
  const stores = new StatefulStack(anApp(), 'Data', { retain: true })
  const { deadLetters, judges } = new Autotune(new Stack(stores.node.root, 'Loop'), 'Autotune', { stores })
  let made = 0
  const scope = () => new Stack(stores.node.root, `Support${made++}`)
  const given = (props: unknown) => () => new Rollouts(scope(), 'Rollouts', props as never)
  expect(given(undefined)).toThrow('the props of Rollouts are undefined; they are an object of stores, deadLetters')
  expect(given({ configs: { [INTENT]: aConfig() } })).toThrow('stores of Rollouts is undefined; it is a StatefulStack')
  expect(given({ stores, configs: { [INTENT]: aConfig() }, deadLetters: 'x', judges })).toThrow(
    'deadLetters of Rollouts is "x"; it is a queue',
  )
  expect(given({ stores, configs: { [INTENT]: aConfig() }, deadLetters, judges: [] })).toThrow(
    'judges of Rollouts is []; it is the property judges of Autotune',
  )
})

it.each([
  [{ env: null }, 'env is null; it is an object: { account:'],
  [{ env: 'eu-central-1' }, 'env is "eu-central-1"; it is an object: { account:'],
  [{ description: null }, 'description is null; it is a text'],
  [{ stackName: Number.NaN }, 'stackName is NaN; it is a text'],
  [{ tags: ['a'] }, 'tags is ["a"]; it is an object of texts'],
  [{ tags: { team: 5 } }, 'tags.team is 5; it is a text'],
])('what every stack takes, %j', (wrong, says) => {
  const stores = new StatefulStack(anApp(), 'Data', { retain: true })
  expect(() => new StatefulStack(anApp(), 'Data', { retain: true, ...wrong } as never)).toThrow(says)
  expect(() => new AutotuneStack(anApp(), 'Workflow', { stores, ...wrong } as never)).toThrow(says)
})

it('no props of a harness or of judges', () => {
  const scope = () => new Stack(anApp(), 'S')
  expect(() => new Harness(scope(), 'H', null as never)).toThrow('harness is null; it is an object of functionArn,')
  expect(() => new Judges(scope(), 'J', undefined as never)).toThrow('judges is undefined; it is a list of')
  const stores = new StatefulStack(anApp(), 'Data', { retain: true })
  expect(() => new Autotune(new Stack(stores.node.root, 'Loop'), 'A', { stores, judges: null as never })).toThrow(
    'judges is null; it is a list of',
  )
})
