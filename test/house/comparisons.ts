/**
 * Bare comparisons and bare reads of measured numbers in the rooms that decide. Over the syntax tree and no types: whoever
 * compares counts of this program with a literal or a length is let through, everything else says what lets through by
 * `core/statistics/compare.ts`. A rule of Biome (GritQL) matches the operator as well, but not what stands beside it.
 */
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { MEASURES, OWN_MEASURE } from '#schemas/measures.ts'

/** Where it is decided what may pass. A new file in one of them is held to the rule. */
const ROOMS = ['evaluate/*.ts', 'gate/*.ts', 'select/*.ts', 'release/*.ts', 'space/blast-radius.ts'].concat(
  ['early-stop', 'free-fates', 'paid-fates', 'committed-list', 'radius'].map((file) => `search/${file}.ts`),
  ['baseline-floors', 'exposure-problems'].map((file) => `contract/${file}.ts`),
  ['series', 'queue', 'slice'].map((file) => `cadence/${file}.ts`),
)

/** Files of those rooms with comparisons of another kind. */
export const EXEMPT: Readonly<Record<string, string>> = {
  'release/assign-arm.ts': 'is copied into runtimes and imports nothing; it compares buckets that it made itself',
  'release/subjects.ts': 'orders moments, which are texts',
  'instant.ts': 'reckons with days and months of a calendar',
  'release/harm-evidence.ts': 'refuses every number that is none before it bets',
  'evaluate/panel.ts': 'orders texts and family numbers',
  'gate/wording.ts': 'puts into words what was decided',
  'gate/label-wording.ts': 'puts into words what was decided',
}

const NUMBERS = new Set([
  OWN_MEASURE,
  ...Object.entries(MEASURES).flatMap(([name, { kind }]) => (kind === 'flag' ? [] : [name])),
])
/** Differences of two means that `metricOver` made: null or finite. */
const DIFFERENCES = new Set(['heldout', 'search', 'delta'])

const OPERATORS = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
])

const EQUALITIES = new Set([ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken])

/** A whole number, a length, a moment (which is text), or the answer of `byCodeUnit` or `indexOf`. */
function isPlain(side: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(side)) return isPlain(side.expression)
  if (ts.isPrefixUnaryExpression(side)) return isPlain(side.operand)
  if (ts.isNumericLiteral(side)) return Number.isInteger(Number(side.text))
  if (ts.isPropertyAccessExpression(side)) return side.name.text === 'length' || side.name.text === 'size'
  if (ts.isCallExpression(side)) return /(^|\.)(byCodeUnit|indexOf)$/.test(side.expression.getText())
  return ts.isIdentifier(side) && side.text === 'now'
}

/** Is it the header of a loop? Those count. */
function isLoop(node: ts.Node): boolean {
  const { parent } = node
  return parent && ((ts.isForStatement(parent) && parent.condition === node) || ts.isWhileStatement(parent))
}

/** Is it only looked at whether it is there, or the very same? What is no number is equal to nothing. */
const isEquality = ({ parent }: ts.Node): boolean =>
  parent && ts.isBinaryExpression(parent) && EQUALITIES.has(parent.operatorToken.kind)

/** Is it what `measured` or `asMeasured` is asked about? */
const isAsked = ({ parent }: ts.Node): boolean =>
  parent && ts.isCallExpression(parent) && /^(asM|m)easured$/.test(parent.expression.getText())

/** Lines of a source that break the rule, as `LINE: TEXT`. */
export function brokenIn(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const note = (node: ts.Node) =>
    found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText()}`)
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && OPERATORS.has(node.operatorToken.kind)) {
      if (!isLoop(node) && !isPlain(node.left) && !isPlain(node.right)) note(node)
    } else if (ts.isPropertyAccessExpression(node) && NUMBERS.has(node.name.text)) {
      if (!isAsked(node) && !isEquality(node) && !DIFFERENCES.has(node.expression.getText())) note(node)
    } else if (ts.isElementAccessExpression(node) && /(^|\.)measures$/.test(node.expression.getText())) {
      if (!node.argumentExpression.getText().startsWith('FLOORS[')) note(node)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Files of the rooms, from `functions/core/`. */
export const filesThatDecide = (): string[] =>
  ROOMS.flatMap((room) => globSync(room, { cwd: 'functions/core' }))
    .filter((file) => !(file in EXEMPT))
    .sort()

/** Every broken line of the rooms, as `FILE:LINE: TEXT`. */
export const broken = (): string[] =>
  filesThatDecide().flatMap((file) =>
    brokenIn(file, readFileSync(`functions/core/${file}`, 'utf8')).map((at) => `${file}:${at}`),
  )
