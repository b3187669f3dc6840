import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { artifactJson, artifactText, rolloutArtifact } from '#core/release/artifact.ts'
import { stopRollout } from '#core/release/rollout.ts'
import { linkText } from '#core/review/link.ts'
import { RolloutArtifact, SignedRollout } from '#schemas/rollout-artifact.ts'
import { macHolds, sign } from '../review/builders.ts'
import { inStage, started } from './builders.ts'

const signArtifact = (artifact: RolloutArtifact): SignedRollout => ({
  artifact,
  signature: { key: 'store-key', mac: sign(artifactText(artifact)) },
})
const holds = ({ artifact, signature }: SignedRollout): boolean => macHolds(artifactText(artifact), signature.mac)
const { rollout } = inStage('25%_monitored')
const signed = signArtifact(rolloutArtifact(rollout))

describe('the rollout artifact', () => {
  test('holds stage, cohort, thresholds, approvers and the whole rollback target, and hangs on the chain', () => {
    const artifact = RolloutArtifact.parse(rolloutArtifact(rollout))
    expect(artifact).toMatchObject({
      stage: '25%_monitored',
      cohort: { share: 0.25 },
      thresholds: rollout.config,
      rollback_target: rollout.baseline,
      record: digestOf(rollout.records.at(-1)),
    })
    expect(artifact.routing.cohorts.map((c) => c.stage)).toEqual([
      '0%_shadow',
      '1%_internal',
      '5%_low_risk',
      '25%_monitored',
    ])
  })

  test('names no stage and no cohort once the rollout has ended', () => {
    const stopped = stopRollout(rollout, { by: 'fay@acme', reason: 'enough', at: rollout.entered_at })
    expect('next' in stopped && rolloutArtifact(stopped.next)).toMatchObject({
      status: 'stopped',
      stage: null,
      cohort: null,
      routing: { cohorts: [] },
    })
  })

  test('is the same bytes for the same rollout', () => {
    expect(artifactJson(signed)).toBe(artifactJson(signArtifact(rolloutArtifact(structuredClone(rollout)))))
    expect(SignedRollout.parse(JSON.parse(artifactJson(signed)))).toEqual(signed)
  })

  test('holds under its signature, and under no change of any leaf', () => {
    expect(holds(signed)).toBe(true)
    const changes = leaves(signed.artifact)
    expect(changes.length).toBeGreaterThan(100)
    for (const artifact of changes) expect(holds({ ...signed, artifact: artifact as RolloutArtifact })).toBe(false)
  })

  test('fails under a signature of another artifact or for another purpose', () => {
    const other = signArtifact(rolloutArtifact(started()))
    expect(holds({ ...signed, signature: other.signature })).toBe(false)
    const claims = { review_id: 'r', role: 'x', reviewer: 'y', proposal_digest: digestOf(1), expires_at: '', nonce: '' }
    expect(holds({ ...signed, signature: { key: 'k', mac: sign(linkText(claims)) } })).toBe(false)
  })

  test('is signed in a text that fits KMS, however large it is', () => {
    expect(artifactText(signed.artifact).length).toBeLessThan(200)
  })
})

/** Copies of a value with one leaf changed each. */
function leaves(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap((v, i) => leaves(v).map((l) => value.map((x, k) => (k === i ? l : x))))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([k, v]) => leaves(v).map((l) => ({ ...value, [k]: l })))
  return [typeof value === 'string' ? `${value}x` : 'changed']
}
