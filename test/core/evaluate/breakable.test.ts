/** Which layer can break which check: the table a second time, so that a change of it is seen. */
import { expect, test } from 'vitest'
import { breaksOf, canBreak as canBreakEvaluator } from '#core/evaluate/evaluators.ts'
import type { Replayer } from '#schemas/run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import { LAYERS, type Layer } from '#schemas/surface-fields.ts'
import { anEvaluator } from '../../support/builders.ts'

/** retrieval, context_budget, planner, prompt, approval_gate */
const TABLE = {
  required_evidence: ['any', 'any', 'any', 'any', 'decides'],
  grounded_arguments: ['any', 'any', 'any', 'any', 'decides'],
  approval_honoured: ['decides', 'decides', 'any', 'any', 'any'],
  must_refuse: ['decides', 'decides', 'any', 'any', 'decides'],
  known_provenance: ['any', 'any', 'any', 'any', 'decides'],
  allowed_sources: ['any', 'any', 'any', 'any', 'decides'],
  allowed_tools: ['decides', 'decides', 'any', 'any', 'decides'],
  confirmed_before_write: ['decides', 'decides', 'any', 'any', 'decides'],
  context_diff: ['never', 'never', 'never', 'never', 'never'],
  decision_diff: ['never', 'never', 'never', 'never', 'never'],
  gold_coverage: ['any', 'any', 'any', 'any', 'decides'],
  operator_corrections: ['never', 'never', 'any', 'any', 'never'],
  recorded_outcome: ['any', 'any', 'any', 'any', 'decides'],
  recorded_score: ['any', 'any', 'any', 'any', 'decides'],
  cost_cents: ['never', 'never', 'never', 'never', 'never'],
  latency_ms: ['never', 'never', 'never', 'never', 'never'],
}

const CHECKS = Object.keys(TABLE) as (keyof typeof TABLE)[]
const canBreak = (check: Evaluator['check'], layers: readonly Layer[], replayer: Replayer['kind']) =>
  canBreakEvaluator(anEvaluator({ check } as Partial<Evaluator> & { check: Evaluator['check'] }), layers, replayer)

test('every check says of every layer whether it can break it', () => {
  expect(LAYERS).toEqual(['retrieval', 'context_budget', 'planner', 'prompt', 'approval_gate'])
  expect(Object.fromEntries(CHECKS.map((check) => [check, breaksOf(anEvaluator({ check }))]))).toEqual(TABLE)
})

test('a trimmed transcript decides nothing anew, a harness of the user does', () => {
  expect(canBreak('must_refuse', ['retrieval'], 'transcript')).toBe(false)
  expect(canBreak('must_refuse', ['retrieval'], 'module')).toBe(true)
  expect(canBreak('must_refuse', ['retrieval'], 'lambda')).toBe(true)
  expect(canBreak('must_refuse', ['retrieval', 'planner'], 'transcript')).toBe(true)
  expect(canBreak('context_diff', ['retrieval', 'planner', 'prompt'], 'module')).toBe(false)
  expect(canBreak('required_evidence', [], 'module')).toBe(false)
})
