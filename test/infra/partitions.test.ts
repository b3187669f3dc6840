/** A deployment in China and in GovCloud: no ARN, no host and no principal of another partition. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { AutotuneStack } from '../../lib/autotune-stack.ts'
import { StatefulStack } from '../../lib/stateful-stack.ts'
import { aConfig } from '../core/release/builders.ts'
import { theBands } from '../support/bands.ts'
import { INTENT } from '../support/builders.ts'
import { templatesIn, templatesOf, UNBUNDLED } from '../support/infra/deployment.ts'

/** Everything, for one region. */
function inRegion(region: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-partition-'))
  try {
    writeFileSync(join(dir, `${INTENT}.json`), JSON.stringify(aConfig()))
    const bands = `${dir}-bands.json`
    writeFileSync(bands, JSON.stringify(theBands()))
    const documents = { reviewers: 'examples/reviewers.json', rollouts: dir, bands, appconfig: 'on' }
    const app = new App({ context: { ...UNBUNDLED, ...documents } })
    const env = { account: '111122223333', region }
    const stores = new StatefulStack(app, 'Data', { retain: true, env })
    new AutotuneStack(app, 'Workflow', { stores, env })
    const templates = templatesIn(app)
    rmSync(bands)
    return JSON.stringify(templates)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

describe('a deployment in another partition of AWS', () => {
  it.each(['cn-north-1', 'us-gov-west-1'])(
    'names nothing of the partition "aws" in %s',
    (region) => {
      const text = inRegion(region)
      expect(text).toContain('lambda:invoke')
      expect(text.match(/arn:aws:[^"]{0,60}/g)).toBeNull()
      // Of a service principal the partition does not matter; of a host it does.
      expect(text.match(/https?:\/\/[^"]{0,40}\.amazonaws\.com\b/g)).toBeNull()
    },
    60_000,
  )

  it('is decided where it is deployed, not where it is synthesized', () => {
    const text = JSON.stringify(templatesOf())
    expect(text.match(/arn:aws:[^"]{0,60}/g)).toBeNull()
    expect(text).toMatch(
      /"arn:",\{"Ref":"AWS::Partition"\},":states|\{"Ref":"AWS::Partition"\},":states:::lambda:invoke/,
    )
  })
})
