/** Expressions of a map that fail on a record, each with what is said of it. */

/** A map that makes a run of any record with an `id`. */
export const OK = '{ "run_id": id, "family_id": "f", "intent_id": "i" }'

export const FAILURES: readonly (readonly [expression: string, problem: string])[] = [
  ['$error("no such order")', 'no such order'],
  ['$nothing(1)', 'map line 1 column'],
  ['($f := function($x) { $f($x) }; $f(1))', 'timeout after 1000'],
  ['($f := function($x) { 1 + $f($x) }; $f(1))', 'Stack overflow'],
  ['[1..9000000]', 'maximum sequence length'],
  ['{ "run_id": $pad("x", 2000000000) }', 'Invalid string length'],
  ['{ "run_id": "a", "steps": [$uppercase] }', 'the map returned a function'],
  ['42', '42 is no run'],
  ['{ "run_id": $number("1e308") * 10 }', 'the number Infinity'],
  ['{ "__proto__": { "run_id": "a" } }', '__proto__'],
  ['{ "run_id": id }', 'is missing (string)'],
]
