/** Writes docs/cli.md from the table of commands, and docs/export-tables.md from that of tables; tests hold that they are current. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './autotune.ts'
import { CONFIG_FILE, CONFIGURABLE } from './config-file.ts'
import { exportReference } from './export-reference.ts'
import { type Described, described } from './reference.ts'

export const REFERENCE = join(import.meta.dirname, '../docs/cli.md')
export const TABLES_REFERENCE = join(import.meta.dirname, '../docs/export-tables.md')

/** The whole reference as markdown. */
export function cliReference(): string {
  const commands = described(build({ code: 0 })).filter(({ below }) => below.length === 0)
  return `# Command line

Written by \`npm run reference\` from the same table as \`--help\`. In a clone, \`autotune\` is \`npm run -s autotune --\`.

An option is taken from the command line, else \`--store\` from the variable \`AUTOTUNE_STORE\`, else from \`${CONFIG_FILE}\` in the folder where you are, else it is the default.
That file is one object of these: ${Object.entries(CONFIGURABLE)
    .map(([key, kind]) => `\`${key}\` (${kind})`)
    .join(', ')}. An unknown one, or a value of another kind, is an error with its line.

Output is as wide as the terminal (80 columns elsewhere; \`COLUMNS\` says otherwise), and in colour on a terminal unless \`NO_COLOR\` is set (\`FORCE_COLOR=1\` colours a pipe). \`--json\` is never coloured or folded.
Exit code 1 is a defect of ours, and 130 is Ctrl-C, everywhere. \`autotune help VERB\` and \`autotune VERB --help\` say what stands here; \`autotune completion bash|zsh|fish\` prints a script for your shell.

${commands.map(({ path }) => `[${path}](#${path.replaceAll(' ', '-')})`).join(' · ')}

${commands.map(section).join('\n')}`
}

const section = ({ path, usage, description, options, examples, notes, exit }: Described): string => `## ${path}

\`autotune ${usage}\`: ${description}${description.endsWith('?') ? '' : '.'}

| option | what it says |
|---|---|
${options.map((o) => `| \`${cell(o.flags)}\` | ${cell(o.description)}${defaultOf(o.defaultValueDescription ?? o.defaultValue)} |`).join('\n')}

\`\`\`sh
${examples.join('\n')}
\`\`\`
${notes.length === 0 ? '' : `\n${notes.join('. ')}.\n`}
Exit codes: ${exit}.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const defaultOf = (value: unknown): string =>
  value === undefined || value === false || (Array.isArray(value) && value.length === 0)
    ? ''
    : ` (default: ${JSON.stringify(value).replaceAll('"', '')})`

if (import.meta.main) {
  writeFileSync(REFERENCE, cliReference())
  writeFileSync(TABLES_REFERENCE, exportReference())
}
